//! The loop: keys, batches and time, in this order of urgency, to one frame at a time.

use super::lore::Known;
use super::notice::Watch;
use super::others::Guests;
use super::pace::{Inflow, Pace};
use super::receive::{self, Receiving};
use super::recordings::{Feed, Opened};
use super::save::{Saved, Saving};
use super::screen::{Asked, Screen};
use super::signals::{HUNG_UP, Signals};
use super::terminal::Writer;
use super::themes::Themes;
use super::{canvas, env, input, now_ns};
use crate::config::{Config, Notices};
use crate::model::store::Store;
use crate::theme::Theme;
use crate::ui::themes::Themes as ListedThemes;
use crate::ui::{Action, ReceiverView, UiState, keymap, state::Settled};
use crossterm::event::{Event, KeyEventKind};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The clock moves so often, and silence is noticed.
const CLOCK: Duration = Duration::from_secs(1);
/// A thread that saves is given its parts so often.
const PART: Duration = Duration::from_millis(1);
/// Batches filed before keys are looked at again.
const SLICE: usize = 8;

/// What the screen shows, and how.
pub struct Show {
    /// Tables and prices.
    pub known: Arc<Known>,
    /// What is there already.
    pub store: Store,
    /// Where themes are found.
    pub themes: Themes,
    /// What is settled.
    pub config: Config,
    /// Bytes that the store may hold.
    pub limit: usize,
    /// The recording that is browsed or played.
    pub recording: Option<String>,
    /// "Now" of a recording that is browsed and not played, ns since the epoch.
    pub frozen_at: Option<u64>,
    /// What is shown besides what others send.
    pub feed: Feed,
}

/// How the screen was left.
pub struct Left {
    /// The evidence, for a last summary.
    pub store: Store,
    /// When, ns since the epoch; "now" of a recording that was browsed.
    pub at: u64,
    /// Exit status: 128 + the signal that ended it, else 0.
    pub status: u8,
    /// The terminal took everything and can take a last word.
    pub answers: bool,
    /// Files that were written.
    pub files: Vec<PathBuf>,
    /// A recording that could not be written any more, and why.
    pub recording_ended: Option<(PathBuf, String)>,
}

/// Shows the screen until somebody leaves. `receiving` is `None` for a recording.
pub async fn run(show: Show, receiving: Option<Receiving>) -> anyhow::Result<Left> {
    let mut signals = Signals::new()?;
    let (writer, answers) = Writer::take(canvas::questions(&canvas::environment))?;
    let screen = &show.config.screen;
    let mouse = screen.mouse;
    let canvas = canvas::canvas(&canvas::environment, &answers, screen.ascii);
    let theme = show.themes.on(&screen.theme, canvas);
    let (mut running, keys) = match theme.and_then(|theme| Ok((theme, input::events(answers)?))) {
        Ok((theme, (keys, gate))) => {
            let terminal = (size(), Guests::new(gate));
            (Loop::new(show, theme, receiving, terminal), keys)
        }
        Err(error) => {
            writer.leave();
            return Err(error);
        }
    };
    writer.mouse(mouse);
    let left = running.run(&writer, keys, &mut signals).await;
    let answers = writer.leave();
    let status = left?;
    running.end_recording();
    Ok(Left {
        at: running.now(),
        recording_ended: running.recording_ended.take(),
        files: std::mem::take(&mut running.files),
        store: running.into_store(),
        status,
        answers,
    })
}

/// The state of the screen before anything has happened.
fn start(config: Config, themes: ListedThemes, size: (u16, u16)) -> UiState {
    let settled = Settled {
        keymap: config.keys,
        internals: config.screen.internals,
        wall_clock: config.screen.wall_clock,
        no_legend: !config.screen.legend,
        mouse: config.screen.mouse,
        columns: config.screen.columns,
        budget: config.cost.budget,
        queries: config.queries,
        themes,
    };
    UiState::new(size.0, size.1).with(settled)
}

/// Columns and rows of the terminal.
pub(super) fn size() -> (u16, u16) {
    crossterm::terminal::size().unwrap_or((80, 24))
}

pub(super) struct Loop {
    pub(super) screen: Screen,
    pub(super) known: Arc<Known>,
    pub(super) receiving: Option<Receiving>,
    recording: Option<String>,
    frozen_at: Option<u64>,
    size: (u16, u16),
    /// Rows that run move so often.
    tick: Duration,
    /// There is evidence that is not correlated yet.
    fresh: bool,
    /// Evidence came since correlating last.
    came: bool,
    /// The screen is not as it should be.
    pub(super) dirty: bool,
    started: Instant,
    /// A file on its way.
    pub(super) saving: Option<Saving>,
    /// Where results of saving come from.
    pub(super) saved: (mpsc::UnboundedSender<Saved>, mpsc::UnboundedReceiver<Saved>),
    /// Where recordings that were opened are told of.
    pub(super) opened: (
        mpsc::UnboundedSender<Opened>,
        mpsc::UnboundedReceiver<Opened>,
    ),
    /// Files that were written.
    pub(super) files: Vec<PathBuf>,
    /// The recording that ended by itself, once that is told.
    pub(super) recording_ended: Option<(PathBuf, String)>,
    /// Others that have the terminal.
    pub(super) guests: Guests,
    /// What the person is called for, and how.
    pub(super) watch: Option<Watch>,
    pub(super) notices: Notices,
    pace: Pace,
}

impl Loop {
    fn new(
        show: Show,
        theme: Theme,
        receiving: Option<Receiving>,
        (size, guests): ((u16, u16), Guests),
    ) -> Self {
        let now = Instant::now();
        let known = show.known.clone();
        let tick = show.config.screen.tick;
        let listed = ListedThemes {
            names: show.themes.names(),
            current: theme.name.clone(),
        };
        let live = receiving.is_some() && show.recording.is_none();
        let notices = show.config.notices.clone();
        let watch = Watch::new(&show.config, now_ns());
        let silence = show.config.findings.silence.clone();
        let ui = start(show.config, listed, size);
        let mut screen = Screen::new(show.known, show.store, theme, ui, show.limit);
        screen.set_themes(show.themes);
        screen.silence(silence);
        if let Some(receiving) = &receiving {
            let port =
                |addresses: &[SocketAddr], usual| addresses.first().map_or(usual, SocketAddr::port);
            let shell = std::env::var("SHELL").ok();
            let (grpc, http) = (port(&receiving.grpc, 4317), port(&receiving.http, 4318));
            screen.set_setups(env::setups(shell.as_deref(), grpc, http));
        }
        let recorded = receiving.as_ref().is_some_and(Receiving::is_recording);
        screen.set_live(live && !recorded);
        if show.frozen_at.is_some() {
            // Nothing new will come that could be followed.
            screen.act(Action::Follow);
        }
        let opened = mpsc::unbounded_channel();
        if let Some(receiving) = &receiving {
            receiving.feed(show.feed, &opened.0);
        }
        Self {
            screen,
            known,
            receiving,
            recording: show.recording,
            frozen_at: show.frozen_at,
            size,
            tick,
            fresh: true,
            came: false,
            dirty: true,
            started: now,
            saving: None,
            saved: mpsc::unbounded_channel(),
            opened,
            files: Vec::new(),
            recording_ended: None,
            guests,
            watch: live.then_some(watch),
            notices,
            pace: Pace::new(now),
        }
    }

    /// The program's clock, ms since it started; it goes on where "now" stands still.
    pub(super) fn clock(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn now(&self) -> u64 {
        self.frozen_at.unwrap_or_else(now_ns)
    }

    /// Files what was acknowledged but not taken in yet.
    fn into_store(mut self) -> Store {
        if let Some(receiving) = &mut self.receiving {
            while let Ok(came) = receiving.batches.try_recv() {
                self.screen.receive(came.batch);
            }
        }
        self.screen.into_store()
    }

    async fn run(
        &mut self,
        writer: &Writer,
        mut keys: mpsc::Receiver<io::Result<Event>>,
        signals: &mut Signals,
    ) -> anyhow::Result<u8> {
        let mut batches = Vec::with_capacity(SLICE);
        loop {
            self.catch_up(&|| keys.is_empty());
            self.call(writer);
            if self.dirty && self.pace.frame_at() <= Instant::now() {
                self.draw(writer);
            }
            if writer.is_gone() {
                return Ok(HUNG_UP);
            }
            self.hand_over();
            let wake = self.wake();
            tokio::select! {
                biased;
                told = signals.next() => {
                    if let Some(status) = self.on_signal(told, writer) { return Ok(status) }
                }
                ended = self.guests.next() => {
                    if !self.on_returned(&ended, writer) { return Ok(HUNG_UP) }
                }
                event = keys.recv() => match event {
                    Some(event) => if let Asked::Leave = self.on_event(event?, writer) { return Ok(0) },
                    None => return Ok(HUNG_UP),
                },
                Some(saved) = self.saved.1.recv() => {
                    if self.on_saved(&saved) == Asked::Leave { return Ok(0) }
                }
                Some(opened) = self.opened.1.recv() => self.on_opened(&opened),
                // What is full takes nothing in until room is made; exporters are told to wait.
                n = receive::next(self.receiving.as_mut(), &mut batches, SLICE), if !self.screen.is_full() => {
                    self.fresh |= n > 0;
                    self.came |= n > 0;
                    self.pace.hear(Instant::now());
                    batches.drain(..).for_each(|came| self.screen.receive(came.batch));
                }
                () = sleep_until(wake) => self.on_time(),
                () = sleep_until(self.pace.quiet_at()), if self.screen.can_squeeze() => self.screen.squeeze(),
            }
        }
    }

    /// What runs has grown, and what fell silent is to be noticed once a second.
    fn on_time(&mut self) {
        self.screen.act(Action::Time(self.clock()));
        self.dirty = true;
        self.fresh |= self.frozen_at.is_none() && self.pace.last_refresh().elapsed() >= CLOCK;
    }

    /// Correlates some of what came, if it is time, so that keys are always answered. While more
    /// comes, taking it in goes first.
    fn catch_up(&mut self, is_quiet: &dyn Fn() -> bool) {
        let start = Instant::now();
        if !self.fresh || self.pace.refresh_at() > start {
            return;
        }
        let crowd = self.receiving.as_ref().is_some_and(Receiving::is_crowded);
        let inflow = match (std::mem::take(&mut self.came), crowd) {
            (true, true) => Inflow::Crowd,
            (true, false) => Inflow::Some,
            (false, _) => Inflow::None,
        };
        let until = self.pace.work_until(start, inflow);
        let is_time = || is_quiet() && Instant::now() < until;
        let view = self.receiver_view();
        self.screen.set_receiver(view);
        self.fresh = self.screen.refresh_while(self.now(), &is_time);
        self.watch();
        self.notice_taps();
        self.pace.refreshed(start, Instant::now(), inflow);
        self.dirty = true;
    }

    fn wake(&self) -> Instant {
        let idle = self.pace.drawn()
            + if self.screen.ticks() && self.frozen_at.is_none() {
                self.tick
            } else {
                CLOCK
            };
        let draw = if self.dirty {
            self.pace.frame_at()
        } else {
            idle
        };
        let draw = if self.saving.is_some() {
            draw.min(Instant::now() + PART)
        } else {
            draw
        };
        if self.fresh {
            draw.min(self.pace.refresh_at())
        } else {
            draw
        }
    }

    fn draw(&mut self, writer: &Writer) {
        if let Some(view) = self.receiving.as_ref().map(|_| self.receiver_view()) {
            self.screen.set_receiver(view);
        }
        writer.show(self.screen.frame(self.now(), self.size));
        self.dirty = false;
        self.pace.drew(Instant::now());
    }

    fn receiver_view(&self) -> ReceiverView {
        let recording = self.recording.clone();
        match &self.receiving {
            Some(receiving) => ReceiverView {
                recording,
                ..receiving.view()
            },
            None => ReceiverView {
                recording,
                ..ReceiverView::default()
            },
        }
    }

    pub(super) fn on_event(&mut self, event: Event, writer: &Writer) -> Asked {
        let clock = self.clock();
        let action = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                keymap::action(self.screen.ui(), key)
            }
            Event::Mouse(event) => self.screen.point(event, clock),
            Event::Paste(text) => Some(Action::Paste(text)),
            Event::Resize(columns, rows) => {
                self.size = (columns, rows);
                writer.repaint();
                self.pace.repaint(Instant::now());
                Some(Action::Resize(columns, rows))
            }
            _ => None,
        };
        let Some(action) = action else {
            return Asked::Nothing;
        };
        (self.dirty, self.fresh) = (true, true);
        self.pace.press();
        self.pace.hear(Instant::now());
        self.screen.act(Action::Time(clock));
        let asked = self.screen.act(action);
        self.serve(&asked, writer);
        asked
    }
}
