//! What is on the screen: store, state and picture kept in step. One task owns it.

use super::compare::Compared;
use super::contents::Kept;
use super::load::file;
use super::{burn::Burn, detail};
use super::{lore::Known, numbers::numbers};
use super::{reading::Reading, themes::Themes, times::Gathered};
use crate::findings::Watch;
use crate::ingest::Batch;
use crate::model::detail::Detail;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{SessionSummary, Source, Tree};
use crate::model::store::Store;
use crate::theme::Theme;
use crate::ui::mouse::{Hits, Pointer};
use crate::ui::{Action, Effect, Picture, ReceiverView, SetUp, StoreView, UiState, update};
use crate::view;
use crossterm::event::MouseEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

/// Bytes that wait at most while the display is held (design, section 4, `p`).
const HELD_MOST: usize = 64 << 20;
/// Pieces of evidence that are correlated before it is asked whether there is time for more: about
/// a millisecond's work.
pub(super) const PIECES: usize = 128;
/// Sessions without an agent that are shown at most: those heard of last.
const STRANGERS: usize = 200;
/// Effects may ask for a tree, whose rows ask for a detail; more rounds than this do nothing new.
const ROUNDS: usize = 4;

pub use super::asked::Asked;

/// Store, screen and what is looked at.
pub struct Screen {
    pub(super) known: Arc<Known>,
    /// The evidence.
    pub store: Store,
    pub(super) ui: UiState,
    hits: Hits,
    pointer: Pointer,
    pub(super) theme: Theme,
    pub(super) themes: Themes,
    pub(super) tree: Option<(SessionId, Arc<Tree>, u64)>,
    pub(super) ticks: bool,
    pub(super) wanted: Option<(SessionId, NodeId)>,
    pub(super) detail: Option<Detail>,
    pub(super) opened: Option<(NodeId, Vec<Source>)>,
    detail_version: u64,
    /// What was said in the session that is looked at.
    pub(super) reading: Reading,
    pub(super) receiver: ReceiverView,
    numbers: StoreView,
    setups: Vec<SetUp>,
    pub(super) findings: Watch,
    /// All sessions, those without an agent too, while these are asked for.
    everyone: Option<Vec<SessionSummary>>,
    pub(super) burn: Burn,
    pub(super) gathered: Gathered,
    /// Two runs side by side.
    pub(super) compared: Option<Compared>,
    held: Vec<Batch>,
    pub(super) held_bytes: usize,
    paused: bool,
    pub(super) limit: usize,
    utc_offset: i32,
    /// What is received is worth saving: it came live, and is kept nowhere else.
    pub(super) live: bool,
    /// Spans and records that had been received when all was saved last.
    pub(super) saved: u64,
    /// The time of the last refresh.
    now: u64,
}

impl Screen {
    /// A screen in a state; the store is held below `limit` bytes.
    pub fn new(known: Arc<Known>, store: Store, theme: Theme, ui: UiState, limit: usize) -> Self {
        let now = jiff::Zoned::now();
        Self {
            known,
            store,
            ui,
            hits: Hits::default(),
            pointer: Pointer::default(),
            theme,
            themes: Themes::default(),
            tree: None,
            ticks: false,
            wanted: None,
            detail: None,
            opened: None,
            detail_version: 0,
            reading: Reading::default(),
            receiver: ReceiverView::default(),
            numbers: StoreView::default(),
            setups: Vec::new(),
            findings: Watch::default(),
            everyone: None,
            burn: Burn::default(),
            gathered: Gathered::default(),
            compared: None,
            held: Vec::new(),
            held_bytes: 0,
            paused: false,
            limit,
            utc_offset: now.offset().seconds(),
            live: false,
            saved: 0,
            now: 0,
        }
    }

    /// How to make agents export here.
    pub fn set_setups(&mut self, setups: Vec<SetUp>) {
        self.setups = setups;
    }

    /// The same with clock times so many seconds east of UTC, in place of this machine's.
    #[must_use]
    pub fn with_utc_offset(mut self, seconds: i32) -> Self {
        self.utc_offset = seconds;
        self
    }

    /// Where the themes of [`Effect::Theme`] are found.
    pub fn set_themes(&mut self, themes: Themes) {
        self.themes = themes;
    }

    /// The evidence, when the screen is left; what was held back too.
    pub fn into_store(mut self) -> Store {
        self.let_go();
        self.store
    }

    /// The state of the screen, for keys.
    pub fn ui(&self) -> &UiState {
        &self.ui
    }

    /// Takes a batch in, or keeps it while the display is held. What it changes is seen after
    /// the next [`Screen::refresh`].
    pub fn receive(&mut self, batch: Batch) {
        if !self.paused {
            file(&mut self.store, batch);
            return;
        }
        self.held_bytes += batch.items.weight();
        self.held.push(batch);
        self.receiver.queued_bytes = self.held_bytes as u64;
    }

    fn let_go(&mut self) {
        self.paused = false;
        for batch in std::mem::take(&mut self.held) {
            file(&mut self.store, batch);
        }
        self.held_bytes = 0;
        self.receiver.queued_bytes = 0;
    }

    /// Correlates some of what came and brings picture and state in step with it; true if there
    /// is more to do.
    pub fn refresh(&mut self, now: u64) -> bool {
        self.refresh_while(now, &|| false)
    }

    /// The same, and more and more of it while there is time.
    pub fn refresh_while(&mut self, now: u64, is_time: &dyn Fn() -> bool) -> bool {
        self.now = now;
        if self.held_bytes > HELD_MOST.min(self.limit / 4) {
            self.act(Action::Pause);
        }
        self.store.refresh_some(&*self.known, now, PIECES);
        while self.store.is_behind() && is_time() {
            self.store.refresh_some(&*self.known, now, PIECES);
        }
        self.make_room();
        self.burn
            .note(now, self.store.totals().cost.unwrap_or_default());
        self.numbers = numbers(&self.store, &self.known, self.limit);
        self.gather();
        self.count();
        let mut unsure = self.judge(now);
        while unsure && is_time() {
            unsure = self.judge(now);
        }
        unsure |= self.gather_times(PIECES, now);
        let comparing = self.compare_on();
        self.act(Action::Data);
        let asks = self.ui.is_searching() || self.reading.more || comparing;
        self.store.is_behind() || asks || unsure
    }

    /// There is memory that can be saved while nothing happens ([`Screen::squeeze`]).
    pub fn can_squeeze(&self) -> bool {
        self.store.can_squeeze()
    }

    /// Compresses some of what is kept; about half a millisecond.
    pub fn squeeze(&mut self) {
        self.store.squeeze();
    }

    /// The receiver's own numbers, as they are now.
    pub fn set_receiver(&mut self, receiver: ReceiverView) {
        let queued_bytes = self.held_bytes as u64;
        self.receiver = ReceiverView {
            queued_bytes,
            dismissed: self.receiver.dismissed,
            ..receiver
        };
        self.count();
    }

    /// The sessions to show.
    pub(super) fn sessions(&self) -> &[SessionSummary] {
        self.everyone
            .as_deref()
            .unwrap_or_else(|| self.store.sessions())
    }

    /// Gathers what is none of an agent, while that is asked for.
    pub(super) fn gather(&mut self) {
        self.numbers.unlisted = 0;
        self.receiver.dismissed = 0;
        self.everyone = None;
        let internals = self.ui.shows_internals();
        if !internals && !self.ui.arranges() {
            return;
        }
        let mut all = self.store.sessions().to_vec();
        if internals {
            let (strangers, more) = self.store.strangers(STRANGERS);
            self.numbers.unlisted = more as u64;
            all.extend(strangers);
        }
        let (all, dismissed) = self.ui.arrange(all);
        self.receiver.dismissed = dismissed as u64;
        self.everyone = Some(all);
    }

    /// Does what an action says, and what its effects ask for.
    pub fn act(&mut self, action: Action) -> Asked {
        let mut asked = Asked::Nothing;
        let mut next = Some(action);
        for _ in 0..ROUNDS {
            let Some(action) = next.take() else { break };
            self.fetch();
            self.read_on();
            let effects = self.update(action);
            for effect in effects {
                match effect {
                    Effect::ShowSession(_) => next = Some(Action::Data),
                    Effect::ShowNode(session, node) => {
                        self.wanted = Some((session, node));
                        next = Some(Action::Data);
                    }
                    Effect::ListAll => {
                        self.gather();
                        next = Some(Action::Data);
                    }
                    Effect::Compare(a, b) => {
                        self.compare(a, b);
                        next = Some(Action::Data);
                    }
                    Effect::Pause(true) => self.paused = true,
                    Effect::Pause(false) => self.let_go(),
                    Effect::PlayDemo => asked = Asked::Play,
                    Effect::Open(path) => asked = Asked::Open(path),
                    Effect::Complete(path) => asked = Asked::Complete(path),
                    Effect::Mouse(on) => asked = Asked::Mouse(on),
                    Effect::Copy(item) => asked = Asked::Copy(item),
                    Effect::Hand(handed) => asked = Asked::Hand(handed),
                    Effect::Save(order) => asked = Asked::Save(order),
                    Effect::Record => asked = Asked::Record,
                    Effect::Clear => {
                        self.clear();
                        next = Some(Action::Data);
                    }
                    Effect::Theme(name) => self.set_theme(&name),
                    Effect::Suspend => asked = Asked::Suspend,
                    Effect::Quit => asked = Asked::Leave,
                }
            }
            if self.ui.reads() && !self.reading.asked {
                next = Some(Action::Data);
            }
        }
        asked
    }

    /// Says whether what is received is worth saving.
    pub fn set_live(&mut self, live: bool) {
        self.live = live;
    }

    fn update(&mut self, action: Action) -> Vec<Effect> {
        let mut ui = std::mem::take(&mut self.ui);
        let effects = update(&mut ui, &self.picture(&Kept(&self.store), self.now), action);
        self.ui = ui;
        effects
    }

    /// Gets the tree and detail that the state asks for.
    fn fetch(&mut self) {
        if let Some(session) = self
            .ui
            .session()
            .or_else(|| self.sessions().last().map(|s| s.id))
        {
            let known = self.known.clone();
            let tree = self.store.tree(session, &*known);
            let shown = |(id, _, version): &(_, _, u64)| (*id, *version);
            let tree = tree.map(|(tree, version)| (session, tree, version));
            if self.tree.as_ref().map(shown) != tree.as_ref().map(shown) {
                let nodes = tree.as_ref().map_or(&[][..], |(_, tree, _)| &tree.nodes);
                self.ticks = nodes.iter().any(|n| n.state.is_running());
            }
            self.tree = tree;
        }
        let Some((session, tree, _)) = &self.tree else {
            return;
        };
        let index = self
            .wanted
            .filter(|(s, _)| s == session)
            .and_then(|(_, id)| tree.find(id));
        let Some((index, node)) = index.and_then(|i| Some((i, tree.nodes.get(i)?))) else {
            return;
        };
        let sources = detail::sources(tree, index);
        let same = self
            .opened
            .as_ref()
            .is_some_and(|(id, opened)| *id == node.id && opened == sources);
        if !same {
            self.detail = Some(detail::open(&self.store, &self.known, node, sources));
            self.opened = Some((node.id, sources.to_vec()));
            self.detail_version += 1;
        }
    }

    fn picture<'a>(&'a self, contents: &'a Kept<'a>, now: u64) -> Picture<'a> {
        Picture {
            contents,
            compared: self.compared.as_ref().map(|c| &c.comparison),
            sessions: self.sessions(),
            session: self.tree.as_ref().map(|(id, ..)| *id),
            tree: self.tree.as_ref().map(|(_, tree, _)| &**tree),
            tree_version: self.tree.as_ref().map_or(0, |(.., version)| *version),
            detail: self.detail.as_ref(),
            detail_version: self.detail_version,
            book: self.reading.asked.then_some(&self.reading.book),
            reading: self.reading.more,
            receiver: &self.receiver,
            store: &self.numbers,
            findings: self.findings.found(),
            findings_version: self.findings.version(),
            setups: &self.setups,
            heard: &self.gathered.heard,
            times: &self.gathered.times,
            totals: self.store.totals(),
            prices: self.known.prices().as_of(),
            burn: self.burn.rate(now),
            utc_offset: self.utc_offset,
            now,
        }
    }

    /// What a mouse event asks for, by the frame that was drawn last. `at` is the program's clock,
    /// ms.
    pub fn point(&mut self, event: MouseEvent, at: u64) -> Option<Action> {
        self.pointer.action(event, &self.hits, at)
    }

    /// Draws a frame.
    pub fn frame(&mut self, now: u64, size: (u16, u16)) -> Buffer {
        self.read_pins();
        let area = Rect::new(0, 0, size.0, size.1);
        let mut buffer = Buffer::empty(area);
        let contents = Kept(&self.store);
        let picture = self.picture(&contents, now);
        self.hits = view::draw(&picture, &self.ui, &self.theme, area, &mut buffer);
        buffer
    }

    /// Something on the screen moves with time alone.
    pub fn ticks(&self) -> bool {
        self.ticks
    }
}
