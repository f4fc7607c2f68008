//! The OTLP receiver: gRPC and HTTP, both on every port that is listened on.
//!
//! `bind` → [`Bound`] (the ports accept from then on) → [`Bound::serve`] until told to stop. Each
//! request becomes one [`Payload`], given to a [`Sink`] whose answer is told to the exporter. What
//! was refused, and why, is counted in [`Stats`].
//!
//! - `bind`: addresses, and what to do when one is taken
//! - `holder`: who it is taken by
//! - `serve`: connections, their bounds and their end
//! - `answer`: one request, from its head to its reply
//! - `guard`: who may send (`Origin`, `Host`, token) and the CORS headers
//! - `budget`: the memory that bodies under way may take
//! - `reply`: replies and refusals, in the words of gRPC, HTTP protobuf and HTTP JSON

mod answer;
mod bind;
mod budget;
mod guard;
mod holder;
mod reply;
mod serve;
mod stats;

use super::payload::Payload;
use futures_util::future::BoxFuture;
use std::time::Duration;

pub use bind::{BindError, Bound, Listen, bind};
pub use stats::{LastRefusal, Protocol, Reason, Snapshot, Stats};

/// What the receiver listens on and whom it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverConfig {
    /// Addresses announced for gRPC (`--grpc`); 4317 by default.
    pub grpc: Vec<Listen>,
    /// Addresses announced for HTTP (`--http`); 4318 by default. Both kinds answer both protocols.
    pub http: Vec<Listen>,
    /// Largest body in bytes, before and after decompression; 64 MiB by default.
    pub max_body: usize,
    /// Bytes that all bodies under way may take together; 256 MiB by default.
    pub max_bodies: usize,
    /// Connections open at once; further ones are closed at once and counted.
    pub max_connections: usize,
    /// Time to send a request's head, and again its body; 30 s by default.
    pub patience: Duration,
    /// Origins of web pages that may send, besides loopback ones: `https://app.example`
    /// (`--allow-origin`).
    pub allow_origins: Vec<String>,
    /// Host names by which this machine may be called, besides loopback ones and the address
    /// bound: `otel.lan` or `otel.lan:4318` (`--allow-host`).
    pub allow_hosts: Vec<String>,
    /// Bearer token that every request has to show (`--token`).
    pub token: Option<String>,
}

impl Default for ReceiverConfig {
    fn default() -> Self {
        Self {
            grpc: vec![Listen::Loopback(4317)],
            http: vec![Listen::Loopback(4318)],
            max_body: 64 << 20,
            max_bodies: 256 << 20,
            max_connections: 1024,
            patience: Duration::from_secs(30),
            allow_origins: Vec::new(),
            allow_hosts: Vec::new(),
            token: None,
        }
    }
}

/// Takes what was received. Implementations decode, prepare and store.
pub trait Sink: Send + Sync {
    /// Takes one payload; the exporter waits for the answer. Dropping the future (the exporter went
    /// away) must leave things whole.
    fn accept(&self, payload: Payload) -> BoxFuture<'_, Result<Accepted, Busy>>;
}

/// A payload was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Spans, log records or data points that could not be
    /// ([`Decoded::rejected`](super::payload::Decoded::rejected)).
    pub rejected: u64,
    /// Why, or a warning; empty if all is well
    /// ([`Decoded::rejection`](super::payload::Decoded::rejection)).
    pub message: String,
}

/// A payload could not be taken now. The exporter is told to send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// What came before is not yet stored: HTTP 429, gRPC `RESOURCE_EXHAUSTED` with a retry delay.
    Full {
        /// Time to wait before sending again.
        retry_after: Duration,
    },
    /// Going away: HTTP 503, gRPC `UNAVAILABLE` with a retry delay.
    Stopping {
        /// Time to wait before sending again.
        retry_after: Duration,
    },
}
