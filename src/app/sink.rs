//! From the receiver's threads to the store's task: decoded and prepared there, filed here.

use super::lore::Known;
use super::taps::Taps;
use crate::ingest::{self, Batch};
use crate::wire;
use crate::wire::payload::Payload;
use crate::wire::receiver::{Accepted, Busy, Sink};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout_at};

/// Batches that may wait for the store: enough to ride out a long frame, little enough to push
/// back before memory is at stake.
pub const QUEUE: usize = 16;
/// How long an exporter waits for a place in the queue before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// So many times its body may a request take while it is decoded.
const DECODED: usize = 6;
/// Bytes of one permit for memory.
const PERMIT: usize = 1 << 10;

/// A batch on its way to the store, and the memory that it may take until it is there.
pub struct Delivery {
    /// What is brought.
    pub batch: Batch,
    _room: OwnedSemaphorePermit,
}

/// Decodes, prepares and hands over. What it acknowledges is on its way to the store and is not
/// dropped.
pub struct Intake {
    known: Arc<Known>,
    queue: mpsc::Sender<Delivery>,
    taps: Arc<Taps>,
    room: Arc<Semaphore>,
    most: usize,
}

impl Intake {
    /// An intake into a queue; what is on its way may take about `room` bytes.
    pub fn new(
        known: Arc<Known>,
        queue: mpsc::Sender<Delivery>,
        taps: Arc<Taps>,
        room: usize,
    ) -> Self {
        let most = (room / PERMIT).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            known,
            queue,
            taps,
            room: Arc::new(Semaphore::new(most)),
            most,
        }
    }

    /// Permits for so many bytes; what is larger than all there is takes all of it.
    fn permits(&self, bytes: usize) -> usize {
        (bytes / PERMIT + 1).min(self.most)
    }

    /// Takes a request that was not received: of a recording. Only what is hidden is hidden of it.
    pub async fn take(&self, payload: Payload) -> Result<Accepted, Busy> {
        self.take_in(payload, false).await
    }

    async fn take_in(&self, payload: Payload, received: bool) -> Result<Accepted, Busy> {
        let full = |_| Busy::Full {
            retry_after: RETRY_AFTER,
        };
        let stopping = || Busy::Stopping {
            retry_after: RETRY_AFTER,
        };
        let until = Instant::now() + PATIENCE;
        let permits = self.permits(payload.body.len().saturating_mul(DECODED));
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        let room = self.room.clone().acquire_many_owned(permits);
        let room = timeout_at(until, room).await.map_err(full)?;
        let mut room = room.map_err(|_| stopping())?;
        let place = timeout_at(until, self.queue.reserve()).await;
        let place = place.map_err(full)?.map_err(|_| stopping())?;
        let mut decoded = wire::decode(&payload);
        let accepted = Accepted {
            rejected: decoded.rejected(),
            message: decoded.rejection(),
        };
        let mut hidden = None;
        let mut payload = payload;
        if let Some(privacy) = &self.taps.privacy {
            let without = privacy.hide(&payload, decoded);
            payload = without.payload;
            hidden = Some((without.values, without.repaired));
            decoded = wire::decode(&payload);
        }
        if received {
            // What is acknowledged is recorded.
            self.taps.tap(&payload);
        }
        let arrival = payload.received_ns;
        let mut batch = ingest::prepare(&self.known.tables, &decoded, arrival);
        drop(decoded);
        if let Some((values, repaired)) = hidden {
            batch.hidden = values;
            batch.rejected = accepted.rejected;
            batch.repaired = repaired;
        }
        let needed = self.permits(batch.items.weight());
        place.send(Delivery {
            _room: room.split(needed).unwrap_or(room),
            batch,
        });
        Ok(accepted)
    }
}

impl Sink for Intake {
    fn accept(&self, payload: Payload) -> BoxFuture<'_, Result<Accepted, Busy>> {
        self.take_in(payload, true).boxed()
    }
}
