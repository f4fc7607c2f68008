//! The dialect tables and their one interpreter: from a span or record as received to the facts
//! that all dialects share, each with the rule that read it; and [`content`], which reads
//! messages and details when somebody looks. No attribute name stands in Rust: they are data,
//! in `tables/` and `content/`.

mod arguments;
mod asides;
pub mod content;
mod document;
mod events;
mod explain;
mod form;
mod interpret;
mod link;
mod metrics;
mod names;
mod path;
mod private;
mod read;
mod reading;
mod rule;
mod subject;
mod table;
mod told;

pub use document::document;
pub use form::Forms;
pub use interpret::{OriginReading, Tables};
pub use metrics::MetricOf;
pub use private::Seen;
pub use reading::Reading;
pub use subject::ended;
