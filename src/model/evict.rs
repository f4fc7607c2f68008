//! Holding the memory limit (design, section 8): the content bytes of the oldest ended turns go
//! first, then whole sessions, oldest ended first, and never spared ones. All of it is counted.
//!
//! What goes leaves holes: pieces are moved together in `slabs`, chunks of the arena go when they
//! are empty, and texts and origins that nothing uses any more are let go from time to time. What
//! cannot be given back is counted as held.

use super::evidence::Origin;
use super::ids::SessionId;
use super::intern::Sym;
use super::node::{Node, SessionState, SessionSummary};
use super::sessions::Session;
use super::store::Store;
use super::totals::add;
use rustc_hash::FxHashSet;

/// Holes that are always there: the block and the chunk that are being filled, and as many that
/// are about to go.
const HOLES: usize = 4 << 20;
/// Memory that correlating takes for each piece of a unit, roughly, bytes: for the largest it must
/// be there.
const CORRELATING: usize = 1200;
/// Memory that a session's names and its places in lists and sets take, roughly, bytes.
const LINE: usize = 320;

/// Texts and origins are looked through again when they take so much more than after the last
/// time, bytes.
const TEXTS: usize = 1 << 20;

impl Store {
    /// Memory taken by evidence, texts and what is known of sessions, roughly, bytes.
    pub fn weight(&self) -> usize {
        let known = self.units.weight() + self.sessions_weight() + self.responses.weight();
        let all = self.weight + known + self.texts.weight() + self.metrics.weight();
        all.saturating_sub(self.slabs.saved())
    }

    /// There is memory that can be saved when nothing else is to be done.
    pub fn can_squeeze(&self) -> bool {
        self.slabs.can_squeeze()
    }

    /// Compresses some of the bytes that are kept; about half a millisecond.
    pub fn squeeze(&mut self) {
        self.slabs.squeeze();
    }

    /// Memory that is held for it: the same, and what could not be given back of what went.
    pub fn held(&self) -> usize {
        self.weight() + self.slack()
    }

    fn slack(&self) -> usize {
        let correlating = self.units.largest() * CORRELATING;
        (self.slabs.slack() + self.evidence.slack() + correlating).saturating_sub(HOLES)
    }

    /// Drops until at most `limit` bytes are held. `spared` sessions stay, and stay whole if the
    /// limit can be held so. Gives the sessions that went, as they were listed.
    pub fn hold(
        &mut self,
        limit: usize,
        spared: &dyn Fn(SessionId) -> bool,
    ) -> Vec<SessionSummary> {
        if self.held() <= limit {
            return Vec::new();
        }
        self.settle_orphans();
        self.move_together();
        let target = (limit - limit / 10).saturating_sub(self.slack());
        self.drop_contents(target, &|id| !spared(id));
        let gone = self.drop_whole(target, spared);
        self.drop_strangers(target, spared);
        let evidence = self.weight() - self.metrics.weight();
        self.metrics.shrink(target.saturating_sub(evidence));
        self.drop_contents(target, spared);
        self.forget_unused();
        self.move_together();
        self.units.look_for_largest();
        gone
    }

    /// The listed sessions that are chosen, in the order in which they go.
    fn by_age(&self, chosen: &dyn Fn(SessionId) -> bool) -> Vec<(bool, u64, SessionId)> {
        let listed = self.sessions().iter().filter(|s| chosen(s.id));
        let mut sessions: Vec<_> = listed
            .map(|s| (s.state == SessionState::Running, s.last_arrival, s.id))
            .collect();
        sessions.sort_unstable();
        sessions
    }

    fn drop_contents(&mut self, target: usize, chosen: &dyn Fn(SessionId) -> bool) {
        if self.weight() <= target {
            return;
        }
        for (running, _, id) in self.by_age(chosen) {
            for unit in self.oldest_units(id, running) {
                if self.weight() <= target {
                    return;
                }
                self.drop_content(unit);
            }
        }
    }

    /// Units of a session with contents, oldest first; of a running session all but the newest.
    fn oldest_units(&self, id: SessionId, running: bool) -> Vec<u32> {
        let mut units = self.unit_ids(id);
        let end = |&unit: &u32| {
            let brief = self.units.get(unit).and_then(|u| u.brief.as_ref());
            brief.map(|b| b.end)
        };
        units.sort_by_key(end);
        units.truncate(units.len() - usize::from(running && !units.is_empty()));
        units.retain(|&unit| self.units.get(unit).is_some_and(|u| u.has_content));
        units
    }

    fn drop_content(&mut self, unit: u32) {
        let Some(state) = self.units.get_mut(unit) else {
            return;
        };
        state.has_content = false;
        let mut dropped = 0;
        for id in &state.members {
            if let Some(e) = self
                .evidence
                .get_mut(id.0 as usize)
                .filter(|e| !e.bytes.is_empty())
            {
                self.weight -= e.bytes.len();
                self.slabs.release(std::mem::take(&mut e.bytes));
                dropped += 1;
            }
        }
        self.counters.content_dropped += dropped;
        if dropped > 0 {
            state.content_dropped = true;
            if let Some(session) = state.session {
                self.mark_session(session);
            }
        }
    }

    fn drop_whole(
        &mut self,
        target: usize,
        spared: &dyn Fn(SessionId) -> bool,
    ) -> Vec<SessionSummary> {
        if self.weight() <= target {
            return Vec::new();
        }
        let sessions = self.by_age(&|id| !spared(id));
        self.evict(target, sessions.into_iter().map(|(.., id)| id))
    }

    /// Evicts sessions until no more than the target is taken; those that were listed.
    fn evict(
        &mut self,
        target: usize,
        sessions: impl Iterator<Item = SessionId>,
    ) -> Vec<SessionSummary> {
        let mut gone = Vec::new();
        let mut units = FxHashSet::default();
        for id in sessions {
            let lines = gone.len() * Self::line_weight();
            if self.weight().saturating_sub(lines) <= target {
                break;
            }
            for unit in self.unit_ids(id) {
                self.evict_unit(unit, &mut units);
            }
            gone.push(id);
        }
        self.responses.forget(&units);
        self.counters.evicted_sessions += gone.len() as u64;
        self.drop_sessions(&gone)
    }

    fn evict_unit(&mut self, unit: u32, numbers: &mut FxHashSet<u32>) {
        self.sessions.processes.drop(unit);
        numbers.insert(self.units.root(unit));
        let gone = self.units.remove(unit);
        numbers.extend(&gone.absorbed);
        for &member in &gone.members {
            self.remove(member);
        }
        self.counters.evicted += gone.members.len() as u64;
    }

    /// Evidence of no agent at all goes last: it is in no session that is shown.
    fn drop_strangers(&mut self, target: usize, spared: &dyn Fn(SessionId) -> bool) {
        if self.weight() <= target {
            return;
        }
        let strangers: Vec<SessionId> = self.unlisted().map(|(id, _)| id).collect();
        self.evict(target, strangers.into_iter().filter(|&id| !spared(id)));
    }

    /// Moves what is left of sparse blocks together.
    fn move_together(&mut self) {
        if self.slabs.leave_sparse() {
            for evidence in self.evidence.iter_mut() {
                evidence.bytes = self.slabs.moved(evidence.bytes);
            }
        }
    }

    /// Lets texts and origins go that nothing uses, if there may be many.
    fn forget_unused(&mut self) {
        if self.names_weight() <= self.swept + self.swept / 4 + TEXTS {
            return;
        }
        let there = self.evidence.iter().map(|(_, e)| e);
        let there = there.filter(|e| e.unit != u32::MAX);
        let mut texts: FxHashSet<Sym> = FxHashSet::default();
        let mut origins: FxHashSet<u32> = FxHashSet::default();
        for evidence in there {
            texts.insert(evidence.name);
            texts.extend(evidence.facts.texts());
            origins.insert(evidence.origin);
        }
        let claims = self.units.iter().filter_map(|u| u.claim);
        texts.extend(claims.map(|(_, key)| key.text));
        self.texts.keep_only(&texts);
        for (at, origin) in (0..).zip(&mut self.origins) {
            if !origins.contains(&at) && self.origin_index.remove(&origin.key).is_some() {
                self.weight -= origin.weight();
                *origin = Origin::default();
                self.origins_free.push(at);
            }
        }
        self.swept = self.names_weight();
    }

    /// Memory of texts and origins, roughly, bytes.
    fn names_weight(&self) -> usize {
        let origins = self.origin_index.len() * (size_of::<Origin>() + 256);
        self.texts.weight() + origins
    }

    /// Takes sessions out, whose units went; those that were listed.
    fn drop_sessions(&mut self, ids: &[SessionId]) -> Vec<SessionSummary> {
        if ids.is_empty() {
            return Vec::new();
        }
        for id in ids {
            let gone = self.sessions.all.swap_remove(id);
            if let Some(measured) = gone.and_then(|s| s.measured) {
                self.evict_metrics(*id, &measured);
            }
            self.sessions.watched.take_if(|w| w.id == *id);
        }
        let all = &self.sessions.all;
        let gone = self
            .sessions
            .list
            .extract_if(.., |s| !all.contains_key(&s.id));
        let gone: Vec<SessionSummary> = gone.collect();
        for summary in &gone {
            add(&mut self.sessions.evicted, &summary.figures);
        }
        for (i, summary) in self.sessions.list.iter().enumerate() {
            if let Some(session) = self.sessions.all.get_mut(&summary.id) {
                session.listed = Some(i);
            }
        }
        self.sessions.sums.cut(0);
        self.sum();
        gone
    }

    /// Memory that sessions take besides their units, roughly, bytes: their lines, and the nodes of
    /// the one that is looked at, which are kept by unit and as a tree.
    fn sessions_weight(&self) -> usize {
        let watched = self.sessions.watched.as_ref();
        let nodes = watched.map_or(0, |w| w.tree.nodes.len());
        self.sessions.all.len() * Self::line_weight() + nodes * 2 * size_of::<Node>()
    }

    /// Memory that one session takes so, roughly, bytes.
    fn line_weight() -> usize {
        // Lists grow by doubling; while they do, the old one is there too.
        2 * (size_of::<Session>() + size_of::<SessionSummary>()) + LINE
    }
}

impl Origin {
    /// Memory that it takes, roughly, bytes.
    pub fn weight(&self) -> usize {
        let texts = self.service.len() + self.scope.len() + 64;
        size_of::<Self>()
            + self.resource.len()
            + self.scope_bytes.len()
            + self.schema_url.len()
            + texts
    }
}
