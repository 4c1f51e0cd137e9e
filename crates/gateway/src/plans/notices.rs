//! Plans from our own JSON: each notice is one. Its fields are read as strictly as when it is stated; that it lacks some
//! that a notice needs does not matter here.

use detente_types::{Metres, NoticeKind};

use super::Given;
use super::extent::{Other, extent};
use super::judge::{Names, Numbering, Rough};
use super::taker::{RoughPlan, Taker};
use crate::fields::Fields;
use crate::form::VolumeForm;
use crate::json::{self, detail_form, named, nested, text_form};
use crate::place::{self, Places};
use crate::problem::Problem;
use crate::tree::Tree;

pub(super) fn read(root: &Tree, taker: &mut Taker) {
    let notices = root.as_list().unwrap_or(core::slice::from_ref(root));
    for (i, notice) in notices.iter().enumerate() {
        if taker.is_full() {
            return;
        }
        taker.take(plan(format!("notice {}", i + 1), notice, &taker.given));
    }
}

fn plan(place: String, notice: &Tree, given: &Given) -> RoughPlan {
    let mut plan = RoughPlan { place, ..RoughPlan::default() };
    let Some(members) = notice.as_map() else {
        plan.problems.push(Problem::new("", &notice.to_string(), "a notice as an object"));
        return plan;
    };
    let mut f = Fields::of_map(members);
    plan.volumes = volumes(&mut f, given);
    let header = named(&mut f);
    plan.name = header.title.or(header.call_sign).or(header.id);
    if !header.kind.is_empty() {
        plan.kind = f.problems.named("kind", &header.kind, NoticeKind::from_name, NoticeKind::names);
    }
    nested(&mut f, "text", text_form);
    nested(&mut f, "translation", text_form);
    nested(&mut f, "detail", detail_form);
    plan.doubts = core::mem::take(&mut f.doubts);
    plan.problems = f.finish();
    plan
}

fn volumes(f: &mut Fields<'_>, given: &Given) -> Vec<Rough> {
    json::each_volume(f, |inner, place| rough(inner, format!("{place}."), given))
}

fn rough(f: &mut Fields<'_>, prefix: String, given: &Given) -> Option<Rough> {
    let shape = f.need_text("shape", "point, path or polygon");
    let listed = f.take("positions");
    if listed.is_none() {
        f.problems.push(Problem::missing("positions", "a list of [latitude, longitude]"));
    }
    let outline = listed.map(|list| json::positions("positions", list, f)).unwrap_or_default();
    let holes = f.list("holes", "a list of outlines").iter().enumerate();
    let holes: Vec<Places> = holes.map(|(i, hole)| json::positions(&format!("holes[{i}]"), hole, f)).collect();
    let known = ["point", "path", "polygon"].contains(&shape.as_str());
    if !known && !shape.is_empty() {
        f.problems.push(Problem::new("shape", &shape, "point, path or polygon"));
    }
    if shape == "point" && outline.positions.len() > 1 {
        f.problems.push(Problem::new("positions", &format!("{} positions", outline.positions.len()), "one position for a point"));
    }
    if known && shape != "polygon" && !holes.is_empty() {
        f.problems.push(Problem::new("holes", &format!("{} holes of a {shape}", holes.len()), "holes in polygons only"));
    }
    let uncertainty = holes.iter().map(|hole| hole.uncertainty).fold(outline.uncertainty, Metres::max);
    let (form, extent) = extent(f, given, &Other::default());
    let names = Names {
        prefix,
        extent_prefix: String::new(),
        drawn: String::new(),
        numbering: Numbering::Own,
        times: "times".into(),
        extent,
    };
    known.then(|| Rough {
        form: VolumeForm {
            shape,
            positions: outline.positions,
            holes: holes.into_iter().map(|hole| hole.positions).collect(),
            radius_m: place::grown(form.radius_m, uncertainty),
            ..form
        },
        drawn: listed.is_some(),
        straight: false,
        names,
    })
}
