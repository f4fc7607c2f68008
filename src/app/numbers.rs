//! The store's own numbers, named for the screen.

use super::lore::Known;
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
        memory: store.weight() as u64,
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
