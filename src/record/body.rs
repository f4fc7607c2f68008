//! What one file holds: gunzipped within bounds, and split into export requests.

use super::journal::{self, MAGIC};
use crate::wire::payload::{Encoding, Signal};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::Read;
use std::sync::Arc;

/// Most that one file may hold after decompression, bytes.
const MOST: usize = 1 << 30;
/// Most layers of gzip that are peeled: the sender's, and that of whoever kept the file.
const LAYERS: usize = 3;

/// How a file's content is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One protobuf request.
    Protobuf(Signal),
    /// One OTLP/JSON request, or several, one a line.
    Json,
    /// Our own.
    Journal,
}

impl Layout {
    /// By the file's name: `*.traces.pb`, `*.logs.pb`, `*.metrics.pb`, `*.json`, `*.jsonl`, with or
    /// without `.gz`.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.strip_suffix(".gz").unwrap_or(name);
        match name.rsplit_once('.')? {
            (_, "json" | "jsonl" | "ndjson") => Some(Self::Json),
            (_, "spanfall") => Some(Self::Journal),
            (stem, "pb") if stem.ends_with("traces") => Some(Self::Protobuf(Signal::Traces)),
            (stem, "pb") if stem.ends_with("logs") => Some(Self::Protobuf(Signal::Logs)),
            (stem, "pb") if stem.ends_with("metrics") => Some(Self::Protobuf(Signal::Metrics)),
            _ => None,
        }
    }
}

/// One request found in a file.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub signal: Signal,
    pub encoding: Encoding,
    pub body: Bytes,
    /// Its line in the file, from 1, if it is one of several.
    pub line: Option<usize>,
    /// Its arrival, if the line itself tells it, ms since the recording's start.
    pub arrival_ms: Option<f64>,
    /// Its arrival, ns since the epoch, and its sender, where the recording is our own.
    pub received: Option<(u64, Arc<str>)>,
}

/// The part of a JSON request that tells what it is. The rest is read over, which proves that the
/// JSON is whole.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    #[serde(alias = "resource_spans")]
    resource_spans: Option<IgnoredAny>,
    #[serde(alias = "resource_logs")]
    resource_logs: Option<IgnoredAny>,
    #[serde(alias = "resource_metrics")]
    resource_metrics: Option<IgnoredAny>,
    /// Ours: our own recordings keep the arrival beside the request.
    arrival_ms: Option<f64>,
}

/// Peels gzip off as long as the magic number is there. What was readable up to a tear or the
/// limit is kept, with a word about what was not.
pub(super) fn gunzip(bytes: Vec<u8>, complaints: &mut Vec<String>) -> Vec<u8> {
    gunzip_within(MOST, bytes, complaints)
}

fn gunzip_within(most: usize, mut bytes: Vec<u8>, complaints: &mut Vec<String>) -> Vec<u8> {
    for _ in 0..LAYERS {
        if !bytes.starts_with(&[0x1f, 0x8b]) {
            break;
        }
        let mut plain = Vec::new();
        let mut limited = MultiGzDecoder::new(bytes.as_slice()).take(most as u64 + 1);
        if let Err(error) = limited.read_to_end(&mut plain) {
            complaints.push(format!("gzip torn after {} bytes ({error})", plain.len()));
        }
        if plain.len() > most {
            complaints.push(format!(
                "more than {most} bytes unpacked: the rest is left out"
            ));
            plain.truncate(most);
        }
        bytes = plain;
    }
    bytes
}

/// The requests in a file's content.
pub(super) fn split(content: Bytes, layout: Layout, complaints: &mut Vec<String>) -> Vec<Found> {
    match layout {
        // A protobuf request begins with a tag (0x0a) or is empty, never with a brace.
        Layout::Protobuf(signal) if !content.trim_ascii_start().starts_with(b"{") => {
            vec![Found {
                signal,
                encoding: Encoding::Protobuf,
                body: content,
                line: None,
                arrival_ms: None,
                received: None,
            }]
        }
        _ if content.starts_with(MAGIC) => from_journal(&content, complaints),
        _ => match requests_in(&content, None) {
            Ok(found) => found,
            Err(_) => split_lines(&content, complaints),
        },
    }
}

/// The requests of our own recording, up to a tear.
fn from_journal(content: &Bytes, complaints: &mut Vec<String>) -> Vec<Found> {
    let (payloads, read) = journal::requests(content);
    if read < content.len() {
        let (whole, left) = (payloads.len(), content.len() - read);
        complaints.push(format!(
            "torn after {whole} requests: {left} bytes cannot be read"
        ));
    }
    let first = payloads.first().map_or(0, |p| p.received_ns);
    let found = payloads.into_iter().map(|payload| Found {
        signal: payload.signal,
        encoding: payload.encoding,
        body: payload.body,
        line: None,
        arrival_ms: Some(ms_since(first, payload.received_ns)),
        received: Some((payload.received_ns, payload.peer)),
    });
    found.collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a pause of a year has no need of nanoseconds"
)]
fn ms_since(first: u64, at: u64) -> f64 {
    at.saturating_sub(first) as f64 / 1e6
}

/// One request a line; lines that are none are counted.
fn split_lines(content: &Bytes, complaints: &mut Vec<String>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut bad = 0;
    let mut first_bad = None;
    for (at, line) in content.split(|b| *b == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        match requests_in(&content.slice_ref(line), Some(at + 1)) {
            Ok(requests) => found.extend(requests),
            Err(why) => {
                bad += 1;
                first_bad.get_or_insert_with(|| format!("line {}: {why}", at + 1));
            }
        }
    }
    if let Some(first) = first_bad {
        let lines = if bad == 1 { "line is" } else { "lines are" };
        complaints.push(format!("{bad} {lines} no OTLP/JSON request ({first})"));
    }
    found
}

/// The requests of one JSON text: one, or one for each signal if a text carries several.
fn requests_in(body: &Bytes, line: Option<usize>) -> Result<Vec<Found>, String> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let signals = [
        envelope.resource_spans.map(|_| Signal::Traces),
        envelope.resource_logs.map(|_| Signal::Logs),
        envelope.resource_metrics.map(|_| Signal::Metrics),
    ];
    let found: Vec<Found> = signals
        .into_iter()
        .flatten()
        .map(|signal| Found {
            signal,
            encoding: Encoding::Json,
            body: body.clone(),
            line,
            arrival_ms: envelope.arrival_ms,
            received: None,
        })
        .collect();
    if found.is_empty() {
        return Err("neither resourceSpans, resourceLogs nor resourceMetrics".to_owned());
    }
    Ok(found)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn layers_are_peeled_by_their_magic_number() {
        let mut complaints = Vec::new();
        assert_eq!(gunzip(b"plain".to_vec(), &mut complaints), b"plain");
        assert_eq!(gunzip(gzip(&gzip(b"twice")), &mut complaints), b"twice");
        assert_eq!(complaints, Vec::<String>::new());
    }

    #[test]
    fn a_bomb_is_cut_at_the_limit_and_said() {
        let bomb = gzip(&vec![0; 1_000_000]);
        let mut complaints = Vec::new();
        assert_eq!(gunzip_within(4096, bomb, &mut complaints).len(), 4096);
        assert!(
            complaints[0].starts_with("more than 4096 bytes"),
            "{complaints:?}"
        );
    }

    #[test]
    fn the_name_tells_the_layout() {
        for (name, want) in [
            ("0001.traces.pb", Some(Layout::Protobuf(Signal::Traces))),
            ("logs.pb.gz", Some(Layout::Protobuf(Signal::Logs))),
            ("a.metrics.pb", Some(Layout::Protobuf(Signal::Metrics))),
            ("a.jsonl.gz", Some(Layout::Json)),
            ("0002.logs.json", Some(Layout::Json)),
            ("export.pb", None),
            ("README.md", None),
        ] {
            assert_eq!(Layout::of_name(name), want, "{name}");
        }
    }
}
