//! Batches into a store, and whole recordings without sockets.

use super::lore::Known;
use crate::ingest::Batch;
use crate::model::store::Store;
use crate::{ingest, record, wire};
use std::path::PathBuf;

/// Files a batch, with the counts of what came beside its evidence.
pub fn file(store: &mut Store, batch: Batch) {
    store.counters.metric_points += batch.metric_points;
    store.counters.rejected += batch.rejected;
    store.counters.repaired += batch.repaired;
    store.measure(&batch.points);
    store.apply(batch.items);
}

/// Reads recordings into a new store; also what could not be read, in words.
pub fn load(paths: &[PathBuf], known: &Known) -> Result<(Store, Vec<String>), record::ReadError> {
    let recording = record::read(paths)?;
    let mut store = Store::new();
    let mut complaints = recording.complaints;
    for recorded in recording.requests {
        let decoded = wire::decode(&recorded.payload);
        complaints.extend(
            decoded
                .rejects
                .iter()
                .map(|r| format!("{}: {}", recorded.payload.peer, r.reason)),
        );
        let batch = ingest::prepare(&known.tables, &decoded, recorded.payload.received_ns);
        file(&mut store, batch);
    }
    let now = store.last_time();
    store.refresh(known, now);
    Ok((store, complaints))
}
