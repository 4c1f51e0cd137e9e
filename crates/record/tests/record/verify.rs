//! Offline verification: a good record passes, every planted fault is named, and threads do not show.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use detente_record::verify::{Inline, Workers, Wrong};
use detente_record::{EntryRow, NoteRole, NoteRow, OpeningFault, RecordFault, Verdict, Verifier};
use detente_types::{Generation, Head, Root};
use detente_wire::checkpoint::CheckpointFault;
use detente_wire::entry::EnvelopeFault;
use detente_wire::leaf::LeafFault;
use detente_wire::merkle::EMPTY_ROOT;
use proptest::prelude::*;

use crate::line::{A, B, Line, cases, row};

/// As many threads as it says.
struct Threads(usize);

#[expect(clippy::disallowed_methods, reason = "the tests stand in for L3, which owns the threads")]
impl Workers for Threads {
    fn count(&self) -> NonZeroUsize {
        self.0.try_into().unwrap()
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| (0..self.0).for_each(|share| drop(scope.spawn(move || job(share)))));
    }
}

/// A record: its entries and notes as a store would hand them over.
#[derive(Clone)]
struct Kept {
    line: Line,
    rows: Vec<EntryRow>,
    notes: Vec<NoteRow>,
}

/// The record that most tests start from.
static GOOD: LazyLock<Kept> = LazyLock::new(Kept::make);

impl Kept {
    fn new() -> Self {
        GOOD.clone()
    }

    /// Eight entries each way, each cosigned at once, A in its second generation from the middle on.
    fn make() -> Self {
        let mut line = Line::new(12);
        let mut notes = Vec::new();
        let mut talk = |line: &mut Line, from: i64| {
            for i in from..from + 4 {
                line.say(A, &format!("A says {i}"));
                line.say(B, &format!("B says {i}"));
                notes.extend([A, B].map(|who| cosigned(line, who, i)));
            }
        };
        talk(&mut line, 0);
        let end = line.sides[A].log().head();
        line.sides[A].certify(0);
        line.open(A, Some(end));
        talk(&mut line, 4);
        let rows = line.rows();
        Self { line, rows, notes }
    }

    fn verify(&self) -> Verdict {
        self.verify_on(2)
    }

    fn verify_on(&self, threads: usize) -> Verdict {
        let workers: &dyn Workers = if threads == 0 { &Inline } else { &Threads(threads) };
        self.line.verifier(workers).verify(self.rows.iter().cloned(), self.notes.iter().cloned())
    }

    fn fault(&self) -> RecordFault {
        self.verify().fault.expect("a planted fault is found")
    }

    /// The row of an entry.
    fn at(&mut self, who: usize, generation: u32, index: u64) -> &mut EntryRow {
        let place = self.position(who, generation, index);
        &mut self.rows[place]
    }

    fn position(&self, who: usize, generation: u32, index: u64) -> usize {
        let author = self.line.sides[who].party();
        let first = self.rows.iter().position(|r| r.author == author && r.generation == Generation(generation));
        first.unwrap() + index as usize
    }

    fn expect(&self, who: usize, generation: u32, index: u64, wrong: Wrong) {
        let author = Some(self.line.sides[who].party());
        let fault = RecordFault { author, generation: Generation(generation), index, wrong };
        assert_eq!(fault, self.fault());
    }
}

fn cosigned(line: &Line, who: usize, seconds: i64) -> NoteRow {
    let size = line.sides[who].log().size();
    let signed = line.sides[who].checkpoint(size);
    let cosignature = line.sides[1 - who].cosign(&signed, seconds);
    note(line, who, NoteRole::Cosignature, size, signed.note_with(&cosignature))
}

/// A note over the newest log of one side, as a store would hand it over.
fn note(line: &Line, who: usize, role: NoteRole, size: u64, note: String) -> NoteRow {
    let side = &line.sides[who];
    NoteRow { author: side.party(), generation: side.generation(), role, size, note: note.into_bytes() }
}

#[test]
fn a_good_record_passes() {
    let kept = Kept::new();
    let verdict = kept.verify();
    assert_eq!(None, verdict.fault);
    assert_eq!(16, verdict.notes);
    let heads: Vec<_> = verdict.logs.iter().map(|log| (log.head, log.signed, log.cosigned)).collect();
    let chain = &kept.line.sides[A].chain;
    let first = chain.life(Generation::FIRST).unwrap().log().head();
    let (a, b) = (kept.line.sides[A].log().head(), kept.line.sides[B].log().head());
    assert_eq!(vec![(first, 5, 5), (a, 5, 5), (b, 9, 9)], heads);
}

#[test]
fn an_empty_record_passes() {
    let kept = Kept::new();
    let verdict = kept.line.verifier(&Inline).verify(std::iter::empty(), std::iter::empty());
    assert_eq!(Verdict { logs: vec![], notes: 0, fault: None }, verdict);
}

#[test]
fn a_changed_leaf_body_or_place_is_named() {
    let mut kept = Kept::new();
    kept.at(A, 1, 3).leaf[200] ^= 1;
    kept.expect(A, 1, 3, Wrong::Envelope(EnvelopeFault::Leaf(LeafFault::Signature)));

    let mut kept = Kept::new();
    let body = &mut kept.at(B, 1, 3).body;
    let last = body.len() - 1;
    body[last] ^= 1;
    kept.expect(B, 1, 3, Wrong::Envelope(EnvelopeFault::Commitment { index: 3 }));

    let mut kept = Kept::new();
    let place = kept.position(B, 1, 2);
    kept.rows.remove(place);
    kept.expect(B, 1, 2, Wrong::Envelope(EnvelopeFault::Index { found: 3, expected: 2 }));

    let mut kept = Kept::new();
    let place = kept.position(B, 1, 2);
    kept.rows.swap(place, place + 1);
    kept.expect(B, 1, 2, Wrong::Envelope(EnvelopeFault::Index { found: 3, expected: 2 }));

    let mut kept = Kept::new();
    kept.at(A, 2, 1).body.clear();
    let fault = kept.fault();
    assert!(fault.to_string().contains("body withheld at 1"), "{fault}");
}

#[test]
fn the_first_of_two_faults_is_named() {
    let mut kept = Kept::new();
    kept.at(B, 1, 1).leaf[0] ^= 1;
    kept.at(A, 2, 3).leaf[200] ^= 1;
    kept.at(A, 2, 4).body[0] ^= 1;
    kept.expect(A, 2, 3, Wrong::Envelope(EnvelopeFault::Leaf(LeafFault::Signature)));
}

#[test]
fn a_lost_tail_is_noticed_by_a_kept_checkpoint() {
    let mut kept = Kept::new();
    let place = kept.position(A, 2, 4);
    kept.rows.remove(place);
    // B's last entry had seen it, and a checkpoint covers it; the checkpoint of A's log stands first.
    kept.expect(A, 2, 4, Wrong::Missing { size: 5 });
    kept.notes.clear();
    let fault = kept.fault();
    assert_eq!(Wrong::SeenMissing { generation: Generation(2), size: 5 }, fault.wrong);
    assert_eq!((Some(kept.line.sides[B].party()), 8), (fault.author, fault.index));
}

#[test]
fn a_lost_log_is_noticed() {
    let mut kept = Kept::new();
    let second = kept.position(A, 2, 0);
    kept.rows.drain(..second);
    kept.expect(A, 2, 0, Wrong::OutOfOrder);
    let mut kept = Kept::new();
    let b = kept.position(B, 1, 0);
    kept.rows.truncate(b);
    kept.notes.clear();
    let fault = kept.fault();
    assert_eq!(Wrong::SeenMissing { generation: Generation(1), size: 1 }, fault.wrong);
    assert_eq!((Some(kept.line.sides[A].party()), 1), (fault.author, fault.index));
}

#[test]
fn logs_of_strangers_and_torn_logs_are_refused() {
    let mut kept = Kept::new();
    let other = Line::new(99);
    let stranger = EntryRow { author: detente_types::PartyId::new([5; 32]), ..row(&other.sides[A].entries[0]) };
    kept.rows.push(stranger);
    assert_eq!(Wrong::Stranger, kept.fault().wrong);

    let mut kept = Kept::new();
    let again = kept.rows[0].clone();
    kept.rows.push(again);
    assert_eq!(Wrong::OutOfOrder, kept.fault().wrong);

    let kept = Kept::new();
    let [a, _] = kept.line.verifier(&Inline).parties;
    let parties = [a, detente_types::PartyId::new([5; 32])];
    let verifier = Verifier { parties, ..kept.line.verifier(&Inline) };
    let fault = verifier.verify(kept.rows.iter().cloned(), std::iter::empty()).fault.unwrap();
    assert_eq!((Some(a), Wrong::Opening(OpeningFault::ThirdParty)), (fault.author, fault.wrong));
}

#[test]
fn a_lie_about_what_was_seen_is_named() {
    let lie = |claim: fn(Head) -> Head| {
        let mut kept = Kept::new();
        let before = kept.line.sides[A].log().head();
        kept.line.say_seeing(B, "lie", claim(before));
        kept.rows = kept.line.rows();
        kept
    };
    lie(|head| Head { size: 4, ..head }).expect(B, 1, 9, Wrong::SeenDecreases { size: 4 });
    lie(|head| Head { root: Root::new([1; 32]), ..head }).expect(B, 1, 9, Wrong::SeenRoot { size: 5 });
    lie(|head| Head { size: 6, ..head }).expect(B, 1, 9, Wrong::SeenMissing { generation: Generation(2), size: 6 });
    let next = |head| Head { generation: Generation(3), ..head };
    lie(next).expect(B, 1, 9, Wrong::SeenMissing { generation: Generation(3), size: 5 });
    let empty = |head| Head { generation: Generation(3), size: 0, ..head };
    lie(empty).expect(B, 1, 9, Wrong::SeenNotEmpty);
}

#[test]
fn no_log_has_a_generation_0() {
    let mut line = Line::new(15);
    for (size, root) in [(0, EMPTY_ROOT), (1, line.sides[A].log().root_at(1).unwrap())] {
        let mut line = line.clone();
        line.say_seeing(B, "none", Head { generation: Generation(0), size, root });
        let (rows, notes) = (line.rows(), Vec::new());
        let kept = Kept { line, rows, notes };
        // Entry 0 had seen the empty log of generation 1, which is more.
        kept.expect(B, 1, 1, Wrong::SeenDecreases { size });
    }
    let none = Head { generation: Generation(0), size: 0, root: EMPTY_ROOT };
    line.open_seeing(B, none);
    let (rows, notes) = (line.rows(), Vec::new());
    Kept { line, rows, notes }.expect(B, 1, 0, Wrong::SeenNoGeneration);
    // An empty log of a later generation is more than any head of an earlier one.
    let mut kept = Kept::new();
    let before = kept.line.sides[A].log().head();
    for seen in [Head { generation: Generation(3), size: 0, root: EMPTY_ROOT }, before] {
        kept.line.say_seeing(B, "back", seen);
    }
    kept.rows = kept.line.rows();
    kept.expect(B, 1, 10, Wrong::SeenDecreases { size: 5 });
    let mut kept = Kept::new();
    kept.rows.iter_mut().for_each(|row| row.generation = Generation(0));
    kept.expect(A, 0, 0, Wrong::OutOfOrder);
}

#[test]
fn a_generation_must_begin_where_the_one_before_ended() {
    let begun = |previous: fn(&Line) -> Option<Head>| {
        let mut line = Line::new(13);
        line.say(A, "one");
        line.say(A, "two");
        let previous = previous(&line);
        line.sides[A].certify(0);
        let opening = line.opening(A, previous);
        let mut rows = line.rows();
        rows.insert(3, row(&opening));
        Kept { line, rows, notes: Vec::new() }
    };
    assert_eq!(None, begun(|line| Some(line.sides[A].log().head())).verify().fault);
    begun(|_| None).expect(A, 2, 0, Wrong::Previous);
    begun(|line| line.sides[A].log().head_at(2)).expect(A, 2, 0, Wrong::Previous);
    begun(|line| Some(Head { size: 4, ..line.sides[A].log().head() })).expect(A, 2, 0, Wrong::Previous);
    let other = |line: &Line| Some(Head { root: Root::new([1; 32]), ..line.sides[A].log().head() });
    begun(other).expect(A, 2, 0, Wrong::Previous);
    let itself = |line: &Line| Some(Head { generation: Generation(2), ..line.sides[A].log().head() });
    begun(itself).expect(A, 2, 0, Wrong::Previous);
}

#[test]
fn a_record_may_begin_behind_a_first_generation_that_stayed_empty() {
    let begun = |size| {
        let mut line = Line::new(13);
        line.sides[A].certify(0);
        let opening = line.opening(A, Some(Head { generation: Generation::FIRST, size, root: EMPTY_ROOT }));
        let them = line.sides[A].party();
        let theirs = line.rows().into_iter().filter(|row| row.author != them);
        let rows = [row(&opening)].into_iter().chain(theirs).collect();
        Kept { line, rows, notes: Vec::new() }
    };
    assert_eq!(None, begun(0).verify().fault);
    begun(1).expect(A, 2, 0, Wrong::OutOfOrder);
}

#[test]
fn bad_notes_are_named() {
    let with = |make: fn(&Line) -> NoteRow| {
        let mut kept = Kept::new();
        kept.notes.push(make(&kept.line));
        kept
    };
    let forged = |line: &Line| line.sides[B].sign_root(4, Root::new([1; 32]));
    with(|line| note(line, B, NoteRole::Checkpoint, 4, line.sides[B].sign_root(4, Root::new([1; 32])).note())).expect(
        B,
        1,
        3,
        Wrong::SignedRoot { size: 4 },
    );
    let mut kept = Kept::new();
    let cosignature = kept.line.sides[A].cosign(&forged(&kept.line), 5).note();
    kept.notes.push(note(&kept.line, B, NoteRole::Cosignature, 4, cosignature));
    kept.expect(B, 1, 3, Wrong::SignedRoot { size: 4 });

    // A stranger's line makes a note neither.
    for role in [NoteRole::Checkpoint, NoteRole::Cosignature] {
        let mut kept = Kept::new();
        let unsigned = format!("{}\n— someone AAAAAAAA\n", kept.line.sides[B].checkpoint(4).checkpoint().text());
        kept.notes.push(note(&kept.line, B, role, 4, unsigned));
        kept.expect(B, 1, 3, Wrong::NoteUnsigned { role });
    }

    // A party cannot acknowledge itself.
    with(|line| {
        let signed = line.sides[B].checkpoint(4);
        note(line, B, NoteRole::Cosignature, 4, line.sides[B].cosign(&signed, 5).note())
    })
    .expect(B, 1, 3, Wrong::NoteUnsigned { role: NoteRole::Cosignature });
}

#[test]
fn what_a_note_s_row_says_is_what_the_note_says() {
    let change = |how: fn(&mut NoteRow, &Line)| {
        let mut kept = Kept::new();
        let line = kept.line.clone();
        let of_b = kept.notes.iter_mut().find(|n| n.author == line.sides[B].party()).unwrap();
        how(of_b, &line);
        kept
    };
    change(|row, _| row.size += 1).expect(B, 1, 1, Wrong::NoteSize { size: 2, said: 3 });
    for (how, wrong) in [
        ((|row, line| row.author = line.sides[A].party()) as fn(&mut NoteRow, &Line), Wrong::NoteOfOtherLog),
        (|row, _| row.author = detente_types::PartyId::new([5; 32]), Wrong::NoteOfNoLog),
        (|row, _| row.generation = Generation(2), Wrong::NoteOfNoLog),
        (|row, _| row.generation = Generation(0), Wrong::NoteOfNoLog),
    ] {
        let fault = change(how).fault();
        assert_eq!((None, wrong), (fault.author, fault.wrong));
    }
    // A cosignature alone is no checkpoint, nor the other way round.
    let mut kept = Kept::new();
    let signed = kept.line.sides[B].checkpoint(3);
    kept.notes.push(note(&kept.line, B, NoteRole::Cosignature, 3, signed.note()));
    kept.expect(B, 1, 2, Wrong::NoteUnsigned { role: NoteRole::Cosignature });
    let mut kept = Kept::new();
    let cosignature = kept.line.sides[A].cosign(&kept.line.sides[B].checkpoint(3), 5).note();
    kept.notes.push(note(&kept.line, B, NoteRole::Checkpoint, 3, cosignature));
    kept.expect(B, 1, 2, Wrong::NoteUnsigned { role: NoteRole::Checkpoint });
}

#[test]
fn every_line_of_a_known_key_must_be_good() {
    // B's first holder key and its second both cosign A; the second line is forged.
    let mut kept = Kept::new();
    let end = kept.line.sides[B].log().head();
    let old = kept.line.sides[B].clone();
    kept.line.sides[B].certify(1);
    kept.line.open(B, Some(end));
    kept.rows = kept.line.rows();
    let [a, b] = [A, B].map(|who| kept.line.sides[who].clone());
    let signed = a.checkpoint(5);
    let (first, second) = (old.cosign(&signed, 7), b.cosign(&signed, 8));
    let both = |second: &detente_wire::checkpoint::Cosignature| {
        let line = second.note().rsplit_once("\n\n").unwrap().1.to_owned();
        format!("{}{line}", signed.note_with(&first))
    };
    kept.notes.push(note(&kept.line, A, NoteRole::Cosignature, 5, both(&second)));
    assert_eq!(None, kept.verify().fault);
    let elsewhere = b.cosign(&a.checkpoint(4), 8);
    kept.notes.push(note(&kept.line, A, NoteRole::Cosignature, 5, both(&elsewhere)));
    let fault = kept.fault();
    assert!(matches!(fault.wrong, Wrong::Note(CheckpointFault::Signature { .. })), "{fault}");
    assert_eq!((Some(a.party()), Generation(2), 4), (fault.author, fault.generation, fault.index));
}

#[test]
fn the_index_that_a_row_says_is_the_entry_s() {
    for (who, index) in [(A, 0), (A, 3), (B, 8)] {
        let mut kept = Kept::new();
        kept.at(who, 1, index).index = 7;
        kept.expect(who, 1, index, Wrong::RowIndex { said: 7 });
    }
}

#[test]
fn a_note_before_a_bad_entry_comes_first_and_one_beyond_is_not_judged() {
    let mut kept = Kept::new();
    let forged = kept.line.sides[B].sign_root(3, Root::new([1; 32]));
    kept.notes.push(note(&kept.line, B, NoteRole::Checkpoint, 3, forged.note()));
    kept.at(B, 1, 3).leaf[200] ^= 1;
    kept.expect(B, 1, 2, Wrong::SignedRoot { size: 3 });
    let mut kept = Kept::new();
    let forged = kept.line.sides[B].sign_root(5, Root::new([1; 32]));
    kept.notes.push(note(&kept.line, B, NoteRole::Checkpoint, 5, forged.note()));
    kept.at(B, 1, 3).leaf[200] ^= 1;
    kept.expect(B, 1, 3, Wrong::Envelope(EnvelopeFault::Leaf(LeafFault::Signature)));
}

#[test]
fn many_batches_give_the_same_verdict_on_any_number_of_threads() {
    let mut line = Line::new(14);
    for i in 0..2_200 {
        line.say([A, B][i % 2], "word");
    }
    let (rows, notes) = (line.rows(), vec![cosigned(&line, A, 1), cosigned(&line, B, 1)]);
    let mut kept = Kept { line, rows, notes };
    let good = kept.verify_on(0);
    assert_eq!(None, good.fault);
    assert_eq!(good, kept.verify_on(7));
    kept.at(B, 1, 1_000).leaf[200] ^= 1;
    kept.at(B, 1, 900).body[10] ^= 1;
    kept.expect(B, 1, 900, Wrong::Envelope(EnvelopeFault::Commitment { index: 900 }));
    assert_eq!(kept.verify_on(0), kept.verify_on(7));
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn every_flipped_bit_in_an_entry_is_found_where_it_is(
        at in any::<prop::sample::Index>(), byte in any::<prop::sample::Index>(), bit in 0_u8..8, in_leaf: bool,
    ) {
        let mut kept = Kept::new();
        let place = at.index(kept.rows.len());
        let hit = &mut kept.rows[place];
        let bytes = if in_leaf { &mut hit.leaf } else { &mut hit.body };
        let index = byte.index(bytes.len());
        bytes[index] ^= 1 << bit;
        let (author, generation) = (hit.author, hit.generation);
        let first = kept.rows.iter().position(|r| (r.author, r.generation) == (author, generation)).unwrap();
        let fault = kept.fault();
        prop_assert_eq!((Some(author), generation), (fault.author, fault.generation));
        prop_assert_eq!((place - first) as u64, fault.index);
        prop_assert_eq!(kept.verify_on(0), kept.verify_on(3));
    }

    #[test]
    fn every_flipped_bit_in_a_note_is_found(
        at in any::<prop::sample::Index>(), byte in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let mut kept = Kept::new();
        let place = at.index(kept.notes.len());
        let index = byte.index(kept.notes[place].note.len());
        kept.notes[place].note[index] ^= 1 << bit;
        let verdict = kept.verify();
        // A flipped key ID or name makes a line a stranger's, which is passed over while the other line stands.
        let intact = Kept::new().verify();
        prop_assert!(verdict.fault.is_some() || verdict != intact || a_line_became_a_strangers(&kept, place));
        prop_assert_eq!(verdict, kept.verify_on(0));
    }
}

/// Whether a note still has one good line of a party, and its other line names a key that no party has.
fn a_line_became_a_strangers(kept: &Kept, place: usize) -> bool {
    let note = detente_wire::note::Note::parse(&kept.notes[place].note).unwrap();
    let good = Kept::new();
    let whole = detente_wire::note::Note::parse(&good.notes[place].note).unwrap();
    let unchanged = note.signatures().iter().filter(|s| whole.signatures().contains(s)).count();
    let renamed = note
        .signatures()
        .iter()
        .all(|s| whole.signatures().contains(s) || whole.signatures().iter().all(|w| w.name != s.name || w.key_id != s.key_id));
    note.text() == whole.text() && unchanged == 1 && renamed
}
