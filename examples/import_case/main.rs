//! Developer's tool: brings a captured case into `tests/corpus`, or makes the bundled demo.
//!
//! ```text
//! cargo run --example import_case -- SOURCE_CASE_DIR DEST_DIR
//! cargo run --example import_case -- --demo CASE_DIR DEST.jsonl.gz
//! ```
//!
//! What comes along and what is cut: `tests/corpus/README.md`; the rule for texts: `cut.rs`.

mod cut;

use anyhow::{Context, Result, bail};
use flate2::{Compression, GzBuilder, read::MultiGzDecoder};
use serde_json::{Map, Value};
use spanfall::record::{self, request::Request};
use spanfall::wire::payload::{Encoding, Signal};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

/// What of an index row comes along.
const ROW: [&str; 7] = [
    "file",
    "signal",
    "path",
    "content_type",
    "content_encoding",
    "arrival_ms",
    "arrival_unix_ns",
];

/// What of a truth comes along, at the top; the machine it was made on does not.
const TRUTH: [&str; 14] = [
    "case",
    "about",
    "versions",
    "sessions",
    "prompts",
    "totals",
    "llm_calls",
    "llm",
    "embeddings",
    "tools_executed",
    "tools_failed",
    "agents_run",
    "calls",
    "killed",
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["--demo", case, to] => make_demo(Path::new(case), Path::new(to)),
        [from, to] => import(Path::new(from), Path::new(to)),
        _ => bail!("usage: import_case SOURCE_CASE_DIR DEST_DIR | --demo CASE_DIR DEST.jsonl.gz"),
    }
}

/// Copies one case.
fn import(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let index = fs::read_to_string(from.join("index.jsonl")).context("no index.jsonl")?;
    let mut rows = String::new();
    for line in index.lines().filter(|l| !l.trim().is_empty()) {
        let row: Map<String, Value> = serde_json::from_str(line)?;
        let Some(name) = row.get("file").and_then(Value::as_str) else {
            continue;
        };
        let body = cut_body(name, &gunzipped(fs::read(from.join(name))?)?)?;
        let stored = format!("{}.gz", name.strip_suffix(".gz").unwrap_or(name));
        fs::write(to.join(&stored), gzipped(&body)?)?;
        let kept = ROW.iter().filter_map(|key| row.get_key_value(*key));
        let mut kept: Map<String, Value> = kept.map(|(k, v)| (k.clone(), v.clone())).collect();
        kept.insert("file".to_owned(), stored.into());
        rows += &(Value::from(kept).to_string() + "\n");
    }
    fs::write(to.join("index.jsonl"), rows)?;
    import_truth(from, to)
}

/// The books of the run, without what no checker reads.
fn import_truth(from: &Path, to: &Path) -> Result<()> {
    let text = fs::read_to_string(from.join("truth.json")).context("no truth.json")?;
    let mut truth: Map<String, Value> = serde_json::from_str(&text)?;
    truth.retain(|key, _| TRUTH.contains(&key.as_str()));
    for list in ["llm_calls", "calls"] {
        let calls = truth.get_mut(list).and_then(Value::as_array_mut);
        for call in calls.into_iter().flatten().filter_map(Value::as_object_mut) {
            call.remove("request_headers");
        }
    }
    let text = serde_json::to_string_pretty(&truth)?;
    fs::write(to.join("truth.json"), cut::json(&text) + "\n")?;
    Ok(())
}

/// A body with its texts cut, in the encoding it came in.
fn cut_body(name: &str, body: &[u8]) -> Result<Vec<u8>> {
    let bare = name.strip_suffix(".gz").unwrap_or(name);
    let mut parts = bare.rsplit('.');
    if parts.next() == Some("json") {
        return Ok(cut::json(std::str::from_utf8(body)?).into_bytes());
    }
    let signal = match parts.next() {
        Some("traces") => Signal::Traces,
        Some("logs") => Signal::Logs,
        Some("metrics") => Signal::Metrics,
        _ => bail!("{name}: no signal in its name"),
    };
    let mut request = Request::from_protobuf(signal, body).context(name.to_owned())?;
    cut::request(&mut request);
    Ok(request.to_protobuf())
}

/// A case as OTLP JSON lines, each with its arrival beside the request.
fn make_demo(case: &Path, to: &Path) -> Result<()> {
    let recording = record::read(&[case.to_owned()])?;
    if let Some(complaint) = recording.complaints.first() {
        bail!("{complaint}");
    }
    let first_ms = recording
        .requests
        .first()
        .and_then(|r| r.offset_ms)
        .unwrap_or(0.0);
    let mut lines = String::new();
    for recorded in &recording.requests {
        let payload = &recorded.payload;
        let request = match payload.encoding {
            Encoding::Protobuf => Request::from_protobuf(payload.signal, &payload.body)?,
            Encoding::Json => Request::from_json(payload.signal, &payload.body)?,
        };
        let Value::Object(mut line) = request.to_json()? else {
            bail!("no object")
        };
        if let Some(offset_ms) = recorded.offset_ms {
            line.insert("arrivalMs".to_owned(), (offset_ms - first_ms).into());
        }
        lines += &(Value::from(line).to_string() + "\n");
    }
    fs::write(to, gzipped(lines.as_bytes())?)?;
    Ok(())
}

fn gunzipped(bytes: Vec<u8>) -> Result<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Gzipped without a time or a name: the same body gives the same file.
fn gzipped(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
