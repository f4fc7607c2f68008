//! What came and what was refused: the numbers behind "nobody connected" and "connected but
//! refused".

use crate::wire::payload::{Encoding, Signal};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// HTTP with a protobuf body.
    HttpProtobuf,
    /// HTTP with a JSON body.
    HttpJson,
}

impl Protocol {
    /// All, in the order of [`Snapshot::requests`].
    pub const ALL: [Self; 3] = [Self::Grpc, Self::HttpProtobuf, Self::HttpJson];

    pub(super) fn http(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Protobuf => Self::HttpProtobuf,
            Encoding::Json => Self::HttpJson,
        }
    }

    /// Its name, as `OTEL_EXPORTER_OTLP_PROTOCOL` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
        }
    }
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A web page of another origin.
    Origin,
    /// Called by a name that is not this machine's.
    Host,
    /// Without the token.
    Token,
    /// Not POST.
    Method,
    /// No OTLP endpoint.
    Path,
    /// Content type or encoding that is not spoken here.
    MediaType,
    /// A body beyond the limit.
    TooLarge,
    /// A body that is no export request.
    BadBody,
    /// A head or body that took too long, or never came.
    Timeout,
    /// The sink could not take it now.
    Busy,
    /// The sink is going away.
    Stopping,
    /// Too many connections.
    Connections,
}

impl Reason {
    /// All, in the order of [`Snapshot::refused`].
    pub const ALL: [Self; 12] = [
        Self::Origin,
        Self::Host,
        Self::Token,
        Self::Method,
        Self::Path,
        Self::MediaType,
        Self::TooLarge,
        Self::BadBody,
        Self::Timeout,
        Self::Busy,
        Self::Stopping,
        Self::Connections,
    ];

    /// A word or two for a screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Host => "host",
            Self::Token => "token",
            Self::Method => "method",
            Self::Path => "path",
            Self::MediaType => "media type",
            Self::TooLarge => "too large",
            Self::BadBody => "bad body",
            Self::Timeout => "timeout",
            Self::Busy => "busy",
            Self::Stopping => "stopping",
            Self::Connections => "too many connections",
        }
    }
}

/// Counters of a receiver, shared by its connections and whoever shows them.
#[derive(Debug, Default)]
pub struct Stats {
    open: AtomicU64,
    connections: AtomicU64,
    requests: [[AtomicU64; 3]; 3],
    refused: [AtomicU64; Reason::ALL.len()],
    body_bytes: AtomicU64,
    rejected: AtomicU64,
    // touched once a connection and once a refusal, never on the way of a good request
    last_peer: Mutex<Option<Arc<str>>>,
    last_refusal: Mutex<Option<LastRefusal>>,
}

/// The latest refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRefusal {
    /// Who was refused: `127.0.0.1:51234`.
    pub peer: Arc<str>,
    /// Why.
    pub reason: Reason,
    /// What the sender was told.
    pub message: String,
}

/// The counters at one moment, as plain numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Connections open now.
    pub open: u64,
    /// Connections ever accepted.
    pub connections: u64,
    /// Requests given to the sink and taken by it: `[protocol][signal]`, protocols as in
    /// [`Protocol::ALL`], signals traces, logs, metrics.
    pub requests: [[u64; 3]; 3],
    /// Requests refused (connections, for [`Reason::Connections`]), as in [`Reason::ALL`].
    pub refused: [u64; Reason::ALL.len()],
    /// Bytes of the bodies taken, decompressed.
    pub body_bytes: u64,
    /// Spans, records and points that the sink could not take, of requests taken.
    pub rejected: u64,
    /// Who connected last: `127.0.0.1:51234`.
    pub last_peer: Option<Arc<str>>,
    /// What was refused last.
    pub last_refusal: Option<LastRefusal>,
}

impl Snapshot {
    /// Requests taken, by any protocol.
    pub fn requests_of(&self, signal: Signal) -> u64 {
        self.requests
            .iter()
            .map(|of| {
                of.iter()
                    .zip(SIGNALS)
                    .filter(|(_, s)| *s == signal)
                    .map(|(n, _)| n)
                    .sum::<u64>()
            })
            .sum()
    }

    /// Requests taken, of any signal, by protocol.
    pub fn requests_by(&self, protocol: Protocol) -> u64 {
        let by = Protocol::ALL.into_iter().zip(self.requests);
        by.filter(|(p, _)| *p == protocol)
            .map(|(_, of)| of.iter().sum::<u64>())
            .sum()
    }

    /// Requests taken in all.
    pub fn requests_total(&self) -> u64 {
        self.requests.iter().flatten().sum()
    }

    /// Refused for this reason.
    pub fn refused_for(&self, reason: Reason) -> u64 {
        self.refused
            .get(reason as usize)
            .copied()
            .unwrap_or_default()
    }

    /// Refused in all.
    pub fn refused_total(&self) -> u64 {
        self.refused.iter().sum()
    }
}

/// In the order of [`Snapshot::requests`].
const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Logs, Signal::Metrics];

impl Stats {
    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            open: self.open.load(Relaxed),
            connections: self.connections.load(Relaxed),
            requests: self
                .requests
                .each_ref()
                .map(|of| of.each_ref().map(|n| n.load(Relaxed))),
            refused: self.refused.each_ref().map(|n| n.load(Relaxed)),
            body_bytes: self.body_bytes.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            last_peer: self
                .last_peer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            last_refusal: self
                .last_refusal
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }

    /// A connection; it counts as open until the guard is dropped.
    pub(super) fn connected(self: &Arc<Self>, peer: &Arc<str>) -> Open {
        self.open.fetch_add(1, Relaxed);
        self.connections.fetch_add(1, Relaxed);
        *self
            .last_peer
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(peer.clone());
        Open(self.clone())
    }

    pub(super) fn taken(&self, protocol: Protocol, signal: Signal, bytes: usize, rejected: u64) {
        if let Some(count) = self
            .requests
            .get(protocol as usize)
            .and_then(|of| of.get(signal as usize))
        {
            count.fetch_add(1, Relaxed);
        }
        self.body_bytes
            .fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Relaxed);
        self.rejected.fetch_add(rejected, Relaxed);
    }

    pub(super) fn refuse(&self, peer: &Arc<str>, reason: Reason, message: &str) {
        if let Some(count) = self.refused.get(reason as usize) {
            count.fetch_add(1, Relaxed);
        }
        let last = LastRefusal {
            peer: peer.clone(),
            reason,
            message: message.to_owned(),
        };
        *self
            .last_refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(last);
    }
}

/// An open connection.
pub(super) struct Open(Arc<Stats>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}
