//! Evidence: spans and log records as received, with the facts that the dialect tables read
//! from them.

use super::facts::Facts;
pub use super::field::Field;
use super::ids::{SpanId, TraceId};
use super::intern::Sym;
use super::slabs::Stored;
use bytes::Bytes;
use serde::Deserialize;
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What a piece of evidence tells of, in one word that all dialects share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Op {
    /// Not known to be any of the others: a step, HTTP, a span of the user's own.
    #[default]
    Other,
    /// A prompt of a person and what was done for it.
    Turn,
    /// A workflow, graph or crew.
    Workflow,
    /// A run of an agent.
    Agent,
    /// An agent begins.
    AgentStart,
    /// A model call, seen by a client or framework.
    Call,
    /// The same, seen by the engine that serves the model.
    Engine,
    /// What the stream of a call brought, told when it was read to its end; the call's own span
    /// ended when the stream opened.
    Stream,
    /// A request for a model call as it goes out: it opens the call, and several are its attempts.
    Attempt,
    /// A part of a model call (a chunk of its stream), no call of its own.
    CallPart,
    /// A stage of an engine's work on a request: waiting to be scheduled.
    EngineQueue,
    /// Another: reading the prompt, or a chunk of it.
    EnginePrefill,
    /// Another: writing the answer.
    EngineDecode,
    /// An embedding.
    Embedding,
    /// A retrieval.
    Retrieval,
    /// An execution of a tool.
    Tool,
    /// A part of an execution (Claude Code's `tool.execution`), no execution of its own.
    ToolPart,
    /// A tool call that was decided on: it begins now, or was refused.
    ToolStart,
    /// Waiting for a person.
    Wait,
    /// A hand-over from agent to agent: an edge, no execution.
    Handoff,
    /// Something said about a span or call: content, a response. No node of its own.
    Mark,
    /// Plumbing that readers of agents do not want to see.
    Internal,
}

/// A fact's value on its way to the store: text is interned there.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue<'a> {
    /// Counts, times, ids.
    Number(u64),
    /// Text to intern.
    Text(Cow<'a, str>),
}

/// The facts of a root that hangs under a span of another trace, as [`Facts::link`] reads them.
pub fn link_facts(trace: TraceId, span: SpanId) -> [(Field, FactValue<'static>); 3] {
    let (first, last) = trace.halves();
    [
        (Field::LinkTraceFirst, first),
        (Field::LinkTraceLast, last),
        (Field::LinkSpan, u64::from_be_bytes(span.0)),
    ]
    .map(|(field, n)| (field, FactValue::Number(n)))
}

/// A 64-bit key for joining on ids whose text is not needed again: response ids, tool-call ids.
/// The same text gives the same key in every run.
pub fn join_key(text: &str) -> u64 {
    key_of(text.as_bytes())
}

/// A stable 64-bit key of anything hashable.
pub fn key_of(value: impl Hash) -> u64 {
    #[expect(
        deprecated,
        reason = "SipHash with fixed keys: stable between runs, unlike RandomState"
    )]
    let mut hasher = std::hash::SipHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Who sent a piece of evidence: resource and scope, interned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `service.name`.
    pub service: Arc<str>,
    /// Instrumentation scope's name.
    pub scope: Arc<str>,
    /// Stands for the process: the resource's identity.
    pub process: u64,
    /// Stands for resource and scope together; equal origins have equal keys.
    pub key: u64,
    /// The resource's protobuf bytes.
    pub resource: Box<[u8]>,
    /// The scope's protobuf bytes.
    pub scope_bytes: Box<[u8]>,
    /// Schema URL of the scope, else of the resource.
    pub schema_url: Box<str>,
    /// Facts that the resource tells for all of its evidence (a session key).
    pub session: Option<(u16, Box<str>)>,
}

/// What kind of record a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// A span.
    Span,
    /// A log record.
    Log,
}

/// One span or log record on its way to the store; its texts may be those of the request.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// Span or log record.
    pub signal: Signal,
    /// Trace; zero where a log record has none.
    pub trace: TraceId,
    /// The span, or the span that a log record was written in; zero where none.
    pub span: SpanId,
    /// Parent span; zero for a root.
    pub parent: SpanId,
    /// Start, ns since the epoch. A log record's is its time, or earlier by its duration.
    pub start: u64,
    /// End, ns since the epoch; 0 while it runs.
    pub end: u64,
    /// Arrival, ns since the epoch.
    pub arrival: u64,
    /// The span's kind is SERVER or CONSUMER.
    pub server: bool,
    /// The reporter says that it failed.
    pub failed: bool,
    /// Span name or event name.
    pub name: Cow<'a, str>,
    /// Resource and scope.
    pub origin: Arc<Origin>,
    /// Its protobuf bytes.
    pub bytes: Bytes,
    /// Tells a log record from all others (its bytes' hash); 0 for a span, which has an id.
    pub content: u64,
    /// What it tells of.
    pub op: Op,
    /// The dialect, an index into the dialect tables.
    pub dialect: u8,
    /// Facts, at most one a field.
    pub facts: Vec<(Field, u16, FactValue<'a>)>,
}

impl Item<'_> {
    /// The same with texts of its own, for those who keep it longer than its request.
    pub fn into_owned(self) -> Item<'static> {
        let own = |value| match value {
            FactValue::Number(n) => FactValue::Number(n),
            FactValue::Text(text) => FactValue::Text(Cow::Owned(text.into_owned())),
        };
        let facts = self.facts.into_iter();
        Item {
            name: Cow::Owned(self.name.into_owned()),
            facts: facts
                .map(|(field, rule, value)| (field, rule, own(value)))
                .collect(),
            ..self
        }
    }
}

/// A piece's share of the indices, roughly, bytes: by id, in its unit, by response, by counts, and what the
/// allocator rounds up.
const INDICES: usize = 56;

/// One piece of evidence in the store.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Trace; zero where a log record has none.
    pub trace: TraceId,
    /// The span, or the span that a log record was written in.
    pub span: SpanId,
    /// Parent span; zero for a root.
    pub parent: SpanId,
    /// Start, ns since the epoch.
    pub start: u64,
    /// End, ns since the epoch; 0 while it runs.
    pub end: u64,
    /// Arrival, ns since the epoch.
    pub arrival: u64,
    /// Where its protobuf bytes are; nowhere when dropped to hold the memory limit.
    pub bytes: Stored,
    /// Tells a log record from all others (its bytes' hash); 0 for a span, which has an id.
    pub content: u64,
    /// Facts.
    pub facts: Facts,
    /// Span name or event name.
    pub name: Sym,
    /// Resource and scope, an index into the store's list.
    pub origin: u32,
    /// The unit it belongs to, before joins.
    pub unit: u32,
    /// What it tells of.
    pub op: Op,
    /// The dialect, an index into the dialect tables.
    pub dialect: u8,
    /// Span or log record.
    pub signal: Signal,
    /// The span's kind is SERVER or CONSUMER.
    pub server: bool,
    /// The reporter says that it failed.
    pub failed: bool,
}

impl Evidence {
    /// Memory that it takes, roughly: itself, its bytes, its facts and its share of the indices.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.bytes.len() + self.facts.heap() + INDICES
    }
}
