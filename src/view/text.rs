//! Number formats and safe text; they live beside the state of the screen, which lays out the
//! detail's lines, and are the same for all who draw.

pub use crate::ui::text::*;
