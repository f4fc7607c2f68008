//! `index.jsonl`: which files of a folder are export requests, in which order, and when each came.

use crate::wire::payload::{Encoding, Signal};
use serde::Deserialize;
use std::path::Path;

/// Name of the index in a recording's folder.
pub(super) const INDEX: &str = "index.jsonl";

/// One line of the index. Everything may be missing; rows without a file tell of requests that
/// were no exports.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Row {
    /// Name of the body's file, in the index's own folder.
    pub file: Option<String>,
    /// `traces`, `logs` or `metrics`.
    signal: Option<String>,
    /// As sent.
    content_type: Option<String>,
    /// As sent; the file may be gzipped whatever this says.
    pub content_encoding: Option<String>,
    /// Arrival since the recording's start, ms.
    pub arrival_ms: Option<f64>,
    /// Arrival, ns since the epoch.
    pub arrival_unix_ns: Option<u64>,
}

impl Row {
    /// The signal, if it is one of the three.
    pub fn signal(&self) -> Option<Signal> {
        match self.signal.as_deref()? {
            "traces" => Some(Signal::Traces),
            "logs" => Some(Signal::Logs),
            "metrics" => Some(Signal::Metrics),
            _ => None,
        }
    }

    /// The encoding: protobuf unless the content type says JSON.
    pub fn encoding(&self) -> Encoding {
        let content_type = self.content_type.as_deref().unwrap_or_default();
        if content_type.contains("json") {
            Encoding::Json
        } else {
            Encoding::Protobuf
        }
    }

    /// Whether the row's file must be this one: by name, with or without `.gz`.
    pub fn names(&self, name: &str) -> bool {
        self.file.as_deref().map(bare) == Some(bare(name))
    }
}

/// A file's name without `.gz`.
fn bare(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}

/// Reads a folder's index. `None`: it has none. A bad line costs only itself and is told of.
pub(super) fn read_index(folder: &Path, complaints: &mut Vec<String>) -> Option<Vec<Row>> {
    let path = folder.join(INDEX);
    let text = std::fs::read(&path).ok()?;
    let lines = text.split(|b| *b == b'\n').enumerate();
    let rows = lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .filter_map(|(at, line)| {
            let row = serde_json::from_slice(line);
            let complain = |e| complaints.push(format!("{}, line {}: {e}", path.display(), at + 1));
            row.map_err(complain).ok()
        });
    Some(rows.collect())
}
