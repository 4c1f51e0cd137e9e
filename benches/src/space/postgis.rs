//! PostGIS in a PostgreSQL of the run's own, with either of the two indexes that know four dimensions.
//!
//! Footprints are kept in 1e-7 degree as they are: its doubles hold those exactly, so that it is asked the same question.

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use postgres::{Client, NoTls, Statement};

use super::cluster::Cluster;
use super::set::{Bounds, Near, Query, Set};
use super::{Changing, Structure};

/// Which index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// `gist (geometry, tstzrange, int4range)`.
    Ranges,
    /// `gist (geometry gist_geometry_ops_nd)` over a line from the box's least corner to its greatest.
    Nd,
}

impl Index {
    /// In tables, and of the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ranges => "PostGIS GiST (geometry, tstzrange, int4range)",
            Self::Nd => "PostGIS gist_geometry_ops_nd",
        }
    }

    const fn table(self) -> &'static str {
        match self {
            Self::Ranges => "ranges",
            Self::Nd => "nd",
        }
    }

    const fn columns(self) -> &'static str {
        match self {
            Self::Ranges => "id int4 NOT NULL, footprint geometry NOT NULL, span tstzrange NOT NULL, band int4range NOT NULL",
            Self::Nd => "id int4 NOT NULL, footprint geometry NOT NULL, box geometry NOT NULL",
        }
    }

    const fn gist(self) -> &'static str {
        match self {
            Self::Ranges => "CREATE INDEX ranges_gist ON ranges USING gist (footprint, span, band)",
            Self::Nd => "CREATE INDEX nd_gist ON nd USING gist (box gist_geometry_ops_nd)",
        }
    }

    const fn meeting(self) -> &'static str {
        match self {
            Self::Ranges => "SELECT id FROM ranges WHERE span && $2 AND band && $3 AND ST_Intersects(footprint, $1)",
            Self::Nd => "SELECT id FROM nd WHERE box &&& $2 AND ST_Intersects(footprint, $1)",
        }
    }

    /// A distance in metres: both footprints are scaled to metres where their boxes are near enough.
    const fn nearing(self) -> &'static str {
        match self {
            Self::Ranges => {
                "SELECT id FROM ranges WHERE span && $2 AND band && $3 AND footprint && $4 \
                 AND ST_DWithin(ST_Scale(footprint, $5::float8, $6::float8), ST_Scale($1, $5::float8, $6::float8), $7)"
            }
            Self::Nd => {
                "SELECT id FROM nd WHERE box &&& $2 \
                 AND ST_DWithin(ST_Scale(footprint, $3::float8, $4::float8), ST_Scale($1, $3::float8, $4::float8), $5)"
            }
        }
    }
}

/// A table of volumes and its prepared statements.
pub struct Postgis<'a> {
    set: &'a Set,
    index: Index,
    client: Client,
    meeting: Statement,
    nearing: Statement,
    insert: Statement,
    remove: Statement,
    /// Bytes of the index and of the table without it, when it was built.
    pub bytes: [u64; 2],
}

impl<'a> Postgis<'a> {
    /// Loads the first so many volumes of the set by binary COPY, then builds the indexes, analyses and prepares.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub fn new(cluster: &Cluster, set: &'a Set, count: usize, index: Index) -> Result<Self> {
        let mut client = connect(cluster)?;
        let table = index.table();
        client.batch_execute(&format!(
            "CREATE EXTENSION IF NOT EXISTS postgis; DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({})",
            index.columns()
        ))?;
        let mut copy = client.copy_in(&format!("COPY {table} FROM STDIN BINARY"))?;
        copy.write_all(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0")?;
        let mut row = Vec::new();
        for id in 0..count as u32 {
            row.clear();
            let fields = fields(set, id, index);
            row.extend((fields.len() as i16).to_be_bytes());
            for field in &fields {
                row.extend((field.len() as i32).to_be_bytes());
                row.extend(field);
            }
            copy.write_all(&row)?;
        }
        copy.write_all(&(-1_i16).to_be_bytes())?;
        ensure!(copy.finish()? == count as u64, "PostgreSQL took in every row");
        // One by one: VACUUM shares its message with nothing.
        client.batch_execute(index.gist())?;
        client.batch_execute(&format!("CREATE INDEX ON {table} (id)"))?;
        client.batch_execute(&format!("VACUUM ANALYZE {table}"))?;
        let [meeting, nearing] = [client.prepare(index.meeting())?, client.prepare(index.nearing())?];
        let holes: Vec<String> = (1..=fields(set, 0, index).len()).map(|i| format!("${i}")).collect();
        let insert = client.prepare(&format!("INSERT INTO {table} VALUES ({})", holes.join(", ")))?;
        let remove = client.prepare(&format!("DELETE FROM {table} WHERE id = ANY($1)"))?;
        let bytes = sizes(&mut client, table)?;
        Ok(Self { set, index, client, meeting, nearing, insert, remove, bytes })
    }

    /// Its index.
    pub fn index(&self) -> Index {
        self.index
    }

    /// The plan of a query: the generic one, which is the one that is run.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub fn plan(&mut self) -> Result<String> {
        let question = self.index.meeting();
        let none = vec!["NULL"; question.matches('$').count()].join(", ");
        self.client.batch_execute(&format!("PREPARE told AS {question}"))?;
        let rows = self.client.query(&format!("EXPLAIN EXECUTE told({none})"), &[])?;
        self.client.batch_execute("DEALLOCATE told")?;
        Ok(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n"))
    }

    /// Every pair of this table whose footprints, spans and bands meet, each once.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub fn join(&mut self) -> Result<i64> {
        let question = match self.index {
            Index::Ranges => {
                "SELECT count(*) FROM ranges a JOIN ranges b ON a.id < b.id AND a.span && b.span \
                              AND a.band && b.band AND ST_Intersects(a.footprint, b.footprint)"
            }
            Index::Nd => {
                "SELECT count(*) FROM nd a JOIN nd b ON a.id < b.id AND a.box &&& b.box \
                          AND ST_Intersects(a.footprint, b.footprint)"
            }
        };
        Ok(self.client.query_one(question, &[])?.get(0))
    }

    /// Drops the table.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub fn drop_table(mut self) -> Result<()> {
        Ok(self.client.batch_execute(&format!("DROP TABLE {}", self.index.table()))?)
    }
}

fn connect(cluster: &Cluster) -> Result<Client> {
    let mut client = postgres::Config::new()
        .host_path(cluster.socket())
        .user("postgres")
        .dbname("postgres")
        .connect(NoTls)
        .context("connecting to the PostgreSQL of this run")?;
    // One thread, one plan, and never a scan of the whole table.
    client.batch_execute(
        "SET max_parallel_workers_per_gather = 0; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
         SET client_min_messages = warning",
    )?;
    Ok(client)
}

/// The versions of both.
///
/// # Errors
/// When PostgreSQL refuses.
pub fn version(cluster: &Cluster) -> Result<String> {
    let mut client = connect(cluster)?;
    client.batch_execute("CREATE EXTENSION IF NOT EXISTS postgis")?;
    let row = client.query_one("SELECT current_setting('server_version'), postgis_lib_version(), postgis_geos_version()", &[])?;
    let [server, postgis, geos]: [String; 3] = [row.get(0), row.get(1), row.get(2)];
    let server = server.split(' ').next().unwrap_or_default();
    Ok(format!("PostgreSQL {server}, PostGIS {postgis}, GEOS {geos}"))
}

fn sizes(client: &mut Client, table: &str) -> Result<[u64; 2]> {
    let row = client.query_one(&format!("SELECT pg_relation_size('{table}_gist'), pg_table_size('{table}')"), &[])?;
    Ok([row.get::<_, i64>(0), row.get::<_, i64>(1)].map(i64::cast_unsigned))
}

/// What a table holds of a volume, in its binary form.
fn fields(set: &Set, id: u32, index: Index) -> Vec<Vec<u8>> {
    let (bounds, number) = (set.bounds(id), id.to_be_bytes().to_vec());
    match index {
        Index::Ranges => vec![number, polygon(set.polygon(id)), span(bounds), band(bounds)],
        Index::Nd => vec![number, polygon(set.polygon(id)), diagonal(bounds)],
    }
}

/// EWKB: little-endian, one ring, closed.
fn polygon(corners: &[[i32; 2]]) -> Vec<u8> {
    let mut bytes = vec![1];
    for number in [3, 1, corners.len() as u32 + 1] {
        bytes.extend(number.to_le_bytes());
    }
    for corner in corners.iter().chain(&corners[..1]) {
        corner.iter().for_each(|c| bytes.extend(f64::from(*c).to_le_bytes()));
    }
    bytes
}

/// EWKB: a line with Z and M from the least corner to the greatest.
fn diagonal(bounds: &Bounds) -> Vec<u8> {
    let mut bytes = vec![1];
    for number in [2 | 0xC000_0000, 2_u32] {
        bytes.extend(number.to_le_bytes());
    }
    bounds.min.iter().chain(&bounds.max).for_each(|c| bytes.extend(f64::from(*c).to_le_bytes()));
    bytes
}

/// Both ends included.
const CLOSED: u8 = 0x06;

fn range(low: &[u8], high: &[u8]) -> Vec<u8> {
    let mut bytes = vec![CLOSED];
    for end in [low, high] {
        bytes.extend((end.len() as i32).to_be_bytes());
        bytes.extend(end);
    }
    bytes
}

fn span(bounds: &Bounds) -> Vec<u8> {
    let [start, end] = [bounds.min[3], bounds.max[3]].map(|seconds| (i64::from(seconds) * 1_000_000).to_be_bytes());
    range(&start, &end)
}

fn band(bounds: &Bounds) -> Vec<u8> {
    range(&bounds.min[2].to_be_bytes(), &bounds.max[2].to_be_bytes())
}

/// A value in its binary form, whatever its type.
#[derive(Debug)]
struct Binary(Vec<u8>);

impl ToSql for Binary {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Structure for Postgis<'_> {
    fn name(&self) -> &str {
        self.index.name()
    }

    fn find(&mut self, query: &Query<'_>, hits: &mut Vec<u32>) -> Result<()> {
        let footprint = Binary(polygon(query.polygon));
        let (reach, [low, high]) = (&query.reach, [query.reach.min, query.reach.max].map(|c| [c[0], c[1]]));
        let rows = match (self.index, query.near) {
            (Index::Ranges, None) => {
                self.client.query(&self.meeting, &[&footprint, &Binary(span(reach)), &Binary(band(reach))])?
            }
            (Index::Nd, None) => self.client.query(&self.meeting, &[&footprint, &Binary(diagonal(reach))])?,
            (Index::Ranges, Some(Near { scale: [x, y], metres })) => {
                let grown = Binary(polygon(&[low, [high[0], low[1]], high, [low[0], high[1]]]));
                let (span, band) = (Binary(span(reach)), Binary(band(reach)));
                self.client.query(&self.nearing, &[&footprint, &span, &band, &grown, &x, &y, &metres])?
            }
            (Index::Nd, Some(Near { scale: [x, y], metres })) => {
                self.client.query(&self.nearing, &[&footprint, &Binary(diagonal(reach)), &x, &y, &metres])?
            }
        };
        hits.extend(rows.iter().map(|row| row.get::<_, i32>(0).cast_unsigned()));
        Ok(())
    }
}

impl Changing for Postgis<'_> {
    fn insert(&mut self, ids: &[u32]) -> Result<()> {
        let mut transaction = self.client.transaction()?;
        for id in ids {
            let fields: Vec<Binary> = fields(self.set, *id, self.index).into_iter().map(Binary).collect();
            let fields: Vec<&(dyn ToSql + Sync)> = fields.iter().map(|field| field as _).collect();
            transaction.execute(&self.insert, &fields)?;
        }
        Ok(transaction.commit()?)
    }

    fn remove(&mut self, ids: &[u32]) -> Result<()> {
        let ids: Vec<i32> = ids.iter().map(|id| id.cast_signed()).collect();
        let gone = self.client.execute(&self.remove, &[&ids])?;
        ensure!(gone == ids.len() as u64, "{gone} of {} volumes were in PostgreSQL", ids.len());
        Ok(())
    }
}
