//! The receiver's threads, and what they tell.

use super::lore::Known;
use super::sink::{Delivery, Intake, QUEUE};
use super::taps::{self, Taps, Wanted};
use crate::ui::{Listener, ReceiverView};
use crate::wire::post::Target;
use crate::wire::receiver::{BindError, Bound, Protocol, Reason, ReceiverConfig, Stats, bind};
use anyhow::bail;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

/// Threads that serve sockets, decode and prepare.
const THREADS: usize = 2;

/// Files besides connections: the terminal, what is listened on, recordings, saved files.
#[cfg(unix)]
const FILES: usize = 128;

/// A receiver at work.
pub struct Receiving {
    /// What it brings.
    pub batches: mpsc::Receiver<Delivery>,
    /// Where it listens.
    pub grpc: Vec<SocketAddr>,
    /// Where it listens.
    pub http: Vec<SocketAddr>,
    stats: Arc<Stats>,
    pub(super) intake: Arc<Intake>,
    taps: Arc<Taps>,
    /// Dropped last: the threads end with it.
    threads: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
}

impl Receiving {
    /// Listens. The ports accept when this returns.
    pub fn start(
        config: &ReceiverConfig,
        known: Arc<Known>,
        wanted: Wanted,
    ) -> anyhow::Result<Self> {
        let threads = threads()?;
        let config = &within_files(config);
        let bound = threads.block_on(bind(config))?;
        if let Some(target) = &wanted.forward {
            refuse_circle(target, &bound)?;
        }
        let taps = Taps::open(wanted, config.max_bodies, threads.handle())?;
        let mut this = Self::quiet(threads, known, taps, config.max_bodies);
        let (stop, stopped) = oneshot::channel::<()>();
        (this.grpc, this.http) = (bound.grpc().to_vec(), bound.http().to_vec());
        let serving = bound.serve(this.intake.clone(), this.stats.clone(), async move {
            // Dropping the sender means the same as sending.
            let _ = stopped.await;
        });
        this.spawn(serving);
        this.stop = Some(stop);
        Ok(this)
    }

    /// Listens, on free ports where the usual ones are taken.
    pub fn start_anywhere(known: Arc<Known>, wanted: Wanted) -> anyhow::Result<Self> {
        match Self::start(&ReceiverConfig::default(), known.clone(), wanted.clone()) {
            Err(e) if e.is::<BindError>() => {
                let free = || vec![crate::wire::receiver::Listen::Loopback(0)];
                let config = ReceiverConfig {
                    grpc: free(),
                    http: free(),
                    ..ReceiverConfig::default()
                };
                Self::start(&config, known, wanted)
            }
            started => started,
        }
    }

    /// Listens nowhere: for recordings that are followed.
    pub fn nowhere(known: Arc<Known>, wanted: Wanted) -> anyhow::Result<Self> {
        let (threads, room) = (threads()?, ReceiverConfig::default().max_bodies);
        let taps = Taps::open(wanted, room, threads.handle())?;
        Ok(Self::quiet(threads, known, taps, room))
    }

    fn quiet(threads: Runtime, known: Arc<Known>, taps: Taps, room: usize) -> Self {
        let (queue, batches) = mpsc::channel(QUEUE);
        let taps = Arc::new(taps);
        Self {
            batches,
            grpc: Vec::new(),
            http: Vec::new(),
            stats: Arc::new(Stats::default()),
            intake: Arc::new(Intake::new(known, queue, taps.clone(), room)),
            taps,
            threads: Some(threads),
            stop: None,
        }
    }

    /// What becomes of requests besides the picture.
    pub fn taps(&self) -> &Taps {
        &self.taps
    }

    /// More comes than is taken in.
    pub fn is_crowded(&self) -> bool {
        self.batches.len() >= QUEUE / 2
    }

    /// All that is received is recorded.
    pub fn is_recording(&self) -> bool {
        self.taps.recording().is_some()
    }

    /// Runs something on the receiver's threads.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(threads) = &self.threads {
            threads.spawn(task);
        }
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
            taps: taps::view(&self.taps),
            ..ReceiverView::default()
        }
    }
}

/// The next batches, at most so many; never, where nothing is received.
pub async fn next(from: Option<&mut Receiving>, into: &mut Vec<Delivery>, most: usize) -> usize {
    let n = match from {
        Some(receiving) => receiving.batches.recv_many(into, most).await,
        None => 0,
    };
    if n == 0 {
        std::future::pending::<()>().await;
    }
    n
}

fn threads() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("receiver")
        .enable_all()
        .build()
}

/// As many connections as the system lets us have files open, some left for other files.
#[cfg(unix)]
fn within_files(config: &ReceiverConfig) -> ReceiverConfig {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = (config.max_connections + FILES) as u64;
    if limit.current.is_some_and(|now| now < wanted) {
        limit.current = Some(limit.maximum.map_or(wanted, |most| most.min(wanted)));
        // Without it there are fewer connections.
        let _ = setrlimit(Resource::Nofile, limit);
    }
    let now = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let now = usize::try_from(now).unwrap_or(usize::MAX);
    ReceiverConfig {
        max_connections: config.max_connections.min(now.saturating_sub(FILES).max(8)),
        ..config.clone()
    }
}

/// There is no such limit.
#[cfg(not(unix))]
fn within_files(config: &ReceiverConfig) -> ReceiverConfig {
    config.clone()
}

/// What is sent on to itself would go round for ever.
fn refuse_circle(target: &Target, bound: &Bound) -> anyhow::Result<()> {
    let own = bound.grpc().iter().chain(bound.http());
    let here = |a: &SocketAddr| {
        let ip = target.host.parse::<IpAddr>();
        let same = ip.map_or(target.host == "localhost", |ip| {
            ip.is_loopback() || ip == a.ip()
        });
        a.port() == target.port && same
    };
    match own.copied().find(here) {
        Some(address) => bail!(
            "--forward {target} is spanfall itself ({address}): name another server, or receive \
             elsewhere with --http PORT"
        ),
        None => Ok(()),
    }
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
