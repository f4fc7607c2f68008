//! What kind of evidence came, and how late: for the health of the receiver, not for any figure.

use super::evidence::{Evidence, Signal};
use super::lag::Lag;
use super::store::Store;

/// Spans and records of one dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Spans, once each.
    pub spans: u64,
    /// Log records, once each.
    pub logs: u64,
}

/// What came, by dialect, and its lag. Evicted evidence stays counted.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// How late it came.
    pub lag: Lag,
    dialects: Vec<Heard>,
    strangers: Heard,
}

impl Census {
    /// Notes a new piece of evidence.
    pub(super) fn note(&mut self, e: &Evidence) {
        self.lag.note(e.end, e.arrival);
        let at = usize::from(e.dialect);
        if e.dialect != u8::MAX && self.dialects.len() <= at {
            self.dialects.resize(at + 1, Heard::default());
        }
        let heard = self.dialects.get_mut(at).unwrap_or(&mut self.strangers);
        match e.signal {
            Signal::Span => heard.spans += 1,
            Signal::Log => heard.logs += 1,
        }
    }

    /// The dialects heard, by their index in the tables, in that order.
    pub fn dialects(&self) -> impl Iterator<Item = (u8, Heard)> {
        let some = |(_, heard): &(u8, Heard)| *heard != Heard::default();
        (0u8..).zip(self.dialects.iter().copied()).filter(some)
    }

    /// What no dialect knows.
    pub fn strangers(&self) -> Heard {
        self.strangers
    }
}

impl Store {
    /// Names of services that sent something, without repeats.
    pub fn services(&self) -> Vec<String> {
        let mut names: Vec<String> = self.origins.iter().map(|o| o.service.to_string()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
