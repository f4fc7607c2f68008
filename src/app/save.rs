//! Saving: the loop hands evidence over in small parts, a thread of its own makes the file of it.
//! So a big store delays no key, and what is written is what was there when it was its turn.

use super::load::file;
use super::lore::Known;
use super::report::print;
use crate::cli::Format;
use crate::model::evidence::{Evidence, Signal as Kind};
use crate::model::ids::EvidenceId;
use crate::model::store::Store;
use crate::record::export::{Piece, Sender, requests};
use crate::record::request::Request;
use crate::ui::save::{Form, Order};
use crate::wire::payload::{Encoding, Payload, Signal};
use crate::{ingest, report, wire};
use rustc_hash::FxHashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use tokio::sync::mpsc::UnboundedSender;

/// Bytes that are handed over at once, which takes well under a millisecond.
const PART: usize = 1 << 20;
/// Pieces of one request in the file.
const PIECES: usize = 512;
/// Parts that may wait for the thread.
const PARTS: usize = 2;

/// How it went.
#[derive(Debug)]
pub struct Saved {
    /// What was asked for.
    pub order: Order,
    /// Where it is.
    pub path: PathBuf,
    /// Spans and records in it, and those that are not because their bytes were dropped.
    pub pieces: (u64, u64),
    /// Bytes of the file, or why there is none.
    pub written: io::Result<u64>,
    /// Spans and records that had been received when it was asked for.
    pub received: u64,
}

/// A file on its way.
pub struct Saving {
    /// Each piece and what tells it from one that took its place.
    ids: std::vec::IntoIter<(EvidenceId, u64)>,
    senders: FxHashMap<u32, Arc<Sender>>,
    parts: Option<SyncSender<Part>>,
    waiting: Option<Part>,
}

#[derive(Default)]
struct Part {
    pieces: Vec<Piece>,
    dropped: u64,
}

/// What tells a piece from another that took its number after it was evicted.
fn mark(evidence: &Evidence) -> u64 {
    crate::model::evidence::key_of((evidence.trace, evidence.span, evidence.content))
}

impl Saving {
    /// Begins to save these pieces. The result is sent to `done`.
    pub fn start(
        order: Order,
        ids: Vec<EvidenceId>,
        store: &Store,
        known: Arc<Known>,
        done: UnboundedSender<Saved>,
    ) -> io::Result<Self> {
        let marked = ids.into_iter();
        let marked = marked.filter_map(|id| Some((id, mark(store.evidence(id)?))));
        let ids: Vec<_> = marked.collect();
        let (parts, from) = sync_channel(PARTS);
        let received = store.counters.spans + store.counters.logs;
        std::thread::Builder::new()
            .name("save".into())
            .spawn(move || {
                let path = expand(&order.path);
                let mut pieces = (0, 0);
                let form = Form::of(&order.path);
                let written = place(&path, order.overwrite, |out| match form {
                    Form::Otlp => lines(&from, out, &mut pieces),
                    Form::Report => reported(&from, &known, Format::Json, out, &mut pieces),
                    Form::Markdown => reported(&from, &known, Format::Markdown, out, &mut pieces),
                    Form::Text => reported(&from, &known, Format::Text, out, &mut pieces),
                });
                let _ = done.send(Saved {
                    order,
                    path,
                    pieces,
                    written,
                    received,
                });
            })?;
        Ok(Self {
            ids: ids.into_iter(),
            senders: FxHashMap::default(),
            parts: Some(parts),
            waiting: None,
        })
    }

    /// Hands the next part over, if the thread is ready for it; false when all is handed over.
    pub fn step(&mut self, store: &Store) -> bool {
        let Some(parts) = self.parts.take() else {
            return false;
        };
        let part = self.waiting.take().unwrap_or_else(|| self.gather(store));
        if part.pieces.is_empty() && part.dropped == 0 {
            return false; // the channel closes: that was all
        }
        match parts.try_send(part) {
            Ok(()) => {}
            Err(TrySendError::Full(part)) => self.waiting = Some(part),
            // The thread has ended early; its result says why.
            Err(TrySendError::Disconnected(_)) => return false,
        }
        self.parts = Some(parts);
        true
    }

    fn gather(&mut self, store: &Store) -> Part {
        let mut part = Part::default();
        let mut bytes = 0;
        for (id, is) in self.ids.by_ref() {
            let evidence = store.evidence(id).filter(|e| mark(e) == is);
            let kept = evidence.map(|e| (e, store.bytes(e)));
            let Some((evidence, content)) = kept.filter(|(_, bytes)| !bytes.is_empty()) else {
                part.dropped += 1;
                continue;
            };
            let sender = self.senders.entry(evidence.origin).or_insert_with(|| {
                let origin = store.origin(evidence);
                Arc::new(origin.map_or_else(Sender::default, |o| Sender {
                    resource: o.resource.clone(),
                    scope: o.scope_bytes.clone(),
                    schema_url: o.schema_url.clone(),
                }))
            });
            part.pieces.push(Piece {
                signal: match evidence.signal {
                    Kind::Span => Signal::Traces,
                    Kind::Log => Signal::Logs,
                },
                sender: sender.clone(),
                bytes: content.into_owned(),
            });
            bytes += evidence.bytes.len();
            if bytes >= PART {
                break;
            }
        }
        part
    }
}

/// The parts as requests of a bearable length.
fn each_request(
    parts: &Receiver<Part>,
    pieces: &mut (u64, u64),
    mut take: impl FnMut(Request) -> io::Result<()>,
) -> io::Result<()> {
    for part in parts {
        pieces.0 += part.pieces.len() as u64;
        pieces.1 += part.dropped;
        for some in part.pieces.chunks(PIECES) {
            requests(some).into_iter().try_for_each(&mut take)?;
        }
    }
    Ok(())
}

fn lines(parts: &Receiver<Part>, out: &mut dyn Write, pieces: &mut (u64, u64)) -> io::Result<()> {
    each_request(parts, pieces, |request| {
        serde_json::to_writer(&mut *out, &request.to_json()?)?;
        out.write_all(b"\n")
    })
}

/// The report of what the lines would hold, made in a store of its own.
fn reported(
    parts: &Receiver<Part>,
    known: &Known,
    format: Format,
    out: &mut dyn Write,
    pieces: &mut (u64, u64),
) -> io::Result<()> {
    let mut store = Store::new();
    each_request(parts, pieces, |request| {
        let payload = Payload {
            signal: match request {
                Request::Traces(_) => Signal::Traces,
                Request::Logs(_) => Signal::Logs,
                Request::Metrics(_) => Signal::Metrics,
            },
            encoding: Encoding::Protobuf,
            body: request.to_protobuf().into(),
            received_ns: 0,
            peer: "".into(),
        };
        let decoded = wire::decode(&payload);
        file(&mut store, ingest::prepare(&known.tables, &decoded, 0));
        Ok(())
    })?;
    let now = store.last_time();
    store.refresh(known, now);
    let report = report::build(&mut store, known);
    print(&report, format, out).map_err(io::Error::other)
}

/// Writes a file that nobody else may read, whole or not at all: one that is there already stays
/// as it is unless it may go, and goes only once the new one is written.
fn place(
    path: &Path,
    overwrite: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<u64> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let target = if overwrite { &beside } else { path };
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let opened = options.open(target)?;
    let mut out = BufWriter::with_capacity(1 << 16, opened);
    let written = write(&mut out)
        .and_then(|()| out.flush())
        .and_then(|()| out.get_ref().metadata())
        .and_then(|about| {
            if overwrite {
                fs::rename(&beside, path)?;
            }
            Ok(about.len())
        });
    if written.is_err() {
        // Half a file is worse than none, and it was ours.
        let _ = fs::remove_file(target);
    }
    written
}

/// `~/` is the home folder.
pub(super) fn expand(path: &str) -> PathBuf {
    match path.strip_prefix("~/").zip(etcetera::home_dir().ok()) {
        Some((rest, home)) => home.join(rest),
        None => PathBuf::from(path),
    }
}
