//! What there is to see: borrowed from the store for one update or one frame.

use crate::model::detail::Detail;
use crate::model::figures::Figures;
use crate::model::ids::SessionId;
use crate::model::node::{SessionSummary, Tree};
use crate::model::usage::PicoUsd;

/// Everything that update and draw look at besides the state of the screen. The tree is that of
/// [`super::UiState::session`], the detail that of [`super::UiState::selected`]; where they
/// lag behind (`session`, [`Detail::node`] tell) the old ones are not shown as the new ones.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// All sessions, newest last.
    pub sessions: &'a [SessionSummary],
    /// Whose tree it is.
    pub session: Option<SessionId>,
    /// The nodes of that session.
    pub tree: Option<&'a Tree>,
    /// Changes whenever `tree` does.
    pub tree_version: u64,
    /// One node, opened.
    pub detail: Option<&'a Detail>,
    /// Changes whenever `detail` does.
    pub detail_version: u64,
    /// The receiver's counters.
    pub receiver: &'a ReceiverView,
    /// Sums over all sessions, what was evicted included.
    pub totals: Figures,
    /// Money spent per minute now, when something was spent lately.
    pub burn: Option<PicoUsd>,
    /// Seconds east of UTC, for wall-clock times.
    pub utc_offset: i32,
    /// What runs is shown up to this time, ns since the epoch.
    pub now: u64,
}

/// One address that we listen on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    /// `OTLP/gRPC` or `OTLP/HTTP`.
    pub protocol: String,
    /// `127.0.0.1:4317`.
    pub address: String,
}

/// The receiver in plain numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiverView {
    /// Where we listen; empty when a recording is browsed.
    pub listeners: Vec<Listener>,
    /// The recording that is browsed or played.
    pub recording: Option<String>,
    /// Connections ever accepted.
    pub connections: u64,
    /// Export requests taken.
    pub requests: u64,
    /// Requests refused: reason with its next step, count.
    pub refused: Vec<(String, u64)>,
    /// Spans received.
    pub spans: u64,
    /// Log records received.
    pub logs: u64,
    /// Metric points received.
    pub metrics: u64,
    /// Spans, records and points that could not be read.
    pub rejected: u64,
    /// Values read although they broke their encoding's rules.
    pub repaired: u64,
    /// Pieces of evidence dropped to hold the memory limit.
    pub evicted: u64,
    /// Bytes waiting while the display is paused.
    pub queued_bytes: u64,
    /// Service names seen, for "218 spans from `checkout`".
    pub services: Vec<String>,
    /// Findings of severity warning.
    pub warnings: u64,
}

impl ReceiverView {
    /// Requests refused for any reason.
    pub fn refused_total(&self) -> u64 {
        self.refused.iter().map(|(_, n)| *n).sum()
    }

    /// What the header warns of: findings, and what was refused, unreadable or dropped.
    pub fn troubles(&self) -> u64 {
        self.warnings + self.refused_total() + self.rejected + self.evicted
    }
}
