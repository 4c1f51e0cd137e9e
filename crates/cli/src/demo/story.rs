//! What the demo shows, in the order in which it happens.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use detente_api::ask::{AmendAsk, AnswerAsk, BackupAsk, CheckAsk, Done, OfferAsk, ReceiptAsk, SafetyActionAsk};
use detente_api::view::{ConflictView, LineView};
use detente_gateway::{NoticeForm, TextForm};

use super::Teller;
use super::blind::match_blind;
use super::day::{Day, SideFiles};
use super::node::{Founded, Side, converged, pair, wait_until};
use super::way_out::{WayOut, way_out};

/// Tells the day.
///
/// # Errors
/// When a step does not go as a line must.
pub(super) fn tell(day: &Day, root: &Path, headless: bool, out: &mut Teller) -> Result<()> {
    let (aster, borea) = make_the_line(day, root, out)?;
    state_the_day(day, &aster, &borea, out)?;
    let found = find_conflicts(&aster, &borea, out)?;
    for conflict in found {
        settle(4, [&aster, &borea], &conflict, out)?;
    }
    for conflict in match_blind(&aster, &borea, out)? {
        settle(5, [&aster, &borea], &conflict, out)?;
    }
    tell_safety(day, &aster, &borea, out)?;
    read_on(&aster, &borea, out)?;
    prove(root, &aster, &borea, out)?;
    close(&aster, &borea, headless, out)
}

fn make_the_line(day: &Day, root: &Path, out: &mut Teller) -> Result<(Side, Side)> {
    out.chapter("1  Two sides make a line");
    let aster = Founded::new(root, "Aster", "Aster air desk", "Maj Lind")?;
    let borea = Founded::new(root, "Borea", "Borea sea desk", "Cdr Orlov")?;
    let code = pair(&aster, &borea, day.terms.clone())?;
    out.say("Aster invites, Borea joins. Before anything is trusted, two people read this to each other:");
    out.say(&format!("    {}\n    {}", code.words().join("  "), code.digits()));
    let terms = &day.terms;
    out.say(&format!(
        "The terms: {}; apart by {} m, {} m in height and {} s; law {}.",
        terms.area.name, terms.separation.horizontal_m, terms.separation.vertical_m, terms.separation.time_s, terms.law
    ));
    let (aster, borea) = (aster.serve()?, borea.serve()?);
    let views = wait_until("the two nodes to meet", [&aster, &borea], converged)?;
    out.say("Two nodes, two processes, TLS 1.3 with X25519MLKEM768 only, keys pinned. Each has cosigned the other's log.");
    out.sum_up(format!("line {} between Aster and Borea, terms version {}", &views[0].line[..8], terms.version));
    Ok((aster, borea))
}

fn state_the_day(day: &Day, aster: &Side, borea: &Side, out: &mut Teller) -> Result<()> {
    out.chapter("2  Each side says what it is about to do");
    let stated = state_side(aster, &day.aster, out)? + state_side(borea, &day.borea, out)?;
    let views = wait_until("both logs to be cosigned", [aster, borea], converged)?;
    out.say(&format!(
        "\nL1: each node holds the other's whole log on its disk and has cosigned it ({} and {} entries).",
        views[0].own.size, views[1].own.size
    ));
    tell_disclosure(aster, borea, out)?;
    out.sum_up(format!("{stated} notices stated, all cosigned (L1)"));
    Ok(())
}

fn state_side(side: &Side, files: &SideFiles, out: &Teller) -> Result<usize> {
    let mut stated = 0;
    for (name, forms) in &files.files {
        let done = side.notify(forms.clone())?;
        for (form, done) in forms.iter().zip(&done) {
            stated += usize::from(done.stated.is_some());
            out.say(&told(side.name, name, form, done));
        }
    }
    Ok(stated)
}

fn told(side: &str, file: &str, form: &NoticeForm, done: &Done) -> String {
    let what = form.title.clone().or_else(|| form.text.as_ref().map(|t| t.text.clone())).unwrap_or_else(|| form.kind.clone());
    let release = form.release.as_deref().unwrap_or("exact");
    let kept =
        if done.stated.is_some() { String::new() } else { format!("  → {}", done.note.as_deref().unwrap_or("in the book")) };
    format!("  {side:<6} {:<10} {what}  [{release}]  ({file}){kept}", form.kind)
}

/// What each side knows and does not: the coarse notices, by what is in them here and there.
fn tell_disclosure(aster: &Side, borea: &Side, out: &Teller) -> Result<()> {
    for notice in borea.notices()?.iter().filter(|n| n.by == "theirs" && n.notice.precision.as_deref() != Some("exact")) {
        let corners: usize = notice.notice.volumes.iter().map(|v| v.positions.len()).sum();
        out.say(&format!(
            "Borea sees Aster's {} only on the {} grid: {corners} corners of whole cells, no title, no call sign.",
            notice.notice.kind,
            notice.notice.precision.as_deref().unwrap_or("?")
        ));
    }
    let (ours, theirs) = (aster.line()?.counts.ours, borea.line()?.counts.theirs);
    ensure!(ours == theirs, "Aster has {ours} notices stated and Borea holds {theirs}");
    out.say("What is marked hold or blind only is in the book of its author and nowhere else.");
    Ok(())
}

fn find_conflicts(aster: &Side, borea: &Side, out: &mut Teller) -> Result<Vec<ConflictView>> {
    out.chapter("3  Where plans meet");
    let (here, there) = (aster.conflicts()?, borea.conflicts()?);
    let ids = |c: &[ConflictView]| c.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
    ensure!(ids(&here) == ids(&there), "the two sides find different conflicts");
    let views = [aster.line()?, borea.line()?];
    ensure!(views[0].joint == views[1].joint, "the two sides derive different conflicts");
    out.say(&format!(
        "Both nodes derive the same {} conflict(s) from the two logs, bit for bit: {}",
        here.len(),
        &views[0].joint[..16]
    ));
    for conflict in &here {
        out.say(&format!("\n  conflict {}", &conflict.id[..8]));
        conflict.sentences.iter().for_each(|s| out.say(&format!("    {}", s.text)));
    }
    let private = aster.line()?.counts.warnings + borea.line()?.counts.warnings;
    if private > 0 {
        out.say(&format!("\n  and {private} private warning(s), from exact plans that never left their node"));
    }
    out.sum_up(format!("{} conflict(s) found, the same on both sides", here.len()));
    Ok(here)
}

/// Borea offers a change of Aster's plan, Aster accepts and publishes it.
fn settle(chapter: u8, [aster, borea]: [&Side; 2], conflict: &ConflictView, out: &mut Teller) -> Result<()> {
    out.chapter(&format!("{chapter}  Settling conflict {}", &conflict.id[..8]));
    let Some(WayOut { name, words, of }) = way_out(borea, conflict)? else {
        out.say("No shift of Aster's plan clears it, nor two at once: it stays open, and both screens say so.");
        out.sum_up(format!("conflict {} is open", &conflict.id[..8]));
        return Ok(());
    };
    out.say(&format!("Borea's node finds {of} shift(s) of Aster's notice that clear it, by what both sides have disclosed."));
    let asked = OfferAsk { conflict: conflict.id.clone(), ours: false, suggestion: Some(name.clone()), ..OfferAsk::default() };
    let offer: Done = borea.post("offers", &asked)?;
    let offer = offer.stated.context("the offer was not stated")?;
    out.say(&format!("Borea offers the first: {words} (offer {})", &offer.hash[..8]));
    wait_until("the offer to arrive", [aster, borea], converged)?;
    let _: Done = aster.post("answers", &AnswerAsk { offer: offer.hash, answer: "accept".into(), text: None })?;
    out.say("Aster accepts. Agreed, not yet amended: nothing is settled until the next version is in the log.");
    wait_until("the accept to arrive", [aster, borea], converged)?;
    let _: Done = aster.post("amendments", &AmendAsk { conflict: conflict.id.clone() })?;
    let gone = |views: &[LineView; 2]| converged(views) && views[0].joint == views[1].joint;
    wait_until("the amendment to arrive", [aster, borea], gone)?;
    let left = aster.conflicts()?.into_iter().filter(|c| c.id == conflict.id).count()
        + borea.conflicts()?.into_iter().filter(|c| c.id == conflict.id).count();
    ensure!(left == 0, "the conflict is still there after the amendment");
    out.say("Aster publishes the next version. Both nodes look again: the conflict is gone. Settled.");
    out.sum_up(format!("conflict {} settled by the shift {name} of Aster's notice", &conflict.id[..8]));
    Ok(())
}

/// Aster's people are in danger; Borea can stop it.
fn tell_safety(day: &Day, aster: &Side, borea: &Side, out: &mut Teller) -> Result<()> {
    let Some(safety) = &day.aster.safety else {
        return Ok(());
    };
    out.chapter("6  SAFETY");
    let mut form = safety.clone();
    set_to_now(&mut form);
    let done = aster.notify(vec![form.clone()])?;
    let at = done.first().and_then(|d| d.stated.clone()).context("the safety notice was not stated")?;
    let detail = form.detail.unwrap_or_default();
    out.say(&format!("Aster: {} — {}", detail.endangered.unwrap_or_default(), detail.ask.unwrap_or_default().to_uppercase()));
    wait_until("the safety notice to be cosigned", [aster, borea], converged)?;
    out.say("It overtakes its log, rings at Borea for any officer on watch, and repeats until an action is stated.");
    let action = TextForm { language: "en".into(), text: "Fire is stopped. The area is clear for your boat.".into() };
    let _: Done = borea.post("safety-actions", &SafetyActionAsk { of: at.hash.clone(), action: action.clone(), by: None })?;
    let _: Done =
        borea.post("receipts", &ReceiptAsk { of: at.hash.clone(), level: "read".into(), list_number: None, read_back: None })?;
    wait_until("the action to arrive", [aster, borea], converged)?;
    let notices = aster.notices()?;
    let notice = notices.iter().find(|n| n.at.hash == at.hash).context("the safety notice is gone")?;
    let receipts: Vec<&str> = notice.receipts.iter().map(|r| r.level.as_str()).collect();
    out.say(&format!("Borea, Cdr Orlov: {}", action.text));
    out.say(&format!("Receipts that Aster holds for it: cosigned (L1), {}.", receipts.join(", ")));
    out.sum_up(format!("SAFETY taken and answered; receipts: cosigned, {}", receipts.join(", ")));
    Ok(())
}

/// A safety notice is about now.
fn set_to_now(form: &mut NoticeForm) {
    let (from, until) = (crate::host::now(), crate::host::now().plus_seconds(7_200));
    form.valid_from = Some(from.to_string());
    form.valid_until = Some(until.to_string());
    for volume in &mut form.volumes {
        volume.start = from.to_string();
        volume.end = until.to_string();
    }
    if let Some(detail) = &mut form.detail {
        detail.since = detail.since.as_ref().map(|_| from.to_string());
    }
}

fn read_on(aster: &Side, borea: &Side, out: &mut Teller) -> Result<()> {
    out.chapter("7  How far it got");
    let theirs = aster.notices()?;
    let Some(notice) = theirs.iter().find(|n| n.by == "theirs" && n.notice.kind == "site") else {
        return Ok(());
    };
    let of = notice.at.hash.clone();
    let receipt = |level: &str, number: Option<&str>, back: Option<&str>| ReceiptAsk {
        of: of.clone(),
        level: level.into(),
        list_number: number.map(Into::into),
        read_back: back.map(Into::into),
    };
    let _: Done = aster.post("receipts", &receipt("read", None, None))?;
    let _: Done = aster.post("receipts", &receipt("listed", Some("AST-0147"), Some(&read_back(notice)?)))?;
    let _: Done = aster.post("receipts", &receipt("passed", None, None))?;
    for side in [aster, borea] {
        let _: Done = side.post("checks", &CheckAsk::default())?;
    }
    let green = |views: &[LineView; 2]| converged(views) && views.iter().all(|view| view.state == "GREEN");
    wait_until("the receipts and the answers to arrive", [aster, borea], green)?;
    let at_home = borea.notices()?;
    let level = at_home.iter().find(|n| n.at.hash == of).map(|n| n.level).context("the notice is gone")?;
    out.say(&format!(
        "{}: read, entered as AST-0147 after read-back, passed to the operating desks: L{level} of 4.",
        notice.notice.title.as_deref().unwrap_or("site")
    ));
    out.say("Each side checks the line, and the other node answers: the line is GREEN on both sides.");
    out.sum_up(format!("one site followed to L{level}; line checks answered, GREEN"));
    Ok(())
}

/// The position in degrees and minutes: another notation than the one it came in.
fn read_back(notice: &detente_api::view::NoticeItem) -> Result<String> {
    let [lat, lon] =
        notice.notice.volumes.first().and_then(|v| v.positions.first()).copied().context("the site has no position")?;
    let minutes = |degrees: f64| format!("{}°{:06.3}'", degrees.abs().trunc(), degrees.abs().fract() * 60.0);
    let (ns, ew) = (if lat < 0.0 { 'S' } else { 'N' }, if lon < 0.0 { 'W' } else { 'E' });
    Ok(format!("{}{ns} {}{ew}", minutes(lat), minutes(lon)))
}

fn prove(root: &Path, aster: &Side, borea: &Side, out: &mut Teller) -> Result<()> {
    out.chapter("8  The record");
    let mut checked = 0;
    for side in [aster, borea] {
        let copy = root.join(format!("{}-copy", side.name.to_lowercase()));
        let _: BackupAsk = side.post_node("backup", &BackupAsk { to: copy.display().to_string() })?;
        checked += crate::verbs::verify_copy(&copy)?;
        out.say(&format!("{}'s copy of the joint record: every entry, signature and root verifies, offline.", side.name));
    }
    let copy = root.join("borea-copy");
    let what = forge_a_byte(&copy)?;
    match crate::verbs::verify_copy(&copy) {
        Ok(_) => bail!("a forged byte was not found"),
        Err(fault) => out.say(&format!("One byte of Borea's copy is forged ({what}). Caught:\n    {fault:#}")),
    }
    out.sum_up(format!("{checked} entries verified offline on both sides; a forged byte caught"));
    Ok(())
}

/// Changes one byte in the middle of the journal.
fn forge_a_byte(home: &Path) -> Result<String> {
    let journal = home.join("journal.db");
    let mut bytes = std::fs::read(&journal).context("reading the copy")?;
    let at = bytes.len() / 2;
    bytes[at] ^= 0x01;
    std::fs::write(&journal, bytes).context("writing the copy")?;
    Ok(format!("byte {at} of journal.db"))
}

fn close(aster: &Side, borea: &Side, headless: bool, out: &mut Teller) -> Result<()> {
    out.chapter("Summary");
    out.end([(aster, aster.page()?), (borea, borea.page()?)])?;
    if headless {
        return Ok(());
    }
    out.say(&format!("\nBoth nodes stay up until Ctrl-C. Their pages:\n  Aster  {}\n  Borea  {}", aster.page()?, borea.page()?));
    out.say(&format!(
        "Try it yourself, for instance:\n  detente --home {} conflicts\n  detente --home {} notices",
        aster.root.display(),
        borea.root.display()
    ));
    open_browser(&aster.page()?);
    wait_for_interrupt()
}

/// Only where there is a display to open it on.
fn open_browser(page: &str) {
    if std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some() {
        let _ = std::process::Command::new("xdg-open").arg(page).spawn();
    }
}

fn wait_for_interrupt() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    runtime.block_on(tokio::signal::ctrl_c()).context("waiting for Ctrl-C")
}
