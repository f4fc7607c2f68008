//! The state of the screen.

use super::ask::Ask;
use super::attributes::Attributes;
use super::axis::Axis;
use super::facets::Facets;
use super::form::Form;
use super::jump::Jump;
use super::kept::Kept;
use super::keymap::Keymap;
use super::layout::{Layout, Wish};
use super::leaps::Tie;
use super::ledger::Ledger;
use super::marked::Marked;
use super::marks::Marks;
use super::page::{Page, View};
use super::pager::Pager;
use super::palette::Palette;
use super::pane::{Line, Tab};
use super::path::Path;
use super::pins::Pins;
use super::query_line::QueryLine;
use super::reader::Reader;
use super::rows::Row;
use super::ruler::Ruler;
use super::scope::{Known, Scope};
use super::search::Search;
use super::sort::Sort;
use super::spent::Spent;
use super::themes::Themes;
use super::toast::Toast;
use super::tools_tab::Toolbox;
use crate::model::ids::{NodeId, SessionId};
use crate::model::usage::PicoUsd;
use crate::query::Saved;
use rustc_hash::{FxHashMap, FxHashSet};

/// Who has the keyboard: the only place that decides it.
#[derive(Clone, Debug, Default)]
pub enum Mode {
    /// The panels.
    #[default]
    Main,
    /// The line of the query.
    Filter(Box<QueryLine>),
    /// A question.
    Ask(Ask),
    /// The palette.
    Palette(Palette),
    /// The jump.
    Jump(Box<Jump>),
    /// The pager.
    Pager(Box<Pager>),
    /// Facets.
    Facets(Box<Facets>),
    /// The help overlay, scrolled by so many lines.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// The list of themes; `before` comes back when it is cancelled.
    Themes {
        /// The theme before it was opened.
        before: String,
    },
}

/// A panel of the main screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// The sessions.
    Sessions,
    /// Tree and waterfall.
    #[default]
    Tree,
    /// The detail.
    Detail,
}

/// What the rows were made from; they are made anew when it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowsKey {
    pub session: SessionId,
    pub tree: u64,
    pub folds: u64,
    pub found: u64,
    pub internals: bool,
    pub sort: Sort,
}

/// What the pane's lines were made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PaneKey {
    pub node: Option<NodeId>,
    pub detail: u64,
    pub tab: Tab,
    pub size: (u16, u16),
    pub wall_clock: bool,
    pub form: Form,
    /// Versions of tree and book, where the tab tells of the session.
    pub told: (u64, u64),
}

/// Where one was in a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub selected: Option<NodeId>,
    /// Former ancestors of the selected node, nearest first: where the selection goes when it
    /// is gone.
    pub former: Vec<NodeId>,
    /// Line of the selected row on the screen.
    pub line: usize,
    /// The whole session was on the axis when it was opened: all of its turns fitted.
    pub whole: bool,
}

/// What the user has settled about the screen before it begins.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each a setting"
)]
pub struct Settled {
    /// The keys in force.
    pub keymap: Keymap,
    /// Plumbing spans are shown.
    pub internals: bool,
    /// Times are those of the clock.
    pub wall_clock: bool,
    /// The line that is the legend of the bars is hidden.
    pub no_legend: bool,
    /// The themes there are, and the one in force.
    pub themes: Themes,
    /// The mouse is listened to.
    pub mouse: bool,
    /// Attributes that are columns of the tree.
    pub columns: Vec<String>,
    /// What all that is received may cost.
    pub budget: Option<PicoUsd>,
    /// Queries that were saved.
    pub queries: Saved,
}

/// Everything about the screen that is not data. Changed by [`super::update`] only.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each with its key"
)]
pub struct UiState {
    pub(crate) mode: Mode,
    pub(crate) view: View,
    pub(crate) page: Page,
    /// What a session spent, by session and version of its tree.
    pub(super) ledger: Option<Kept<SessionId, Ledger>>,
    /// How long things took, and what it was worked out from.
    pub(super) latency: Option<Known>,
    /// What a page with tabs is about.
    pub(crate) scope: Scope,
    /// The transcript, and where one is in it.
    pub(crate) reader: Reader,
    /// The tools of the session.
    pub(super) toolbox: Toolbox,
    /// The tool call to go along once what was said is read.
    pub(super) tie: Option<(NodeId, Tie)>,
    /// The first error is gone to once its session's tree is here.
    pub(super) errs: bool,
    /// A receiver is at work.
    pub(crate) listens: bool,
    /// Metrics have come.
    pub(crate) measured: bool,
    /// Something failed in the session.
    pub(crate) failed: bool,
    /// The agent whose set-up is read, by its place in the picture.
    pub(super) set_up: Option<usize>,
    /// The node to select as soon as the tree that it is in is at hand.
    pub(super) sought: Option<NodeId>,
    pub(crate) keymap: Keymap,
    pub(crate) themes: Themes,
    pub(crate) focus: Panel,
    pub(crate) tab: Tab,
    pub(crate) zoomed: bool,
    pub(crate) size: (u16, u16),
    pub(super) session: Option<SessionId>,
    pub(super) session_picked: bool,
    pub(crate) sessions_scroll: usize,
    pub(super) session_count: usize,
    pub(super) places: FxHashMap<SessionId, Place>,
    pub(super) opened: FxHashSet<SessionId>,
    pub(super) place: Place,
    pub(super) folds: FxHashSet<NodeId>,
    pub(super) unfolded: FxHashSet<NodeId>,
    pub(super) folds_version: u64,
    pub(crate) search: Search,
    pub(crate) sort: Sort,
    pub(crate) internals: bool,
    pub(crate) follow: bool,
    pub(crate) paused: bool,
    pub(crate) wall_clock: bool,
    pub(crate) no_legend: bool,
    pub(super) rows_key: Option<RowsKey>,
    pub(crate) rows: Vec<Row>,
    pub(crate) match_count: usize,
    /// What was found in the session in view.
    pub(crate) marks: Marks,
    /// Attributes of the user's own that are columns.
    pub(crate) pins: Pins,
    pub(super) newest: Option<usize>,
    pub(crate) cursor: usize,
    pub(crate) scroll: usize,
    pub(crate) axis: Axis,
    /// Rows to be held side by side.
    pub(super) marked: Marked,
    pub(crate) ruler: Option<Ruler>,
    /// The critical path is to be lit.
    pub(super) lit: bool,
    pub(crate) path: Option<Path>,
    pub(crate) spent: Option<Spent>,
    pub(super) pane_key: Option<PaneKey>,
    pub(crate) pane: Vec<Line>,
    pub(crate) pane_scroll: usize,
    pub(crate) attributes: Attributes,
    pub(super) pinned: FxHashSet<SessionId>,
    /// Sessions out of sight, and the last arrival that was seen of each.
    pub(super) dismissed: FxHashMap<SessionId, u64>,
    pub(crate) toast: Option<Toast>,
    /// The program's clock, ms.
    pub(super) clock: u64,
    pub(crate) mouse: bool,
    /// What all that is received may cost.
    pub(crate) budget: Option<PicoUsd>,
    /// Where borders were dragged to: columns of the sessions, lines of the detail.
    pub(super) sessions_width: Option<u16>,
    pub(super) detail_height: Option<u16>,
    /// For whom the list of sessions was scrolled last.
    pub(super) sessions_shown: Option<(SessionId, u16)>,
}

impl UiState {
    /// The screen at start: following what runs.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self {
            size: (columns, rows),
            follow: true,
            mouse: true,
            ..Self::default()
        }
    }

    /// The same as the user has settled it.
    #[must_use]
    pub fn with(self, settled: Settled) -> Self {
        Self {
            keymap: settled.keymap,
            internals: settled.internals,
            wall_clock: settled.wall_clock,
            no_legend: settled.no_legend,
            themes: settled.themes,
            mouse: settled.mouse,
            pins: Pins::new(&settled.columns),
            budget: settled.budget,
            search: Search::with(settled.queries),
            ..self
        }
    }

    /// The session whose tree is to be shown.
    pub fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Who has the keyboard.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// The node whose detail is to be shown.
    pub fn selected(&self) -> Option<NodeId> {
        self.place.selected
    }

    /// The visible rows of the tree.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Index of the selected row in [`Self::rows`].
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Index of the first row on the screen.
    pub fn scroll(&self) -> usize {
        self.scroll
    }

    /// The display is held.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Plumbing is shown, and so are sessions without anything of an agent.
    pub fn shows_internals(&self) -> bool {
        self.internals
    }

    /// The mouse is listened to.
    pub fn mouse(&self) -> bool {
        self.mouse
    }

    /// Something is said that goes by itself.
    pub fn is_telling(&self) -> bool {
        self.toast.is_some()
    }

    /// What is looked for.
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// The areas of the screen.
    pub fn layout(&self) -> Layout {
        self.layout_for(self.size)
    }

    /// The areas of a screen of another size.
    pub fn layout_for(&self, size: (u16, u16)) -> Layout {
        Layout::of(
            size,
            Wish {
                detail_focused: self.focus == Panel::Detail,
                detail_zoomed: self.zoomed,
                sessions_focused: self.focus == Panel::Sessions,
                page: self.view != View::Trace,
                sessions: self.session_count,
                no_legend: self.no_legend,
                sessions_width: self.sessions_width,
                detail_height: self.detail_height,
            },
        )
    }

    /// The line of the query has the keyboard.
    pub(crate) fn is_filtering(&self) -> bool {
        matches!(self.mode, Mode::Filter(_))
    }
}
