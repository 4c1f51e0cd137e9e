//! The names of fields: as the rules say them, as the JSON form does, and as each format does.

use crate::raw::Layout;

/// A field as a rule names it, in the names of the JSON form. `kept` gives the numbers that the form has for volumes.
pub(crate) fn in_form(at: &str, kept: &[usize]) -> String {
    let renamed = match at {
        "validity.start" => "valid_from",
        "validity.end" => "valid_until",
        "validity" => "valid_from, valid_until",
        "detail.since_us" => "detail.since",
        other => other,
    };
    match split_volume(renamed) {
        Some((number, rest)) => {
            let number = kept.get(number).copied().unwrap_or(number);
            let rest = in_volume(rest);
            if rest.is_empty() { format!("volumes[{number}]") } else { format!("volumes[{number}].{rest}") }
        }
        None => renamed.to_owned(),
    }
}

/// A field as a rule of the meaning gate names it, in the names of the JSON form.
pub fn field_name(at: &str) -> String {
    in_form(at, &[])
}

/// A field in the names of the JSON form, as a format has it.
pub(crate) fn column(layout: Layout, at: &str) -> String {
    if layout == Layout::Nested {
        return at.to_owned();
    }
    let at = at.strip_prefix("detail.").unwrap_or(at);
    let Some((number, rest)) = split_volume(at) else {
        return match (at, layout) {
            ("volumes", Layout::Feature) => "geometry".into(),
            ("volumes", Layout::Pair) => "lat, lon".into(),
            ("volumes", Layout::Positions) => "positions".into(),
            _ => at.to_owned(),
        };
    };
    let drawn = rest.is_empty() || ["positions", "holes", "shape"].iter().any(|name| rest.starts_with(name));
    match (layout, drawn) {
        (_, false) => rest.to_owned(),
        (Layout::Feature, _) if number == 0 => "geometry".into(),
        (Layout::Feature, _) => format!("geometry, part {}", number + 1),
        (Layout::Pair, _) => "lat, lon".into(),
        _ if rest.is_empty() => "positions".into(),
        _ => rest.to_owned(),
    }
}

/// `volumes[3].rest` as 3 and `rest`.
fn split_volume(at: &str) -> Option<(usize, &str)> {
    let (number, rest) = at.strip_prefix("volumes[")?.split_once(']')?;
    Some((number.parse().ok()?, rest.strip_prefix('.').unwrap_or(rest)))
}

/// A field of a volume, from the rules' names to the form's.
pub(crate) fn in_volume(at: &str) -> String {
    match at {
        "footprint" | "footprint.rings" => "positions".into(),
        "footprint.radius" => "radius_m".into(),
        "footprint.shape" => "shape".into(),
        "altitude.datum" => "datum".into(),
        "altitude" => "lower_m, upper_m".into(),
        "window.start" => "start".into(),
        "window.end" => "end".into(),
        "window" => "start, end".into(),
        "passage.slack" => "slack_s".into(),
        times if times.starts_with("passage.") => times["passage.".len()..].into(),
        other => match other.strip_prefix("footprint.rings[").and_then(|rest| rest.split_once(']')) {
            Some((ring, rest)) => ring_name(ring, rest),
            None => other.to_owned(),
        },
    }
}

fn ring_name(ring: &str, rest: &str) -> String {
    let rest = rest.strip_suffix(".position").unwrap_or(rest);
    match ring.parse::<usize>() {
        Ok(0) | Err(_) => format!("positions{rest}"),
        Ok(ring) => format!("holes[{}]{rest}", ring - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_tells_a_rules_field_by_its_own_name() {
        let cases = [
            ("validity.end", "valid_until", "valid_until", "valid_until"),
            ("volumes", "volumes", "geometry", "lat, lon"),
            ("volumes[0]", "volumes[5]", "geometry, part 6", "lat, lon"),
            ("volumes[0].altitude", "volumes[5].lower_m, upper_m", "lower_m, upper_m", "lower_m, upper_m"),
            ("volumes[0].window.start", "volumes[5].start", "start", "start"),
            ("volumes[0].footprint.rings[0][3].position", "volumes[5].positions[3]", "geometry, part 6", "lat, lon"),
            ("volumes[0].footprint.rings[2][1]", "volumes[5].holes[1][1]", "geometry, part 6", "lat, lon"),
            ("volumes[0].passage.times[1]", "volumes[5].times[1]", "times[1]", "times[1]"),
            ("volumes[0].passage.slack", "volumes[5].slack_s", "slack_s", "slack_s"),
            ("detail.since_us", "detail.since", "since", "since"),
            ("title", "title", "title", "title"),
        ];
        for (rule, nested, feature, pair) in cases {
            let form = in_form(rule, &[5]);
            assert_eq!(form, nested);
            assert_eq!(column(Layout::Feature, &form), feature);
            assert_eq!(column(Layout::Pair, &form), pair);
        }
    }
}
