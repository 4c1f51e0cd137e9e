//! `cargo xtask soak`: the tests with their full counts. `DETENTE_SOAK=1` tells them; they run optimised, and nextest's
//! `soak` profile gives them hours.

use anyhow::Result;

use crate::house::step;
use crate::oracles;
use crate::test::{Build, build, run_tests};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    step("oracles", oracles::provide)?;
    step("build", || build(Build::Release))?;
    run_tests(Build::Release, arguments)
}
