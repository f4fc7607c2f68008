//! Findings while evidence comes: a session is walked again when it has changed, in slices, and
//! rests between two walks by its size, so that it costs a small share of the time however large
//! it is. What time alone changes is told from what the last walk came to.

use super::broken::Explained;
use super::{Judged, Rule, Walk, sort};
use crate::model::correlate::Lore;
use crate::model::finding::Finding;
use crate::model::ids::SessionId;
use crate::model::store::Store;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Nodes that cost as much to look at as one piece of evidence to correlate.
const NODES: usize = 20;
/// Bytes of contents that cost as much to read as one piece of evidence to correlate.
const READ: usize = 512;
/// So many findings are remembered with what was said of them.
const REMEMBERED: usize = 10_000;
/// A session rests so long between two walks for each of its pieces that were correlated for it,
/// ns: about a twentieth of the time is spent.
const REST_NS: u64 = 200_000;
/// What time alone changes is told anew so often, ns.
const TELL_NS: u64 = 1_000_000_000;
/// All sessions are looked through so often at most, for each of them, ns: a few hundredths of the
/// time are spent however many they are.
const PAUSE_NS: u64 = 5_000;

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
    explained: Explained,
    /// Sessions that had changed when all were looked through.
    queue: VecDeque<SessionId>,
    /// When that was, and at which version of the store.
    scanned: Option<(u64, u64)>,
    /// When the first of those that rest is due, ns since the epoch.
    due: u64,
    found: Vec<Finding>,
    /// What is found may have changed.
    untold: bool,
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
        self.untold |= self.forget(store);
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
            } else if let Some(read) = job.walk.explain(store, lore, &mut self.explained) {
                let cost = 1 + read / READ;
                job.cost += cost;
                left = left.saturating_sub(cost);
                self.job = Some(job);
            } else {
                self.untold |= self.finish(store, job, now);
                left -= 1;
            }
        }
        let more = left == 0 && (self.job.is_some() || !self.queue.is_empty());
        let since = now.abs_diff(self.told);
        let soon = if since == 0 {
            !more
        } else {
            since >= pause(store)
        };
        if since >= TELL_NS || (self.untold && soon) {
            self.tell(store, now, over);
        }
        more
    }

    /// Forgets sessions that are gone; true if there were any.
    fn forget(&mut self, store: &Store) -> bool {
        let before = self.known.len();
        if self.explained.len() > REMEMBERED {
            self.explained.clear();
        }
        if before > store.sessions().len() {
            self.known.retain(|id, _| store.version_of(*id).is_some());
        }
        self.known.len() < before
    }

    /// The next session that has changed since it was walked, and does not rest.
    fn next(&mut self, store: &Store, first: Option<SessionId>, now: u64) -> Option<Job> {
        let first = first.and_then(|id| self.job_of(store, id, now));
        first.or_else(|| self.queued(store, now)).or_else(|| {
            self.scan(store, now);
            self.queued(store, now)
        })
    }

    fn queued(&mut self, store: &Store, now: u64) -> Option<Job> {
        while let Some(id) = self.queue.pop_front() {
            let job = self.job_of(store, id, now);
            if job.is_some() {
                return job;
            }
        }
        None
    }

    /// What there is to do of a session, if it is listed.
    fn job_of(&self, store: &Store, session: SessionId, now: u64) -> Option<Job> {
        let version = store.version_of(session)?;
        let known = self.known.get(&session);
        known
            .is_none_or(|k| k.version != version && k.rests <= now)
            .then_some(())?;
        Some(Job {
            session,
            version,
            walk: Walk::new(store.summary(session)?),
            parts: store.parts(session).into(),
            cost: 0,
        })
    }

    /// Looks through all sessions for those that changed, the newest first.
    fn scan(&mut self, store: &Store, now: u64) {
        let version = store.version();
        let idle = |(at, of): (u64, u64)| {
            let pauses = at != now && now.abs_diff(at) < pause(store);
            pauses || (of == version && now < self.due)
        };
        if self.scanned.is_some_and(idle) {
            return;
        }
        self.scanned = Some((now, version));
        self.due = u64::MAX;
        for id in store.sessions().iter().rev().map(|s| s.id) {
            match self.known.get(&id) {
                Some(known) if Some(known.version) == store.version_of(id) => {}
                Some(known) if known.rests > now => self.due = self.due.min(known.rests),
                _ => self.queue.push_back(id),
            }
        }
    }

    fn finish(&mut self, store: &Store, job: Job, now: u64) -> bool {
        let Some(summary) = store.summary(job.session) else {
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
        (self.told, self.untold) = (now, false);
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

fn pause(store: &Store) -> u64 {
    PAUSE_NS.saturating_mul(store.sessions().len() as u64)
}
