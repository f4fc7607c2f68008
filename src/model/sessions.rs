//! Sessions: units under one key, turn by turn, and their summaries. A session is what its
//! dialect's key says; without a key a trace stands alone, and calls that a library makes
//! traces of their own go by their process.

use super::assemble::assemble;
use super::correlate::{self, Context, Lore};
use super::figures::Figures;
use super::ids::{EvidenceId, SessionId};
use super::measured::{Measured, with_metrics};
use super::node::{SessionSummary, Tree};
use super::processes::Processes;
pub use super::silence::STALE_AFTER_NS;
use super::store::Store;
use super::summary::{brief, summarise};
use super::totals::Totals;
use super::units::{Brief, UnitState};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Units move between sessions a few times at most before all is as it should be.
const ROUNDS: usize = 16;

/// How often sessions are looked at for silence, ns.
const SILENCE_EVERY_NS: u64 = 1_000_000_000;

/// One session.
pub(super) struct Session {
    pub key_name: Arc<str>,
    pub key: Arc<str>,
    pub units: BTreeSet<u32>,
    /// Where its summary stands in the list; nothing of an agent happened in it where it has none.
    pub listed: Option<usize>,
    pub stale: bool,
    /// What metrics say of it.
    pub measured: Option<Arc<Measured>>,
    dirty: bool,
    version: u64,
}

/// The session whose tree is kept at hand, at a version of it.
pub(super) struct Watched {
    pub id: SessionId,
    version: u64,
    pub tree: Arc<Tree>,
}

/// All sessions.
#[derive(Default)]
pub struct Sessions {
    pub(super) all: IndexMap<SessionId, Session>,
    pub(super) list: Vec<SessionSummary>,
    dirty: Vec<SessionId>,
    pub(super) watched: Option<Watched>,
    /// Units without a key, by process.
    pub(super) processes: Processes,
    silence_checked: u64,
    totals: Figures,
    pub(super) sums: Totals,
    /// Sums of sessions that were evicted.
    pub evicted: Figures,
}

impl Session {
    /// Goes up with every change of it.
    pub(super) fn version(&self) -> u64 {
        self.version
    }
}

impl Store {
    /// Correlates what changed and brings the summaries up to date. `now` is ns since the
    /// epoch. True if something that is shown changed.
    pub fn refresh(&mut self, lore: &dyn Lore, now: u64) -> bool {
        let mut changed = self.refresh_some(lore, now, usize::MAX);
        // What moves a unit to another session can move others.
        for _ in 0..ROUNDS {
            if !self.is_behind() {
                break;
            }
            changed |= self.refresh_some(lore, now, usize::MAX);
        }
        changed
    }

    /// The same for about `most` pieces of evidence, what changed first going first: a part that
    /// takes little time. The rest waits for the next, see [`Store::is_behind`].
    pub fn refresh_some(&mut self, lore: &dyn Lore, now: u64, most: usize) -> bool {
        let mut looked_at = self.catch_up(lore, most);
        let changed = !looked_at.is_empty();
        if now.abs_diff(self.sessions.silence_checked) >= SILENCE_EVERY_NS {
            self.sessions.silence_checked = now;
            looked_at = self.sessions.list.iter().map(|s| s.id).collect();
        }
        self.notice_silence(&looked_at, now);
        // What fell silent, or gave a sign of life again, is made anew in that light.
        let turned = !self.catch_up(lore, most).is_empty();
        if changed || turned {
            self.sum();
        }
        changed || turned
    }

    /// Correlates units that changed and sums their sessions up: those.
    fn catch_up(&mut self, lore: &dyn Lore, most: usize) -> Vec<SessionId> {
        self.settle_orphans();
        self.settle_processes();
        let dirty = self.units.take_dirty(most);
        self.version += u64::from(!dirty.is_empty());
        for unit in dirty {
            self.correlate(unit, lore);
        }
        self.settle_processes();
        let mut again = self.summarise_dirty();
        self.place_metrics(lore);
        again.extend(self.summarise_dirty());
        again
    }

    /// Units that others took in are in no session any more.
    pub(super) fn settle_orphans(&mut self) {
        for (session, unit) in std::mem::take(&mut self.units.orphaned) {
            self.leave(session, unit);
            self.sessions.processes.forget(unit);
        }
    }

    fn summarise_dirty(&mut self) -> Vec<SessionId> {
        let again = std::mem::take(&mut self.sessions.dirty);
        for &id in &again {
            self.summarise(id);
        }
        again
    }

    /// The sessions in which something of an agent happened, in order of their first arrival.
    pub fn sessions(&self) -> &[SessionSummary] {
        &self.sessions.list
    }

    /// One of them.
    pub fn summary(&self, id: SessionId) -> Option<&SessionSummary> {
        self.sessions.list.get(self.session(id)?.listed?)
    }

    /// Sums over all sessions, evicted ones included.
    pub fn totals(&self) -> Figures {
        self.sessions.totals
    }

    pub(super) fn sum(&mut self) {
        let sessions = &mut self.sessions;
        let (list, evicted) = (&sessions.list, &sessions.evicted);
        sessions.totals = sessions.sums.sum(list, |s| &s.figures, evicted);
    }

    /// The nodes of a session and their version; made anew only when the session changed.
    pub fn tree(&mut self, id: SessionId, lore: &dyn Lore) -> Option<(Arc<Tree>, u64)> {
        let session = self.sessions.all.get(&id)?;
        let (stale, version) = (session.stale, session.version);
        match &self.sessions.watched {
            Some(watched) if (watched.id, watched.version) == (id, version) => {
                return Some((watched.tree.clone(), version));
            }
            Some(watched) if watched.id != id => {
                let before = watched.id;
                self.forget_nodes(before);
            }
            _ => {}
        }
        let units = self.unit_ids(id);
        let mut parts = Vec::with_capacity(units.len());
        for unit in units {
            let kept = self.units.get(unit).and_then(|u| u.nodes.clone());
            let nodes = kept.unwrap_or_else(|| Arc::new(self.correlate_members(unit, lore, stale)));
            if let Some(state) = self.units.get_mut(unit) {
                state.nodes = Some(nodes.clone());
            }
            parts.push(nodes);
        }
        let tree = Arc::new(assemble(parts, stale));
        self.sessions.watched = Some(Watched {
            id,
            version,
            tree: tree.clone(),
        });
        Some((tree, version))
    }

    fn forget_nodes(&mut self, session: SessionId) {
        let units = self.unit_ids(session);
        for unit in units {
            if let Some(state) = self.units.get_mut(unit) {
                state.nodes = None;
            }
        }
    }

    pub(super) fn correlate_members(
        &self,
        unit: u32,
        lore: &dyn Lore,
        stale: bool,
    ) -> correlate::Unit {
        let cx = Context {
            evidence: &self.evidence,
            origins: &self.origins,
            texts: &self.texts,
            lore,
            stale,
        };
        correlate::unit(&cx, self.units.get(unit).map_or(&[], |u| &u.members))
    }

    fn correlate(&mut self, unit: u32, lore: &dyn Lore) {
        let stale = self
            .units
            .get(unit)
            .and_then(|u| u.session)
            .and_then(|s| self.sessions.all.get(&s))
            .is_some_and(|s| s.stale);
        let nodes = self.correlate_members(unit, lore, stale);
        let brief = self.brief(unit, &nodes, lore);
        let (id, key_name, key) = self.session_of(unit, &brief, lore);
        let agentic = brief.agentic;
        let watched = self.sessions.watched.as_ref().is_some_and(|w| w.id == id);
        let before = self.units.get(unit).and_then(|u| u.session);
        if let Some(before) = before.filter(|b| *b != id) {
            self.leave(before, unit);
        }
        self.units.brief(unit, brief);
        if let Some(state) = self.units.get_mut(unit) {
            state.session = Some(id);
            state.nodes = watched.then(|| Arc::new(nodes));
        }
        self.session_entry(id, key_name, key).units.insert(unit);
        self.mark_session(id);
        if agentic {
            self.note_senders(unit, id);
        }
    }

    pub(super) fn session_entry(
        &mut self,
        id: SessionId,
        key_name: Arc<str>,
        key: Arc<str>,
    ) -> &mut Session {
        self.sessions.all.entry(id).or_insert_with(|| Session {
            key_name,
            key,
            units: BTreeSet::new(),
            listed: None,
            stale: false,
            measured: None,
            dirty: false,
            version: 0,
        })
    }

    /// Nothing that metrics say is of this session any more.
    pub(super) fn forget_measured(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.all.get_mut(&id) {
            session.measured = None;
            self.mark_session(id);
        }
    }

    /// There is evidence of an agent in it.
    pub(super) fn is_agentic(&self, id: SessionId) -> bool {
        let session = self.sessions.all.get(&id);
        session.is_some_and(|s| s.listed.is_some() && !s.units.is_empty())
    }

    pub(super) fn mark_session(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.all.get_mut(&id) {
            session.version = self.version;
            if !std::mem::replace(&mut session.dirty, true) {
                self.sessions.dirty.push(id);
            }
        }
    }

    fn leave(&mut self, session: SessionId, unit: u32) {
        if let Some(left) = self.sessions.all.get_mut(&session) {
            left.units.remove(&unit);
            self.mark_session(session);
        }
    }

    fn brief(&self, unit: u32, made: &correlate::Unit, lore: &dyn Lore) -> Brief {
        let state = self.units.get(unit);
        // Who tells of what is shown, before who tells of its plumbing.
        let shown = made.nodes.iter().filter(|n| !n.internal);
        let told = shown.filter_map(|n| Some((n.start, n.sources.first()?.evidence)));
        let told = told.min_by_key(|(start, _)| *start).map(|(_, id)| id);
        let first = || state.and_then(|u| u.process).map(|(_, _, id)| id);
        let service = told
            .or_else(first)
            .and_then(|id| self.evidence(id))
            .and_then(|e| self.origin(e));
        let members = state.map_or(&[][..], |u| &u.members);
        let dialects = members
            .iter()
            .filter_map(|&id| Some(self.evidence(id)?.dialect));
        let first = dialects.filter(|&d| lore.emitter(d).is_some()).min();
        let emitter = first.and_then(|d| lore.emitter(d));
        Brief {
            emitter: emitter.map(Into::into),
            service: service.map(|o| o.service.clone()),
            ..brief(made)
        }
    }

    fn summarise(&mut self, id: SessionId) {
        let Some(session) = self.sessions.all.get_mut(&id) else {
            return;
        };
        session.dirty = false;
        let mut units: Vec<&UnitState> = session
            .units
            .iter()
            .filter_map(|&u| self.units.get(u))
            .collect();
        units.sort_by_key(|u| u.brief.as_ref().map(|b| (b.start, b.first)));
        let told = summarise(id, session, &units, &|b| b.agentic);
        let summary = with_metrics(id, session, told);
        let (listed, empty) = (
            session.listed,
            summary.is_none() && session.units.is_empty(),
        );
        match (summary, listed) {
            (Some(summary), Some(at)) => {
                self.sessions.list[at] = summary;
                self.sessions.sums.touch(at);
            }
            (Some(summary), None) => {
                let at = self.sessions.list.len();
                session.listed = Some(at);
                self.sessions.list.push(summary);
                self.sessions.sums.touch(at);
            }
            (None, _) => self.unlist(id),
        }
        if empty {
            self.sessions.all.swap_remove(&id);
        }
    }

    fn unlist(&mut self, id: SessionId) {
        let Some(at) = self.sessions.all.get_mut(&id).and_then(|s| s.listed.take()) else {
            return;
        };
        self.sessions.list.remove(at);
        self.sessions.sums.cut(at);
        for (i, summary) in self.sessions.list.iter().enumerate().skip(at) {
            if let Some(session) = self.sessions.all.get_mut(&summary.id) {
                session.listed = Some(i);
            }
        }
    }

    /// The evidence of a session.
    pub fn members(&self, id: SessionId) -> Vec<EvidenceId> {
        let units = self.sessions.all.get(&id).map(|s| &s.units);
        units
            .into_iter()
            .flatten()
            .filter_map(|&u| self.units.get(u))
            .flat_map(|u| u.members.iter().copied())
            .collect()
    }

    pub(super) fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.all.get(&id)
    }

    /// Sessions without anything of an agent, and their units.
    pub(super) fn unlisted(&self) -> impl Iterator<Item = (SessionId, &BTreeSet<u32>)> {
        let all = self.sessions.all.iter();
        all.filter(|(_, s)| s.listed.is_none())
            .map(|(id, s)| (*id, &s.units))
    }

    pub(super) fn unit_ids(&self, id: SessionId) -> Vec<u32> {
        self.sessions
            .all
            .get(&id)
            .map(|s| s.units.iter().copied().collect())
            .unwrap_or_default()
    }
}
