//! The corpus: its cases, and what the tables know.

use spanfall::app::lore::Known;
use std::path::{Path, PathBuf};

/// Tables and prices, as the program has them.
pub fn known() -> Known {
    Known::embedded().unwrap()
}

/// `tests/corpus`.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}
