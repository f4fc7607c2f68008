//! Forwarding: what is received goes on to another server too, as it came. It never holds up
//! receiving: what there is no room for, or what the other server does not take, is counted and
//! let go.

use crate::wire::payload::Payload;
use crate::wire::post::{Target, post};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::sleep;

/// Requests that wait at most.
const QUEUE: usize = 256;
/// Requests on their way at once.
const SENDERS: usize = 4;
/// How often one is sent, and the pause after the first time; each further one is twice as long.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// Bytes of one permit for memory.
const PERMIT: usize = 1 << 10;

type Queued = (Payload, OwnedSemaphorePermit);

/// What became of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Taken by the other server.
    pub sent: u64,
    /// Not sent for want of room: the other server is slow or gone.
    pub dropped: u64,
    /// Not taken by the other server.
    pub failed: u64,
    /// Why the last of those was not.
    pub last_failure: Option<String>,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    last_failure: Mutex<Option<String>>,
}

/// The way to another server.
#[derive(Debug)]
pub struct Forward {
    target: Target,
    queue: mpsc::Sender<Queued>,
    room: Arc<Semaphore>,
    counts: Arc<Counts>,
}

impl Forward {
    /// Sends on these threads; what waits may take `room` bytes.
    pub fn start(target: Target, room: usize, threads: &Handle) -> Self {
        let (queue, waiting) = mpsc::channel::<Queued>(QUEUE);
        let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
        let counts = Arc::new(Counts::default());
        for _ in 0..SENDERS {
            let (waiting, counts, target) = (waiting.clone(), counts.clone(), target.clone());
            threads.spawn(async move {
                loop {
                    let next = waiting.lock().await.recv().await;
                    let Some((payload, _room)) = next else { return };
                    counts.note(patiently(&target, &payload).await);
                }
            });
        }
        Self {
            target,
            queue,
            room: Arc::new(Semaphore::new((room / PERMIT).max(1))),
            counts,
        }
    }

    /// Where to.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Has a request sent, if there is room for it.
    pub fn tap(&self, payload: &Payload) {
        let permits = u32::try_from(payload.body.len() / PERMIT + 1).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(permits).ok();
        let queued = room.and_then(|room| self.queue.try_send((payload.clone(), room)).ok());
        if queued.is_none() {
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }

    /// What became of requests so far.
    pub fn forwarded(&self) -> Forwarded {
        let last = self.counts.last_failure.lock();
        Forwarded {
            sent: self.counts.sent.load(Relaxed),
            dropped: self.counts.dropped.load(Relaxed),
            failed: self.counts.failed.load(Relaxed),
            last_failure: last.unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl Counts {
    fn note(&self, result: Result<(), String>) {
        match result {
            Ok(()) => self.sent.fetch_add(1, Relaxed),
            Err(why) => {
                let mut last = self
                    .last_failure
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *last = Some(why);
                self.failed.fetch_add(1, Relaxed)
            }
        };
    }
}

/// Sends again while the other server is away or has too much to do.
async fn patiently(target: &Target, payload: &Payload) -> Result<(), String> {
    let mut pause = PAUSE;
    for attempt in 1.. {
        let answer = post(target, payload).await;
        let (again, why) = match answer {
            Ok(200..300) => return Ok(()),
            Ok(status) => (
                matches!(status, 429 | 502 | 503 | 504),
                format!("answered {status}"),
            ),
            Err(error) => (true, error.to_string()),
        };
        if !again || attempt == ATTEMPTS {
            return Err(why);
        }
        sleep(pause).await;
        pause *= 2;
    }
    Ok(())
}
