//! Sessions without a sign of life.

use super::ids::SessionId;
use super::node::SessionState;
use super::store::Store;

/// No sign of life for so long makes a session with something open `stale` (design, section 2).
pub const STALE_AFTER_NS: u64 = 600_000_000_000;

impl Store {
    /// Sessions that fell silent with something open become stale; any later record revives.
    pub(super) fn notice_silence(&mut self, sessions: &[SessionId], now: u64) {
        for id in sessions {
            let Some(session) = self.sessions.all.get_mut(id) else {
                continue;
            };
            let Some(summary) = session.listed.and_then(|at| self.sessions.list.get(at)) else {
                continue;
            };
            let silent = now.saturating_sub(summary.last_arrival) > STALE_AFTER_NS;
            let turns = match summary.state {
                SessionState::Running => silent,
                SessionState::Stale => !silent,
                SessionState::Idle | SessionState::Ended => false,
            };
            if turns {
                session.stale = silent;
                for &unit in &session.units {
                    self.units.mark(unit);
                }
            }
        }
    }
}
