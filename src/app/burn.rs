//! How fast money is spent now.

use crate::model::usage::PicoUsd;
use std::collections::VecDeque;

/// The time over which it is measured, ns.
const MINUTE_NS: u64 = 60_000_000_000;

/// What was spent in all, at the times when that changed.
#[derive(Default)]
pub struct Burn {
    spent: VecDeque<(u64, PicoUsd)>,
}

impl Burn {
    /// Notes what was spent in all by now, ns since the epoch.
    pub fn note(&mut self, now: u64, total: PicoUsd) {
        if self.spent.back().is_none_or(|(_, before)| *before != total) {
            self.spent.push_back((now, total));
        }
        let old = |(at, _): &(u64, PicoUsd)| now.saturating_sub(*at) > MINUTE_NS;
        while self.spent.get(1).is_some_and(old) {
            self.spent.pop_front();
        }
    }

    /// Money spent within the last minute; `None` where nothing was.
    pub fn rate(&self, now: u64) -> Option<PicoUsd> {
        let (first, last) = (self.spent.front()?, self.spent.back()?);
        let recent = now.saturating_sub(last.0) <= MINUTE_NS && last.1 > first.1;
        recent.then(|| PicoUsd(last.1.0 - first.1.0))
    }
}
