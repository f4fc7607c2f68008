//! The store's own numbers, named for the screen.

use super::lore::Known;
use super::screen::Screen;
use crate::model::store::Store;
use crate::ui::{DialectView, StoreView};

/// The numbers of a store that may hold `limit` bytes; `usize::MAX` is no limit.
pub fn numbers(store: &Store, known: &Known, limit: usize) -> StoreView {
    let (counters, lag) = (store.counters, &store.census.lag);
    let view = |name: String, known: bool, heard: crate::model::census::Heard| DialectView {
        name,
        known,
        spans: heard.spans,
        logs: heard.logs,
    };
    let mut dialects: Vec<DialectView> = store
        .census
        .dialects()
        .map(|(d, heard)| view(known.tables.dialect(d).to_owned(), true, heard))
        .collect();
    let strangers = store.census.strangers();
    if strangers.spans + strangers.logs > 0 {
        dialects.push(view("none of an agent".to_owned(), false, strangers));
    }
    StoreView {
        memory: store.held() as u64,
        limit: (limit != usize::MAX).then_some(limit as u64),
        duplicates: counters.duplicates,
        content_dropped: counters.content_dropped,
        evicted_sessions: counters.evicted_sessions,
        lag_p50: lag.quantile(50),
        lag_p99: lag.quantile(99),
        lag_max: (lag.count() > 0).then(|| lag.max()),
        ahead: lag.ahead(),
        dialects,
        ..StoreView::default()
    }
}

impl Screen {
    /// Brings the receiver's counters in line with the store's.
    pub(super) fn count(&mut self) {
        let counters = self.store.counters;
        let receiver = &mut self.receiver;
        receiver.spans = counters.spans;
        receiver.logs = counters.logs;
        receiver.metrics = counters.metric_points;
        receiver.rejected = counters.rejected;
        receiver.repaired = counters.repaired;
        receiver.evicted = counters.evicted;
        receiver.hidden = counters.hidden;
        receiver.cleared = counters.cleared;
        let pieces = counters.spans + counters.logs;
        let lost = self.saved.max(counters.cleared.0 + counters.cleared.1);
        receiver.unsaved = if self.live {
            pieces.saturating_sub(lost)
        } else {
            0
        };
        receiver.services = self.store.services();
    }
}
