use super::{Place, plain, samples};
use crate::profile::fold::Owner;

const TOLD: &str = "space main 9244 \n\
    \tffffffff81b1ce56 bio_associate_blkg ([kernel.kallsyms])\n\
    \t          aab27f <a::B as c::D>::walk (part) (/home/someone/my target/space)\n\
    \tffffffffffffffff [unknown] ([unknown])\n\n\
    :9245  9245 \n\
    \t           98109 _int_malloc (/usr/lib/libc.so.6)\n\n";

#[test]
fn what_perf_tells_is_read() {
    let read: Vec<_> = samples(TOLD).collect();
    assert_eq!(read.iter().map(|sample| sample.thread).collect::<Vec<_>>(), ["space main", "a thread"]);
    let walk = Place { at: 0xaa_b27f, symbol: "<a::B as c::D>::walk (part)", object: "/home/someone/my target/space" };
    assert_eq!(read[0].places.len(), 2, "the mark at the end is no place");
    assert_eq!(read[0].places[1], walk);
}

#[test]
fn a_place_belongs_to_somebody_and_to_no_folder() {
    let read: Vec<_> = samples(TOLD).collect();
    let owners: Vec<Owner> = read.iter().flat_map(|sample| &sample.places).map(|place| plain(place, false).owner).collect();
    assert_eq!(owners, [Owner::Kernel, Owner::System, Owner::System]);
    let unknown = Place { at: 1, symbol: "[unknown]", object: "/home/someone/lib.so" };
    assert_eq!(plain(&unknown, false).name, "unknown in lib.so");
}

#[test]
fn nothing_told_is_no_sample() {
    assert_eq!(samples("").count(), 0);
    assert_eq!(samples("\n\n \n\n").count(), 0);
}
