//! Plans before they are stated, and how full a region is.

use anyhow::Result;
use detente_api::around::{AroundAsk, AroundView};
use detente_api::ask::TermsAnswer;
use detente_api::density::DensityView;
use detente_api::plans::PlanForm;
use detente_api::problem::Fault;
use detente_api::view::{NoticeItem, SentenceView};
use detente_gateway::NoticeForm;
use detente_types::Terms;
use serde::Serialize;

use super::On;
use super::resolve::shift_words;
use crate::args::{AroundArgs, DensityArgs};
use crate::client::Client;
use crate::files;
use crate::output::{refuse, show};

/// A plan of a file, and what is round it.
#[derive(Serialize)]
struct Looked {
    plan: String,
    #[serde(flatten)]
    around: AroundView,
}

pub(super) fn around(on: &On<'_>, args: &AroundArgs) -> Result<()> {
    let (client, line) = (on.client()?, &args.on.line);
    let in_force: TermsAnswer = client.get(&format!("/v1/lines/{line}/terms"))?;
    let forms = files::forms(files::notices(&args.file, Terms::try_new(in_force.terms).ok().as_ref())?);
    if args.instead_of.is_some() && forms.len() != 1 {
        return Err(refuse(
            Fault::Request,
            format!("--instead-of goes with one plan, and {} has {}", args.file.display(), forms.len()),
        ));
    }
    let look = |form: NoticeForm| -> Result<Looked> {
        let plan = form.title.clone().unwrap_or_else(|| form.kind.clone());
        let asked = AroundAsk {
            // What is held back is shifted as it is; only what is let out coarsely is tied to its grid.
            release: form.release.clone().filter(|release| ["1 km", "10 km"].contains(&release.as_str())),
            plan: PlanForm { kind: form.kind, volumes: form.volumes, instead_of: args.instead_of.clone() },
        };
        Ok(Looked { plan, around: client.post(&format!("/v1/lines/{line}/plans/around"), &asked)? })
    };
    let looked: Vec<Looked> = forms.into_iter().map(look).collect::<Result<_>>()?;
    show(on.json, &looked, |looked| looked.iter().map(words).collect::<Vec<_>>().join("\n\n"))
}

fn words(Looked { plan, around }: &Looked) -> String {
    let mut out = vec![format!("{plan}: {}", if around.clear == Some(true) { "nothing is in its way" } else { &around.says })];
    out.extend(around.shifts.iter().flat_map(shift_words));
    let mut told = |what: &str, sentences: Option<&[SentenceView]>| {
        out.extend(sentences.unwrap_or_default().iter().map(|s| format!("{what}{}", s.text)));
    };
    told("theirs: ", around.nearest_theirs.as_ref().map(|near| near.sentences.as_slice()));
    told("ours: ", around.nearest_ours.as_ref().map(|near| near.sentences.as_slice()));
    told("when: ", around.free_window.as_ref().map(|free| free.sentences.as_slice()));
    told("how high: ", around.free_band.as_ref().map(|free| free.sentences.as_slice()));
    out.extend(around.changes.iter().map(|c| {
        let what = match c.change.as_str() {
            "new" => "met anew",
            "gone" => "met no more",
            _ => "still met",
        };
        format!("{what}: their entry {}", &c.statement.hash[..8])
    }));
    out.extend(around.not_answered.iter().map(|what| format!("not answered: {what}")));
    out.join("\n")
}

pub(super) fn density(on: &On<'_>, args: &DensityArgs) -> Result<()> {
    let (client, line) = (on.client()?, &args.on.line);
    let area = match &args.area {
        Some(area) => area.clone(),
        None => extent(&client, line)?,
    };
    let [south, west, north, east] = area[..] else {
        return Err(refuse(Fault::Request, "an area has four ends: south, west, north, east"));
    };
    let asked = [("rows", args.rows.to_string()), ("columns", args.columns.to_string())];
    let ends = [("south", south), ("west", west), ("north", north), ("east", east)].map(|(name, end)| (name, end.to_string()));
    // A plus sign in a query is a space.
    let instants = [("from", &args.from), ("until", &args.until)]
        .into_iter()
        .filter_map(|(name, instant)| instant.as_ref().map(|instant| (name, instant.replace('+', "%2B"))));
    let query: Vec<String> =
        asked.into_iter().chain(ends).chain(instants).map(|(name, value)| format!("{name}={value}")).collect();
    let path = format!("/v1/lines/{line}/density?{}", query.join("&"));
    let view: DensityView = client.get(&path)?;
    show(on.json, &view, picture)
}

/// Round all live notices, with a twentieth more on every side.
fn extent(client: &Client, line: &str) -> Result<Vec<f64>> {
    let notices: Vec<NoticeItem> = client.notices(line, None)?;
    let mut positions: Vec<[f64; 2]> = notices.iter().flat_map(|n| &n.notice.volumes).flat_map(|v| v.positions.clone()).collect();
    if positions.is_empty() {
        return Err(refuse(Fault::NotFound, "no live notice has a place: say which area with --area"));
    }
    unroll(&mut positions);
    let least = |i: usize| positions.iter().map(|p| p[i]).fold(f64::INFINITY, f64::min);
    let most = |i: usize| positions.iter().map(|p| p[i]).fold(f64::NEG_INFINITY, f64::max);
    let more = |i: usize| ((most(i) - least(i)) / 20.0).max(0.05);
    Ok(vec![(least(0) - more(0)).max(-90.0), least(1) - more(1), (most(0) + more(0)).min(90.0), most(1) + more(1)])
}

/// Where positions lie on both sides of the antimeridian, counts the western ones on beyond 180 degrees.
fn unroll(positions: &mut [[f64; 2]]) {
    let lons = || positions.iter().map(|p| p[1]);
    let wide = lons().fold(f64::NEG_INFINITY, f64::max) - lons().fold(f64::INFINITY, f64::min);
    if wide > 180.0 {
        positions.iter_mut().filter(|p| p[1] < 0.0).for_each(|p| p[1] += 360.0);
    }
}

/// One character a cell, from none to many.
const SHADES: [char; 8] = ['·', '1', '2', '3', '4', '5', '+', '#'];

fn picture(view: &DensityView) -> String {
    let total = |cell: usize| view.ours[cell] + view.theirs[cell];
    let shade = |n: u32| match n {
        0..=5 => SHADES[n as usize],
        6..=20 => SHADES[6],
        _ => SHADES[7],
    };
    let clock = |instant: &str| instant.get(..16).unwrap_or(instant).replace('T', " ");
    let mut out = vec![format!("live volumes in each cell, {} to {} UTC", clock(&view.from), clock(&view.until))];
    let columns = view.columns as usize;
    for row in (0..view.rows as usize).rev() {
        let cells: String = (0..columns).map(|column| shade(total(row * columns + column))).collect();
        out.push(format!("{:>8.3}  {cells}", view.south + view.cell_height * row as f64));
    }
    let east = view.west + view.cell_width * f64::from(view.columns);
    out.push(format!("{:>8}  from {:.3} to {east:.3} degrees of longitude; + is 6 to 20, # is more", "", view.west));
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_across_the_antimeridian_is_narrow() {
        let mut positions = [[60.0, 179.5], [60.5, -179.0]];
        unroll(&mut positions);
        assert_eq!(positions, [[60.0, 179.5], [60.5, 181.0]]);
        let mut wide = [[60.0, -80.0], [60.0, 90.0]];
        unroll(&mut wide);
        assert_eq!(wide, [[60.0, -80.0], [60.0, 90.0]]);
    }
}
