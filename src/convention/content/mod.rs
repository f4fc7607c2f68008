//! Content on demand, for the detail pane: the messages of a call, the arguments and answers of a
//! tool, and each piece of evidence opened, read from the evidence's own bytes.
//!
//! Which attributes and events hold content is a table (`messages.toml`), and so is what turns
//! content on where there is none (`switches.toml`). Nothing here recurses on what was received.

mod builder;
mod conversation;
mod evidence;
mod gather;
mod json;
mod look;
mod offers;
mod parts;
mod readers;
mod source;
mod table;
mod value;

pub use builder::DEPTH;
pub use evidence::{Evidence, evidence_detail};
pub use gather::{messages, messages_of_call};
pub use offers::offers;
pub use table::{content_keys, missing};
pub use value::{opened, unflatten, value};
