//! Holding the memory limit (design, section 8): the content bytes of the oldest ended turns go
//! first, then whole sessions, oldest ended first, and never pinned ones. All of it is counted.

use super::ids::SessionId;
use super::node::SessionState;
use super::store::Store;

impl Store {
    /// Drops until at most `limit` bytes are held. `spared` sessions stay whole.
    pub fn hold(&mut self, limit: usize, spared: &dyn Fn(SessionId) -> bool) {
        if self.weight() <= limit {
            return;
        }
        let target = limit - limit / 10;
        let mut sessions: Vec<(bool, u64, SessionId)> = self
            .sessions()
            .iter()
            .filter(|s| !spared(s.id))
            .map(|s| (s.state == SessionState::Running, s.end, s.id))
            .collect();
        sessions.sort_unstable();
        for &(running, _, id) in &sessions {
            for unit in self.oldest_units(id, running) {
                if self.weight() <= target {
                    return;
                }
                self.drop_content(unit);
            }
        }
        for &(_, _, id) in &sessions {
            if self.weight() <= target {
                return;
            }
            self.evict(id);
        }
        self.drop_strangers(target);
        let evidence = self.weight() - self.metrics.weight();
        self.metrics.shrink(target.saturating_sub(evidence));
    }

    /// Units of a session, oldest first; of a running session all but the newest.
    fn oldest_units(&self, id: SessionId, running: bool) -> Vec<u32> {
        let mut units = self.unit_ids(id);
        units.sort_by_key(|&u| {
            self.units
                .get(u)
                .and_then(|u| u.brief.as_ref())
                .map(|b| b.end)
        });
        units.truncate(units.len() - usize::from(running && !units.is_empty()));
        units
    }

    fn drop_content(&mut self, unit: u32) {
        let members = self
            .units
            .get(unit)
            .map(|u| u.members.clone())
            .unwrap_or_default();
        let mut dropped = 0;
        for id in members {
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
        if dropped > 0
            && let Some(state) = self.units.get_mut(unit)
        {
            state.content_dropped = true;
            if let Some(session) = state.session {
                self.mark_session(session);
            }
        }
    }

    fn evict(&mut self, id: SessionId) {
        for unit in self.unit_ids(id) {
            self.evict_unit(unit);
        }
        self.counters.evicted_sessions += 1;
        self.drop_session(id);
    }

    fn evict_unit(&mut self, unit: u32) {
        self.sessions.processes.drop(unit);
        let gone = self.units.remove(unit);
        for &member in &gone.members {
            self.remove(member);
        }
        self.counters.evicted += gone.members.len() as u64;
    }

    /// Evidence of no agent at all goes last: it is in no session that is shown.
    fn drop_strangers(&mut self, target: usize) {
        let shown: std::collections::HashSet<SessionId> =
            self.sessions().iter().map(|s| s.id).collect();
        for id in self.session_ids() {
            if self.weight() <= target {
                return;
            }
            if !shown.contains(&id) {
                self.evict(id);
            }
        }
    }
}
