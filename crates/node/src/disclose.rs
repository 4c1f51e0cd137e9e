//! Disclosure: the form of a notice that leaves this node (PROTOCOL C7).
//!
//! Volumes are widened to the precision that the author lets out; names, call signs and free text are withheld unless
//! they are released on their own. The disclosed form always covers the exact one, and has its vertices in the area of the
//! terms, as the exact one has.

pub(crate) mod border;

use detente_space::disclose::{CoarsenError, coarsen, coarsen_window};
use detente_types::area::Area;
use detente_types::text::TextIn;
use detente_types::{Notice, NoticeIn, NoticeKind, Precision, Volume, VolumeIn, Window};
use detente_wire::Valid;

/// Slots that a coarse precision withholds unless they are released on their own.
pub const WITHHELD_SLOTS: [u8; 6] = [9, 10, 11, 12, 13, 15];

/// The form of `exact` at a precision under terms with an area, with the slots in `reveal` kept.
///
/// # Errors
/// The volumes cannot be widened within the limits of a notice: then it cannot be stated at this precision.
pub(crate) fn disclose(
    exact: &Valid<Notice>,
    precision: Precision,
    reveal: &[u8],
    area: Option<&Area>,
) -> Result<NoticeIn, CoarsenError> {
    let mut form = exact.input().clone();
    form.precision = precision.code();
    if precision == Precision::Exact {
        return Ok(form);
    }
    let volumes = told(exact.kind(), exact.volumes(), precision, area)?;
    let whole = coarsen_window(&exact.validity(), precision).ok_or(CoarsenError::TooLong { precision, volume: 0 })?;
    let validity = volumes.iter().fold(whole, |whole: Window, volume| cover(whole, volume.window));
    form.volumes = volumes.iter().map(VolumeIn::from).collect();
    (form.valid_from_us, form.valid_until_us) = (validity.start().micros(), validity.end().micros());
    withhold(&mut form, reveal);
    Ok(form)
}

/// What is told of volumes at a precision. A safety notice counts wherever it is, and no border cuts it.
///
/// # Errors
/// As [`disclose`].
pub(crate) fn told(
    kind: NoticeKind,
    volumes: &[Volume],
    precision: Precision,
    area: Option<&Area>,
) -> Result<Vec<Volume>, CoarsenError> {
    let widened = coarsen(volumes, precision)?;
    let area = area.filter(|_| precision != Precision::Exact && kind != NoticeKind::Safety);
    Ok(match area {
        Some(area) => border::keep_in(area, widened),
        None => widened,
    })
}

fn cover(a: Window, b: Window) -> Window {
    Window::try_new(a.start().min(b.start()), a.end().max(b.end())).unwrap_or(a)
}

fn withhold(form: &mut NoticeIn, reveal: &[u8]) {
    let keep = |slot: u8| reveal.contains(&slot);
    let line = |slot: u8, value: &mut Option<String>| {
        if !keep(slot) {
            *value = None;
        }
    };
    let text = |slot: u8, value: &mut Option<TextIn>| {
        if !keep(slot) {
            *value = None;
        }
    };
    line(9, &mut form.title);
    text(10, &mut form.text);
    text(11, &mut form.translation);
    line(12, &mut form.call_sign);
    line(13, &mut form.contact);
    if !keep(15) {
        form.detail = None;
    }
}
