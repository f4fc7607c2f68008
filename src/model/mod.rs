//! Evidence and nodes: what was received, and what is shown. Pure: no clock, no sockets, no
//! terminal; knows nothing of OTLP encodings, attribute names, prices or colours.

pub mod arena;
mod assemble;
pub mod book;
pub mod census;
pub mod changes;
pub mod correlate;
pub mod detail;
pub mod evict;
pub mod evidence;
pub mod field;
pub mod figures;
pub mod finding;
pub mod heard;
pub mod ids;
pub mod intern;
pub mod lag;
pub mod lanes;
pub mod measured;
pub mod node;
pub mod pack;
mod parts;
mod processes;
pub mod remarks;
pub mod sessions;
mod silence;
pub mod slabs;
pub mod spread;
pub mod store;
mod strangers;
mod summary;
pub mod time_budget;
pub mod timing;
pub mod transcript;
mod twins;
pub mod units;
pub mod usage;
