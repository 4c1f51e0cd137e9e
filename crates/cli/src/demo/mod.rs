//! stub
use std::path::PathBuf;
pub struct Options {
    pub headless: bool,
    pub examples: Option<PathBuf>,
    pub keep: Option<PathBuf>,
}
pub fn run(_o: Options) -> anyhow::Result<()> {
    Ok(())
}
