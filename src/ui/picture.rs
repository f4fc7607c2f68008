//! What there is to see: borrowed from the store for one update or one frame.

use crate::diff::Comparison;
use crate::model::book::Book;
use crate::model::detail::Detail;
use crate::model::figures::Figures;
use crate::model::finding::{Finding, Severity};
use crate::model::heard::HeardAll;
use crate::model::ids::SessionId;
use crate::model::node::{SessionSummary, Tree};
use crate::model::timing::AllTimes;
use crate::model::usage::PicoUsd;
use crate::query::Contents;

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
    /// What was said in the session, as far as it was read; only while [`super::UiState::reads`].
    pub book: Option<&'a Book>,
    /// More of it is to be read.
    pub reading: bool,
    /// The receiver's counters.
    pub receiver: &'a ReceiverView,
    /// The store's counters.
    pub store: &'a StoreView,
    /// What a person should look at.
    pub findings: &'a [Finding],
    /// Changes whenever `findings` does.
    pub findings_version: u64,
    /// Reads what was sent with nodes.
    pub contents: &'a dyn Contents,
    /// Two runs that were asked to be compared.
    pub compared: Option<&'a Comparison>,
    /// How to make agents export here.
    pub setups: &'a [SetUp],
    /// What metrics say of times, while that is looked at: of the session or of all.
    pub heard: &'a HeardAll,
    /// The times of all sessions, while they are looked at.
    pub times: &'a AllTimes,
    /// Sums over all sessions, what was evicted included.
    pub totals: Figures,
    /// The day of the newest price change that the price table knows, `2026-11-09`.
    pub prices: &'a str,
    /// Money spent per minute now, when something was spent lately.
    pub burn: Option<PicoUsd>,
    /// Seconds east of UTC, for wall-clock times.
    pub utc_offset: i32,
    /// What runs is shown up to this time, ns since the epoch.
    pub now: u64,
}

impl Picture<'_> {
    /// What the header warns of: findings, and what was refused, unreadable or dropped.
    pub fn troubles(&self) -> u64 {
        let warned = |f: &&Finding| f.severity >= Severity::Warning;
        self.receiver.troubles() + self.findings.iter().filter(warned).count() as u64
    }
}

/// How to make one agent export here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetUp {
    /// Its name, as `spanfall env` takes it.
    pub name: String,
    /// What is done, in a line.
    pub about: String,
    /// All of it, as `spanfall env` prints it.
    pub text: String,
}

/// One address that we listen on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    /// `OTLP/gRPC` or `OTLP/HTTP`.
    pub protocol: String,
    /// `127.0.0.1:4317`.
    pub address: String,
}

/// What becomes of requests besides the picture: a recording, the way on to another server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tap {
    /// `recording`, `forwarding`.
    pub label: &'static str,
    /// Where to.
    pub to: String,
    /// What was done, each with its name.
    pub counts: Vec<(&'static str, u64)>,
    /// What went wrong last.
    pub trouble: Option<String>,
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
    /// Connections open now.
    pub open: u64,
    /// Who connected last.
    pub last_peer: Option<String>,
    /// Export requests taken.
    pub requests: u64,
    /// Those, by protocol: traces, logs, metrics.
    pub by_protocol: Vec<(String, [u64; 3])>,
    /// The latest refusal, in the words that its sender got.
    pub last_refusal: Option<String>,
    /// Batches that wait for the store, and how many can.
    pub queue: Option<(u64, u64)>,
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
    /// What becomes of requests besides.
    pub taps: Vec<Tap>,
    /// Values that were hidden before they came to the store.
    pub hidden: u64,
    /// Sessions out of sight because somebody dismissed them.
    pub dismissed: u64,
    /// Spans, and log records, of those received that somebody cleared.
    pub cleared: (u64, u64),
    /// Spans and records received that are saved nowhere, where that matters.
    pub unsaved: u64,
    /// Service names seen, for "218 spans from `checkout`".
    pub services: Vec<String>,
}

/// Evidence of one dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialectView {
    /// Its name, or what stands for none.
    pub name: String,
    /// A dialect's table reads it.
    pub known: bool,
    /// Spans.
    pub spans: u64,
    /// Log records.
    pub logs: u64,
}

/// The store in plain numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreView {
    /// Bytes that evidence and texts take.
    pub memory: u64,
    /// Bytes that they may take.
    pub limit: Option<u64>,
    /// Copies of what was there already.
    pub duplicates: u64,
    /// Pieces whose contents were dropped.
    pub content_dropped: u64,
    /// Sessions that were evicted.
    pub evicted_sessions: u64,
    /// From end to arrival, ns: half of the pieces come sooner.
    pub lag_p50: Option<u64>,
    /// The same: of a hundred, one comes later.
    pub lag_p99: Option<u64>,
    /// The same: the latest of all.
    pub lag_max: Option<u64>,
    /// Pieces that ended after they had come.
    pub ahead: u64,
    /// Sessions without an agent that are not listed though all were asked for: too many.
    pub unlisted: u64,
    /// What came, by dialect.
    pub dialects: Vec<DialectView>,
}

impl ReceiverView {
    /// Requests refused for any reason.
    pub fn refused_total(&self) -> u64 {
        self.refused.iter().map(|(_, n)| *n).sum()
    }

    /// What was refused, unreadable or dropped.
    pub fn troubles(&self) -> u64 {
        self.refused_total() + self.rejected + self.evicted
    }
}
