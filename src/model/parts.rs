//! A session part by part: what its tree is made of, without putting it together.

use super::correlate::{Lore, Unit};
use super::ids::SessionId;
use super::sessions::Session;
use super::store::Store;
use std::sync::Arc;

impl Store {
    /// Goes up with every change of a session; `None` where there is none.
    pub fn version_of(&self, id: SessionId) -> Option<u64> {
        self.session(id).map(Session::version)
    }

    /// The units that a session's tree is made of, in order of their start.
    pub fn parts(&self, id: SessionId) -> Vec<u32> {
        let brief = |unit: &u32| self.units.get(*unit)?.brief.as_deref();
        let mut parts = self.unit_ids(id);
        let agentic = |unit: &u32| brief(unit).is_some_and(|b| b.agentic);
        if parts.iter().any(agentic) {
            parts.retain(agentic);
        }
        parts.sort_by_key(|unit| brief(unit).map(|b| (b.start, b.first)));
        parts
    }

    /// One of them, and how many pieces of evidence had to be correlated for it: none where its
    /// session is looked at.
    pub fn part(&self, session: SessionId, unit: u32, lore: &dyn Lore) -> (Arc<Unit>, usize) {
        let known = self.units.get(unit);
        if let Some(nodes) = known.and_then(|u| u.nodes.clone()) {
            return (nodes, 0);
        }
        let stale = self.session(session).is_some_and(|s| s.stale);
        let pieces = known.map_or(0, |u| u.members.len());
        (Arc::new(self.correlate_members(unit, lore, stale)), pieces)
    }
}
