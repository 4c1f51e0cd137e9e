//! A notice that nobody judged cannot become `Valid`.
use detente_types::Notice;
use detente_wire::Valid;

fn forge(notice: Notice) -> Valid<Notice> {
    Valid(notice)
}

fn main() {}
