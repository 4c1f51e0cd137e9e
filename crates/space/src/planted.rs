//! Errors that tests plant, to see that they are caught. In what is shipped there are none.

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planted {
    /// A kept box is one unit of longitude too narrow.
    NarrowBox,
    /// The last edge of a shape is forgotten.
    LostEdge,
    /// A removed solid still counts when runs are merged.
    LostRemoval,
    /// Boxes grow for the distance, but not for the bulge of the chords.
    NoBulge,
    /// Edges are taken to run straight on the map where it is asked what surely meets, or may.
    NoStray,
    /// Cells of a drawing through which edges pass are told full where they lie east of an odd number of edges.
    FullEdge,
    /// A volume's box is as wide in longitude as if all of it lay on the equator.
    FlatBox,
    /// A volume's box grows by its radius, but not for the bulge of its edges.
    ShortBox,
    /// Longitudes of boxes are compared as if they did not come round.
    NoTurn,
    /// The last edge of an outline is forgotten.
    DroppedEdge,
    /// The sea is as far below the ellipsoid as it is above it.
    WrongSign,
    /// What moves does not get the slack of the other on top of its own.
    LostSlack,
    /// Footprints do not grow for what the arithmetic is off.
    NoGrowth,
}

#[cfg(test)]
thread_local! {
    static NOW: core::cell::Cell<Option<Planted>> = const { core::cell::Cell::new(None) };
}

/// Whether this error is planted.
#[cfg(test)]
pub(crate) fn is(error: Planted) -> bool {
    NOW.get() == Some(error)
}

/// Never.
#[cfg(not(test))]
#[inline(always)]
pub(crate) const fn is(_: Planted) -> bool {
    false
}

/// Plants an error in this thread for as long as `f` runs.
#[cfg(test)]
pub(crate) fn during<T>(error: Planted, f: impl FnOnce() -> T) -> T {
    NOW.set(Some(error));
    let result = f();
    NOW.set(None);
    result
}
