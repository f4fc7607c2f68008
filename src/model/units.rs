//! Units: evidence that belongs together for sure, as sets that only ever grow together.

use super::correlate::Unit;
use super::evidence::{Evidence, Field, join_key, key_of};
use super::figures::Figures;
use super::ids::{EvidenceId, NodeId, SessionId};
use super::intern::Sym;
use super::node::TurnSummary;
use super::threads::Thread;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a session needs to know of a unit without its nodes.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, each asked for by itself"
)]
pub struct Brief {
    /// First start, ns since the epoch.
    pub start: u64,
    /// Of two units that start at once, it says which comes first ([`Unit::first`]).
    pub first: Option<(NodeId, u64)>,
    /// Last end, ns since the epoch.
    pub end: u64,
    /// Sums.
    pub figures: Figures,
    /// Its turns in order.
    pub turns: Vec<Arc<TurnSummary>>,
    /// Something in it has not ended: it runs, or is abandoned in a stale session.
    pub open: bool,
    /// Something must be running though nobody told, if this is the session's newest unit.
    pub awaiting: bool,
    /// The start of a wait for a person that has not ended, ns since the epoch.
    pub waiting: Option<u64>,
    /// Parent chains that reached themselves and were cut.
    pub cycles: u32,
    /// It goes on with the turn before it.
    pub continuation: bool,
    /// Nothing but model calls without parents.
    pub bare_calls: bool,
    /// How its turns of bare calls go on.
    pub threads: Vec<Thread>,
    /// There is something of an agent in it.
    pub agentic: bool,
    /// The person left at its end.
    pub left: bool,
    /// The first turn was not seen from its start.
    pub midway: bool,
    /// Name of the first agent.
    pub agent: Option<Arc<str>>,
    /// Product that speaks its dialect.
    pub emitter: Option<Arc<str>>,
    /// Service of the first evidence.
    pub service: Option<Arc<str>>,
}

/// A session key as one piece of evidence tells it. Keys are in an order that no order of arrival
/// can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionKey {
    /// Stands for the text in every run.
    pub hash: u64,
    /// The rule that read it.
    pub rule: u16,
    /// The text.
    pub text: Sym,
}

/// One unit.
#[derive(Default)]
pub struct UnitState {
    merged_into: u32,
    keys: Vec<u64>,
    /// Evidence in it.
    pub members: Vec<EvidenceId>,
    /// The session key of the evidence that started first, and that start.
    pub claim: Option<(u64, SessionKey)>,
    /// The process of the evidence that started first.
    pub process: Option<(u64, u64, EvidenceId)>,
    /// Arrival of the last evidence, ns since the epoch.
    pub last_arrival: u64,
    /// What its session knows of it.
    pub brief: Option<Box<Brief>>,
    /// The session that it is listed in.
    pub session: Option<SessionId>,
    /// Its nodes, kept while its session is looked at.
    pub nodes: Option<Arc<Unit>>,
    /// Content bytes of its evidence were dropped.
    pub content_dropped: bool,
    /// There are content bytes that can be dropped.
    pub has_content: bool,
    /// Units that became it.
    pub absorbed: Vec<u32>,
    dirty: bool,
}

impl UnitState {
    /// Memory that it takes besides its evidence, roughly, bytes.
    fn weight(&self) -> usize {
        let brief = self.brief.as_ref().map_or(0, |b| b.weight());
        PLACE + KEYS + brief
    }
}

/// Memory of a unit itself; its list grows by doubling, and while it does the old one is there too.
const PLACE: usize = 2 * size_of::<UnitState>();
/// Memory that the keys of a unit, its place in its session and in its process take, roughly,
/// bytes.
const KEYS: usize = 160;

impl Brief {
    fn weight(&self) -> usize {
        let turn = |t: &Arc<TurnSummary>| size_of::<TurnSummary>() + t.title.len() + 64;
        let threads = self.threads.iter().map(Thread::weight).sum::<usize>();
        size_of::<Self>() + self.turns.iter().map(turn).sum::<usize>() + threads
    }
}

/// Keys of units that are whole sessions: where records tell the story a session is correlated
/// whole, with those of its sub-agents.
pub fn of_sessions(e: &Evidence, own: Option<&str>) -> [Option<u64>; 2] {
    let key = |id: u64| key_of(("session", id));
    let whole = e.facts.number(Field::Conversation).and(own);
    let parent = e.facts.number(Field::ParentSession);
    [whole.map(|own| key(join_key(own))), parent.map(key)]
}

/// All units.
#[derive(Default)]
pub struct Units {
    all: Vec<UnitState>,
    keys: FxHashMap<u64, u32>,
    dirty: Vec<u32>,
    /// Places of units that went.
    free: Vec<u32>,
    weight: usize,
    /// Members of the largest unit since it was looked for.
    largest: usize,
    /// Sessions that lost a unit to another by a join.
    pub orphaned: Vec<(SessionId, u32)>,
}

impl Units {
    /// The unit that a unit was merged into.
    pub fn root(&self, mut unit: u32) -> u32 {
        while let Some(up) = self
            .all
            .get(unit as usize)
            .map(|u| u.merged_into)
            .filter(|&up| up != unit)
        {
            unit = up;
        }
        unit
    }

    /// A unit.
    pub fn get(&self, unit: u32) -> Option<&UnitState> {
        self.all.get(self.root(unit) as usize)
    }

    /// A unit.
    pub fn get_mut(&mut self, unit: u32) -> Option<&mut UnitState> {
        let root = self.root(unit);
        self.all.get_mut(root as usize)
    }

    /// Joins the unit of a key with `unit`, making it if it is new.
    pub fn join(&mut self, unit: Option<u32>, key: u64) -> u32 {
        let found = match self.keys.get(&key) {
            Some(&there) => there,
            None => self.give_key(unit, key),
        };
        match unit {
            Some(unit) => self.merge(unit, found),
            None => self.root(found),
        }
    }

    /// A unit without anything in it.
    fn fresh(&mut self) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            self.all.push(UnitState::default());
            u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(state) = self.all.get_mut(at as usize) {
            state.merged_into = at;
            self.weight += state.weight();
        }
        at
    }

    /// Memory that units take besides their evidence, roughly, bytes.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Members of the largest unit there was since [`Units::look_for_largest`].
    pub fn largest(&self) -> usize {
        self.largest
    }

    /// Looks for the largest unit there is.
    pub fn look_for_largest(&mut self) {
        let members = self.iter().map(|u| u.members.len());
        self.largest = members.max().unwrap_or(0);
    }

    /// What a session knows of a unit from now on.
    pub fn brief(&mut self, unit: u32, brief: Brief) {
        let before = self.weight;
        let Some(state) = self.get_mut(unit) else {
            return;
        };
        let old = state.weight();
        state.brief = Some(Box::new(brief));
        let new = state.weight();
        self.weight = before + new - old;
    }

    /// All units that are something by themselves.
    pub fn iter(&self) -> impl Iterator<Item = &UnitState> {
        let own = (0..).zip(&self.all).filter(|(at, u)| u.merged_into == *at);
        own.map(|(_, u)| u)
    }

    fn give_key(&mut self, unit: Option<u32>, key: u64) -> u32 {
        let unit = unit.unwrap_or_else(|| self.fresh());
        self.keys.insert(key, unit);
        if let Some(state) = self.get_mut(unit) {
            state.keys.push(key);
        }
        unit
    }

    /// Makes two units one, which is the elder.
    pub fn merge(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return a;
        }
        let (keep, gone) = (a.min(b), a.max(b));
        let lost = std::mem::take(&mut self.all[gone as usize]);
        self.weight -= lost.weight() - PLACE; // its place is still taken
        self.all[gone as usize].merged_into = keep;
        self.orphaned.extend(lost.session.map(|s| (s, gone)));
        let kept = &mut self.all[keep as usize];
        kept.keys.extend(lost.keys);
        kept.members.extend(lost.members);
        self.largest = self.largest.max(kept.members.len());
        kept.claim = earlier(kept.claim, lost.claim);
        kept.process = earlier(kept.process, lost.process);
        kept.last_arrival = kept.last_arrival.max(lost.last_arrival);
        kept.content_dropped |= lost.content_dropped;
        kept.has_content |= lost.has_content;
        kept.absorbed.extend(lost.absorbed);
        kept.absorbed.push(gone);
        self.mark(keep);
        keep
    }

    /// Has a unit correlated again.
    pub fn mark(&mut self, unit: u32) {
        if let Some(state) = self.all.get_mut(unit as usize)
            && !state.dirty
        {
            state.dirty = true;
            state.nodes = None;
            self.dirty.push(unit);
        }
    }

    /// A new member.
    pub fn add(&mut self, unit: u32, id: EvidenceId, arrival: u64) {
        let root = self.root(unit);
        if let Some(state) = self.all.get_mut(root as usize) {
            state.members.push(id);
            self.largest = self.largest.max(state.members.len());
        }
        self.touch(unit, arrival);
    }

    /// A member changed.
    pub fn touch(&mut self, unit: u32, arrival: u64) {
        let root = self.root(unit);
        if let Some(state) = self.all.get_mut(root as usize) {
            state.last_arrival = state.last_arrival.max(arrival);
            state.has_content = true;
        }
        self.mark(root);
    }

    /// What a member says of the unit's session and process; the one that started first is heard.
    pub fn claim(
        &mut self,
        unit: u32,
        start: u64,
        session: Option<SessionKey>,
        process: (u64, EvidenceId),
    ) {
        if let Some(state) = self.get_mut(unit) {
            state.claim = earlier(state.claim, session.map(|s| (start, s)));
            state.process = earlier(state.process, Some((start, process.0, process.1)));
        }
    }

    /// Something changed that was not taken yet.
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes units that changed, those that changed first, until they have `most` members
    /// together; one at least.
    pub fn take_dirty(&mut self, most: usize) -> Vec<u32> {
        let mut members = 0;
        let enough = self.dirty.iter().position(|&u| {
            members += self.all.get(u as usize).map_or(0, |s| s.members.len());
            members >= most
        });
        let n = enough.map_or(self.dirty.len(), |at| at + 1);
        let dirty: Vec<u32> = self.dirty.drain(..n).collect();
        dirty
            .into_iter()
            .filter(|&u| {
                self.all
                    .get_mut(u as usize)
                    .is_some_and(|s| std::mem::take(&mut s.dirty) && s.merged_into == u)
            })
            .collect()
    }

    /// Takes a unit out, with all that it had.
    pub fn remove(&mut self, unit: u32) -> UnitState {
        let root = self.root(unit);
        let Some(state) = self.all.get_mut(root as usize) else {
            return UnitState::default();
        };
        let gone = std::mem::take(state);
        for key in &gone.keys {
            self.keys.remove(key);
        }
        self.weight -= gone.weight() + gone.absorbed.len() * PLACE;
        self.free.push(root);
        for &at in &gone.absorbed {
            if let Some(state) = self.all.get_mut(at as usize) {
                *state = UnitState::default();
                self.free.push(at);
            }
        }
        gone
    }
}

/// The claim of the earlier start; of equal starts, the smaller value, so that order is no matter.
fn earlier<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
