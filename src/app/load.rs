//! Batches into a store, and whole recordings without sockets.

use super::lore::Known;
use crate::ingest::Batch;
use crate::model::store::Store;
use crate::privacy::Privacy;
use crate::{ingest, record, wire};
use std::path::PathBuf;

/// Files a batch, with the counts of what came beside its evidence.
pub fn file(store: &mut Store, batch: Batch) {
    store.counters.metric_points += batch.metric_points;
    store.counters.rejected += batch.rejected;
    store.counters.repaired += batch.repaired;
    store.counters.hidden += batch.hidden;
    store.measure(&batch.points);
    store.apply(batch.items);
}

/// Reads recordings into a new store; also what could not be read, in words.
pub fn load(paths: &[PathBuf], known: &Known) -> Result<(Store, Vec<String>), record::ReadError> {
    load_without(paths, known, None)
}

/// The same without what is to be hidden.
pub fn load_without(
    paths: &[PathBuf],
    known: &Known,
    privacy: Option<&Privacy>,
) -> Result<(Store, Vec<String>), record::ReadError> {
    let recording = record::read(paths)?;
    let mut store = Store::new();
    let mut complaints = recording.complaints;
    for recorded in recording.requests {
        let mut decoded = wire::decode(&recorded.payload);
        complaints.extend(
            decoded
                .rejects
                .iter()
                .map(|r| format!("{}: {}", recorded.payload.peer, r.reason)),
        );
        let (rejected, repaired) = (decoded.rejected(), decoded.repaired);
        let mut hidden = 0;
        if let Some(privacy) = privacy {
            let without = privacy.hide(&recorded.payload, decoded);
            hidden = without.values;
            decoded = wire::decode(&without.payload);
        }
        let batch = ingest::prepare(&known.tables, &decoded, recorded.payload.received_ns);
        let batch = Batch {
            rejected,
            repaired,
            hidden,
            ..batch
        };
        file(&mut store, batch);
    }
    let now = store.last_time();
    store.refresh(known, now);
    Ok((store, complaints))
}
