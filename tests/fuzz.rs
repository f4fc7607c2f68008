//! Bytes that are nearly right, and bytes that are not, through all that reads what comes from
//! outside. `PROPTEST_CASES=100000 cargo test --release --test fuzz` goes on for long.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "support/fuzz.rs"]
mod fuzz;

use flate2::{Compression, write::GzEncoder};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use spanfall::record::journal::Journal;
use spanfall::record::{self, request::Request};
use spanfall::wire::payload::{Encoding, Payload, Signal};
use std::io::Write;

/// One change of a text.
#[derive(Clone, Debug)]
enum Change {
    /// A byte becomes another.
    Put(Index, u8),
    /// What follows is cut off.
    Cut(Index),
    /// A part is left out.
    Drop(Index, u8),
    /// A part comes twice.
    Repeat(Index, u8),
    /// Bytes are put in.
    Insert(Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    // What means something to the formats, more often than not.
    let telling = b"\x00\x0a\x12\x1a\x7f\x80\xff{}[]\",:\\n-.e0=#'".to_vec();
    let byte = prop_oneof![any::<u8>(), proptest::sample::select(telling)];
    let words: Vec<&[u8]> = vec![
        b"null",
        b"\\ud800",
        b"1e999",
        b"-1",
        b"18446744073709551615",
        b"[[[[[[[[",
        b"{\"a\":",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x1f\x8b\x08",
        b"\xef\xbb\xbf",
        b"True",
    ];
    let word = proptest::sample::select(words).prop_map(<[u8]>::to_vec);
    prop_oneof![
        4 => (at(), byte).prop_map(|(at, b)| Change::Put(at, b)),
        1 => at().prop_map(Change::Cut),
        2 => (at(), any::<u8>()).prop_map(|(at, n)| Change::Drop(at, n)),
        1 => (at(), any::<u8>()).prop_map(|(at, n)| Change::Repeat(at, n)),
        2 => (at(), word).prop_map(|(at, w)| Change::Insert(at, w)),
        1 => (at(), vec(any::<u8>(), 0..8)).prop_map(|(at, w)| Change::Insert(at, w)),
    ]
}

fn changed(mut data: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for change in changes {
        let size = data.len();
        let place = |at: Index| if size == 0 { 0 } else { at.index(size) };
        match change {
            Change::Put(at, b) if size > 0 => data[place(at)] = b,
            Change::Put(..) => {}
            Change::Cut(at) => data.truncate(place(at)),
            Change::Drop(at, n) => {
                let from = place(at);
                data.drain(from..(from + usize::from(n)).min(size));
            }
            Change::Repeat(at, n) => {
                let from = place(at);
                let part = data[from..(from + usize::from(n)).min(size)].to_vec();
                data.splice(from..from, part);
            }
            Change::Insert(at, word) => {
                let at = place(at);
                data.splice(at..at, word);
            }
        }
    }
    data
}

/// Runs a body on its seeds with changes, and on bytes of no meaning.
fn run(seeds: Vec<Vec<u8>>, body: fn(&[u8])) {
    assert!(!seeds.is_empty());
    for seed in &seeds {
        body(seed);
    }
    body(b"");
    let near = (proptest::sample::select(seeds), vec(change(), 1..8));
    let any = prop_oneof![
        8 => near.prop_map(|(seed, changes)| changed(seed, changes)),
        1 => vec(any::<u8>(), 0..200),
    ];
    let config = Config {
        cases: std::env::var("PROPTEST_CASES").map_or(48, |n| n.parse().unwrap()),
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let tried = runner.run(&any, |data| {
        body(&data);
        Ok(())
    });
    tried.unwrap();
}

fn corpus() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// Requests of small size from cases that are unlike each other.
fn payloads() -> Vec<Payload> {
    let cases = [
        "cli/claude-code-one-process",
        "cli/claude-code-logs-json",
        "cli/claude-code-logs-metrics",
        "cli/browser-json",
        "python/openinference-anthropic",
        "python/semconv-vllm",
    ];
    let read = |case| record::read(&[corpus().join(case)]).unwrap().requests;
    let all = cases.into_iter().flat_map(read).map(|r| r.payload);
    all.filter(|p| p.body.len() < 20_000).collect()
}

fn protobuf(signal: Signal) -> Vec<Vec<u8>> {
    let of = payloads().into_iter().filter(|p| p.signal == signal);
    let encoded = of.map(|p| match p.encoding {
        Encoding::Protobuf => p.body.to_vec(),
        Encoding::Json => Request::from_json(signal, &p.body).unwrap().to_protobuf(),
    });
    encoded.take(12).collect()
}

#[test]
fn traces() {
    run(protobuf(Signal::Traces), fuzz::traces);
}

#[test]
fn logs() {
    run(protobuf(Signal::Logs), fuzz::logs);
}

#[test]
fn metrics() {
    run(protobuf(Signal::Metrics), fuzz::metrics);
}

#[test]
fn json() {
    let texts = payloads().into_iter().map(|p| match p.encoding {
        Encoding::Json => p.body.to_vec(),
        Encoding::Protobuf => {
            let request = Request::from_protobuf(p.signal, &p.body).unwrap();
            request.to_json().unwrap().to_string().into_bytes()
        }
    });
    run(texts.take(40).collect(), fuzz::json);
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(data).unwrap();
    out.finish().unwrap()
}

#[test]
fn compressed() {
    let plain: Vec<u8> = (0..2000u32).flat_map(u32::to_le_bytes).collect();
    let zeros = vec![0; 1 << 20];
    let all = [&plain, &zeros].map(|data| [gzip(data), zstd::encode_all(&data[..], 3).unwrap()]);
    run(all.concat(), fuzz::compressed);
}

#[test]
fn documents() {
    let texts = [
        r#"[{"role":"user","parts":[{"type":"text","content":"hello \u00e9\ud83d\ude00"}]}]"#,
        r#"[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x":[1,2.5e3,null]}}]}]"#,
        r#"{"messages":[{"role":"system","content":"a"},{"role":"tool","tool_call_id":"b","content":"{\"c\": 1}"}]}"#,
        r"[{'role': 'user', 'content': None, 'ok': True, 'n': -1.5, 'b': b'x\x00', 't': (1, 2), 'o': <object at 0x1>}]",
        r#"{"contents":[{"role":"user","parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]"#,
    ];
    run(texts.map(|t| t.as_bytes().to_vec()).into(), fuzz::documents);
}

#[test]
fn recordings() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.spanfall");
    let mut journal = Journal::open(&path, None).unwrap();
    let some: Vec<Payload> = payloads()
        .into_iter()
        .filter(|p| p.body.len() < 2000)
        .take(4)
        .collect();
    for payload in &some {
        journal.append(payload).unwrap();
    }
    let own = std::fs::read(&path).unwrap();
    let lines = b"{\"resourceSpans\":[]}\n{\"resourceLogs\":[],\"arrivalMs\":12.5}\n".to_vec();
    let index = b"{\"file\":\"b.jsonl\",\"signal\":\"traces\",\"content_type\":\"application/json\",\"arrival_ms\":1}\n".to_vec();
    run(
        vec![gzip(&own), gzip(&lines), own, lines, index],
        fuzz::recordings,
    );
}

#[test]
fn themes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path());
    let themes = files.filter(|f| f.extension().is_some_and(|e| e == "toml"));
    run(
        themes.map(|f| std::fs::read(f).unwrap()).collect(),
        fuzz::themes,
    );
}

#[test]
fn configs() {
    let printed = spanfall::config::print(&spanfall::config::Config::default());
    let all = printed.replace("\n#", "\n");
    let own = "receive = { http = [9000, \"[::1]:1\"], max_memory = \"1GiB\", redact = [\"a\"] }\ncost.budget = 2.5\nkeys.quit = [\"q\", \"ctrl-c\"]\n";
    let texts = [
        printed.into_bytes(),
        all.into_bytes(),
        own.as_bytes().to_vec(),
    ];
    run(texts.into(), fuzz::configs);
}

#[test]
fn queries() {
    let texts = [
        "tool:bash and not under:(agent:explore or status=error)",
        "dur>2s cost>=0.01 tokens.in > 10k \"fix the bug\" attr.acme.user~an",
        "has:(model:sonnet* and ttft>1s) or @slow",
    ];
    run(texts.map(|t| t.as_bytes().to_vec()).into(), fuzz::queries);
}
