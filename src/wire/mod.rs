//! The wire: OTLP from sockets and files, down to single spans, records and metrics. Knows
//! nothing of their meaning.
//!
//! - [`payload`]: one export request, and what decoding makes of it (the contract of this room)
//! - [`decode()`]: payload to spans, pure; protobuf in `protobuf`, JSON in `json` (strict, then
//!   `lenient`)
//! - [`sniff`]: what a body is, whatever its label says
//! - [`inflate`]: bounded decompression
//! - [`post`]: sending a request, by HTTP
//! - [`receiver`]: the sockets, gRPC and HTTP on every port

pub mod decode;
pub mod inflate;
mod json;
mod lenient;
mod mend;
mod messages;
pub mod payload;
pub mod post;
mod protobuf;

pub mod receiver;
pub mod sniff;

pub use decode::{check, decode};
