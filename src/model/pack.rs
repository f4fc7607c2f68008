//! Evidence on its way to the store: made up on the threads that received it, each distinct
//! text and origin once, so that the store's task only files it.

use super::evidence::{Evidence, FactValue, Item, Origin, Signal};
use super::facts::{Fact, Facts};
use super::intern::Interner;
use super::slabs::Stored;
use bytes::Bytes;
use std::sync::Arc;

/// Pieces of evidence whose symbols and origins are numbers in the pack's own lists.
#[derive(Default)]
pub struct Pack {
    pub(super) evidence: Vec<Evidence>,
    /// The protobuf bytes of each, slices of the request where it was protobuf.
    pub(super) bytes: Vec<Bytes>,
    pub(super) texts: Interner,
    pub(super) origins: Vec<Arc<Origin>>,
    /// Those of the piece that is being added.
    facts: Vec<Fact>,
}

impl Pack {
    /// An empty pack with room for so many.
    pub fn with_capacity(n: usize) -> Self {
        Self {
            evidence: Vec::with_capacity(n),
            bytes: Vec::with_capacity(n),
            ..Self::default()
        }
    }

    /// Adds a piece.
    pub fn push(&mut self, item: Item<'_>) {
        let texts = &mut self.texts;
        let facts = item.facts.into_iter().map(|(field, rule, value)| {
            let value = match value {
                FactValue::Number(n) => n,
                FactValue::Text(text) => u64::from(texts.intern(&text).0),
            };
            Fact { field, rule, value }
        });
        self.facts.clear();
        self.facts.extend(facts);
        let facts = Facts::new(&self.facts);
        let name = self.texts.intern(&item.name);
        let origin = self.origin(&item.origin);
        self.bytes.push(item.bytes);
        self.evidence.push(Evidence {
            trace: item.trace,
            span: item.span,
            parent: item.parent,
            start: item.start,
            end: item.end,
            arrival: item.arrival,
            bytes: Stored::default(),
            content: item.content,
            facts,
            name,
            origin,
            unit: u32::MAX,
            op: item.op,
            dialect: item.dialect,
            signal: item.signal,
            server: item.server,
            failed: item.failed,
        });
    }

    /// Pieces of an origin stand together, so the last one is nearly always the same.
    fn origin(&mut self, origin: &Arc<Origin>) -> u32 {
        let known = self.origins.iter().rposition(|o| o.key == origin.key);
        let at = known.unwrap_or_else(|| {
            self.origins.push(origin.clone());
            self.origins.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// How many pieces of a signal it holds.
    pub fn count(&self, signal: Signal) -> u64 {
        self.evidence.iter().filter(|e| e.signal == signal).count() as u64
    }

    /// Memory that it takes, roughly, bytes.
    pub fn weight(&self) -> usize {
        let bytes: usize = self.bytes.iter().map(Bytes::len).sum();
        let facts: usize = self.evidence.iter().map(Evidence::weight).sum();
        self.texts.weight() + facts + bytes
    }
}

impl From<Vec<Item<'_>>> for Pack {
    fn from(items: Vec<Item<'_>>) -> Self {
        let mut pack = Self::with_capacity(items.len());
        for item in items {
            pack.push(item);
        }
        pack
    }
}
