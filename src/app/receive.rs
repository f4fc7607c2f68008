//! The receiver's threads, and what they tell.

use super::lore::Known;
use super::now_ns;
use super::sink::{Delivery, Intake, QUEUE};
use crate::record::replay::Due;
use crate::record::{self, Recording};
use crate::ui::{Listener, ReceiverView};
use crate::wire::payload::Payload;
use crate::wire::receiver::{
    BindError, Bound, Protocol, Reason, ReceiverConfig, Sink, Stats, bind,
};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

/// Threads that serve sockets, decode and prepare.
const THREADS: usize = 2;

/// A request that the store had no room for is played again so much later.
const LATER: Duration = Duration::from_millis(100);

/// A receiver at work.
pub struct Receiving {
    /// What it brings.
    pub batches: mpsc::Receiver<Delivery>,
    /// Where it listens.
    pub grpc: Vec<SocketAddr>,
    /// Where it listens.
    pub http: Vec<SocketAddr>,
    stats: Arc<Stats>,
    intake: Arc<Intake>,
    /// Dropped last: the threads end with it.
    threads: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
}

impl Receiving {
    /// Listens. The ports accept when this returns.
    pub fn start(config: &ReceiverConfig, known: Arc<Known>) -> anyhow::Result<Self> {
        let threads = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("receiver")
            .enable_all()
            .build()?;
        let bound = threads.block_on(bind(config))?;
        Ok(Self::serve(threads, bound, known, config.max_bodies))
    }

    /// Listens, on free ports where the usual ones are taken.
    pub fn start_anywhere(known: Arc<Known>) -> anyhow::Result<Self> {
        match Self::start(&ReceiverConfig::default(), known.clone()) {
            Err(e) if e.is::<BindError>() => {
                let free = || vec![crate::wire::receiver::Listen::Loopback(0)];
                let config = ReceiverConfig {
                    grpc: free(),
                    http: free(),
                    ..ReceiverConfig::default()
                };
                Self::start(&config, known)
            }
            started => started,
        }
    }

    fn serve(threads: Runtime, bound: Bound, known: Arc<Known>, room: usize) -> Self {
        let (queue, batches) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel::<()>();
        let stats = Arc::new(Stats::default());
        let (grpc, http) = (bound.grpc().to_vec(), bound.http().to_vec());
        let intake = Arc::new(Intake::new(known, queue, room));
        let serving = bound.serve(intake.clone(), stats.clone(), async move {
            // Dropping the sender means the same as sending.
            let _ = stopped.await;
        });
        threads.spawn(serving);
        Self {
            batches,
            grpc,
            http,
            stats,
            intake,
            threads: Some(threads),
            stop: Some(stop),
        }
    }

    /// Runs something on the receiver's threads.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(threads) = &self.threads {
            threads.spawn(task);
        }
    }

    /// Plays requests at their pace, as if they were received.
    pub fn play(&self, due: Vec<Due>) {
        let intake = self.intake.clone();
        self.spawn(async move {
            let start = Instant::now();
            for next in due {
                sleep_until(start + next.at).await;
                let payload = Payload {
                    received_ns: now_ns(),
                    ..next.payload
                };
                while intake.accept(payload.clone()).await.is_err() {
                    sleep(LATER).await;
                }
            }
        });
    }

    /// Reads a recording beside the screen and takes it in with the times that it has. What became
    /// of it is sent to `done`.
    pub fn open(&self, path: PathBuf, done: mpsc::UnboundedSender<Opened>) {
        let intake = self.intake.clone();
        self.spawn(async move {
            let from = path.clone();
            let reading = spawn_blocking(move || record::read(&[from]));
            let taken = match reading.await {
                Ok(Ok(recording)) => Ok(take_in(&intake, recording).await),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("reading it failed".to_owned()),
            };
            // Nobody listens once the program ends.
            let _ = done.send(Opened { path, taken });
        });
    }

    /// Its numbers; the store's own are the screen's to fill in.
    pub fn view(&self) -> ReceiverView {
        let told = self.stats.snapshot();
        let listeners = |protocol: &str, addresses: &[SocketAddr]| {
            addresses
                .iter()
                .map(|a| Listener {
                    protocol: protocol.to_owned(),
                    address: a.to_string(),
                })
                .collect::<Vec<_>>()
        };
        let refused = Reason::ALL.iter().filter_map(|&reason| {
            let n = told.refused_for(reason);
            (n > 0).then(|| (advice(reason).to_owned(), n))
        });
        ReceiverView {
            listeners: [
                listeners("OTLP/gRPC", &self.grpc),
                listeners("OTLP/HTTP", &self.http),
            ]
            .concat(),
            connections: told.connections,
            open: told.open,
            last_peer: told.last_peer.as_deref().map(str::to_owned),
            requests: told.requests_total(),
            by_protocol: Protocol::ALL
                .iter()
                .zip(told.requests)
                .map(|(p, of)| (p.name().to_owned(), of))
                .collect(),
            last_refusal: told
                .last_refusal
                .as_ref()
                .map(|l| format!("{}: {}", l.peer, l.message)),
            queue: Some((self.batches.len() as u64, QUEUE as u64)),
            refused: refused.collect(),
            ..ReceiverView::default()
        }
    }
}

/// What became of a recording that was opened.
pub struct Opened {
    /// Where it is.
    pub path: PathBuf,
    /// What was taken in, or why nothing was.
    pub taken: Result<Taken, String>,
}

/// What was taken in of a recording.
#[derive(Default)]
pub struct Taken {
    /// Requests.
    pub requests: usize,
    /// Files, lines, spans and records that could not be read.
    pub unread: u64,
    /// Why, of the first.
    pub why: Option<String>,
}

async fn take_in(intake: &Intake, recording: Recording) -> Taken {
    let mut taken = Taken {
        requests: recording.requests.len(),
        unread: recording.complaints.len() as u64,
        why: recording.complaints.into_iter().next(),
    };
    for recorded in recording.requests {
        let answer = loop {
            match intake.accept(recorded.payload.clone()).await {
                Ok(answer) => break answer,
                Err(_) => sleep(LATER).await,
            }
        };
        if answer.rejected > 0 {
            taken.unread += answer.rejected;
            taken.why.get_or_insert(answer.message);
        }
    }
    taken
}

/// Why something was refused, with the next step.
fn advice(reason: Reason) -> &'static str {
    match reason {
        Reason::Origin => "sent by a web page; let it: --allow-origin ORIGIN",
        Reason::Host => "called by another host's name; let it: --allow-host NAME",
        Reason::Token => "no token: OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN",
        Reason::Method => "not POST, which is how telemetry is sent",
        Reason::Path => "no such path; exporters post to /v1/traces, logs or metrics",
        Reason::MediaType => "unknown content: OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        Reason::TooLarge => "body too large: OTEL_BSP_MAX_EXPORT_BATCH_SIZE=64",
        Reason::BadBody => "body is no OTLP; what its sender got back says where",
        Reason::Timeout => "the request never came whole",
        Reason::Busy => "too much at once; exporters try again by themselves",
        Reason::Stopping => "came while spanfall was ending",
        Reason::Connections => "too many connections at once",
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}
