//! The query language: text to an expression, the expression asked of every node of a session in
//! slices, and back to text. Pure: the nodes are handed in, and so is who reads their contents.
//!
//! ```text
//! query   = [ any ]
//! any     = all { "or" all }
//! all     = one { [ "and" ] one }
//! one     = { "not" } term
//! term    = "(" any ")" | ( "under:" | "has:" ) term | "@" name | test | text
//! test    = field op value | "attr." key [ op value ]
//! op      = ":" | "=" | "!=" | "~" | "<" | "<=" | ">" | ">="
//! value   = word | quoted | "*"
//! text    = word | quoted
//! ```
//!
//! The fields are the table in `field.rs`.

mod census;
mod complete;
mod contents;
mod display;
mod eval;
mod expr;
mod field;
mod number;
mod parse;
mod pass;
mod text;

pub use census::{Census, LONGEST, Run, Seen};
pub use complete::{Completion, Item, complete, without_last};
pub use contents::{Contents, NoContents, Words, scalars};
pub use eval::Scene;
pub use expr::{Expr, Op, Query, Saved, Subject, Test, Value};
pub use field::{FIELDS, Field, Info, Kind};
pub use number::{Number, Unit};
pub use parse::{QueryError, parse};
pub use pass::{Pass, Plan, matches};
pub use text::{contains, spans};
