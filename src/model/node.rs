//! What is shown: nodes made from evidence, in a flat preorder list per session.

use super::correlate::Handover;
use super::figures::Figures;
use super::ids::{EvidenceId, NodeId, SessionId, SpanId, TraceId};
use super::measured::Measured;
pub use super::phases::{PhaseEvidence, Phases};
use super::remarks::Remarks;
use super::usage::{CostBasis, PicoUsd, Usage};
use std::sync::Arc;

/// Ends the detail of what a sub-agent did where nobody tells which one.
pub const UNOWNED: &str = "a sub-agent's";

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeKind {
    /// One request of a person (or of the calling program) and what was done for it.
    Turn,
    /// A workflow, graph or crew that frames agents.
    Workflow,
    /// One run of an agent.
    Agent,
    /// One model call, its attempts included.
    Call,
    /// One execution of a tool.
    Tool,
    /// A retrieval.
    Retrieval,
    /// An embedding.
    Embedding,
    /// Waiting for a person.
    Wait,
    /// Anything else: steps, chains, HTTP, spans of the user's own.
    Other,
}

/// How we know that something runs (design, section 2, "Live").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// A start was sent.
    Known,
    /// Children of a parent not seen yet.
    Implied,
    /// Nothing but silence since the last evidence.
    Presumed,
}

/// The state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Runs now, and how we know.
    Running(Sign),
    /// Ended without a sign of failure.
    Ok,
    /// Failed.
    Error,
    /// Never ended, and nobody expects it to: the session is stale or the process was killed.
    Abandoned,
}

impl State {
    /// Still running in any sense.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Running(_))
    }
}

/// What a piece of evidence was for a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The client library's span.
    Client,
    /// A framework's span around it.
    Framework,
    /// A gateway's span.
    Gateway,
    /// The engine's own span.
    Engine,
    /// A log event.
    Event,
}

/// Where a node comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The evidence in the store.
    pub evidence: EvidenceId,
    /// A span (true) or a log record (false).
    pub is_span: bool,
    /// What it was for the node.
    pub role: Role,
    /// Its trace; zero where a log record has none.
    pub trace: TraceId,
    /// Its span id; zero where a log record has none.
    pub span: SpanId,
    /// Why it belongs to this node: "the span itself", "same response id", …
    pub why: &'static str,
}

/// What a model call has besides what every node has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// `chat`, `generate_content`, … as the GenAI conventions name operations.
    pub operation: Option<Arc<str>>,
    /// Provider as the client sees it, in the conventions' spelling.
    pub provider: Option<Arc<str>>,
    /// The model asked for.
    pub request_model: Option<Arc<str>>,
    /// The model that answered.
    pub response_model: Option<Arc<str>>,
    /// Attempts, at least 1.
    pub attempts: u32,
    /// Start of the attempt that was answered, ns since the epoch; the phases count from here.
    pub answered_from: u64,
    /// The split of its time.
    pub phases: Phases,
    /// Tokens in the normal form.
    pub usage: Usage,
    /// Reported or computed cost.
    pub cost: Option<PicoUsd>,
    /// Where `cost` comes from.
    pub cost_basis: CostBasis,
    /// Computed from the table, kept beside a reported cost.
    pub computed_cost: Option<PicoUsd>,
    /// Computed as if nothing had been cached: what `computed_cost` is less is what the cache saved.
    /// Only where something was read from the cache or written to it.
    pub uncached_cost: Option<PicoUsd>,
    /// The price entry used or why none: `anthropic claude-sonnet-4-5`, `unknown provider`, …
    pub price_entry: Option<Arc<str>>,
    /// Tokens that fit into the model's context, where the price table knows it.
    pub window: Option<u64>,
    /// Finish reasons as reported.
    pub finish_reasons: Vec<Arc<str>>,
    /// Name of the agent that made the call: its nearest agent ancestor.
    pub agent: Option<Arc<str>>,
    /// Another model than was asked for has answered, not that one by another name.
    pub other_model: bool,
}

impl Call {
    /// The name to show: the answering model, else the one asked for.
    pub fn model(&self) -> Option<&Arc<str>> {
        self.response_model.as_ref().or(self.request_model.as_ref())
    }

    /// Tokens in the model's context once it had answered: all of the input, cached or not, and
    /// the output as far as it is told. Unknown without an input.
    pub fn context(&self) -> Option<u64> {
        let input = self.usage.input?;
        Some(input.saturating_add(self.usage.output.unwrap_or(0)))
    }

    /// Decode speed, (output − 1) / decode time, tokens per second; never output / total time.
    #[expect(clippy::cast_precision_loss, reason = "display")]
    pub fn decode_tokens_per_s(&self) -> Option<f64> {
        let (output, decode) = (self.usage.output?, self.phases.decode?);
        (output > 1 && decode > 0).then(|| (output - 1) as f64 / (decode as f64 / 1e9))
    }
}

/// One row of the picture. Nodes of a session stand in preorder in [`Tree::nodes`].
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about a row, each with its own sign on screen"
)]
pub struct Node {
    /// Stable identity.
    pub id: NodeId,
    /// What its id was while only log records had told of it; else the same as `id`.
    pub alias: NodeId,
    /// Index of the parent in [`Tree::nodes`].
    pub parent: Option<u32>,
    /// Depth below the session; turns are 0.
    pub depth: u32,
    /// Number of nodes below this one (they follow it directly).
    pub descendants: u32,
    /// What it is.
    pub kind: NodeKind,
    /// The name: prompt of a turn, agent, model, tool, span name.
    pub name: Arc<str>,
    /// What tells it from its namesakes: a path, a command, the request of a tool.
    pub detail: Option<Arc<str>>,
    /// Its state.
    pub state: State,
    /// The evidence of the node itself has come; false for a placeholder.
    pub arrived: bool,
    /// Made from log events only: times are recovered from durations (shown as `≈`).
    pub from_logs: bool,
    /// Plumbing that a reader of agents does not want to see (hooks, HTTP, SQL).
    pub internal: bool,
    /// MCP carried it.
    pub mcp: bool,
    /// Start, ns since the epoch.
    pub start: u64,
    /// End, ns since the epoch; `None` while it runs or where nobody knows.
    pub end: Option<u64>,
    /// A model call's own part.
    pub call: Option<Box<Call>>,
    /// Sums over the model calls and tools of this node and below.
    pub rolled: Figures,
    /// What a container says of itself, and an embedding of its tokens: never part of a sum.
    pub claimed: Option<Usage>,
    /// What it says of handing over to another agent.
    pub hands: Option<Box<Handover>>,
    /// What else is told of it, where anything is.
    pub remarks: Option<Box<Remarks>>,
    /// The error, in the reporter's words.
    pub error: Option<Arc<str>>,
    /// A failed node is somewhere below.
    pub error_below: bool,
    /// Where it comes from.
    pub sources: Vec<Source>,
}

impl Node {
    /// A node that no evidence has come for yet.
    pub fn missing(id: NodeId, kind: NodeKind, name: &str, state: State) -> Self {
        Self {
            id,
            alias: id,
            parent: None,
            depth: 0,
            descendants: 0,
            kind,
            name: name.into(),
            detail: None,
            state,
            arrived: false,
            from_logs: false,
            internal: false,
            mcp: false,
            start: 0,
            end: None,
            call: None,
            rolled: Figures::default(),
            claimed: None,
            hands: None,
            remarks: None,
            error: None,
            error_below: false,
            sources: Vec::new(),
        }
    }

    /// Duration in ns; a running node's runs until `now`, and never below zero.
    pub fn duration(&self, now: u64) -> u64 {
        self.end
            .unwrap_or(now.max(self.start))
            .saturating_sub(self.start)
    }
}

/// The nodes of one session, parents before children, siblings by start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// Preorder.
    pub nodes: Vec<Node>,
    /// First start, ns since the epoch; 0 when empty.
    pub start: u64,
    /// Last known end or start, ns since the epoch.
    pub end: u64,
}

impl Tree {
    /// The index of a node, or of the node made from the evidence that once was this node.
    pub fn find(&self, id: NodeId) -> Option<usize> {
        self.nodes
            .iter()
            .position(|n| n.id == id)
            .or_else(|| self.nodes.iter().position(|n| n.alias == id))
    }
}

/// The state of a session (design, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Something runs, known or implied, or the last evidence was a moment ago.
    Running,
    /// Nothing runs; the person's turn.
    Idle,
    /// No sign of life for long while something should run.
    Stale,
    /// It said that it ended.
    Ended,
}

/// One turn in a session's summary.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnSummary {
    /// The turn's node.
    pub node: NodeId,
    /// What the node's id was before: [`Node::alias`].
    pub alias: NodeId,
    /// The prompt or what stands for it.
    pub title: Arc<str>,
    /// Start, ns since the epoch.
    pub start: u64,
    /// End, ns since the epoch, when ended.
    pub end: Option<u64>,
    /// Sums of the turn.
    pub figures: Figures,
}

/// What the list of sessions shows.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionSummary {
    /// Stable identity.
    pub id: SessionId,
    /// The attribute that groups it (`session.id`), `trace` or `process`.
    pub key_name: Arc<str>,
    /// The key's value.
    pub key: Arc<str>,
    /// First prompt, else agent, else service.
    pub title: Arc<str>,
    /// Who reports: `claude-code`, `openinference`, … else the service name.
    pub emitter: Arc<str>,
    /// Its state.
    pub state: SessionState,
    /// First start, ns since the epoch.
    pub start: u64,
    /// Last end, ns since the epoch.
    pub end: u64,
    /// Arrival of the last evidence, ns since the epoch.
    pub last_arrival: u64,
    /// It was already going on when we began to listen: totals are "at least".
    pub joined_midway: bool,
    /// Parent chains that reached themselves and were cut.
    pub cycles: u32,
    /// Content bytes were dropped to hold the memory limit.
    pub content_dropped: bool,
    /// Turns in order.
    pub turns: Vec<Arc<TurnSummary>>,
    /// Sums; what no call told is what metrics say.
    pub figures: Figures,
    /// What metrics say of it, whether it is needed or not.
    pub measured: Option<Arc<Measured>>,
    /// Number of pieces of evidence.
    pub evidence: usize,
    /// A person is waited for, since then, ns since the epoch.
    pub waiting: Option<u64>,
}
