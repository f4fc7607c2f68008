//! Connections: accepted, bounded, ended.

use super::answer::{Peer, Shared, answer};
use super::bind::Bound;
use super::budget::Budget;
use super::stats::{Reason, Stats};
use super::{ReceiverConfig, Sink};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// Time for requests under way to end, when told to stop.
const GRACE: Duration = Duration::from_secs(2);
/// Pause after a failed accept: it fails for want of file descriptors, and would at once again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What is noted of a connection that waited in vain.
const SILENT: &str = "connected, but sent no request";
/// HTTP/2: calls at once on a connection.
const STREAMS: u32 = 64;
/// HTTP/2: bytes in flight of a call, and of a connection.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// HTTP/2: how often an idle peer is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(60);
const PONG: Duration = Duration::from_secs(20);

impl Bound {
    /// Answers exporters until `stop` is done, then lets requests under way end for a moment.
    pub async fn serve(
        self,
        sink: Arc<dyn Sink>,
        stats: Arc<Stats>,
        stop: impl Future<Output = ()>,
    ) {
        let slots = Arc::new(Semaphore::new(self.config.max_connections));
        let http = Arc::new(builder(&self.config));
        let budget = Budget::new(self.config.max_bodies);
        let shared = Arc::new(Shared {
            config: self.config,
            sink,
            stats,
            budget,
        });
        let (tell, told) = watch::channel(());
        let mut ports = JoinSet::new();
        for listener in self.listeners {
            let port = Port {
                shared: shared.clone(),
                http: http.clone(),
                slots: slots.clone(),
            };
            ports.spawn(port.accept(listener, told.clone()));
        }
        drop(told);
        stop.await;
        drop(tell);
        while ports.join_next().await.is_some() {}
    }
}

fn builder(config: &ReceiverConfig) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.patience);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    http
}

/// One socket that is listened on.
#[derive(Clone)]
struct Port {
    shared: Arc<Shared>,
    http: Arc<Builder<TokioExecutor>>,
    slots: Arc<Semaphore>,
}

impl Port {
    async fn accept(self, listener: TcpListener, mut told: watch::Receiver<()>) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
                _ = told.changed() => break,
            };
            let Ok((stream, address)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let Ok(slot) = self.slots.clone().try_acquire_owned() else {
                let most = self.shared.config.max_connections;
                let message = format!("{most} connections are open already");
                self.shared
                    .stats
                    .refuse(&name(address), Reason::Connections, &message);
                continue;
            };
            connections.spawn(self.clone().connection(stream, address, slot, told.clone()));
        }
        drop(listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, ended).await; // those left are cut off with their tasks
    }

    async fn connection(
        self,
        stream: TcpStream,
        address: SocketAddr,
        _slot: OwnedSemaphorePermit,
        mut told: watch::Receiver<()>,
    ) {
        let Self { shared, http, .. } = self;
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let _ = stream.set_nodelay(true); // only slower without
        let peer = Peer {
            name: name(address),
            local: local.ip().to_canonical(),
        };
        let _open = Stats::connected(&shared.stats, &peer.name);
        let mut silence = pin!(tokio::time::sleep(shared.config.patience));
        let spoke = AtomicBool::new(false);
        let service = service_fn(|request| {
            spoke.store(true, Relaxed);
            let (shared, peer) = (shared.clone(), peer.clone());
            async move { Ok::<_, Infallible>(answer(&shared, &peer, request).await) }
        });
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let (mut stopping, mut waiting) = (false, true);
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    // other errors are the peer's going away
                    if ended.is_err_and(|e| is_timeout(&*e)) && !spoke.load(Relaxed) {
                        shared.stats.refuse(&peer.name, Reason::Timeout, SILENT);
                    }
                    return;
                }
                _ = told.changed(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = silence.as_mut(), if waiting => {
                    waiting = false;
                    if !spoke.load(Relaxed) {
                        shared.stats.refuse(&peer.name, Reason::Timeout, SILENT);
                        return;
                    }
                }
            }
        }
    }
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<hyper::Error>()
        .is_some_and(hyper::Error::is_timeout)
}

fn name(address: SocketAddr) -> Arc<str> {
    address.to_string().into()
}
