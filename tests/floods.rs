//! What no sane program sends, through the real receiver into the store; and what becomes of
//! requests besides: recordings, hidden contents, the way on to another server.
#![expect(clippy::unwrap_used, reason = "test")]

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use spanfall::app::load::file;
use spanfall::app::lore::Known;
use spanfall::app::receive::Receiving;
use spanfall::app::taps::Wanted;
use spanfall::app::{detail, sink::Delivery};
use spanfall::model::store::Store;
use spanfall::privacy::{Contents, Privacy};
use spanfall::record;
use spanfall::wire::receiver::{Listen, ReceiverConfig};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for anything.
const HANG: Duration = Duration::from_secs(60);

fn config() -> ReceiverConfig {
    ReceiverConfig {
        grpc: vec![Listen::Loopback(0)],
        http: vec![Listen::Loopback(0)],
        ..ReceiverConfig::default()
    }
}

fn start(config: &ReceiverConfig, wanted: Wanted) -> Receiving {
    let known = Arc::new(Known::embedded().unwrap());
    Receiving::start(config, known, wanted).unwrap()
}

fn head(to: SocketAddr, length: usize) -> String {
    format!(
        "POST /v1/traces HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n\
         content-type: application/x-protobuf\r\ncontent-length: {length}\r\n\r\n"
    )
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(HANG)).unwrap();
    stream
}

fn post(to: SocketAddr, body: &[u8]) -> u16 {
    let mut stream = connect(to);
    stream.write_all(head(to, body.len()).as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn text(key: &str, text: &str) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(text.into())),
        }),
        ..KeyValue::default()
    }
}

fn span(trace: u8, id: u8, times: (u64, u64), attributes: Vec<KeyValue>) -> Span {
    Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        name: "chat".into(),
        start_time_unix_nano: times.0,
        end_time_unix_nano: times.1,
        attributes: [vec![text("gen_ai.operation.name", "chat")], attributes].concat(),
        ..Span::default()
    }
}

fn request(spans: Vec<Span>) -> Vec<u8> {
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    request.encode_to_vec()
}

/// The store with the next batch in it, and all of it looked at.
fn taken(receiving: &mut Receiving) -> Store {
    let known = Known::embedded().unwrap();
    let mut store = Store::new();
    let Delivery { batch, .. } = receiving.batches.blocking_recv().unwrap();
    file(&mut store, batch);
    store.refresh(&known, 2_000_000_000_000_000_000);
    let ids: Vec<_> = store.sessions().iter().map(|s| s.id).collect();
    for id in ids {
        let (tree, _) = store.tree(id, &known).unwrap();
        for (at, node) in tree.nodes.iter().enumerate() {
            detail::open(&store, &known, node, detail::sources(&tree, at));
        }
    }
    store
}

#[test]
fn extremes_are_taken_shown_and_counted() {
    let mut receiving = start(&config(), Wanted::default());
    let http = receiving.http[0];
    let long = "x".repeat(10 << 20);
    let many = (0..100_000).map(|i| text(&format!("k{i}"), "v")).collect();
    let cases = [
        (
            "10 MB of an attribute",
            vec![span(
                1,
                1,
                (1, 2),
                vec![text("gen_ai.input.messages", &long)],
            )],
        ),
        ("100,000 attributes", vec![span(1, 1, (1, 2), many)]),
        ("ids of all ones", vec![span(255, 255, (1, 2), vec![])]),
        (
            "the first and the last time",
            vec![
                span(1, 1, (0, u64::MAX), vec![]),
                span(1, 2, (u64::MAX, 0), vec![]),
            ],
        ),
        (
            "counts as large as they get",
            vec![span(
                1,
                1,
                (1, 2),
                [
                    "input_tokens",
                    "output_tokens",
                    "cache_read.input_tokens",
                    "cache_creation.input_tokens",
                ]
                .map(|name| text(&format!("gen_ai.usage.{name}"), &u64::MAX.to_string()))
                .into(),
            )],
        ),
        (
            "an end before the start",
            vec![span(1, 1, (9_000_000_000, 1), vec![])],
        ),
        (
            "a parent that is itself",
            vec![Span {
                parent_span_id: vec![1; 8],
                ..span(1, 1, (1, 2), vec![])
            }],
        ),
        (
            "one id twice",
            vec![span(1, 1, (1, 2), vec![]), span(1, 1, (1, 3), vec![])],
        ),
    ];
    for (what, spans) in cases {
        let count = spans.len() as u64;
        assert_eq!(post(http, &request(spans)), 200, "{what}");
        let store = taken(&mut receiving);
        assert_eq!(store.counters.spans, count, "{what}");
        assert_eq!(
            store.ids().len() as u64 + store.counters.duplicates,
            count,
            "{what}"
        );
        assert_eq!(store.sessions().len(), 1, "{what}");
    }
}

#[test]
fn ids_of_zeros_are_told_to_their_sender_and_cost_nothing_else() {
    let mut receiving = start(&config(), Wanted::default());
    let spans = vec![
        span(0, 1, (1, 2), vec![]),
        span(1, 0, (1, 2), vec![]),
        span(1, 1, (1, 2), vec![]),
    ];
    assert_eq!(post(receiving.http[0], &request(spans)), 200);
    let store = taken(&mut receiving);
    assert_eq!(store.counters.spans + store.counters.rejected, 3);
    assert!(store.totals().model_calls >= 1);
}

#[test]
fn senders_that_go_away_anywhere_in_a_request_harm_nothing() {
    let mut receiving = start(&config(), Wanted::default());
    let http = receiving.http[0];
    let body = request(vec![span(1, 1, (1, 2), vec![])]);
    let whole = [head(http, body.len()).as_bytes(), &body].concat();
    for cut in 0..whole.len() {
        connect(http).write_all(&whole[..cut]).unwrap();
    }
    assert_eq!(post(http, &body), 200);
    assert_eq!(taken(&mut receiving).counters.spans, 1);
    assert!(
        receiving.batches.try_recv().is_err(),
        "no half request was taken"
    );
}

#[test]
fn connections_opened_and_left_keep_nobody_out_for_long() {
    let few = ReceiverConfig {
        max_connections: 16,
        patience: Duration::from_millis(200),
        ..config()
    };
    let mut receiving = start(&few, Wanted::default());
    let http = receiving.http[0];
    let body = request(vec![span(1, 1, (1, 2), vec![])]);
    let left: Vec<TcpStream> = (0..500).map(|_| connect(http)).collect();
    // Each is let go when its patience is over; who comes then is heard.
    let until = std::time::Instant::now() + HANG;
    loop {
        let mut stream = connect(http);
        let sent = stream.write_all(&[head(http, body.len()).as_bytes(), &body].concat());
        let mut answer = String::new();
        if sent.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.contains(" 200 ") {
            break;
        }
        assert!(std::time::Instant::now() < until, "nobody is let in");
    }
    drop(left);
    assert_eq!(taken(&mut receiving).counters.spans, 1);
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [
        &length[1..],
        &[kind, flags],
        &stream.to_be_bytes()[..],
        payload,
    ]
    .concat()
}

#[test]
fn calls_begun_and_taken_back_by_the_thousand_harm_nobody_else() {
    let mut receiving = start(&config(), Wanted::default());
    let grpc = receiving.grpc[0];
    let mut flood = connect(grpc);
    let mut bytes = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, &[]),
    ]
    .concat();
    // POST http / of localhost (RFC 7541: indices 3, 6, 4 and a literal of name 1).
    let headers = [&[0x83, 0x86, 0x84, 0x41, 9][..], b"localhost"].concat();
    for i in 0..20_000u32 {
        bytes.extend(frame(1, 4, 2 * i + 1, &headers));
        bytes.extend(frame(3, 0, 2 * i + 1, &8u32.to_be_bytes()));
    }
    // It may be hung up on at any moment.
    let _ = flood.write_all(&bytes);
    let body = request(vec![span(1, 1, (1, 2), vec![])]);
    assert_eq!(post(grpc, &body), 200);
    assert_eq!(taken(&mut receiving).counters.spans, 1);
}

#[test]
fn what_is_acknowledged_is_recorded_as_it_came() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.spanfall");
    let receiving = start(
        &config(),
        Wanted {
            record: Some(path.clone()),
            ..Wanted::default()
        },
    );
    let bodies: Vec<Vec<u8>> = (1..6)
        .map(|n| request(vec![span(n, n, (1, 2), vec![])]))
        .collect();
    for (n, body) in bodies.iter().enumerate() {
        assert_eq!(post(receiving.http[0], body), 200);
        let recorded = record::read(std::slice::from_ref(&path)).unwrap();
        assert_eq!(recorded.complaints, [""; 0]);
        assert_eq!(
            recorded.requests.len(),
            n + 1,
            "it is there with the answer"
        );
        let last = &recorded.requests[n].payload;
        assert_eq!(last.body, body);
        assert!(last.received_ns > 0 && last.peer.starts_with("127.0.0.1:"));
    }
    assert_eq!(receiving.taps().stop_recording().unwrap().written.0, 5);
    assert_eq!(post(receiving.http[0], &bodies[0]), 200);
    assert_eq!(
        record::read(&[path]).unwrap().requests.len(),
        5,
        "no more after its end"
    );
}

#[test]
fn what_is_hidden_is_hidden_everywhere() {
    const SECRET: &str = "the launch code is 0000";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.spanfall");
    let mut other = start(&config(), Wanted::default());
    let known = Known::embedded().unwrap();
    let mut receiving = start(
        &config(),
        Wanted {
            record: Some(path.clone()),
            privacy: Privacy::new(Contents::Hash, &[], &known.tables)
                .unwrap()
                .map(Arc::new),
            forward: Some(other.http[0].into()),
            ..Wanted::default()
        },
    );
    let body = request(vec![span(
        1,
        1,
        (1, 2),
        vec![
            text("gen_ai.input.messages", SECRET),
            text("gen_ai.request.model", "gpt-5"),
        ],
    )]);
    assert_eq!(post(receiving.http[0], &body), 200);
    let stores = [taken(&mut receiving), taken(&mut other)];
    for store in &stores {
        let ids = store.ids();
        let evidence = store.evidence(ids[0]).unwrap();
        let kept = String::from_utf8_lossy(&store.bytes(evidence)).into_owned();
        assert!(
            kept.contains("gpt-5") && kept.contains("[content "),
            "{kept}"
        );
        assert!(!kept.contains("launch"), "{kept}");
    }
    assert_eq!(stores[0].counters.hidden, 1);
    let recorded = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
    assert!(
        recorded.contains("gpt-5") && !recorded.contains("launch"),
        "{recorded}"
    );
}

#[test]
fn a_server_that_is_gone_costs_what_is_sent_to_it_and_no_receiving() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let small = ReceiverConfig {
        max_bodies: 64 << 10,
        ..config()
    };
    let mut receiving = start(
        &small,
        Wanted {
            forward: Some(gone.into()),
            ..Wanted::default()
        },
    );
    let body = request(vec![span(
        1,
        1,
        (1, 2),
        vec![text("gen_ai.input.messages", &"x".repeat(10_000))],
    )]);
    for _ in 0..50 {
        assert_eq!(post(receiving.http[0], &body), 200);
        receiving.batches.blocking_recv().unwrap();
    }
    let (_, done) = receiving.taps().forwarded().unwrap();
    assert!(done.sent == 0 && done.dropped > 0, "{done:?}");
}

#[test]
fn nothing_is_sent_on_in_a_circle() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let itself = ReceiverConfig {
        http: vec![Listen::Exactly(free)],
        ..config()
    };
    let known = Arc::new(Known::embedded().unwrap());
    let wanted = Wanted {
        forward: Some(free.into()),
        ..Wanted::default()
    };
    let error = Receiving::start(&itself, known, wanted)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("is spanfall itself"), "{error}");
}
