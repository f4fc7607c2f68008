//! Reading recordings, moving them in time and playing them again, on the real bytes of the
//! corpus.
#![expect(clippy::unwrap_used, reason = "test")]

use spanfall::record::replay::{self, offset_to_now, pace, play};
use spanfall::record::request::Request;
use spanfall::record::{ReadError, Recorded, demo, read, shift};
use spanfall::wire::payload::{Encoding, Payload, Signal};
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SPAN: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"a","startTimeUnixNano":"1795179630000000000","endTimeUnixNano":"1795179631000000000"}]}]}]}"#;
const LOG: &str = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795179632000000000","body":{"stringValue":"b"}}]}]}]}"#;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// Every case of the corpus.
fn cases() -> Vec<PathBuf> {
    let groups = fs::read_dir(corpus()).unwrap().map(|g| g.unwrap().path());
    let groups = groups.filter(|g| g.is_dir());
    let all = groups.flat_map(|g| fs::read_dir(g).unwrap().map(|c| c.unwrap().path()));
    let cases: Vec<PathBuf> = all.filter(|c| c.join("index.jsonl").exists()).collect();
    assert!(cases.len() > 30, "the corpus is not there");
    cases
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn recorded(offset_ms: Option<f64>, body: &str, signal: Signal) -> Recorded {
    Recorded {
        payload: Payload {
            signal,
            encoding: Encoding::Json,
            body: body.to_owned().into(),
            received_ns: 0,
            peer: "test".into(),
        },
        offset_ms,
    }
}

fn decoded(payload: &Payload) -> Request {
    match payload.encoding {
        Encoding::Protobuf => Request::from_protobuf(payload.signal, &payload.body).unwrap(),
        Encoding::Json => Request::from_json(payload.signal, &payload.body).unwrap(),
    }
}

fn times(payload: &Payload) -> Vec<u64> {
    let mut times = Vec::new();
    decoded(payload).each_time(&mut |t| times.push(*t));
    times
}

#[test]
fn a_folder_is_read_in_the_order_of_its_index() {
    for case in cases() {
        let recording = read(std::slice::from_ref(&case)).unwrap();
        assert_eq!(recording.complaints, Vec::<String>::new());
        let index = fs::read_to_string(case.join("index.jsonl")).unwrap();
        assert_eq!(recording.requests.len(), index.lines().count(), "{case:?}");
        let offsets: Vec<f64> = recording
            .requests
            .iter()
            .map(|r| r.offset_ms.unwrap())
            .collect();
        assert!(offsets.is_sorted(), "{case:?}");
        for one in &recording.requests {
            decoded(&one.payload);
        }
    }
}

#[test]
fn files_named_singly_are_the_folder() {
    let case = corpus().join("python/genai-anthropic");
    let whole = read(std::slice::from_ref(&case)).unwrap();
    let mut files: Vec<PathBuf> = fs::read_dir(&case)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "gz"));
    files.sort();
    assert_eq!(read(&files).unwrap(), whole);
    assert!(
        whole.requests.iter().all(|r| r.payload.received_ns > 0),
        "arrival_unix_ns is told"
    );
}

#[test]
fn an_arrival_that_is_not_told_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("2.logs.json"), LOG).unwrap();
    fs::write(
        folder.path().join("1.traces.json.gz"),
        gzip(SPAN.as_bytes()),
    )
    .unwrap();
    fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    let recording = read(&[folder.path().to_owned()]).unwrap();
    let signals: Vec<Signal> = recording
        .requests
        .iter()
        .map(|r| r.payload.signal)
        .collect();
    assert_eq!(signals, [Signal::Traces, Signal::Logs]);
    assert!(
        recording
            .requests
            .iter()
            .all(|r| r.offset_ms.is_none() && r.payload.received_ns == 0)
    );
    assert_eq!(
        recording.complaints.len(),
        1,
        "the note is told of: {:?}",
        recording.complaints
    );
}

#[test]
fn json_lines_mix_signals_and_a_bad_line_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("collector.jsonl");
    let torn = &LOG[..40];
    fs::write(
        &file,
        format!("{SPAN}\n\nnonsense\n{LOG}\r\n{{\"other\":1}}\n{torn}"),
    )
    .unwrap();
    let recording = read(&[file]).unwrap();
    let bodies: Vec<&[u8]> = recording
        .requests
        .iter()
        .map(|r| &*r.payload.body)
        .collect();
    assert_eq!(bodies, [SPAN.as_bytes(), LOG.as_bytes()]);
    assert_eq!(recording.requests[1].payload.signal, Signal::Logs);
    assert_eq!(recording.complaints.len(), 1);
    assert!(recording.complaints[0].contains("3 lines are no OTLP/JSON request (line 3:"));
}

#[test]
fn a_torn_gzip_gives_what_came_before_the_tear() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("torn.jsonl.gz");
    let lines = format!("{SPAN}\n").repeat(50);
    let mut torn = gzip(lines.as_bytes());
    torn.truncate(torn.len() - 4); // the checksum is gone, all data is there
    fs::write(&file, torn).unwrap();
    let recording = read(&[file]).unwrap();
    assert_eq!(recording.requests.len(), 50);
    assert!(
        recording.complaints[0].contains("gzip torn"),
        "{:?}",
        recording.complaints
    );
}

#[test]
fn an_index_cannot_name_files_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("case");
    fs::create_dir(&inside).unwrap();
    fs::write(folder.path().join("secret.traces.json"), SPAN).unwrap();
    fs::write(inside.join("1.logs.json"), LOG).unwrap();
    let rows = "{\"file\":\"../secret.traces.json\",\"signal\":\"traces\"}\nbroken\n\
                {\"file\":\"gone.traces.pb\",\"signal\":\"traces\"}\n\
                {\"file\":\"1.logs.json\",\"signal\":\"logs\",\"content_type\":\"application/json\",\"arrival_ms\":7}\n";
    fs::write(inside.join("index.jsonl"), rows).unwrap();
    let recording = read(&[inside]).unwrap();
    assert_eq!(recording.requests.len(), 1);
    assert_eq!(recording.requests[0].offset_ms, Some(7.0));
    assert_eq!(recording.complaints.len(), 3, "{:?}", recording.complaints);
}

#[test]
fn a_path_that_gives_nothing_is_an_error_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("a.txt");
    fs::write(&text, "hello").unwrap();
    let unknown = read(&[text]).unwrap_err();
    assert!(
        matches!(&unknown, ReadError::Unknown(_)) && unknown.to_string().contains("*.traces.pb")
    );
    let missing = read(&[folder.path().join("none.jsonl")]).unwrap_err();
    assert!(matches!(&missing, ReadError::Unreadable { .. }));
    let empty = read(&[folder.path().to_owned()]).unwrap_err();
    assert!(matches!(&empty, ReadError::Empty(_)), "{empty}");
}

#[test]
fn moving_by_nothing_changes_nothing() {
    for case in cases() {
        for one in read(&[case]).unwrap().requests {
            let moved = shift(one.payload.clone(), 0, &|_| true);
            assert_eq!(
                decoded(&moved),
                decoded(&one.payload),
                "{}",
                one.payload.peer
            );
        }
    }
}

#[test]
fn every_time_moves_by_the_offset_and_back() {
    let offset = 86_400_000_000_000 + 123_456_789;
    let is_time = |key: &str| key.contains("time");
    let mut texts_moved = 0;
    for case in cases() {
        for one in read(&[case]).unwrap().requests {
            let there = shift(one.payload.clone(), offset, &is_time);
            let want = times(&one.payload).into_iter();
            let want: Vec<u64> = want
                .map(|t| if t == 0 { 0 } else { t + offset.unsigned_abs() })
                .collect();
            assert_eq!(times(&there), want, "{}", one.payload.peer);
            let back = shift(there.clone(), -offset, &is_time);
            assert_eq!(
                decoded(&back),
                decoded(&one.payload),
                "{}",
                one.payload.peer
            );
            let only_format = shift(one.payload, offset, &|_| false);
            texts_moved += usize::from(decoded(&only_format) != decoded(&there));
        }
    }
    assert!(
        texts_moved > 50,
        "event.timestamp of Claude Code is text: {texts_moved}"
    );
}

#[test]
fn times_in_attributes_move_in_both_encodings() {
    let json = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1795179632000000000,"observedTimeUnixNano":"0","attributes":[
        {"key":"at","value":{"stringValue":"2026-11-20T10:00:00.5Z"}},{"key":"at","value":{"intValue":"1795179632000"}},
        {"key":"other","value":{"stringValue":"2026-11-20T10:00:00.5Z"}}]}]}]}]}"#;
    let want = json
        .replace("1795179632000000000", "1795183232000000000")
        .replace("1795179632000\"", "1795183232000\"")
        .replacen("T10:00", "T11:00", 1);
    let hour = 3_600_000_000_000;
    let payload = recorded(None, json, Signal::Logs).payload;
    let moved = shift(payload.clone(), hour, &|key| key == "at");
    let want = recorded(None, &want, Signal::Logs).payload;
    assert_eq!(decoded(&moved), decoded(&want));
    let binary = Payload {
        encoding: Encoding::Protobuf,
        body: decoded(&payload).to_protobuf().into(),
        ..payload
    };
    assert_eq!(
        decoded(&shift(binary, hour, &|key| key == "at")),
        decoded(&want)
    );
}

#[test]
fn a_body_that_cannot_be_decoded_is_passed_on() {
    let broken = recorded(None, "{\"resourceSpans\":[", Signal::Traces).payload;
    assert_eq!(shift(broken.clone(), 5, &|_| true), broken);
    let broken = Payload {
        encoding: Encoding::Protobuf,
        ..broken
    };
    assert_eq!(shift(broken.clone(), 5, &|_| true), broken);
}

#[test]
fn the_pace_is_that_of_the_recording() {
    let offsets = [
        Some(1000.0),
        Some(1500.0),
        None,
        Some(1700.0),
        Some(20.0),
        Some(120.0),
    ];
    let requests: Vec<Recorded> = offsets.map(|o| recorded(o, SPAN, Signal::Traces)).into();
    let due = |speed| -> Vec<u128> {
        pace(requests.clone(), speed)
            .map(|d| d.at.as_millis())
            .collect()
    };
    assert_eq!(due(1.0), [0, 500, 500, 700, 700, 800]);
    assert_eq!(due(2.0), [0, 250, 250, 350, 350, 400]);
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(due(speed), [0; 6], "{speed}");
    }
}

#[test]
fn a_moved_recording_happens_now_and_never_later() {
    let now_ns = 1_900_000_000_000_000_000;
    for speed in [0.5, 1.0, 10.0] {
        let due: Vec<_> = pace(demo().requests, speed).collect();
        let offset = offset_to_now(&due, now_ns);
        let lags = due.iter().filter_map(|d| {
            let newest = times(&d.payload).into_iter().max()?;
            let arrives = now_ns + u64::try_from(d.at.as_nanos()).unwrap();
            Some(i128::from(arrives) - i128::from(newest) - i128::from(offset))
        });
        assert_eq!(
            lags.min(),
            Some(0),
            "the newest of all is just now at speed {speed}"
        );
    }
}

#[test]
fn a_recording_is_made_to_happen_now() {
    let now_ns = 1_900_000_000_000_000_000;
    let due = replay::happening_now(demo().requests, 1.0, now_ns, &|_| false);
    let newest = |d: &replay::Due| times(&d.payload).into_iter().max().unwrap_or(0);
    let end_ns = now_ns + u64::try_from(due.last().unwrap().at.as_nanos()).unwrap();
    let last = due.iter().map(newest).max().unwrap();
    assert!(
        (end_ns - 2_000_000_000..=end_ns).contains(&last),
        "{last} is not just before {end_ns}"
    );
}

#[test]
fn the_demo_is_whole_small_and_short() {
    let demo = demo();
    assert_eq!(demo.complaints, Vec::<String>::new());
    let original = read(&[corpus().join("cli/claude-code-one-process")]).unwrap();
    let values = |requests: &[Recorded]| -> Vec<Request> {
        requests.iter().map(|r| decoded(&r.payload)).collect()
    };
    assert_eq!(
        values(&demo.requests),
        values(&original.requests),
        "JSON lost nothing"
    );
    let last = pace(demo.requests, 1.0).last().unwrap();
    assert!((10..=25).contains(&last.at.as_secs()), "{last:?}");
}

/// A server that answers each request with the next status, then tells what it was sent.
async fn answering(
    statuses: &'static [u16],
) -> (SocketAddr, tokio::task::JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut seen = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(LOG.as_bytes()) {
                assert!(
                    stream.read_buf(&mut request).await.unwrap() > 0,
                    "closed too early"
                );
            }
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            seen.push(request);
        }
        seen
    });
    (address, serving)
}

#[tokio::test]
async fn a_replay_posts_tries_again_and_counts() {
    let (address, serving) = answering(&[200, 503, 200, 400]).await;
    let requests = vec![recorded(None, LOG, Signal::Logs); 3];
    let played = play(address, pace(requests, 1.0)).await;
    assert_eq!((played.accepted, played.refused), (2, 1));
    assert!(played.last_refusal.unwrap().ends_with("answered 400"));
    let seen = serving.await.unwrap();
    let head = String::from_utf8(seen[0].clone()).unwrap();
    assert!(head.starts_with("POST /v1/logs HTTP/1.1\r\n"), "{head}");
    assert!(
        head.contains("Content-Type: application/json\r\n"),
        "{head}"
    );
    assert_eq!(seen.len(), 4, "the busy answer was tried again");
}

#[tokio::test]
async fn a_receiver_that_is_not_there_costs_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let due = replay::Due {
        at: Duration::ZERO,
        payload: recorded(None, LOG, Signal::Logs).payload,
    };
    let played = play(address, [due]).await;
    assert_eq!((played.accepted, played.refused), (0, 1));
}
