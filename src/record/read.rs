//! Files and folders of recorded export requests.

use super::body::{self, Layout};
use super::index::{INDEX, Row, read_index};
use super::journal::MAGIC;
use crate::wire::payload::{Encoding, Payload};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// One recorded request.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The request. Its `received_ns` is the arrival if the recording tells it in absolute time,
    /// else 0: unknown, even where the offset is known.
    pub payload: Payload,
    /// When it arrived, ms since its own recording's start. `None`: unknown.
    pub offset_ms: Option<f64>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// The requests, in the order given.
    pub requests: Vec<Recorded>,
    /// What could not be read, one line of text each; it cost only itself.
    pub complaints: Vec<String>,
}

/// A path that gives nothing at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be opened.
    #[error("cannot read {path}; give files or folders of recorded OTLP requests")]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is no recording, by name and by content.
    #[error(
        "{0} is no recording: name one of --record *.spanfall, OTLP JSON lines *.jsonl, one request \
         *.json, or protobuf *.traces.pb, *.logs.pb, *.metrics.pb (all may be gzipped)"
    )]
    Unknown(PathBuf),
    /// A folder without a recorded request.
    #[error(
        "{0} holds no recorded request: give a folder with an index.jsonl or with *.traces.pb, *.jsonl and the like in it"
    )]
    Empty(PathBuf),
}

/// Reads recordings, in the order given. A path is a file (one export request as protobuf or
/// OTLP/JSON, or OTLP JSON lines) or a folder of such files, in the order of its `index.jsonl`,
/// else by name. A file that is named singly has its arrival from the index beside it, too.
///
/// Only a path that gives nothing is an error; a tear, a bad line or a missing file of an index
/// costs only itself and is told of in `complaints`.
pub fn read(paths: &[PathBuf]) -> Result<Recording, ReadError> {
    let mut reader = Reader::default();
    for path in paths {
        if path.is_dir() {
            reader.folder(path)?;
        } else {
            reader.named(path)?;
        }
    }
    Ok(reader.recording)
}

/// The requests in one file's content.
pub(super) fn from_bytes(name: &str, content: &[u8]) -> Recording {
    let mut reader = Reader::default();
    let layout = Layout::of_name(name).unwrap_or(Layout::Json);
    reader.content(name, content.to_vec(), layout, &Row::default());
    reader.recording
}

#[derive(Default)]
struct Reader {
    recording: Recording,
    /// The indexes read so far, by folder.
    indexes: HashMap<PathBuf, Option<Rc<[Row]>>>,
}

impl Reader {
    fn folder(&mut self, folder: &Path) -> Result<(), ReadError> {
        let unreadable = |source| ReadError::Unreadable {
            path: folder.to_owned(),
            source,
        };
        let before = self.recording.requests.len();
        if let Some(rows) = self.index(folder) {
            for row in rows.iter() {
                self.row(folder, row);
            }
        } else {
            let entries = std::fs::read_dir(folder).map_err(unreadable)?;
            let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
            files.sort();
            let is_recording = |f: &PathBuf| Layout::of_name(&name_of(f)).is_some() && f.is_file();
            let (files, others): (Vec<_>, Vec<_>) = files.into_iter().partition(is_recording);
            for file in files {
                self.file(&file, Layout::of_name(&name_of(&file)), &Row::default());
            }
            if !others.is_empty() {
                let text = format!(
                    "{}: {} other entries left out",
                    folder.display(),
                    others.len()
                );
                self.recording.complaints.push(text);
            }
        }
        if self.recording.requests.len() == before {
            return Err(ReadError::Empty(folder.to_owned()));
        }
        Ok(())
    }

    /// A file named on its own.
    fn named(&mut self, path: &Path) -> Result<(), ReadError> {
        let unreadable = |source| ReadError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let content = std::fs::read(path).map_err(unreadable)?;
        let name = name_of(path);
        let folder = path.parent().unwrap_or(Path::new(""));
        let rows = if name == INDEX {
            None
        } else {
            self.index(folder)
        };
        let row = rows.and_then(|rows| rows.iter().find(|r| r.names(&name)).cloned());
        let row = row.unwrap_or_default();
        let layout = layout_of(&row, &name).or_else(|| {
            // Whatever begins with a brace is worth a try.
            let begins = content.trim_ascii_start().starts_with(b"{");
            let own = content.starts_with(MAGIC).then_some(Layout::Journal);
            own.or(begins.then_some(Layout::Json))
        });
        let layout = layout.ok_or_else(|| ReadError::Unknown(path.to_owned()))?;
        self.content(&path.display().to_string(), content, layout, &row);
        Ok(())
    }

    /// A file that an index names. The name comes from outside: it may not leave the folder.
    fn row(&mut self, folder: &Path, row: &Row) {
        let Some(name) = &row.file else { return };
        if Path::new(name).file_name() != Some(name.as_ref()) {
            let text = format!(
                "{}: {name:?} is not in the index's folder",
                folder.display()
            );
            self.recording.complaints.push(text);
            return;
        }
        let mut file = folder.join(name);
        if !file.exists() {
            let zipped = folder.join(format!("{name}.gz"));
            file = if zipped.exists() { zipped } else { file };
        }
        self.file(&file, layout_of(row, name), row);
    }

    fn file(&mut self, file: &Path, layout: Option<Layout>, row: &Row) {
        let name = file.display().to_string();
        match (std::fs::read(file), layout) {
            (Ok(content), Some(layout)) => self.content(&name, content, layout, row),
            (Ok(_), None) => self.complain(&name, "its signal is not known"),
            (Err(error), _) => self.complain(&name, &error.to_string()),
        }
    }

    fn content(&mut self, name: &str, content: Vec<u8>, layout: Layout, row: &Row) {
        let mut complaints = Vec::new();
        let content = body::gunzip(content, &mut complaints);
        if let Some(other) = row
            .content_encoding
            .as_deref()
            .filter(|e| !is_plain_or_gzip(e))
        {
            complaints.push(format!(
                "compressed with {other}, which recordings are not read with"
            ));
        } else {
            let peer: Arc<str> = name.into();
            for found in body::split(content.into(), layout, &mut complaints) {
                let place = found
                    .line
                    .map_or(peer.clone(), |line| format!("{name}:{line}").into());
                let own = || (row.arrival_unix_ns.unwrap_or(0), place);
                let (received_ns, peer) = found.received.unwrap_or_else(own);
                self.recording.requests.push(Recorded {
                    payload: Payload {
                        signal: found.signal,
                        encoding: found.encoding,
                        body: found.body,
                        received_ns,
                        peer,
                    },
                    offset_ms: found.arrival_ms.or(row.arrival_ms),
                });
            }
        }
        for complaint in complaints {
            self.complain(name, &complaint);
        }
    }

    fn complain(&mut self, name: &str, what: &str) {
        self.recording.complaints.push(format!("{name}: {what}"));
    }

    /// A folder's index, read once.
    fn index(&mut self, folder: &Path) -> Option<Rc<[Row]>> {
        let complaints = &mut self.recording.complaints;
        let read = || read_index(folder, complaints).map(Rc::from);
        self.indexes
            .entry(folder.to_owned())
            .or_insert_with(read)
            .clone()
    }
}

/// What the index says goes before what the name says.
fn layout_of(row: &Row, name: &str) -> Option<Layout> {
    match (row.signal(), row.encoding()) {
        (Some(signal), Encoding::Protobuf) => Some(Layout::Protobuf(signal)),
        (Some(_), Encoding::Json) => Some(Layout::Json),
        (None, _) => Layout::of_name(name),
    }
}

fn is_plain_or_gzip(encoding: &str) -> bool {
    matches!(encoding, "" | "identity" | "gzip" | "x-gzip" | "none")
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}
