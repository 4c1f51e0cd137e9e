//! The other forms of one CBOR content: what a decoder that accepts one form only must refuse.

/// One data item, taken apart.
#[derive(Clone, Debug)]
struct Item {
    major: u8,
    argument: u64,
    /// Bytes of a byte or text string.
    payload: Vec<u8>,
    /// Elements of an array; keys and values of a map, in turn.
    children: Vec<Item>,
}

/// One way to write an item that is not the shortest and ordered one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deviation {
    /// The length or number in a longer form of so many bytes.
    Wider(u8),
    /// A string, array or map that ends with a break.
    Indefinite,
    /// The first pair of a map twice.
    Doubled,
    /// The first two pairs of a map in the other order.
    Swapped,
    /// One pair more, under a key that is free, with the value null: what some encoders write for an absent field.
    NullField,
}

const DEVIATIONS: [Deviation; 8] = [
    Deviation::Wider(1),
    Deviation::Wider(2),
    Deviation::Wider(4),
    Deviation::Wider(8),
    Deviation::Indefinite,
    Deviation::Doubled,
    Deviation::Swapped,
    Deviation::NullField,
];

/// Every form that says the same as `canonical` and deviates at one place, in one way.
///
/// # Panics
/// When `canonical` is not one CBOR item of integers, strings, arrays, maps and simple values.
pub fn deviations(canonical: &[u8]) -> Vec<Vec<u8>> {
    let (item, rest) = parse(canonical);
    assert!(rest.is_empty(), "one item");
    let mut forms = Vec::new();
    for place in 0..count(&item) {
        for deviation in DEVIATIONS {
            let mut writer = Writer { out: Vec::new(), place, deviation, at: 0, applied: false };
            writer.write(&item);
            if writer.applied {
                forms.push(writer.out);
            }
        }
    }
    forms
}

fn count(item: &Item) -> usize {
    1 + item.children.iter().map(count).sum::<usize>()
}

fn parse(bytes: &[u8]) -> (Item, &[u8]) {
    let (major, info) = (bytes[0] >> 5, bytes[0] & 0x1f);
    let width = if info < 24 { 0 } else { 1 << (info - 24) };
    let (wide, mut rest) = bytes[1..].split_at(width);
    let argument = if width == 0 { u64::from(info) } else { wide.iter().fold(0, |n, b| n << 8 | u64::from(*b)) };
    let mut item = Item { major, argument, payload: Vec::new(), children: Vec::new() };
    match major {
        2 | 3 => {
            let (payload, after) = rest.split_at(argument as usize);
            item.payload = payload.to_vec();
            rest = after;
        }
        4 | 5 => {
            for _ in 0..argument * u64::from(major - 3) {
                let (child, after) = parse(rest);
                item.children.push(child);
                rest = after;
            }
        }
        _ => {}
    }
    (item, rest)
}

/// Writes an item with one deviation at the item of number `place`, counted from the outside in.
struct Writer {
    out: Vec<u8>,
    place: usize,
    deviation: Deviation,
    at: usize,
    applied: bool,
}

impl Writer {
    fn write(&mut self, item: &Item) {
        let deviation = (self.at == self.place).then_some(self.deviation);
        self.at += 1;
        match deviation {
            Some(Deviation::Wider(width)) if item.major != 7 && width > shortest(item.argument) => {
                self.applied = true;
                self.head(item.major, item.argument, width);
                self.content(item);
            }
            Some(Deviation::Indefinite) if (2..=5).contains(&item.major) => {
                self.applied = true;
                self.out.push(item.major << 5 | 0x1f);
                if item.major < 4 {
                    self.head(item.major, item.argument, shortest(item.argument));
                }
                self.content(item);
                self.out.push(0xff);
            }
            Some(Deviation::Doubled) if item.major == 5 && item.argument > 0 => {
                let pair = [item.children[0].clone(), item.children[1].clone()];
                self.map(pair.into_iter().chain(item.children.iter().cloned()).collect());
            }
            Some(Deviation::Swapped) if item.major == 5 && item.argument > 1 => {
                let mut children = item.children.clone();
                children.rotate_left(2);
                self.map(children);
            }
            Some(Deviation::NullField) if item.major == 5 => {
                let taken: Vec<u64> = item.children.iter().step_by(2).map(|key| key.argument).collect();
                let free = (0..).find(|key| !taken.contains(key)).expect("maps are finite");
                let [key, null] = [(0, free), (7, 22)].map(|(major, argument)| Item {
                    major,
                    argument,
                    payload: Vec::new(),
                    children: Vec::new(),
                });
                let place = 2 * taken.iter().filter(|key| **key < free).count();
                let mut children = item.children.clone();
                children.splice(place..place, [key, null]);
                self.map(children);
            }
            _ => {
                self.head(item.major, item.argument, shortest(item.argument));
                self.content(item);
            }
        }
    }

    fn map(&mut self, children: Vec<Item>) {
        self.applied = true;
        let pairs = children.len() as u64 / 2;
        self.head(5, pairs, shortest(pairs));
        children.iter().for_each(|child| self.write(child));
    }

    fn content(&mut self, item: &Item) {
        self.out.extend_from_slice(&item.payload);
        item.children.iter().for_each(|child| self.write(child));
    }

    fn head(&mut self, major: u8, argument: u64, width: u8) {
        let info = match width {
            0 => argument as u8,
            width => 24 + width.trailing_zeros() as u8,
        };
        self.out.push(major << 5 | info);
        self.out.extend_from_slice(&argument.to_be_bytes()[8 - usize::from(width)..]);
    }
}

/// Bytes of the shortest form of a number after its first byte.
fn shortest(argument: u64) -> u8 {
    match argument {
        0..=23 => 0,
        24..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}
