//! Recordings: reading what was received earlier, moving it in time, and playing it again.
//!
//! [`read()`] turns files and folders into export requests, exactly as they were sent; [`shift`]
//! moves every time of a request by one offset; [`replay`] plays requests at their own pace into a
//! real receiver; [`journal`] writes our own recordings, and [`follow`] reads what still grows.
//! What a span means is not known here.

mod body;
pub mod export;
pub mod follow;
mod index;
pub mod journal;
pub mod moment;
mod read;
pub mod replay;
pub mod request;
mod shift;

pub use read::{ReadError, Recorded, Recording, read};
pub use shift::shift;

/// A recorded session of a coding agent (one process, three prompts, a sub-agent), as OTLP JSON
/// lines with their arrival; `tests/corpus/README.md` says how it was made.
const DEMO: &[u8] = include_bytes!("demo/claude-code.jsonl.gz");

/// The bundled recording that `spanfall demo` plays.
pub fn demo() -> Recording {
    read::from_bytes("demo.jsonl.gz", DEMO)
}
