//! One request, from its head to its reply.

use super::budget::{Budget, Held};
use super::reply::{self, Refusal, Voice};
use super::stats::{Protocol, Reason, Stats};
use super::{ReceiverConfig, Sink, guard};
use crate::wire::inflate::{Compression, InflateError, inflate};
use crate::wire::payload::{Encoding, Payload, Signal};
use crate::wire::{check, sniff};
use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tonic::body::Body;

/// What all connections share.
pub(super) struct Shared {
    pub config: ReceiverConfig,
    pub sink: Arc<dyn Sink>,
    pub stats: Arc<Stats>,
    pub budget: Budget,
}

/// Who is at the other end of a connection.
#[derive(Clone)]
pub(super) struct Peer {
    pub name: Arc<str>,
    /// The address of ours that was connected to.
    pub local: IpAddr,
}

/// Flag and length before every gRPC message.
const GRPC_PREFIX: usize = 5;
/// Reserved on a stranger's word at most, in bytes; more is allocated as it arrives.
const RESERVE: usize = 4 << 20;

/// Answers one request.
pub(super) async fn answer(
    shared: &Shared,
    peer: &Peer,
    request: Request<Incoming>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let voice = voice(&head.headers);
    if let Err(refusal) = guard::check(&shared.config, &head, peer.local) {
        return refuse(shared, peer, voice, &refusal);
    }
    let mut reply = if guard::is_preflight(&head) {
        guard::answer_preflight(&head.headers)
    } else {
        match take(shared, peer, voice, &head, body).await {
            Ok(reply) => reply,
            Err(refusal) => refuse(shared, peer, voice, &refusal),
        }
    };
    guard::allow_reading(&head.headers, reply.headers_mut());
    reply
}

fn refuse(shared: &Shared, peer: &Peer, voice: Voice, refusal: &Refusal) -> Response<Body> {
    shared
        .stats
        .refuse(&peer.name, refusal.reason, &refusal.message);
    reply::refused(voice, refusal)
}

/// The media type, without parameters.
fn content_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// How to answer, before anything of the body is known.
fn voice(headers: &HeaderMap) -> Voice {
    match content_type(headers).as_str() {
        "application/grpc" => Voice::Grpc,
        other if other.starts_with("application/grpc+") => Voice::Grpc,
        "application/x-protobuf" | "application/protobuf" => Voice::Http(Encoding::Protobuf),
        _ => Voice::Http(Encoding::Json), // a person can read it
    }
}

/// The signal of a path, or what to do instead.
fn target(voice: Voice, path: &str) -> Result<Signal, Refusal> {
    let signal = match voice {
        Voice::Grpc => match path {
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Some(Signal::Traces),
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Some(Signal::Logs),
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => {
                Some(Signal::Metrics)
            }
            _ => None,
        },
        Voice::Http(_) => {
            let path = path.trim_end_matches('/');
            let ends = |end: &str| path.ends_with(end);
            match () {
                () if ends("/v1/traces") || ends("/v2/traces") => Some(Signal::Traces),
                () if ends("/v1/logs") => Some(Signal::Logs),
                () if ends("/v1/metrics") => Some(Signal::Metrics),
                () => None,
            }
        }
    };
    signal.ok_or_else(|| {
        let what = match voice {
            Voice::Grpc => "no such method: call Export of the OTLP trace, logs or metrics service",
            Voice::Http(_) => "nothing is here: post to /v1/traces, /v1/logs or /v1/metrics",
        };
        Refusal::new(Reason::Path, what)
    })
}

async fn take(
    shared: &Shared,
    peer: &Peer,
    voice: Voice,
    head: &Parts,
    body: Incoming,
) -> Result<Response<Body>, Refusal> {
    guard::check_token(&shared.config, &head.headers)?;
    let media_type = content_type(&head.headers);
    if media_type.starts_with("application/grpc-web") {
        let instead = "gRPC-Web is not spoken here: use OTLP/HTTP, with http/protobuf or http/json";
        return Err(Refusal::new(Reason::MediaType, instead));
    }
    let signal = target(voice, head.uri.path())?;
    if head.method != Method::POST {
        return Err(Refusal::new(
            Reason::Method,
            "export requests are posted: use POST",
        ));
    }
    let compression = compression(voice, &head.headers)?;
    let mut room = shared.budget.hold();
    let body = read(shared, voice, body, &mut room).await?;
    let limit = shared.config.max_body;
    let body = match voice {
        Voice::Grpc => unframe(&body, compression, limit)?,
        Voice::Http(_) => unpack(body, compression, limit)?,
    };
    if compression.is_some() {
        room.add(body.len())?;
    }
    let encoding = sniff::sniff(&body);
    let payload = Payload {
        signal,
        encoding,
        body,
        received_ns: now_ns(),
        peer: peer.name.clone(),
    };
    check(&payload).map_err(|e| unreadable(voice, &media_type, encoding, e))?;
    let bytes = payload.body.len();
    let taken = shared.sink.accept(payload).await?;
    let (protocol, voice) = match voice {
        Voice::Grpc => (Protocol::Grpc, voice),
        // where the content type names neither encoding, the body does
        _ if !MEDIA_TYPES.contains(&media_type.as_str()) => {
            (Protocol::http(encoding), Voice::Http(encoding))
        }
        Voice::Http(_) => (Protocol::http(encoding), voice),
    };
    shared.stats.taken(protocol, signal, bytes, taken.rejected);
    Ok(reply::accepted(voice, signal, taken))
}

/// The content types of OTLP/HTTP.
const MEDIA_TYPES: [&str; 3] = [
    "application/json",
    "application/x-protobuf",
    "application/protobuf",
];

/// The receiver is where time enters: everything behind it takes it from the payload.
fn now_ns() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A body that is no export request. Where its type is none of ours either, that is the mistake.
fn unreadable(voice: Voice, media_type: &str, encoding: Encoding, why: String) -> Refusal {
    let ours = [
        "",
        "application/json",
        "application/x-protobuf",
        "application/protobuf",
    ];
    if voice == Voice::Grpc || encoding == Encoding::Json || ours.contains(&media_type) {
        return Refusal::new(Reason::BadBody, why);
    }
    let instead = "send application/x-protobuf or application/json";
    Refusal::new(
        Reason::MediaType,
        format!("this content type is not spoken here: {instead}"),
    )
}

fn compression(voice: Voice, headers: &HeaderMap) -> Result<Option<Compression>, Refusal> {
    let name = if voice == Voice::Grpc {
        "grpc-encoding"
    } else {
        "content-encoding"
    };
    let value = headers.get(name).map_or("", |v| v.to_str().unwrap_or("?"));
    Compression::named(value).map_err(|e| Refusal::new(Reason::MediaType, e.to_string()))
}

fn too_large(limit: usize) -> Refusal {
    let less = "send smaller batches, such as OTEL_BSP_MAX_EXPORT_BATCH_SIZE=64";
    Refusal::new(
        Reason::TooLarge,
        format!("the body is larger than {limit} bytes: {less}"),
    )
}

/// Reads a body, for a bounded time and up to the limit.
async fn read(
    shared: &Shared,
    voice: Voice,
    body: Incoming,
    room: &mut Held<'_>,
) -> Result<Bytes, Refusal> {
    let patience = shared.config.patience;
    let limit = shared.config.max_body;
    let late = |_| {
        let text = format!("the body took longer than {} s", patience.as_secs_f64());
        Refusal::new(Reason::Timeout, text)
    };
    tokio::time::timeout(patience, collect(voice, body, limit, room))
        .await
        .map_err(late)?
}

async fn collect(
    voice: Voice,
    mut body: Incoming,
    limit: usize,
    room: &mut Held<'_>,
) -> Result<Bytes, Refusal> {
    let most = if voice == Voice::Grpc {
        limit.saturating_add(GRPC_PREFIX)
    } else {
        limit
    };
    let stated = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if stated > most {
        if stated / 2 <= most {
            drain(body, most).await;
        }
        return Err(too_large(limit));
    }
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let early = |e| Refusal::new(Reason::BadBody, format!("the body ended early: {e}"));
        let Ok(data) = frame.map_err(early)?.into_data() else {
            continue;
        };
        if all.len() + data.len() > most {
            drain(body, most).await;
            return Err(too_large(limit));
        }
        room.add(data.len())?;
        if all.is_empty() {
            if body.is_end_stream() {
                return Ok(data);
            }
            // exactly what comes: spans are slices of it and keep all of it alive
            let grpc = (voice == Voice::Grpc).then(|| grpc_length(&data)).flatten();
            all.reserve(
                grpc.unwrap_or(stated)
                    .min(RESERVE)
                    .min(most)
                    .max(data.len()),
            );
        }
        all.extend_from_slice(&data);
    }
    Ok(all.freeze())
}

/// Reads on for as much again: a client that is still sending would not see the reply.
async fn drain(mut body: Incoming, most: usize) {
    let mut left = most;
    while let Some(Ok(frame)) = body.frame().await {
        let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else {
            return;
        };
        left = rest;
    }
}

/// Length of the first gRPC message with its prefix.
fn grpc_length(data: &[u8]) -> Option<usize> {
    let length = data
        .get(1..GRPC_PREFIX)?
        .try_into()
        .ok()
        .map(u32::from_be_bytes)?;
    usize::try_from(length).ok()?.checked_add(GRPC_PREFIX)
}

fn unpack(body: Bytes, compression: Option<Compression>, limit: usize) -> Result<Bytes, Refusal> {
    let Some(how) = compression else {
        return Ok(body);
    };
    inflate(how, &body, limit).map_err(|e| match e {
        InflateError::TooLarge(_) => too_large(limit),
        InflateError::Corrupt(..) => Refusal::new(Reason::BadBody, e.to_string()),
    })
}

/// The one message of a unary call.
fn unframe(body: &Bytes, compression: Option<Compression>, limit: usize) -> Result<Bytes, Refusal> {
    let bad = |why: &str| Refusal::new(Reason::BadBody, why);
    let length = grpc_length(body).ok_or_else(|| bad("the call has no message"))?;
    if length > body.len() {
        return Err(bad(
            "the message is cut off: it ends before the length it states",
        ));
    }
    if length < body.len() {
        return Err(bad("the call has more than one message"));
    }
    let compression = match (body.first(), compression) {
        (Some(0), _) => None,
        (Some(1), Some(how)) => Some(how),
        _ => {
            return Err(bad(
                "the message is flagged as compressed, but grpc-encoding says not how",
            ));
        }
    };
    let mut message = body.clone();
    message.advance(GRPC_PREFIX);
    unpack(message, compression, limit)
}
