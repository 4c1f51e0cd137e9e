//! An entry that did not pass the envelope gate cannot be appended to a log.
use detente_record::Log;
use detente_wire::Entry;

fn append(log: &mut Log, entry: &Entry) {
    let _ = log.append(entry);
}

fn main() {}
