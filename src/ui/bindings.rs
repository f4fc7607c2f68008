//! The one key table: bindings, help, footer, palette and configuration are read from it.

use super::action::Action;
use super::page::View;
use super::state::UiState;
use super::when::{
    always, can_enter, can_go_back, can_move, has_any, has_marks, has_rows, has_session, has_tabs,
    is_filtered, is_zoomed_in, on_attributes, on_panels,
};

/// One binding: what is pressed, what happens, what is said about it.
pub struct Binding {
    /// Keys that do it unless the configuration says otherwise, with a space between: [`Key`](super::keys::Key).
    pub keys: &'static str,
    /// What they do.
    pub action: Action,
    /// What it does, for help.
    pub help: &'static str,
    /// What stands in the footer.
    pub footer: Footer,
    /// Whether it would do something now; else it is not offered.
    pub when: fn(&UiState) -> bool,
}

/// A binding's part of the footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Footer {
    /// Its key and this word.
    Says(&'static str),
    /// Its key stands in the entry of the binding above, such as `nN matches`.
    Joins,
    /// None.
    Silent,
}

use Footer::{Joins, Says, Silent};

const fn bind(
    keys: &'static str,
    action: Action,
    help: &'static str,
    footer: Footer,
    when: fn(&UiState) -> bool,
) -> Binding {
    Binding {
        keys,
        action,
        help,
        footer,
        when,
    }
}

/// The bindings of the main screen, in the order of help and footer.
pub static TABLE: &[Binding] = &[
    bind("up k", Action::Up, "one line up", Says("move"), can_move),
    bind("down j", Action::Down, "one line down", Joins, can_move),
    bind(
        "left h",
        Action::Left,
        "fold, or go to the parent",
        Says("fold"),
        has_rows,
    ),
    bind(
        "right l",
        Action::Right,
        "unfold, or go to the first child",
        Joins,
        has_rows,
    ),
    bind(
        "enter",
        Action::Enter,
        "drill in: the detail, then it alone",
        Says("drill in"),
        can_enter,
    ),
    bind("esc", Action::Back, "back", Says("back"), can_go_back),
    bind(
        "/",
        Action::Filter,
        "find in names, arguments, models, errors",
        Says("find"),
        has_session,
    ),
    bind(
        "n",
        Action::NextMatch,
        "next match",
        Says("matches"),
        is_filtered,
    ),
    bind(
        "N",
        Action::PreviousMatch,
        "previous match",
        Joins,
        is_filtered,
    ),
    bind(
        "e",
        Action::NextError,
        "next error",
        Says("errors"),
        has_rows,
    ),
    bind(
        "E",
        Action::PreviousError,
        "previous error",
        Silent,
        has_rows,
    ),
    bind(
        "f",
        Action::Follow,
        "follow what runs",
        Says("follow"),
        has_session,
    ),
    bind(
        "v",
        Action::NextFinding,
        "next finding",
        Says("findings"),
        has_marks,
    ),
    bind(
        "V",
        Action::PreviousFinding,
        "previous finding",
        Joins,
        has_marks,
    ),
    bind("$", Action::DearestCall, "dearest call", Silent, has_rows),
    bind(
        "p",
        Action::Pause,
        "pause the display; receiving goes on",
        Says("pause"),
        always,
    ),
    bind(
        "1",
        Action::View(View::Trace),
        "trace: sessions, tree and waterfall",
        Says("trace"),
        |ui| ui.view != View::Trace,
    ),
    bind(
        "3",
        Action::View(View::Latency),
        "latency: first tokens, decoding, tools",
        Says("latency"),
        |ui| ui.view != View::Latency && has_any(ui),
    ),
    bind(
        "4",
        Action::View(View::Cost),
        "cost: by agent, model, turn and tool",
        Says("cost"),
        |ui| ui.view != View::Cost && has_any(ui),
    ),
    bind(
        "5",
        Action::View(View::Health),
        "health: receiver, memory, findings",
        Says("health"),
        |ui| ui.view != View::Health,
    ),
    bind(
        "a",
        Action::View(View::SetUp),
        "set up an agent to export here",
        Says("set up"),
        |ui| ui.session.is_none() && ui.view != View::SetUp,
    ),
    bind(
        "d",
        Action::PlayDemo,
        "play a recorded session",
        Says("demo"),
        |ui| ui.listens && ui.session.is_none(),
    ),
    bind("o", Action::Open, "open a recording", Says("open"), |ui| {
        ui.listens && ui.session.is_none()
    }),
    bind(
        "tab",
        Action::NextPanel,
        "next panel",
        Says("panel"),
        has_session,
    ),
    bind(
        "shift-tab",
        Action::PreviousPanel,
        "previous panel",
        Silent,
        has_session,
    ),
    bind(
        "[",
        Action::PreviousTab,
        "previous tab of the detail or page",
        Says("tabs"),
        has_tabs,
    ),
    bind(
        "]",
        Action::NextTab,
        "next tab of the detail or page",
        Joins,
        has_tabs,
    ),
    bind(
        "c",
        Action::PinColumn,
        "the selected attribute as a column, or not",
        Says("column"),
        on_attributes,
    ),
    bind(
        "{",
        Action::PreviousSession,
        "previous session",
        Says("session"),
        has_session,
    ),
    bind("}", Action::NextSession, "next session", Joins, has_session),
    bind("home g", Action::Top, "first row", Silent, can_move),
    bind("end G", Action::Bottom, "last row", Silent, can_move),
    bind("pgup", Action::PageUp, "a page up", Silent, can_move),
    bind("pgdn", Action::PageDown, "a page down", Silent, can_move),
    bind(
        "i",
        Action::Internals,
        "plumbing, and what is none of an agent",
        Says("internals"),
        on_panels,
    ),
    bind(
        "t",
        Action::Clock,
        "relative or wall-clock time",
        Says("time"),
        has_session,
    ),
    bind(
        "+ =",
        Action::ZoomIn,
        "zoom the waterfall in around the row",
        Says("zoom"),
        has_rows,
    ),
    bind(
        "-",
        Action::ZoomOut,
        "zoom the waterfall out",
        Joins,
        is_zoomed_in,
    ),
    bind(
        "< ,",
        Action::PanEarlier,
        "show what was earlier",
        Says("pan"),
        is_zoomed_in,
    ),
    bind(
        "> .",
        Action::PanLater,
        "show what was later",
        Joins,
        is_zoomed_in,
    ),
    bind(
        "0",
        Action::Fit,
        "all of the turn in sight",
        Says("fit"),
        is_zoomed_in,
    ),
    bind(
        "w",
        Action::WholeSession,
        "waterfall of a turn or the whole session",
        Says("whole session"),
        has_rows,
    ),
    bind(
        "z",
        Action::Gaps,
        "fold gaps in which nothing ran",
        Says("gaps"),
        has_rows,
    ),
    bind(
        "W",
        Action::CriticalPath,
        "light what the end of the turn waited for",
        Silent,
        has_rows,
    ),
    bind(
        "space",
        Action::Mark,
        "mark a row; between two is a ruler",
        Silent,
        has_rows,
    ),
    bind(
        "L",
        Action::Legend,
        "hide or show the legend of the bars",
        Silent,
        has_rows,
    ),
    bind(
        "y",
        Action::Copy,
        "copy what is selected",
        Says("copy"),
        can_move,
    ),
    bind(
        "s",
        Action::Save,
        "save a node, a session or all",
        Says("save"),
        can_move,
    ),
    bind(
        "P",
        Action::Pin,
        "pin the session: it stays, first in the list",
        Silent,
        has_session,
    ),
    bind(
        "x",
        Action::Dismiss,
        "dismiss the session until it goes on",
        Silent,
        has_session,
    ),
    bind(
        "u",
        Action::Recall,
        "bring dismissed sessions back",
        Silent,
        |ui| !ui.dismissed.is_empty(),
    ),
    bind("X", Action::Clear, "clear what came", Silent, can_move),
    bind(
        "m",
        Action::Mouse,
        "mouse on, or left to the terminal",
        Silent,
        always,
    ),
    bind(
        "T",
        Action::Themes,
        "themes, each shown as you move",
        Silent,
        always,
    ),
    bind(
        "ctrl-z",
        Action::Suspend,
        "stop; fg in the shell goes on",
        Silent,
        always,
    ),
    bind(
        "ctrl-p J",
        Action::Jump,
        "jump to a session, turn, agent, call or tool",
        Says("jump"),
        has_any,
    ),
    bind(
        ":",
        Action::Palette,
        "find an action by typing and do it",
        Says("actions"),
        always,
    ),
    bind("?", Action::Help, "this help", Says("help"), always),
    bind(
        "q",
        Action::Quit,
        "quit; ctrl-c always does",
        Says("quit"),
        always,
    ),
];
