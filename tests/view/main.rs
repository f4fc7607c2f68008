//! The screen from outside: snapshots of buffers with their styles, and properties of update and
//! draw at every size.
#![expect(clippy::unwrap_used, reason = "test")]
#![allow(clippy::pedantic, reason = "test")]

mod anywhere;
mod axis;
mod corpus;
mod cost;
mod diff;
mod find;
mod five_keys;
mod fixture;
mod hostile;
mod latency;
mod lists;
mod marks;
mod properties;
mod snapshots;
mod transcript;
