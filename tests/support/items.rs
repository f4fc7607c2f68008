//! Evidence made by hand: spans and records as the store takes them.

use spanfall::model::correlate::{Lore, PriceAnswer, PriceQuestion};
use spanfall::model::evidence::{FactValue, Field, Item, Op, Origin, Signal, join_key};
use spanfall::model::ids::{SpanId, TraceId};
use spanfall::model::node::Tree;
use spanfall::model::store::Store;
use std::sync::Arc;

/// A millisecond in nanoseconds; times of items are given in milliseconds.
pub const MS: u64 = 1_000_000;

/// Knows no prices and no names; roots are no prompts.
pub struct Nothing;

impl Lore for Nothing {
    fn price(&self, _: &PriceQuestion<'_>) -> PriceAnswer {
        PriceAnswer {
            cost: None,
            uncached: None,
            entry: "".into(),
            window: None,
        }
    }
    fn differ(&self, _: &PriceQuestion<'_>) -> bool {
        false
    }
    fn emitter(&self, _: u8) -> Option<&str> {
        None
    }
    fn roots_are_turns(&self, _: u8) -> bool {
        false
    }
    fn rule_key(&self, _: u16) -> &'static str {
        ""
    }
}

/// The trace of a number.
pub fn trace(n: u64) -> TraceId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    TraceId(id)
}

/// The span of a number; 0 is none.
pub fn span_id(n: u64) -> SpanId {
    SpanId(n.to_be_bytes())
}

fn item(signal: Signal, op: Op, name: &str, from_ms: u64, to_ms: u64) -> Item<'static> {
    let origin = Origin {
        service: "by-hand".into(),
        scope: "test".into(),
        process: 1,
        key: 1,
        resource: Box::default(),
        scope_bytes: Box::default(),
        schema_url: Box::default(),
        session: None,
    };
    Item {
        signal,
        trace: trace(1),
        span: span_id(0),
        parent: span_id(0),
        start: from_ms * MS,
        end: to_ms * MS,
        arrival: to_ms.max(from_ms) * MS,
        server: false,
        failed: false,
        name: name.to_owned().into(),
        origin: Arc::new(origin),
        bytes: bytes::Bytes::new(),
        content: 0,
        op,
        dialect: 0,
        facts: Vec::new(),
    }
}

/// Span `id` below `parent` in trace 1, from and to milliseconds; a `to` of 0 is "still running".
pub fn span(id: u64, parent: u64, op: Op, name: &str, from_ms: u64, to_ms: u64) -> Item<'static> {
    let mut item = item(Signal::Span, op, name, from_ms, to_ms);
    (item.span, item.parent) = (span_id(id), span_id(parent));
    item
}

/// A log record, told from others by `content`, of trace 1 and written in no span.
pub fn record(content: u64, op: Op, name: &str, from_ms: u64, to_ms: u64) -> Item<'static> {
    let mut item = item(Signal::Log, op, name, from_ms, to_ms);
    item.content = content;
    item
}

/// What tests add to an item.
pub trait With: Sized {
    /// A count, time or id.
    fn number(self, field: Field, value: u64) -> Self;
    /// A text.
    fn text(self, field: Field, value: &str) -> Self;
    /// An id that is joined on.
    fn id(self, field: Field, value: &str) -> Self {
        self.number(field, join_key(value))
    }
    /// Input and output tokens.
    fn tokens(self, input: u64, output: u64) -> Self {
        self.number(Field::InputTokens, input)
            .number(Field::OutputTokens, output)
    }
    /// The reporter says that it failed.
    fn failed(self) -> Self;
    /// In another trace.
    fn in_trace(self, n: u64) -> Self;
}

impl With for Item<'static> {
    fn number(mut self, field: Field, value: u64) -> Self {
        self.facts.push((field, 0, FactValue::Number(value)));
        self
    }
    fn text(mut self, field: Field, value: &str) -> Self {
        self.facts
            .push((field, 0, FactValue::Text(value.to_owned().into())));
        self
    }
    fn failed(mut self) -> Self {
        self.failed = true;
        self
    }
    fn in_trace(mut self, n: u64) -> Self {
        self.trace = trace(n);
        self
    }
}

/// A store with the items in it, refreshed at the last time that they tell of.
pub fn store(items: Vec<Item<'static>>) -> Store {
    let mut store = Store::new();
    store.apply(items);
    let now = store.last_time();
    store.refresh(&Nothing, now);
    store
}

/// The trees of all sessions, in order of their first arrival.
pub fn trees(store: &mut Store, lore: &dyn Lore) -> Vec<Arc<Tree>> {
    let ids: Vec<_> = store.sessions().iter().map(|s| s.id).collect();
    ids.into_iter()
        .filter_map(|id| Some(store.tree(id, lore)?.0))
        .collect()
}
