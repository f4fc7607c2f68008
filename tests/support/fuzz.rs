//! What must hold for any bytes whatever: nothing panics, nothing grows beyond its bounds. Shared
//! by the fuzz targets (`fuzz/`) and the property tests (`tests/fuzz.rs`).

use bytes::Bytes;
use spanfall::app::{detail, lore::Known};
use spanfall::model::store::Store;
use spanfall::privacy::{Contents, Privacy};
use spanfall::query::{self, Saved, Seen};
use spanfall::record::follow::Tail;
use spanfall::record::journal;
use spanfall::theme::Definition;
use spanfall::wire::inflate::{Compression, inflate};
use spanfall::wire::payload::{Encoding, Payload, Signal};
use spanfall::{config, convention, ingest, record, wire};
use std::sync::LazyLock;

static KNOWN: LazyLock<Known> = LazyLock::new(|| Known::embedded().expect("tables"));
static PRIVACY: LazyLock<Privacy> = LazyLock::new(|| {
    let patterns = ["[0-9]{3,}".to_owned()];
    let privacy = Privacy::new(Contents::Hash, &patterns, &KNOWN.tables);
    privacy.expect("a pattern").expect("something to hide")
});

fn payload(signal: Signal, encoding: Encoding, body: Bytes) -> Payload {
    Payload {
        signal,
        encoding,
        body,
        received_ns: 1_800_000_000_000_000_000,
        peer: "test".into(),
    }
}

/// A request from its bytes to the detail of its nodes; and the same with contents hidden.
fn request(signal: Signal, encoding: Encoding, data: &[u8]) {
    let payload = payload(signal, encoding, Bytes::copy_from_slice(data));
    let _ = wire::check(&payload);
    let decoded = wire::decode(&payload);
    assert!(decoded.rejects.len() <= 32 && decoded.rejection().len() < 16_000);
    let (spans, logs) = (decoded.spans.len(), decoded.logs.len());
    let batch = ingest::prepare(&KNOWN.tables, &decoded, payload.received_ns);
    let mut store = Store::new();
    store.measure(&batch.points);
    store.apply(batch.items);
    store.refresh(&*KNOWN, payload.received_ns);
    let ids: Vec<_> = store.sessions().iter().map(|s| s.id).take(4).collect();
    for id in ids {
        let Some((tree, _)) = store.tree(id, &*KNOWN) else {
            continue;
        };
        for (at, node) in tree.nodes.iter().enumerate().take(16) {
            let _ = detail::open(&store, &KNOWN, node, detail::sources(&tree, at));
        }
    }
    let hidden = PRIVACY.hide(&payload, decoded);
    let again = wire::decode(&hidden.payload);
    assert_eq!(again.rejects, [], "what was made anew keeps to the rules");
    assert_eq!((again.spans.len(), again.logs.len()), (spans, logs));
}

/// Decoding of spans, as protobuf.
pub fn traces(data: &[u8]) {
    request(Signal::Traces, Encoding::Protobuf, data);
}

/// Decoding of log records, as protobuf.
pub fn logs(data: &[u8]) {
    request(Signal::Logs, Encoding::Protobuf, data);
}

/// Decoding of metrics, as protobuf.
pub fn metrics(data: &[u8]) {
    request(Signal::Metrics, Encoding::Protobuf, data);
}

/// Decoding of all signals as JSON, strict and lenient.
pub fn json(data: &[u8]) {
    for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
        request(signal, Encoding::Json, data);
    }
}

/// Decompression, bounded.
pub fn compressed(data: &[u8]) {
    const LIMIT: usize = 1 << 16;
    for how in [Compression::Gzip, Compression::Deflate, Compression::Zstd] {
        if let Ok(out) = inflate(how, data, LIMIT) {
            assert!(out.len() <= LIMIT);
        }
    }
}

/// Reading of JSON, and of what Python prints, in attributes; what was cut is put right.
pub fn documents(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = convention::document(&text);
    let attribute =
        serde_json::json!({"key": "gen_ai.input.messages", "value": {"stringValue": text}});
    let output =
        serde_json::json!({"key": "gen_ai.output.messages", "value": {"stringValue": text}});
    let name =
        serde_json::json!({"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}});
    let span = serde_json::json!({"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0102030405060708",
        "name": "chat", "startTimeUnixNano": "1", "endTimeUnixNano": "2", "attributes": [name, attribute, output]});
    let body = serde_json::json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]});
    request(Signal::Traces, Encoding::Json, body.to_string().as_bytes());
}

/// Reading of recordings: our own, lines of JSON, gzipped or not.
pub fn recordings(data: &[u8]) {
    let content = Bytes::copy_from_slice(data);
    let (found, read) = journal::requests(&content);
    assert!(read <= content.len());
    assert!(found.iter().all(|p| p.body.len() < content.len()));
    let dir = tempfile::tempdir().expect("a folder");
    for name in ["a.spanfall", "b.jsonl", "c.traces.pb", "index.jsonl"] {
        let path = dir.path().join(name);
        std::fs::write(&path, data).expect("a file");
        let _ = record::read(std::slice::from_ref(&path));
        let _ = Tail::new(path).more();
    }
    let _ = record::read(&[dir.path().to_owned()]);
}

/// Reading of themes.
pub fn themes(data: &[u8]) {
    let _ = Definition::read("any", "any.toml", &String::from_utf8_lossy(data));
}

/// Reading of the configuration, which is printed as it is read.
pub fn configs(data: &[u8]) {
    if let Ok(read) = config::read(&String::from_utf8_lossy(data)) {
        let printed = config::print(&read);
        assert_eq!(config::read(&printed).as_ref(), Ok(&read), "{printed}");
    }
}

/// Reading of queries: what is read is written back as the same, and what can be typed next is
/// known wherever the cursor is.
pub fn queries(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let saved = Saved::default();
    match query::parse(&text, &saved) {
        Ok(read) => {
            let back = read.to_string();
            assert_eq!(query::parse(&back, &saved).as_ref(), Ok(&read), "{back}");
        }
        Err(error) => assert!(text.is_char_boundary(error.at) && !error.why.is_empty()),
    }
    let cursor = data.first().map_or(0, |&at| usize::from(at));
    let done = query::complete(&text, cursor, &Seen::default(), &saved);
    assert!(text.get(done.from..done.to).is_some());
}
