use detente_space::Index;
use detente_types::Notice;

fn file(index: &mut Index<u32>, notice: &Notice) {
    index.insert(1, notice);
}

fn main() {}
