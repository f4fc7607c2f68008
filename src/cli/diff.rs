//! The arguments of `spanfall diff`.

use super::{Format, PriceFile};
use clap::Args;

/// `spanfall diff`.
#[derive(Args, Debug)]
pub struct Diff {
    /// The first run: PATH or PATH#SESSION
    pub a: String,
    /// The second run
    pub b: String,
    /// text and markdown are for people, json (schema spanfall.diff/1) for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Exit 1 if the runs parted: one did a step that the other did not, or it ended otherwise
    #[arg(long)]
    pub exit_code: bool,
    /// Your own prices.
    #[command(flatten)]
    pub prices: PriceFile,
}
