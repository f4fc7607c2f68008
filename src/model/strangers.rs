//! Sessions in which nothing of an agent happened: not listed, and shown when somebody asks.

use super::ids::SessionId;
use super::node::SessionSummary;
use super::store::Store;
use super::summary::summarise;
use super::units::UnitState;
use std::sync::Arc;

impl Store {
    /// Sessions without anything of an agent, as many as asked for, those heard of last; in order
    /// of their start. Also how many more there are.
    pub fn strangers(&self, most: usize) -> (Vec<SessionSummary>, usize) {
        let mut last: Vec<(u64, SessionId)> = self
            .unlisted()
            .map(|(id, units)| {
                let arrivals = units.iter().filter_map(|&u| self.units.get(u));
                (arrivals.map(|u| u.last_arrival).max().unwrap_or(0), id)
            })
            .collect();
        let more = last.len().saturating_sub(most);
        last.sort_unstable();
        let mut found: Vec<SessionSummary> = last
            .iter()
            .skip(more)
            .filter_map(|(_, id)| self.stranger(*id))
            .collect();
        found.sort_by_key(|s| (s.start, s.id));
        (found, more)
    }

    fn stranger(&self, id: SessionId) -> Option<SessionSummary> {
        let session = self.session(id)?;
        let ids = self.unit_ids(id);
        let mut units: Vec<&UnitState> = ids.iter().filter_map(|&u| self.units.get(u)).collect();
        units.sort_by_key(|u| u.brief.as_ref().map(|b| (b.start, b.first)));
        let summary = summarise(id, session, &units, &|_| true)?;
        Some(SessionSummary {
            title: self.first_name(&units).unwrap_or(summary.title),
            ..summary
        })
    }

    /// The name of what started first.
    fn first_name(&self, units: &[&UnitState]) -> Option<Arc<str>> {
        let members = units.iter().flat_map(|u| &u.members);
        let first = members
            .filter_map(|&id| self.evidence(id))
            .min_by_key(|e| (e.start, e.span))?;
        Some(self.text(first.name))
    }
}
