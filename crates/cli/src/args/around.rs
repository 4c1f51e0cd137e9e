//! What is asked of plans before they are stated, and of a region.

use std::path::PathBuf;

use clap::Args;

use super::OnLine;

/// Which plans are looked at.
#[derive(Debug, Args)]
pub struct AroundArgs {
    /// The file (JSON, GeoJSON or CSV; `-` is standard input).
    pub file: PathBuf,
    /// A live notice of ours that the plan would replace, as lists show it: what the next version meets anew or no more is told.
    #[arg(long, value_name = "NOTICE")]
    pub instead_of: Option<String>,
    #[command(flatten)]
    pub on: OnLine,
}

/// Which region.
#[derive(Debug, Args)]
pub struct DensityArgs {
    /// Its southern, western, northern and eastern end, degrees; round all live notices when absent.
    #[arg(long, num_args = 4, value_names = ["SOUTH", "WEST", "NORTH", "EAST"], allow_negative_numbers = true)]
    pub area: Option<Vec<f64>>,
    /// Cells from south to north.
    #[arg(long, default_value_t = 20)]
    pub rows: u32,
    /// Cells from west to east.
    #[arg(long, default_value_t = 60)]
    pub columns: u32,
    /// First instant that counts, such as 2026-11-25T06:00:00Z; now when absent.
    #[arg(long, value_name = "INSTANT")]
    pub from: Option<String>,
    /// Last; a day after the first when absent.
    #[arg(long, value_name = "INSTANT")]
    pub until: Option<String>,
    #[command(flatten)]
    pub on: OnLine,
}
