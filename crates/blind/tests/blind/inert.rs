//! Secrets are inert: no text, no copy, no comparison, no encoding. Held by the compiler, here and in `gates`.

use core::fmt::{Debug, Display};

use detente_blind::{Job, Run, Seed, Setup};

/// Fails to compile when the type has the trait: the call would then be ambiguous.
macro_rules! lacks {
    ($type:ty: $($trait:path),+) => {$({
        trait Ambiguous<A> {
            fn has() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + $trait> Ambiguous<u8> for T {}
        <$type as Ambiguous<_>>::has();
    })+};
}

#[test]
fn secrets_have_no_text_no_copy_no_comparison_and_no_encoding() {
    lacks!(Seed: Debug, Display, Clone, PartialEq, minicbor::Encode<()>);
    lacks!(Setup: Debug, Display, Clone, PartialEq, minicbor::Encode<()>);
    lacks!(Run: Debug, Display, Clone, PartialEq, minicbor::Encode<()>);
    lacks!(Job: Debug, Display, Clone, PartialEq, minicbor::Encode<()>);
}

#[test]
fn a_seed_wipes_itself() {
    const fn wipes<T: zeroize::ZeroizeOnDrop>() {}
    wipes::<Seed>();
}

#[test]
fn jobs_may_go_to_other_threads() {
    const fn goes<T: Send + 'static>() {}
    goes::<Job>();
    goes::<detente_blind::Done>();
    goes::<Run>();
}
