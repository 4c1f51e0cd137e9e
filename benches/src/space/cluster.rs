//! A PostgreSQL with PostGIS of the run's own: made in a folder, asked over a socket in it, stopped and deleted at the end.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const POSTGIS: &str = "/usr/share/postgresql/15/extension/postgis.control";
const PACKAGES: [&str; 2] = ["postgresql-15", "postgresql-15-postgis-3"];
/// The user that the packages make. PostgreSQL refuses to run as root.
const USER: &str = "postgres";

/// What is set and why: the peer is given all that speeds up a database that may lose everything in a crash.
pub const SETTINGS: [(&str, &str); 12] = [
    ("listen_addresses", "''"),
    ("max_connections", "10"),
    ("shared_buffers", "3GB"),
    ("effective_cache_size", "12GB"),
    ("maintenance_work_mem", "1GB"),
    ("work_mem", "256MB"),
    ("random_page_cost", "1.0"),
    ("jit", "off"),
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("max_wal_size", "8GB"),
];

/// A running server.
pub struct Cluster {
    folder: TempDir,
    as_root: bool,
}

impl Cluster {
    /// Installs what is missing (as root), makes a cluster and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is missing and cannot be installed: with the exact command that would; when it does not start: with
    /// its own log.
    pub fn start() -> Result<Self> {
        let as_root = fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own))? == 0;
        provide(as_root)?;
        let folder = tempfile::Builder::new().prefix("detente-postgres-").tempdir().context("a folder for PostgreSQL")?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
        if as_root {
            let (user, group) = ids(USER)?;
            chown(folder.path(), Some(user), Some(group)).context("giving PostgreSQL's folder to its user")?;
        }
        let cluster = Self { folder, as_root };
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-U", USER, "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-sync"])?;
        let mut settings = String::new();
        for (name, value) in
            SETTINGS.iter().chain(&[("unix_socket_directories", format!("'{}'", cluster.socket().display()).as_str())])
        {
            settings.push_str(&format!("{name} = {value}\n"));
        }
        let file = Path::new(&data).join("postgresql.auto.conf");
        fs::write(&file, settings).with_context(|| format!("writing {}", file.display()))?;
        let log = cluster.folder.path().join("log");
        if let Err(error) = cluster.run("pg_ctl", &["-D", &data, "-w", "-t", "60", "-l", &log.to_string_lossy(), "start"]) {
            bail!("{error:#}; its log: {}", fs::read_to_string(&log).unwrap_or_default());
        }
        Ok(cluster)
    }

    /// The folder of its socket.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_string_lossy().into_owned()
    }

    /// Runs one of PostgreSQL's programs as the user that it is to run as.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let program = PathBuf::from(PROGRAMS).join(program);
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let output = command.args(arguments).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = output.status().with_context(|| format!("running {}", program.display()))?;
        ensure!(status.success(), "{} {}: {status}", program.display(), arguments.join(" "));
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]) {
            eprintln!("PostgreSQL in {} did not stop: {error:#}", self.folder.path().display());
        }
    }
}

fn is_here() -> bool {
    Path::new(PROGRAMS).join("postgres").exists() && Path::new(POSTGIS).exists()
}

fn provide(as_root: bool) -> Result<()> {
    if is_here() {
        return Ok(());
    }
    let command = format!("apt-get install --yes --no-install-recommends {}", PACKAGES.join(" "));
    ensure!(as_root, "PostgreSQL 15 with PostGIS is missing: run `sudo {command}` and try again, or measure with --no-postgres");
    for arguments in ["update --quiet".to_owned(), command.trim_start_matches("apt-get ").to_owned()] {
        let mut apt = Command::new("apt-get");
        let status = apt.env("DEBIAN_FRONTEND", "noninteractive").args(arguments.split(' ')).stdout(Stdio::null()).status()?;
        ensure!(status.success(), "apt-get {arguments}: {status}");
    }
    ensure!(is_here(), "`{command}` ran, but PostgreSQL 15 with PostGIS is still missing");
    Ok(())
}

/// The numbers of a user and its group.
fn ids(user: &str) -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
    let line = users.lines().find(|line| line.split(':').next() == Some(user));
    let mut fields = line.with_context(|| format!("the user {user} that the packages make"))?.split(':').skip(2);
    let mut number = || fields.next().unwrap_or_default().parse::<u32>().context("a user's number");
    Ok((number()?, number()?))
}
