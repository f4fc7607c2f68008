//! The receiver, over real sockets with real bytes.
#![expect(clippy::unwrap_used, reason = "test")]

use futures_util::future::BoxFuture;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use spanfall::wire::decode;
use spanfall::wire::payload::{Encoding, Payload, Signal};
use spanfall::wire::receiver::{
    Accepted, Busy, Listen, Protocol, Reason, ReceiverConfig, Sink, Snapshot, Stats, bind,
};
use std::collections::HashMap;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;

const TRACES_PB: &[u8] = include_bytes!("data/wire/anthropic.traces.pb");
const TRACES_JSON: &[u8] = include_bytes!("data/wire/anthropic.traces.json");
const RESPAN_JSON: &[u8] = include_bytes!("data/wire/respan.traces.json");
const LOGS_PB: &[u8] = include_bytes!("data/wire/claude.logs.pb");
const METRICS_PB: &[u8] = include_bytes!("data/wire/claude.metrics.pb");
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// No step of a test takes this long unless it hangs.
const HANG: Duration = Duration::from_secs(20);

/// Decodes and keeps what comes; or is busy.
#[derive(Default)]
struct Recorder {
    payloads: Mutex<Vec<Payload>>,
    busy: Option<Busy>,
}

impl Sink for Recorder {
    fn accept(&self, payload: Payload) -> BoxFuture<'_, Result<Accepted, Busy>> {
        Box::pin(async move {
            if let Some(busy) = self.busy {
                return Err(busy);
            }
            let decoded = decode(&payload);
            self.payloads.lock().unwrap().push(payload);
            Ok(Accepted {
                rejected: decoded.rejected(),
                message: decoded.rejection(),
            })
        })
    }
}

struct Server {
    grpc: SocketAddr,
    http: SocketAddr,
    all: Vec<SocketAddr>,
    sink: Arc<Recorder>,
    stats: Arc<Stats>,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl Server {
    async fn start() -> Self {
        Self::with(ReceiverConfig::default(), None).await
    }

    async fn with(config: ReceiverConfig, busy: Option<Busy>) -> Self {
        let config = ReceiverConfig {
            grpc: vec![Listen::Loopback(0)],
            http: vec![Listen::Loopback(0)],
            ..config
        };
        let bound = bind(&config).await.unwrap();
        let (grpc, http) = (bound.grpc()[0], bound.http()[0]);
        let all = [bound.grpc(), bound.http()].concat();
        let sink = Arc::new(Recorder {
            busy,
            ..Recorder::default()
        });
        let stats = Arc::new(Stats::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = bound.serve(
            sink.clone(),
            stats.clone(),
            async move { drop(stopped.await) },
        );
        let done = tokio::spawn(serving);
        Self {
            grpc,
            http,
            all,
            sink,
            stats,
            stop,
            done,
        }
    }

    fn received(&self) -> Vec<Payload> {
        self.sink.payloads.lock().unwrap().clone()
    }

    fn refused(&self, reason: Reason) -> u64 {
        self.stats.snapshot().refused_for(reason)
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        request(self.http, "POST", path, headers, body).await
    }

    /// Waits for the counters to say so.
    async fn until(&self, holds: impl Fn(&Snapshot) -> bool) {
        let wait = async {
            while !holds(&self.stats.snapshot()) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(HANG, wait).await.unwrap();
    }
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

async fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        head.push_str("host: localhost:4318\r\n");
    }
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    exchange(to, &[head.as_bytes(), b"\r\n", body].concat()).await
}

/// Sends all, reads all.
async fn exchange(to: SocketAddr, bytes: &[u8]) -> Reply {
    let stream = TcpStream::connect(to).await.unwrap();
    let (mut from, mut into) = stream.into_split();
    let send = async {
        let _ = into.write_all(bytes).await; // refused early, the rest may not be read
        into
    };
    let mut all = Vec::new();
    let (_open, read) = tokio::time::timeout(HANG, async {
        tokio::join!(send, from.read_to_end(&mut all))
    })
    .await
    .unwrap();
    read.unwrap();
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(all[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines
        .map(|l| l.split_once(": ").unwrap())
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    Reply {
        status,
        headers,
        body: all[end + 4..].to_vec(),
    }
}

async fn channel(to: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{to}"))
        .unwrap()
        .connect()
        .await
        .unwrap()
}

fn traces() -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(TRACES_PB).unwrap()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzEncoder::new(body, flate2::Compression::fast())
        .read_to_end(&mut out)
        .unwrap();
    out
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::ZlibEncoder::new(body, flate2::Compression::fast())
        .read_to_end(&mut out)
        .unwrap();
    out
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 3).unwrap()
}

// -- both protocols, all encodings --

#[tokio::test]
async fn both_protocols_are_answered_on_every_address() {
    let server = Server::start().await;
    assert!(server.all.iter().any(SocketAddr::is_ipv4));
    for address in &server.all {
        let reply = request(
            *address,
            "POST",
            "/v1/traces",
            &[("content-type", PROTOBUF)],
            TRACES_PB,
        )
        .await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, PROTOBUF),
            "{address}"
        );
        assert_eq!(
            ExportTraceServiceResponse::decode(&*reply.body).unwrap(),
            ExportTraceServiceResponse::default()
        );
        let mut client = TraceServiceClient::new(channel(*address).await);
        assert_eq!(
            client.export(traces()).await.unwrap().into_inner(),
            ExportTraceServiceResponse::default()
        );
    }
    let received = server.received();
    assert_eq!(received.len(), server.all.len() * 2);
    for payload in &received {
        assert_eq!(
            (payload.signal, payload.encoding),
            (Signal::Traces, Encoding::Protobuf)
        );
        assert_eq!(
            decode(payload).spans.len(),
            decode(&received[0]).spans.len()
        );
        assert!(
            payload
                .peer
                .parse::<SocketAddr>()
                .unwrap()
                .ip()
                .is_loopback()
        );
        assert!(payload.received_ns > 1_700_000_000_000_000_000);
    }
    assert_eq!(received[0].body, TRACES_PB); // exactly as sent
    let stats = server.stats.snapshot();
    let each = u64::try_from(server.all.len()).unwrap();
    assert_eq!(
        (
            stats.requests_by(Protocol::Grpc),
            stats.requests_by(Protocol::HttpProtobuf)
        ),
        (each, each)
    );
    assert_eq!(
        (stats.requests_of(Signal::Traces), stats.refused_total()),
        (2 * each, 0)
    );
    assert_eq!(stats.last_peer.unwrap(), received.last().unwrap().peer);
}

#[tokio::test]
async fn all_signals_come_over_grpc() {
    let server = Server::start().await;
    let logs = ExportLogsServiceRequest::decode(LOGS_PB).unwrap();
    let metrics = ExportMetricsServiceRequest::decode(METRICS_PB).unwrap();
    LogsServiceClient::new(channel(server.grpc).await)
        .export(logs.clone())
        .await
        .unwrap();
    MetricsServiceClient::new(channel(server.grpc).await)
        .export(metrics.clone())
        .await
        .unwrap();
    let received = server.received();
    assert_eq!(
        ExportLogsServiceRequest::decode(received[0].body.clone()).unwrap(),
        logs
    );
    assert_eq!(
        ExportMetricsServiceRequest::decode(received[1].body.clone()).unwrap(),
        metrics
    );
    assert_eq!(
        (received[0].signal, received[1].signal),
        (Signal::Logs, Signal::Metrics)
    );
}

#[tokio::test]
async fn all_compressions_come_over_grpc() {
    let server = Server::start().await;
    for how in [
        CompressionEncoding::Gzip,
        CompressionEncoding::Deflate,
        CompressionEncoding::Zstd,
    ] {
        let mut client = TraceServiceClient::new(channel(server.grpc).await).send_compressed(how);
        client.export(traces()).await.unwrap();
    }
    let received = server.received();
    assert_eq!(received.len(), 3);
    assert!(
        received
            .iter()
            .all(|p| ExportTraceServiceRequest::decode(p.body.clone()).unwrap() == traces())
    );
}

#[tokio::test]
async fn json_is_answered_in_json() {
    let server = Server::start().await;
    let reply = server
        .post(
            "/v1/traces",
            &[("content-type", "application/json; charset=utf-8")],
            TRACES_JSON,
        )
        .await;
    assert_eq!(
        (reply.status, reply.header("content-type"), &*reply.body),
        (200, JSON, &b"{}"[..])
    );
    assert_eq!(server.received()[0].body, TRACES_JSON);
    assert_eq!(server.received()[0].encoding, Encoding::Json);
    assert_eq!(server.stats.snapshot().requests_by(Protocol::HttpJson), 1);
}

#[tokio::test]
async fn all_compressions_come_over_http() {
    let server = Server::start().await;
    for (name, body) in [
        ("gzip", gzip(TRACES_PB)),
        ("deflate", deflate(TRACES_PB)),
        ("zstd", zstd(TRACES_PB)),
        ("identity", TRACES_PB.to_vec()),
    ] {
        let reply = server
            .post(
                "/v1/traces",
                &[("content-type", PROTOBUF), ("content-encoding", name)],
                &body,
            )
            .await;
        assert_eq!(reply.status, 200, "{name}");
    }
    assert!(server.received().iter().all(|p| p.body == TRACES_PB));
    let reply = server
        .post(
            "/v1/traces",
            &[("content-type", JSON), ("content-encoding", "br")],
            TRACES_JSON,
        )
        .await;
    assert_eq!(reply.status, 415);
    assert!(reply.message().contains("gzip, deflate, zstd"));
    let reply = server
        .post(
            "/v1/traces",
            &[("content-type", JSON), ("content-encoding", "gzip")],
            TRACES_JSON,
        )
        .await;
    assert_eq!((reply.status, server.refused(Reason::BadBody)), (400, 1));
}

#[tokio::test]
async fn a_chunked_body_needs_no_length() {
    let server = Server::start().await;
    let (one, two) = TRACES_JSON.split_at(1000);
    let mut bytes = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in [one, two] {
        bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    assert_eq!(exchange(server.http, &bytes).await.status, 200);
    assert_eq!(server.received()[0].body, TRACES_JSON);
}

#[tokio::test]
async fn prefixes_and_version_two_are_the_same_endpoints() {
    let server = Server::start().await;
    for path in [
        "/v1/traces",
        "/v1/traces/",
        "/api/public/otel/v1/traces",
        "/v2/traces",
        "/v1/traces?key=value",
    ] {
        assert_eq!(
            server
                .post(path, &[("content-type", JSON)], RESPAN_JSON)
                .await
                .status,
            200,
            "{path}"
        );
    }
    assert!(
        server
            .received()
            .iter()
            .all(|p| p.signal == Signal::Traces && decode(p).spans.len() == 2)
    );
    for path in [
        "/",
        "/v1",
        "/v1/trace",
        "/v1/traces/more",
        "/otelv1/traces",
        "/v2/logs",
    ] {
        let reply = server
            .post(path, &[("content-type", JSON)], RESPAN_JSON)
            .await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(
            reply
                .message()
                .contains("post to /v1/traces, /v1/logs or /v1/metrics"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_body_is_known_whatever_its_type_says() {
    let server = Server::start().await;
    let same = [
        (PROTOBUF, TRACES_JSON),
        (JSON, TRACES_PB),
        ("text/plain", TRACES_JSON),
        ("text/plain", TRACES_PB),
        ("application/octet-stream", TRACES_PB),
    ];
    for (kind, body) in same {
        let reply = server
            .post("/v1/traces", &[("content-type", kind)], body)
            .await;
        assert_eq!(reply.status, 200, "{kind}");
        // the reply keeps to the type that was asked, and to the body's if that is none of ours
        let json = if kind == PROTOBUF || kind == JSON {
            kind == JSON
        } else {
            body == TRACES_JSON
        };
        assert_eq!(
            reply.header("content-type"),
            if json { JSON } else { PROTOBUF },
            "{kind}"
        );
    }
    assert!(
        server
            .received()
            .iter()
            .all(|p| decode(p).spans.len() == decode(&server.received()[0]).spans.len())
    );
}

// -- what is wrong --

#[tokio::test]
async fn a_probe_of_garbage_harms_nothing() {
    let server = Server::start().await;
    let reply = server
        .post(
            "/v1/traces",
            &[("content-type", "text/plain;charset=UTF-8")],
            b"[]",
        )
        .await;
    assert_eq!((reply.status, reply.header("content-type")), (400, JSON));
    assert_eq!(reply.json()["code"], 3);
    assert!(reply.message().contains("no OTLP/JSON request"));
    let reply = server
        .post("/v1/traces", &[("content-type", PROTOBUF)], b"[]")
        .await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (400, PROTOBUF)
    );
    let reply = server
        .post(
            "/v1/traces",
            &[("content-type", "text/plain")],
            b"hello, world",
        )
        .await;
    assert_eq!(reply.status, 415);
    let reply = server
        .post("/v1/traces", &[("content-type", PROTOBUF)], b"hello, world")
        .await;
    assert_eq!(reply.status, 400);
    assert!(server.received().is_empty());
    assert_eq!(
        server
            .post("/v1/traces", &[("content-type", PROTOBUF)], TRACES_PB)
            .await
            .status,
        200
    );
    let stats = server.stats.snapshot();
    assert_eq!(
        (
            stats.refused_for(Reason::BadBody),
            stats.refused_for(Reason::MediaType)
        ),
        (3, 1)
    );
    assert_eq!(
        (stats.requests_total(), stats.last_refusal.unwrap().reason),
        (1, Reason::BadBody)
    );
}

#[tokio::test]
async fn a_truncated_body_is_a_bad_request() {
    let server = Server::start().await;
    let cut = &TRACES_PB[..TRACES_PB.len() - 1];
    assert_eq!(
        server
            .post("/v1/traces", &[("content-type", PROTOBUF)], cut)
            .await
            .status,
        400
    );
    let cut = &TRACES_JSON[..TRACES_JSON.len() - 9];
    assert_eq!(
        server
            .post("/v1/traces", &[("content-type", JSON)], cut)
            .await
            .status,
        400
    );
    let reply = server
        .post("/v1/logs", &[("content-type", JSON)], TRACES_JSON)
        .await;
    assert_eq!(
        (reply.status, reply.message().as_str()),
        (400, "these are spans: post them to /v1/traces")
    );
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_bad_span_is_told_as_partial_success() {
    let server = Server::start().await;
    let mut request = traces();
    let spans = &mut request.resource_spans[0].scope_spans[0].spans;
    let total = spans.len();
    spans[0].span_id = vec![1; 7];
    let reply = server
        .post(
            "/v1/traces",
            &[("content-type", PROTOBUF)],
            &request.encode_to_vec(),
        )
        .await;
    assert_eq!(reply.status, 200);
    let partial = ExportTraceServiceResponse::decode(&*reply.body)
        .unwrap()
        .partial_success
        .unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert!(partial.error_message.contains("span id has 7 bytes"));
    let mut client = TraceServiceClient::new(channel(server.grpc).await);
    assert_eq!(
        client
            .export(request)
            .await
            .unwrap()
            .into_inner()
            .partial_success
            .unwrap(),
        partial
    );
    assert!(
        server
            .received()
            .iter()
            .all(|p| decode(p).spans.len() == total - 1)
    );
    assert_eq!(server.stats.snapshot().rejected, 2);
    let json = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[5]}]}]}"#;
    let reply = server
        .post("/v1/logs", &[("content-type", JSON)], json)
        .await;
    assert_eq!(reply.json()["partialSuccess"]["rejectedLogRecords"], "1");
}

#[tokio::test]
async fn only_posts_are_taken() {
    let server = Server::start().await;
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let reply = request(server.http, method, "/v1/traces", &[], b"").await;
        assert_eq!(
            (reply.status, reply.header("allow")),
            (405, "POST, OPTIONS"),
            "{method}"
        );
    }
    assert_eq!(request(server.http, "GET", "/", &[], b"").await.status, 404);
    assert_eq!(
        (server.refused(Reason::Method), server.refused(Reason::Path)),
        (4, 1)
    );
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_and_after_decompression() {
    let config = ReceiverConfig {
        max_body: 100_000,
        ..ReceiverConfig::default()
    };
    let server = Server::with(config, None).await;
    let zeros = vec![0u8; 100_001];
    let bomb = gzip(&vec![0u8; 50 << 20]);
    assert!(bomb.len() < 400_000);
    let pb = ("content-type", PROTOBUF);
    assert_eq!(server.post("/v1/traces", &[pb], &zeros).await.status, 413);
    for (name, body) in [
        ("gzip", gzip(&zeros)),
        ("deflate", deflate(&zeros)),
        ("zstd", zstd(&vec![0u8; 50 << 20])),
    ] {
        assert!(body.len() < 100_000, "{name}");
        assert_eq!(
            server
                .post("/v1/traces", &[pb, ("content-encoding", name)], &body)
                .await
                .status,
            413,
            "{name}"
        );
    }
    assert_eq!(
        server
            .post("/v1/traces", &[pb, ("content-encoding", "gzip")], &bomb)
            .await
            .status,
        413
    );
    let mut large = traces();
    large.resource_spans[0].scope_spans[0].spans[0].name = "x".repeat(100_000);
    let clients = [
        None,
        Some(CompressionEncoding::Gzip),
        Some(CompressionEncoding::Zstd),
    ];
    for how in clients {
        let client = TraceServiceClient::new(channel(server.grpc).await);
        let mut client = match how {
            Some(how) => client.send_compressed(how),
            None => client,
        };
        let status = client.export(large.clone()).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{how:?}: {status}");
        assert!(status.message().contains("smaller batches"), "{status}");
        assert!(status.details().is_empty()); // no retry: it would be as large again
    }
    assert!(server.received().is_empty());
    assert_eq!(server.refused(Reason::TooLarge), 8);
}

#[tokio::test]
async fn grpc_tells_bad_bodies_and_methods() {
    let server = Server::start().await;
    let headers = [("content-type", "application/grpc"), ("te", "trailers")];
    let traces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let framed = |flag: u8, body: &[u8]| {
        [
            &[flag][..],
            &u32::try_from(body.len()).unwrap().to_be_bytes(),
            body,
        ]
        .concat()
    };
    let cases: [(&str, Vec<u8>, &str, &str); 6] = [
        (traces, framed(0, b"hello, world"), "3", "no OTLP protobuf"),
        (traces, framed(1, TRACES_PB), "3", "grpc-encoding"),
        (traces, framed(0, TRACES_PB)[..100].to_vec(), "3", "cut off"),
        (traces, Vec::new(), "3", "no message"),
        (traces, framed(0, TRACES_PB).repeat(2), "3", "more than one"),
        (
            "/grpc.health.v1.Health/Check",
            framed(0, b""),
            "12",
            "no such method",
        ),
    ];
    for (path, body, code, message) in cases {
        let reply = request(server.http, "POST", path, &headers, &body).await;
        assert_eq!(
            (reply.status, reply.header("grpc-status")),
            (200, code),
            "{message}"
        );
        let text = reply.header("grpc-message").replace("%20", " ");
        assert!(text.contains(message), "{text}");
    }
    let odd = [headers[0], headers[1], ("grpc-encoding", "snappy")];
    let reply = request(server.http, "POST", traces, &odd, &framed(1, TRACES_PB)).await;
    assert_eq!(
        (
            reply.header("grpc-status"),
            reply.header("grpc-accept-encoding")
        ),
        ("12", "identity,gzip,deflate,zstd")
    );
    let reply = server
        .post(
            traces,
            &[("content-type", "application/grpc-web+proto")],
            &framed(0, TRACES_PB),
        )
        .await;
    assert_eq!(reply.status, 415);
    assert!(reply.message().contains("use OTLP/HTTP"));
    assert!(server.received().is_empty());
}

// -- busy --

#[tokio::test]
async fn a_busy_sink_says_when_to_come_again() {
    let retry_after = Duration::from_millis(1500);
    let cases = [
        (
            Busy::Full { retry_after },
            429,
            Code::ResourceExhausted,
            Reason::Busy,
        ),
        (
            Busy::Stopping { retry_after },
            503,
            Code::Unavailable,
            Reason::Stopping,
        ),
    ];
    for (busy, http, grpc, reason) in cases {
        let server = Server::with(ReceiverConfig::default(), Some(busy)).await;
        let reply = server
            .post("/v1/traces", &[("content-type", JSON)], TRACES_JSON)
            .await;
        assert_eq!((reply.status, reply.header("retry-after")), (http, "2"));
        assert_eq!(reply.json()["details"][0]["retryDelay"], "1.5s");
        let status = TraceServiceClient::new(channel(server.grpc).await)
            .export(traces())
            .await
            .unwrap_err();
        assert_eq!(status.code(), grpc);
        // google.rpc.Status { details: [Any { RetryInfo { retry_delay: 1 s, 500000000 ns } }] }
        let details = status.details();
        let url = b"type.googleapis.com/google.rpc.RetryInfo";
        assert!(details.windows(url.len()).any(|w| w == url));
        assert!(
            details.ends_with(&[0x0A, 0x08, 0x08, 0x01, 0x10, 0x80, 0xCA, 0xB5, 0xEE, 0x01]),
            "{details:02x?}"
        );
        assert_eq!(server.refused(reason), 2);
        assert_eq!(server.stats.snapshot().requests_total(), 0);
    }
}

// -- who may send --

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let config = ReceiverConfig {
        allow_origins: vec!["https://app.example".into()],
        ..ReceiverConfig::default()
    };
    let server = Server::with(config, None).await;
    let json = ("content-type", JSON);
    for origin in [
        "http://localhost:5173",
        "http://127.0.0.1:8080",
        "http://[::1]:3000",
        "https://app.example",
    ] {
        let reply = server
            .post("/v1/traces", &[json, ("origin", origin)], TRACES_JSON)
            .await;
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (200, origin)
        );
        let reply = server
            .post("/v1/traces", &[json, ("origin", origin)], b"[]")
            .await;
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (400, origin)
        );
    }
    let taken = server.received().len();
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
    ] {
        let reply = server
            .post("/v1/traces", &[json, ("origin", origin)], TRACES_JSON)
            .await;
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (403, ""),
            "{origin}"
        );
        assert!(reply.message().contains("--allow-origin"));
    }
    assert_eq!(
        (server.received().len(), server.refused(Reason::Origin)),
        (taken, 3)
    );
}

#[tokio::test]
async fn a_refused_origin_is_answered_before_its_body_comes() {
    let server = Server::start().await;
    // the body is announced and never sent
    let head = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example\r\ncontent-length: 100\r\nconnection: close\r\n\r\n";
    assert_eq!(exchange(server.http, head).await.status, 403);
}

#[tokio::test]
async fn preflights_are_answered_for_allowed_origins_only() {
    let server = Server::start().await;
    let ask = |origin: &'static str| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-key"),
            ("access-control-request-private-network", "true"),
        ]
    };
    let reply = request(
        server.http,
        "OPTIONS",
        "/v1/traces",
        &ask("http://localhost:5173"),
        b"",
    )
    .await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "http://localhost:5173"
    );
    assert_eq!(reply.header("access-control-allow-methods"), "POST");
    assert_eq!(
        reply.header("access-control-allow-headers"),
        "content-type,x-key"
    );
    assert_eq!(reply.header("access-control-allow-private-network"), "true");
    assert_eq!(reply.header("vary"), "origin");
    let reply = request(
        server.http,
        "OPTIONS",
        "/v1/traces",
        &ask("https://evil.example"),
        b"",
    )
    .await;
    assert_eq!(reply.status, 403);
    assert!(
        reply
            .headers
            .keys()
            .all(|name| !name.starts_with("access-control"))
    );
}

#[tokio::test]
async fn only_names_of_this_machine_are_answered() {
    let config = ReceiverConfig {
        allow_hosts: vec!["otel.lan".into()],
        ..ReceiverConfig::default()
    };
    let server = Server::with(config, None).await;
    for host in ["localhost", "127.0.0.1:4318", "[::1]:4318", "otel.lan:4318"] {
        let reply = server
            .post(
                "/v1/traces",
                &[("content-type", JSON), ("host", host)],
                TRACES_JSON,
            )
            .await;
        assert_eq!(reply.status, 200, "{host}");
    }
    for host in ["evil.example", "evil.example:4318", "192.0.2.1", ""] {
        let reply = server
            .post(
                "/v1/traces",
                &[("content-type", JSON), ("host", host)],
                TRACES_JSON,
            )
            .await;
        assert_eq!(reply.status, 403, "{host}");
        assert!(reply.message().contains("--allow-host"));
    }
    let none = b"POST /v1/traces HTTP/1.1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(exchange(server.http, none).await.status, 403);
    let two = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(exchange(server.http, two).await.status, 403);
    let endpoint = Channel::from_shared(format!("http://{}", server.grpc)).unwrap();
    let channel = endpoint
        .origin("http://evil.example".parse().unwrap())
        .connect()
        .await
        .unwrap();
    let status = TraceServiceClient::new(channel)
        .export(traces())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(
        (server.received().len(), server.refused(Reason::Host)),
        (4, 7)
    );
}

#[tokio::test]
async fn a_token_is_asked_for_if_one_is_set() {
    let config = ReceiverConfig {
        token: Some("s3cret".into()),
        ..ReceiverConfig::default()
    };
    let server = Server::with(config, None).await;
    let json = ("content-type", JSON);
    for header in [
        ("x", "y"),
        ("authorization", "Bearer wrong"),
        ("authorization", "s3cret"),
    ] {
        let reply = server
            .post("/v1/traces", &[json, header], TRACES_JSON)
            .await;
        assert_eq!(
            (reply.status, reply.header("www-authenticate")),
            (401, "Bearer")
        );
        assert!(reply.message().contains("OTEL_EXPORTER_OTLP_HEADERS"));
    }
    let reply = server
        .post(
            "/v1/traces",
            &[json, ("authorization", "Bearer s3cret")],
            TRACES_JSON,
        )
        .await;
    assert_eq!(reply.status, 200);
    let mut client = TraceServiceClient::new(channel(server.grpc).await);
    assert_eq!(
        client.export(traces()).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    let mut shown = tonic::Request::new(traces());
    shown
        .metadata_mut()
        .insert("authorization", "Bearer s3cret".parse().unwrap());
    client.export(shown).await.unwrap();
    assert_eq!(
        (server.received().len(), server.refused(Reason::Token)),
        (2, 4)
    );
}

// -- connections --

#[tokio::test]
async fn connections_are_counted_and_bounded() {
    let config = ReceiverConfig {
        max_connections: 1,
        ..ReceiverConfig::default()
    };
    let server = Server::with(config, None).await;
    assert_eq!(server.stats.snapshot(), Snapshot::default());
    let first = TcpStream::connect(server.http).await.unwrap();
    server.until(|s| s.open == 1).await;
    let mut second = TcpStream::connect(server.http).await.unwrap();
    assert_eq!(
        tokio::time::timeout(HANG, second.read(&mut [0; 1]))
            .await
            .unwrap()
            .unwrap_or(0),
        0
    );
    server
        .until(|s| s.refused_for(Reason::Connections) == 1)
        .await;
    drop(first);
    server.until(|s| s.open == 0).await;
    assert_eq!(
        server
            .post("/v1/traces", &[("content-type", PROTOBUF)], TRACES_PB)
            .await
            .status,
        200
    );
    assert_eq!(server.stats.snapshot().connections, 2);
}

#[tokio::test]
async fn who_sends_slowly_or_nothing_is_let_go() {
    let config = ReceiverConfig {
        patience: Duration::from_millis(50),
        ..ReceiverConfig::default()
    };
    let server = Server::with(config, None).await;
    for beginning in [
        &b""[..],
        b"PRI * HTT",
        b"POST /v1/traces HTTP/1.1\r\nhost: localh",
    ] {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(HANG, stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "{beginning:?}");
    }
    let slow = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{";
    let reply = exchange(server.http, slow).await;
    assert_eq!(reply.status, 408);
    assert!(server.refused(Reason::Timeout) >= 3);
}

#[tokio::test]
async fn told_to_stop_it_ends_and_frees_its_ports() {
    let server = Server::start().await;
    let _idle = TcpStream::connect(server.http).await.unwrap();
    let mut client = TraceServiceClient::new(channel(server.grpc).await);
    client.export(traces()).await.unwrap();
    server.stop.send(()).unwrap();
    tokio::time::timeout(HANG, server.done)
        .await
        .unwrap()
        .unwrap();
    assert!(client.export(traces()).await.is_err());
    assert!(TcpStream::connect(server.http).await.is_err());
}
