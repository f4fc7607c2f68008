//! What becomes of each request besides the picture: hidden parts, the recording, the way on to
//! another server. All of it stands before decoding.

use crate::config::{self, Content};
use crate::convention::Tables;
use crate::forward::{Forward, Forwarded};
use crate::privacy::{Contents, Privacy};
use crate::record::journal::{Journal, JournalError};
use crate::ui::Tap;
use crate::wire::payload::Payload;
use crate::wire::post::Target;
use anyhow::{Context, anyhow};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What is hidden.
    pub privacy: Option<Arc<Privacy>>,
    /// Where requests go on to.
    pub forward: Option<Target>,
    /// A recording from the start.
    pub record: Option<PathBuf>,
    /// Above so many bytes a recording goes on in another file.
    pub rotate: Option<u64>,
}

impl Wanted {
    /// As it is settled; what cannot be is said with the flag that it is from.
    pub fn of(settled: &config::Receive, tables: &Tables) -> anyhow::Result<Self> {
        let forward = settled.forward.as_deref().map(str::parse).transpose();
        let rotate = settled.record_size.0;
        Ok(Self {
            forward: forward.map_err(|why: String| anyhow!("--forward: {why}"))?,
            record: settled.record.clone(),
            rotate: (rotate > 0).then_some(rotate),
            ..Self::hidden(settled, tables)?
        })
    }

    /// Only what is hidden: of recordings too.
    pub fn hidden(settled: &config::Receive, tables: &Tables) -> anyhow::Result<Self> {
        let contents = match settled.content {
            Content::Show => Contents::Show,
            Content::Hash => Contents::Hash,
            Content::Off => Contents::Off,
        };
        let privacy = Privacy::new(contents, &settled.redact, tables);
        Ok(Self {
            privacy: privacy
                .context("--redact takes regular expressions")?
                .map(Arc::new),
            ..Self::default()
        })
    }
}

/// The recording, as it is.
#[derive(Debug, Default)]
enum Recorder {
    /// None.
    #[default]
    Off,
    /// Written to.
    On(Journal),
    /// It could not be written any more: where, and why.
    Ended(PathBuf, String),
}

/// A recording in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where.
    pub path: PathBuf,
    /// Requests and bytes.
    pub written: (u64, u64),
}

/// All taps. Shared by the threads that receive.
#[derive(Debug, Default)]
pub struct Taps {
    /// What is hidden.
    pub privacy: Option<Arc<Privacy>>,
    forward: Option<Forward>,
    recorder: Mutex<Recorder>,
    rotate: Option<u64>,
}

impl Taps {
    /// As asked for; what waits to go on to another server may take `room` bytes.
    pub fn open(wanted: Wanted, room: usize, threads: &Handle) -> Result<Self, JournalError> {
        let start = |target| Forward::start(target, room, threads);
        let taps = Self {
            privacy: wanted.privacy,
            forward: wanted.forward.map(start),
            recorder: Mutex::default(),
            rotate: wanted.rotate,
        };
        if let Some(path) = &wanted.record {
            taps.record(path)?;
        }
        Ok(taps)
    }

    fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a recording; the one before it ends.
    pub fn record(&self, path: &Path) -> Result<(), JournalError> {
        let journal = Journal::open(path, self.rotate)?;
        *self.recorder() = Recorder::On(journal);
        Ok(())
    }

    /// Ends the recording; what it holds.
    pub fn stop_recording(&self) -> Option<Recorded> {
        match std::mem::take(&mut *self.recorder()) {
            Recorder::On(journal) => Some(Recorded::of(&journal)),
            Recorder::Ended(..) | Recorder::Off => None,
        }
    }

    /// The recording that is made.
    pub fn recording(&self) -> Option<Recorded> {
        match &*self.recorder() {
            Recorder::On(journal) => Some(Recorded::of(journal)),
            Recorder::Ended(..) | Recorder::Off => None,
        }
    }

    /// A recording that ended by itself, and why; told until another begins.
    pub fn recording_ended(&self) -> Option<(PathBuf, String)> {
        match &*self.recorder() {
            Recorder::Ended(path, why) => Some((path.clone(), why.clone())),
            Recorder::On(_) | Recorder::Off => None,
        }
    }

    /// Where requests go on to, and what became of them.
    pub fn forwarded(&self) -> Option<(String, Forwarded)> {
        let forward = self.forward.as_ref()?;
        Some((forward.target().to_string(), forward.forwarded()))
    }

    /// Records a request and sends it on. What could not be recorded ends the recording, and not
    /// the receiving.
    pub fn tap(&self, payload: &Payload) {
        let mut recorder = self.recorder();
        if let Recorder::On(journal) = &mut *recorder
            && let Err(error) = journal.append(payload)
        {
            *recorder = Recorder::Ended(journal.path().to_owned(), error.to_string());
        }
        drop(recorder);
        if let Some(forward) = &self.forward {
            forward.tap(payload);
        }
    }
}

impl Recorded {
    fn of(journal: &Journal) -> Self {
        Self {
            path: journal.path().to_owned(),
            written: journal.written(),
        }
    }
}

/// What taps do, for the screen: a label, what is done, and whether it is trouble.
pub fn view(taps: &Taps) -> Vec<Tap> {
    let mut view = Vec::new();
    if let Some(Recorded { path, written }) = taps.recording() {
        view.push(Tap {
            label: "recording",
            to: path.display().to_string(),
            counts: vec![("requests", written.0), ("bytes", written.1)],
            trouble: None,
        });
    }
    if let Some((path, why)) = taps.recording_ended() {
        view.push(Tap {
            label: "recording",
            to: path.display().to_string(),
            counts: Vec::new(),
            trouble: Some(format!("ended: {why}")),
        });
    }
    if let Some((to, done)) = taps.forwarded() {
        view.push(Tap {
            label: "forwarding",
            to,
            counts: vec![
                ("sent", done.sent),
                ("dropped", done.dropped),
                ("failed", done.failed),
            ],
            trouble: done.last_failure,
        });
    }
    view
}
