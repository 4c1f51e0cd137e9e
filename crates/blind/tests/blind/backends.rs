//! Whichever backend multiplies, a run says the same to the byte.

use detente_blind::{Backend, Mode, Role};

use crate::pair::{Side, agreement, cells, drive, setup};

/// Everything that both sides of a run say.
fn said(mode: Mode, verified: bool, log2: u8, by: [Backend; 2]) -> [Vec<Vec<u8>>; 2] {
    let sets = [cells(0..13), cells(9..20)];
    let mut number = 0;
    let mut sides = [Role::First, Role::Second].map(|role| {
        let of = number;
        number += 1;
        Side::by(setup(agreement(mode, verified), role, log2, of as u8 + 1, sets[of].clone()), by[of])
    });
    drive(&mut sides);
    sides.map(|side| {
        assert!(side.run.outcome().is_some_and(|outcome| outcome.agrees), "{:?}", side.run.aborted());
        side.sent
    })
}

#[test]
fn every_backend_makes_the_same_run() {
    let here: Vec<Backend> = Backend::ALL.into_iter().filter(|backend| backend.is_available()).collect();
    assert!(here.contains(&Backend::Dalek) && here.last() == Some(&Backend::best()));
    for (mode, verified, log2) in
        [(Mode::Cells, false, 4), (Mode::Cells, true, 4), (Mode::Count, false, 5), (Mode::Cells, true, 9)]
    {
        let plain = said(mode, verified, log2, [Backend::Dalek; 2]);
        for &backend in &here {
            assert!(said(mode, verified, log2, [backend; 2]) == plain, "{backend}");
            assert!(said(mode, verified, log2, [backend, Backend::Avx2]) == plain, "{backend} and AVX2");
        }
    }
}
