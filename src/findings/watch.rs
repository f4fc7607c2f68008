//! Findings while evidence comes: a session is walked again when it has changed, in slices, and
//! rests between two walks by its size, so that it costs a small share of the time however large
//! it is. What time alone changes is told from what the last walk came to.

use super::{Judged, Rule, Walk, sort};
use crate::model::correlate::Lore;
use crate::model::finding::Finding;
use crate::model::ids::SessionId;
use crate::model::store::Store;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Nodes that cost as much to look at as one piece of evidence to correlate.
const NODES: usize = 20;
/// A session rests so long between two walks for each of its pieces that were correlated for it,
/// ns: about a twentieth of the time is spent.
const REST_NS: u64 = 200_000;
/// What time alone changes is told anew so often, ns.
const TELL_NS: u64 = 1_000_000_000;

struct Known {
    version: u64,
    judged: Judged,
    /// Not walked again before this time, ns since the epoch.
    rests: u64,
}

struct Job {
    session: SessionId,
    version: u64,
    walk: Walk,
    parts: VecDeque<u32>,
    cost: usize,
}

/// The findings of a store, kept up to date.
#[derive(Default)]
pub struct Watch {
    silenced: Vec<&'static Rule>,
    known: FxHashMap<SessionId, Known>,
    job: Option<Job>,
    found: Vec<Finding>,
    told: u64,
    version: u64,
}

impl Watch {
    /// Findings of all rules but those.
    pub fn new(silenced: Vec<&'static Rule>) -> Self {
        Self {
            silenced,
            ..Self::default()
        }
    }

    /// What is found, in the order of [`sort`].
    pub fn found(&self) -> &[Finding] {
        &self.found
    }

    /// Changes whenever what is found does.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Goes on for about `most` pieces of evidence; `first` is looked at before all others. `now` is
    /// ns since the epoch; `over` says that nothing more will come. True if there is more to do.
    pub fn advance(
        &mut self,
        store: &Store,
        lore: &dyn Lore,
        first: Option<SessionId>,
        (now, over): (u64, bool),
        most: usize,
    ) -> bool {
        let mut left = most;
        let mut changed = self.forget(store);
        while left > 0 {
            let Some(mut job) = self.job.take().or_else(|| self.next(store, first, now)) else {
                break;
            };
            if let Some(unit) = job.parts.pop_front() {
                let (part, pieces) = store.part(job.session, unit, lore);
                job.walk.nodes(&part.nodes);
                let cost = pieces.max(1) + part.nodes.len() / NODES;
                job.cost += cost;
                left = left.saturating_sub(cost);
                self.job = Some(job);
            } else {
                changed |= self.finish(store, job, now);
                left -= 1;
            }
        }
        if changed || now.abs_diff(self.told) >= TELL_NS {
            self.tell(store, now, over);
        }
        self.job.is_some() || self.next(store, first, now).is_some()
    }

    /// Forgets sessions that are gone; true if there were any.
    fn forget(&mut self, store: &Store) -> bool {
        let before = self.known.len();
        if before > store.sessions().len() {
            self.known.retain(|id, _| store.version_of(*id).is_some());
        }
        self.known.len() < before
    }

    /// The next session that has changed since it was walked, and does not rest.
    fn next(&self, store: &Store, first: Option<SessionId>, now: u64) -> Option<Job> {
        let wants = |id: SessionId| {
            let version = store.version_of(id)?;
            let due = |k: &Known| k.version != version && k.rests <= now;
            self.known.get(&id).is_none_or(due).then_some((id, version))
        };
        let listed = || store.sessions().iter().rev().map(|s| s.id);
        let listed_first = first.filter(|id| listed().any(|l| l == *id));
        let (session, version) = listed_first
            .and_then(wants)
            .or_else(|| listed().find_map(wants))?;
        let summary = store.sessions().iter().find(|s| s.id == session)?;
        Some(Job {
            session,
            version,
            walk: Walk::new(summary),
            parts: store.parts(session).into(),
            cost: 0,
        })
    }

    fn finish(&mut self, store: &Store, job: Job, now: u64) -> bool {
        let Some(summary) = store.sessions().iter().find(|s| s.id == job.session) else {
            return false;
        };
        let rest = REST_NS.saturating_mul(job.cost as u64);
        let known = Known {
            version: job.version,
            judged: job.walk.end(summary),
            rests: now.saturating_add(rest),
        };
        self.known.insert(job.session, known);
        true
    }

    fn tell(&mut self, store: &Store, now: u64, over: bool) {
        self.told = now;
        let mut found: Vec<Finding> = Vec::new();
        for summary in store.sessions() {
            if let Some(known) = self.known.get(&summary.id) {
                found.extend(known.judged.at(summary, now, over));
            }
        }
        found.retain(|f| self.silenced.iter().all(|r| r.name != f.rule));
        sort(&mut found);
        self.version += u64::from(found != self.found);
        self.found = found;
    }
}
