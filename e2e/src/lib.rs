//! Tests of the `detente` program from outside: real processes, real files, the real link over loopback. Nothing of the
//! house is linked in, so that nothing is known here that a person at a terminal would not know. See `tests/e2e/`.
