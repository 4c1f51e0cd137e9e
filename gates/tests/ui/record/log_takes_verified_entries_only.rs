//! An entry that did not pass the envelope gate cannot be appended to a log, nor begin a generation, nor be released.
use detente_record::release::Part;
use detente_record::{GenerationChain, Log};
use detente_wire::Entry;

fn append(log: &mut Log, entry: &Entry) {
    let _ = log.append(entry);
}

fn go_on(chain: &mut GenerationChain, entry: &Entry) {
    let _ = chain.append(entry);
}

fn begin(chain: &mut GenerationChain, entry: &Entry) {
    let _ = chain.begin(entry);
}

fn release(part: &mut Part, log: &Log, entry: &Entry) {
    let _ = part.release_whole(log, entry);
}

fn main() {}
