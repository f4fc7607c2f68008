//! From the receiver's threads to the store's task: decoded and prepared there, filed here.

use super::lore::Known;
use crate::ingest::{self, Batch};
use crate::wire;
use crate::wire::payload::Payload;
use crate::wire::receiver::{Accepted, Busy, Sink};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Batches that may wait for the store: enough to ride out a long frame, little enough to push
/// back before memory is at stake.
pub const QUEUE: usize = 16;
/// How long an exporter waits for a place in the queue before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Decodes, prepares and hands over. What it acknowledges is on its way to the store and is not
/// dropped.
pub struct Intake {
    known: Arc<Known>,
    queue: mpsc::Sender<Batch>,
}

impl Intake {
    /// An intake into a queue.
    pub fn new(known: Arc<Known>, queue: mpsc::Sender<Batch>) -> Self {
        Self { known, queue }
    }

    async fn take(&self, payload: Payload) -> Result<Accepted, Busy> {
        let place = match timeout(PATIENCE, self.queue.reserve()).await {
            Ok(Ok(place)) => place,
            Ok(Err(_)) => {
                return Err(Busy::Stopping {
                    retry_after: RETRY_AFTER,
                });
            }
            Err(_) => {
                return Err(Busy::Full {
                    retry_after: RETRY_AFTER,
                });
            }
        };
        let decoded = wire::decode(&payload);
        let accepted = Accepted {
            rejected: decoded.rejected(),
            message: decoded.rejection(),
        };
        let arrival = payload.received_ns;
        place.send(ingest::prepare(&self.known.tables, &decoded, arrival));
        Ok(accepted)
    }
}

impl Sink for Intake {
    fn accept(&self, payload: Payload) -> BoxFuture<'_, Result<Accepted, Busy>> {
        self.take(payload).boxed()
    }
}
