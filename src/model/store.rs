//! The evidence store: what was received, once each, grouped into units. Owned by one task; no
//! locks. What it holds depends on the set of evidence, never on its order.

use super::arena::Arena;
use super::census::Census;
use super::evidence::{Evidence, Field, Op, Origin, Signal, key_of};
use super::facts::Facts;
use super::ids::{EvidenceId, NodeId, SpanId, TraceId};
use super::intern::{Interner, Sym};
use super::measured::Senders;
use super::pack::Pack;
use super::responses::Responses;
use super::sessions::Sessions;
use super::slabs::Slabs;
use super::twins::{Twins, may_be_one};
use super::units::{SessionKey, Units, of_sessions};
use crate::metrics::Metrics;
use hashbrown::HashTable;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::Arc;

/// What was received and dropped, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Spans received, duplicates included.
    pub spans: u64,
    /// Log records received, duplicates included.
    pub logs: u64,
    /// Metric points received.
    pub metric_points: u64,
    /// Spans, records and points that could not be read.
    pub rejected: u64,
    /// Values read although they broke the encoding's rules.
    pub repaired: u64,
    /// Values that were hidden, before they came here.
    pub hidden: u64,
    /// Copies of what was there already.
    pub duplicates: u64,
    /// Spans and records whose content bytes were dropped to hold the memory limit.
    pub content_dropped: u64,
    /// Spans and records that went with an evicted session.
    pub evicted: u64,
    /// Sessions that were evicted.
    pub evicted_sessions: u64,
    /// Spans, and log records, that had been received when all was cleared last.
    pub cleared: (u64, u64),
}

/// All evidence.
pub struct Store {
    pub(super) evidence: Arena,
    pub(super) slabs: Slabs,
    spans: HashTable<u32>,
    records: HashTable<u32>,
    /// The unit of each response id, for calls that several pieces tell of across traces.
    pub(super) responses: Responses,
    twins: Twins,
    seed: hashbrown::DefaultHashBuilder,
    pub(super) texts: Interner,
    pub(super) origins: Vec<Origin>,
    pub(super) origin_index: FxHashMap<u64, u32>,
    /// Places of origins that went.
    pub(super) origins_free: Vec<u32>,
    /// Memory of texts and origins when those of no use were let go last, bytes.
    pub(super) swept: usize,
    pub(super) units: Units,
    pub(super) sessions: Sessions,
    pub(super) metrics: Metrics,
    pub(super) senders: Senders,
    /// Numbers of what came and went.
    pub counters: Counters,
    /// What came, and how late.
    pub census: Census,
    /// Bytes that evidence takes.
    pub(super) weight: usize,
    /// Goes up with every change of what is shown.
    pub(super) version: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// An empty store.
    pub fn new() -> Self {
        Self {
            evidence: Arena::default(),
            slabs: Slabs::default(),
            spans: HashTable::new(),
            records: HashTable::new(),
            responses: Responses::default(),
            twins: Twins::default(),
            seed: hashbrown::DefaultHashBuilder::default(),
            texts: Interner::default(),
            origins: Vec::new(),
            origin_index: FxHashMap::default(),
            origins_free: Vec::new(),
            swept: 0,
            units: Units::default(),
            sessions: Sessions::default(),
            metrics: Metrics::default(),
            senders: Senders::default(),
            counters: Counters::default(),
            census: Census::default(),
            weight: 0,
            version: 0,
        }
    }

    /// Goes up with every change of what is shown.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The last arrival, ns since the epoch: "now" for a recording that is not played.
    pub fn last_time(&self) -> u64 {
        let arrivals = self.evidence.iter().map(|(_, e)| e.arrival);
        let measured = self.metrics.last_time();
        arrivals.max().unwrap_or_default().max(measured)
    }

    /// A piece of evidence that is still there.
    pub fn evidence(&self, id: EvidenceId) -> Option<&Evidence> {
        self.evidence
            .get(id.0 as usize)
            .filter(|e| e.unit != u32::MAX)
    }

    /// A piece's protobuf bytes; empty when dropped to hold the memory limit.
    pub fn bytes(&self, evidence: &Evidence) -> Cow<'_, [u8]> {
        self.slabs.get(evidence.bytes)
    }

    /// Who sent a piece of evidence.
    pub fn origin(&self, evidence: &Evidence) -> Option<&Origin> {
        self.origins.get(evidence.origin as usize)
    }

    /// The text of a symbol.
    pub fn text(&self, sym: Sym) -> Arc<str> {
        self.texts.text(sym)
    }

    /// Lets all evidence go and counts it as cleared; gives it, since freeing it may take a while.
    #[must_use]
    pub fn clear(&mut self) -> Self {
        let counters = Counters {
            cleared: (self.counters.spans, self.counters.logs),
            ..self.counters
        };
        // What is shown has changed, whatever comes next.
        let version = self.version + 1;
        let empty = Self {
            counters,
            version,
            ..Self::new()
        };
        std::mem::replace(self, empty)
    }

    /// All evidence that is there.
    pub fn ids(&self) -> Vec<EvidenceId> {
        let there = self.evidence.iter().filter(|(_, e)| e.unit != u32::MAX);
        there.map(|(id, _)| EvidenceId(id)).collect()
    }

    /// Something came that is not correlated yet.
    pub fn is_behind(&self) -> bool {
        self.units.is_dirty() || self.metrics.is_touched()
    }

    /// Takes a batch in. What it changes is seen after the next [`Store::refresh`].
    pub fn apply(&mut self, pack: impl Into<Pack>) {
        let pack = pack.into();
        self.counters.spans += pack.count(Signal::Span);
        self.counters.logs += pack.count(Signal::Log);
        let texts: Vec<Sym> = pack.texts.iter().map(|t| self.texts.intern(t)).collect();
        let origins: Vec<u32> = pack.origins.iter().map(|o| self.intern_origin(o)).collect();
        let text = |own: Sym| texts.get(own.0 as usize).copied().unwrap_or(own);
        for (mut evidence, bytes) in pack.evidence.into_iter().zip(pack.bytes) {
            evidence.name = text(evidence.name);
            evidence.facts.translate(text);
            evidence.origin = origins.get(evidence.origin as usize).copied().unwrap_or(0);
            self.file(evidence, &bytes);
        }
    }

    fn file(&mut self, new: Evidence, bytes: &[u8]) {
        let (evidence, origins, seed) = (&self.evidence, &self.origins, &self.seed);
        let index = match new.signal {
            Signal::Span => &self.spans,
            Signal::Log => &self.records,
        };
        let hash = hash_of(&new, origins, seed);
        let known = index.find(hash, |&i| {
            evidence.get(i as usize).is_some_and(|e| match new.signal {
                Signal::Span => (e.trace, e.span) == (new.trace, new.span),
                Signal::Log => (e.content, e.origin) == (new.content, new.origin),
            })
        });
        match known.copied() {
            Some(old) => self.replace(old, new, bytes),
            None => self.insert(hash, new, bytes),
        }
    }

    /// A later copy of a span: the newest wins, and a span never un-ends.
    fn replace(&mut self, old: u32, new: Evidence, bytes: &[u8]) {
        self.counters.duplicates += 1;
        let Some(there) = self.evidence.get(old as usize) else {
            return;
        };
        let newer = |end: u64, arrival: u64, bytes: &[u8]| (end != 0, end, arrival, key_of(bytes));
        let known = self.slabs.get(there.bytes);
        if new.signal == Signal::Log || (known == bytes && new.end == there.end) {
            return;
        }
        let wins = newer(new.end, new.arrival, bytes) > newer(there.end, there.arrival, &known);
        let (unit, weight) = (there.unit, there.weight());
        if wins {
            self.twins.forget(old, there, &self.origins);
        }
        let mut evidence = Evidence { unit, ..new };
        // What any copy says of its session and its unit holds, whichever of them came last.
        self.link(old, &evidence);
        self.units.touch(unit, evidence.arrival);
        if wins {
            self.meet(old, unit, &evidence);
            evidence.bytes = self.slabs.keep(bytes);
            self.weight = self.weight - weight + evidence.weight();
            if let Some(slot) = self.evidence.get_mut(old as usize) {
                self.slabs.release(slot.bytes);
                *slot = evidence;
            }
        }
    }

    fn insert(&mut self, hash: u64, mut new: Evidence, bytes: &[u8]) {
        self.census.note(&new);
        new.bytes = self.slabs.keep(bytes);
        let at = self.evidence.place();
        let unit = self.link(at, &new);
        let unit = self.meet(at, unit, &new);
        self.weight += new.weight();
        let (signal, arrival) = (new.signal, new.arrival);
        self.evidence.put(Evidence { unit, ..new });
        self.units.add(unit, EvidenceId(at), arrival);
        let (evidence, origins, seed) = (&self.evidence, &self.origins, &self.seed);
        let rehash = |&i: &u32| {
            evidence
                .get(i as usize)
                .map_or(0, |e| hash_of(e, origins, seed))
        };
        match signal {
            Signal::Span => self.spans.insert_unique(hash, at, rehash),
            Signal::Log => self.records.insert_unique(hash, at, rehash),
        };
    }

    fn intern_origin(&mut self, origin: &Arc<Origin>) -> u32 {
        if let Some(&known) = self.origin_index.get(&origin.key) {
            return known;
        }
        self.weight += origin.weight();
        let at = self.origins_free.pop();
        let at = at.filter(|&at| (at as usize) < self.origins.len());
        let at = at.unwrap_or_else(|| {
            self.origins.push(Origin::default());
            u32::try_from(self.origins.len() - 1).unwrap_or(u32::MAX)
        });
        self.origins[at as usize] = (**origin).clone();
        self.origin_index.insert(origin.key, at);
        at
    }

    /// Finds or joins the units that a piece of evidence belongs to, and tells them its session.
    fn link(&mut self, at: u32, e: &Evidence) -> u32 {
        let session = e.facts.of(Field::Session).map(|fact| {
            let text = e.facts.text(Field::Session).unwrap_or_default();
            SessionKey {
                hash: key_of(self.texts.str(text)),
                rule: fact.rule,
                text,
            }
        });
        let key = session.map(|s| s.hash);
        let origin = self.origins.get(e.origin as usize);
        let process = origin.map_or(0, |o| o.process);
        let mut unit = None;
        let trace = (!e.trace.is_zero()).then(|| key_of(("trace", e.trace)));
        let linked = e.facts.link_trace().map(|trace| key_of(("trace", trace)));
        // A bare call that answers what another asked for goes on with it.
        let bare = e.op == Op::Call && e.signal == Signal::Span && e.parent.is_zero();
        let told = [Field::ToolAsked, Field::ToolAnswered].into_iter();
        let told = told.filter(|_| bare).flat_map(|field| e.facts.all(field));
        let told = told.map(|id| key_of(("asked", process, id.value)));
        let prompt = e
            .facts
            .number(Field::TurnKey)
            .map(|k| key_of(("prompt", k)));
        let [whole, parent] = of_sessions(e, session.map(|s| self.texts.str(s.text)));
        let keys = [trace, linked, prompt, whole, parent];
        for key in keys.into_iter().flatten().chain(told) {
            unit = Some(self.units.join(unit, key));
        }
        unit = self.responses.join(&mut self.units, unit, e);
        let unit = unit.unwrap_or_else(|| self.units.join(None, key_of(("rest", key, process))));
        self.units
            .claim(unit, e.start, session, (process, EvidenceId(at)));
        unit
    }

    /// Joins the units of root spans that may tell of the same call.
    fn meet(&mut self, at: u32, unit: u32, e: &Evidence) -> u32 {
        let near = self.twins.file(at, e, &self.origins);
        let near = near.iter().filter_map(|&i| self.evidence.get(i as usize));
        let counted = self.twins.file_counts(at, e, &self.origins);
        let counted = counted
            .iter()
            .filter_map(|&i| self.evidence.get(i as usize))
            .filter(|other| may_be_one(e, other));
        let units = near.chain(counted).map(|e| e.unit);
        let units: Vec<u32> = units.filter(|&u| u != u32::MAX).collect();
        units
            .into_iter()
            .fold(unit, |unit, there| self.units.merge(unit, there))
    }

    /// The id of the node that a span makes.
    pub fn span_node(trace: TraceId, span: SpanId) -> NodeId {
        NodeId(key_of(("span", (trace, span))))
    }

    pub(super) fn remove(&mut self, id: EvidenceId) {
        let at = id.0;
        let Some(e) = self
            .evidence
            .get(at as usize)
            .filter(|e| e.unit != u32::MAX)
        else {
            return;
        };
        self.weight -= e.weight();
        let hash = hash_of(e, &self.origins, &self.seed);
        let index = if e.signal == Signal::Span {
            &mut self.spans
        } else {
            &mut self.records
        };
        if let Ok(entry) = index.find_entry(hash, |&i| i == at) {
            entry.remove();
        }
        self.twins.forget(at, e, &self.origins);
        if let Some(slot) = self.evidence.get_mut(at as usize) {
            slot.unit = u32::MAX;
            self.slabs.release(std::mem::take(&mut slot.bytes));
            slot.facts = Facts::default();
        }
        self.evidence.free(at);
    }
}

fn hash_of(e: &Evidence, origins: &[Origin], seed: &hashbrown::DefaultHashBuilder) -> u64 {
    match e.signal {
        Signal::Span => seed.hash_one((e.trace, e.span)),
        Signal::Log => seed.hash_one((
            e.content,
            origins.get(e.origin as usize).map_or(0, |o| o.key),
        )),
    }
}
