//! What the page of latency looks at besides the tree: the times of all sessions, and what metrics
//! say. Gathered only while it is looked at, and session by session, so that keys are answered.

use super::screen::Screen;
use crate::model::heard::HeardAll;
use crate::model::ids::SessionId;
use crate::model::timing::AllTimes;
use crate::ui::scope::Scope;

/// A session that goes on is looked at again so often, ns.
const AGAIN_NS: u64 = 1_000_000_000;

/// What was gathered.
#[derive(Default)]
pub(super) struct Gathered {
    pub times: AllTimes,
    pub heard: HeardAll,
    /// What was heard of whom, after how many points and of how many sessions.
    of: Option<(Option<SessionId>, u64, usize)>,
}

impl Screen {
    /// Gathers what is looked at; true if there is more. `most` is how many pieces of evidence may be
    /// correlated for it.
    pub(super) fn gather_times(&mut self, most: usize, now: u64) -> bool {
        let scope = self.ui.times_of();
        let of = match scope {
            None => {
                self.gathered = Gathered::default();
                return false;
            }
            Some(Scope::All) => None,
            Some(Scope::Session | Scope::Selection) => self.ui.session(),
        };
        let points = self.store.counters.metric_points;
        let key = Some((of, points, self.store.sessions().len()));
        if self.gathered.of != key {
            self.gathered.heard = self.store.heard(of);
            self.gathered.of = key;
        }
        if scope != Some(Scope::All) {
            self.gathered.times = AllTimes::default();
            return false;
        }
        self.gather_all(most, now)
    }

    fn gather_all(&mut self, most: usize, now: u64) -> bool {
        let times = &mut self.gathered.times;
        let store = &self.store;
        let before = times.sessions.len();
        times
            .sessions
            .retain(|id, _| store.version_of(*id).is_some());
        times.version += u64::from(times.sessions.len() != before);
        let (mut pieces, mut left) = (0, 0);
        for session in store.sessions() {
            let version = store.version_of(session.id).unwrap_or_default();
            let known = times.sessions.get(&session.id);
            // Where time stands still, nothing comes that could be waited for.
            let soon = |at: u64| now != at && now.abs_diff(at) < AGAIN_NS;
            if known.is_some_and(|(v, at, _)| *v == version || soon(*at)) {
                continue;
            }
            if pieces >= most {
                left += usize::from(known.is_none());
                continue;
            }
            pieces += session.evidence.max(1);
            let told = store.times(session.id, &*self.known);
            times.sessions.insert(session.id, (version, now, told));
            times.version += 1;
        }
        times.left = left;
        pieces >= most
    }
}
