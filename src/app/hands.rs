//! What hands ask for and the screen cannot do alone: the clipboard, files, letting go of it all.

use super::burn::Burn;
use super::clipboard;
use super::complete::complete;
use super::live::Loop;
use super::notice;
use super::now_ns;
use super::reading::Reading;
use super::receive::Receiving;
use super::recordings::{Opened, Taken};
use super::save::{Saved, Saving, expand};
use super::screen::{Asked, Screen};
use super::signals;
use super::taps::Recorded;
use super::terminal::Writer;
use crate::config::Notices;
use crate::model::ids::{EvidenceId, NodeId, SessionId};
use crate::record;
use crate::ui::ask::Answer;
use crate::ui::pane::Tone;
use crate::ui::save::{Form, Order, What};
use crate::ui::{Action, ask, text};
use std::io::ErrorKind;
use std::path::PathBuf;
use tokio::sync::mpsc::UnboundedSender;

impl Loop {
    /// Gives the thread that saves its next part.
    pub(super) fn hand_over(&mut self) {
        self.saving
            .take_if(|saving| !saving.step(&self.screen.store));
    }

    pub(super) fn on_saved(&mut self, saved: &Saved) -> Asked {
        self.dirty = true;
        if saved.written.is_ok() {
            self.files.push(saved.path.clone());
        }
        self.screen.act(Action::Time(self.clock()));
        self.screen.saved(saved)
    }

    /// Looks for what the person is to be called for.
    pub(super) fn watch(&mut self) {
        if let Some(watch) = &mut self.watch {
            let store = &self.screen.store;
            let spent = store.totals().cost.unwrap_or_default();
            watch.note(store.sessions(), spent);
        }
    }

    /// Calls the person.
    pub(super) fn call(&mut self, writer: &Writer) {
        let clock = self.clock();
        let Some((tone, text)) = self.watch.as_mut().and_then(|w| w.say(clock)) else {
            return;
        };
        let Notices { bell, osc9, .. } = self.notices;
        writer.say(&notice::words(bell, osc9, &text, clipboard::in_tmux()));
        self.screen.act(Action::Time(clock));
        self.screen.act(Action::Tell(tone, text));
        self.dirty = true;
    }

    pub(super) fn play_demo(&self) {
        if let Some(receiving) = &self.receiving {
            let is_time = |key: &str| self.known.tables.is_time_key(key);
            let requests = record::demo().requests;
            let due = record::replay::happening_now(requests, 1.0, now_ns(), &is_time);
            receiving.play(due, self.opened.0.clone());
        }
    }

    /// Begins a recording under a name of its own, or ends the one that is made.
    fn record(&mut self) {
        let Some(taps) = self.receiving.as_ref().map(Receiving::taps) else {
            let text = "a recording is open: nothing is received that could be recorded";
            self.screen
                .act(Action::Tell(Tone::Warning, text.to_owned()));
            return;
        };
        let (tone, told) = if let Some(Recorded { path, written }) = taps.stop_recording() {
            let told = format!("recorded {} requests to {}", written.0, path.display());
            self.files.push(path);
            (Tone::Running, told)
        } else {
            let name = jiff::Zoned::now().strftime("spanfall-%Y%m%d-%H%M%S.spanfall");
            let path = PathBuf::from(name.to_string());
            match taps.record(&path) {
                Ok(()) => (Tone::Running, format!("recording to {}", path.display())),
                Err(error) => (Tone::Error, error.to_string()),
            }
        };
        let told = text::sanitize(&told).into_owned();
        self.screen.act(Action::Tell(tone, told));
    }

    /// Ends the recording that is made; its file is one that was written.
    pub(super) fn end_recording(&mut self) {
        let receiving = self.receiving.as_ref();
        let recorded = receiving.and_then(|r| r.taps().stop_recording());
        self.files.extend(recorded.map(|r| r.path));
    }

    /// A recording ended by itself: says so, once.
    pub(super) fn notice_taps(&mut self) {
        let ended = self
            .receiving
            .as_ref()
            .and_then(|r| r.taps().recording_ended());
        if let Some((path, why)) = &ended
            && self.recording_ended != ended
        {
            let told = format!("recording to {} ended: {why}", path.display());
            let told = text::sanitize(&told).into_owned();
            self.screen.act(Action::Tell(Tone::Error, told));
            self.dirty = true;
        }
        self.recording_ended = ended;
    }

    fn open(&mut self, path: &str) {
        let told = match &self.receiving {
            Some(receiving) => {
                receiving.open(expand(path), self.opened.0.clone());
                (Tone::Running, format!("reading {}", text::sanitize(path)))
            }
            None => (
                Tone::Warning,
                "a recording is open: `spanfall open` takes several".to_owned(),
            ),
        };
        self.screen.act(Action::Tell(told.0, told.1));
    }

    /// A recording was taken in, or not, or played to its end: says so.
    pub(super) fn on_opened(&mut self, opened: &Opened) {
        let (tone, told) = match opened {
            Opened::Read { path, taken } => read(&path.display().to_string(), taken),
            Opened::Played { refused: None } => {
                let told = "the recording is over; it stays to be looked at";
                (Tone::Running, told.to_owned())
            }
            Opened::Played {
                refused: Some((n, why)),
            } => {
                let told = format!("the recording is over; not taken in: {n} requests, {why}");
                (Tone::Warning, told)
            }
        };
        self.dirty = true;
        self.screen.act(Action::Time(self.clock()));
        let told = text::sanitize(&told).into_owned();
        self.screen.act(Action::Tell(tone, told));
    }

    /// Does what the screen cannot do itself.
    pub(super) fn serve(&mut self, asked: &Asked, writer: &Writer) {
        match asked {
            Asked::Mouse(on) => writer.mouse(*on),
            Asked::Copy(item) => {
                let (words, tone, told) = clipboard::copy(item, clipboard::in_tmux());
                writer.say(&words);
                self.screen.act(Action::Tell(tone, told));
            }
            Asked::Hand(handed) => self.hand_out(handed, writer),
            Asked::Save(order) if self.saving.is_none() => {
                match self.screen.save(order.clone(), self.saved.0.clone()) {
                    Ok(saving) => self.saving = Some(saving),
                    Err(error) => {
                        let text = format!("cannot save: {error}");
                        self.screen.act(Action::Tell(Tone::Error, text));
                    }
                }
            }
            Asked::Save(_) => {
                let text = "the last file is still being written";
                self.screen
                    .act(Action::Tell(Tone::Warning, text.to_owned()));
            }
            Asked::Record => self.record(),
            Asked::Play => self.play_demo(),
            Asked::Open(path) => self.open(path),
            Asked::Complete(path) => {
                let (path, names) = complete(path);
                let answer = Answer::Completed(path, names);
                self.screen.act(Action::Answer(answer));
            }
            Asked::Suspend => signals::ask_to_stop(),
            Asked::Nothing | Asked::Leave => {}
        }
    }
}

/// What is said of a recording that was read.
fn read(path: &str, taken: &Result<Taken, String>) -> (Tone, String) {
    match taken {
        Ok(taken) if taken.unread == 0 => {
            let requests = taken.requests;
            (Tone::Running, format!("opened {path}: {requests} requests"))
        }
        Ok(taken) => {
            let why = taken.why.as_deref().unwrap_or_default();
            let told = format!("opened {path}; not read: {}, {why}", taken.unread);
            (Tone::Warning, told)
        }
        Err(error) => (Tone::Error, error.clone()),
    }
}

impl Screen {
    /// Lets go of all that was received. What waits while the display is held came later, and stays.
    pub(super) fn clear(&mut self) {
        let gone = self.store.clear();
        // A big store is freed piece by piece: not while somebody waits for a key.
        let _ = std::thread::Builder::new().spawn(move || drop(gone));
        (self.tree, self.detail, self.opened, self.wanted) = (None, None, None, None);
        self.reading = Reading::default();
        self.ticks = false;
        self.compared = None;
        self.burn = Burn::default();
        self.gather();
        self.count();
    }

    /// Holds the memory limit: what is looked at stays if it can, what is pinned stays.
    pub(super) fn make_room(&mut self) {
        let limit = self.limit.saturating_sub(self.held_bytes);
        let (ui, looked_at) = (&self.ui, self.ui.session());
        let pinned = |id| ui.is_pinned(id);
        let spared = |id| Some(id) == looked_at || pinned(id);
        self.store.hold(limit, &spared);
        if !self.store.is_behind() {
            self.store.hold(limit, &pinned);
        }
    }

    /// There is no room for more now.
    pub fn is_full(&self) -> bool {
        self.store.held().saturating_add(self.held_bytes) > self.limit
    }

    /// Begins to save; the result is sent to `done`.
    pub fn save(&self, order: Order, done: UnboundedSender<Saved>) -> std::io::Result<Saving> {
        let ids = match order.what {
            What::Everything => self.store.ids(),
            What::Session(session) => {
                let mut ids = self.store.members(session);
                ids.sort_unstable();
                ids
            }
            What::Node(session, node) => self.below(session, node),
        };
        Saving::start(order, ids, &self.store, self.known.clone(), done)
    }

    /// The evidence of a node and all below it.
    fn below(&self, session: SessionId, node: NodeId) -> Vec<EvidenceId> {
        let tree = self.tree.as_ref().filter(|(id, ..)| *id == session);
        let found = tree.and_then(|(_, tree, _)| {
            let at = tree.find(node)?;
            let count = tree.nodes.get(at)?.descendants as usize + 1;
            Some(tree.nodes.iter().skip(at).take(count))
        });
        let sources = found.into_iter().flatten().flat_map(|n| &n.sources);
        let mut ids: Vec<EvidenceId> = sources.map(|s| s.evidence).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// A file was written, or not: says so.
    pub fn saved(&mut self, saved: &Saved) -> Asked {
        let path = text::sanitize(&saved.path.display().to_string()).into_owned();
        match &saved.written {
            Ok(size) => {
                if saved.order.what == What::Everything && Form::of(&saved.order.path) == Form::Otlp
                {
                    self.saved = saved.received;
                    self.count();
                }
                let size = ask::bytes(usize::try_from(*size).unwrap_or(usize::MAX));
                let (tone, lost) = match saved.pieces.1 {
                    0 => (Tone::Running, String::new()),
                    n => (
                        Tone::Warning,
                        format!(", {n} without their dropped contents left out"),
                    ),
                };
                let metrics = saved.order.what == What::Everything
                    && Form::of(&saved.order.path) == Form::Otlp
                    && self.store.counters.metric_points > 0;
                let metrics = if metrics { ", without metrics" } else { "" };
                let told = format!("saved {size} to {path}{lost}{metrics}");
                self.act(Action::Tell(tone, told));
                if saved.order.leave {
                    return Asked::Leave;
                }
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists && !saved.order.overwrite => {
                self.act(Action::Taken(saved.order.clone()));
            }
            Err(error) => {
                let text = format!("cannot save to {path}: {error}");
                self.act(Action::Tell(Tone::Error, text));
            }
        }
        Asked::Nothing
    }
}
