//! The one key table: bindings, help and footer are read from it.

use super::action::Action;
use super::page::View;
use super::state::{Mode, Panel, UiState};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::backend::crossterm::to_input_request;

/// One binding: what is pressed, what happens, what is said about it.
pub struct Binding {
    /// Keys that do it, without modifiers besides what the character itself needs.
    pub keys: &'static [KeyCode],
    /// What they do.
    pub action: Action,
    /// The keys as written in help: Unicode and ASCII.
    pub label: (&'static str, &'static str),
    /// What it does, for help.
    pub help: &'static str,
    /// Keys (Unicode, ASCII) and word in the footer; neighbours share an entry.
    pub footer: Option<(&'static str, &'static str, &'static str)>,
    /// Whether it would do something now; else it is not offered.
    pub when: fn(&UiState) -> bool,
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.label.0, self.action)
    }
}

fn always(_: &UiState) -> bool {
    true
}
fn has_rows(ui: &UiState) -> bool {
    ui.view == View::Trace && !ui.rows.is_empty()
}
fn has_session(ui: &UiState) -> bool {
    ui.view == View::Trace && ui.session.is_some()
}
fn can_move(ui: &UiState) -> bool {
    ui.view != View::Trace || ui.session.is_some()
}
fn can_enter(ui: &UiState) -> bool {
    has_session(ui) || ui.page.cursor.is_some()
}
fn is_filtered(ui: &UiState) -> bool {
    !ui.filter.is_empty()
}
fn can_go_back(ui: &UiState) -> bool {
    ui.view != View::Trace || ui.zoomed || ui.focus != Panel::Tree || !ui.filter.is_empty()
}

use KeyCode::{BackTab, Char, Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Tab, Up};

type Footer = Option<(&'static str, &'static str, &'static str)>;

const fn bind(
    keys: &'static [KeyCode],
    action: Action,
    label: (&'static str, &'static str),
    help: &'static str,
    footer: Footer,
    when: fn(&UiState) -> bool,
) -> Binding {
    Binding {
        keys,
        action,
        label,
        help,
        footer,
        when,
    }
}

/// The bindings of the main screen, in the order of help and footer.
pub static TABLE: &[Binding] = &[
    bind(
        &[Up, Char('k')],
        Action::Up,
        ("↑ k", "Up k"),
        "one line up",
        Some(("↑↓", "jk", "move")),
        can_move,
    ),
    bind(
        &[Down, Char('j')],
        Action::Down,
        ("↓ j", "Down j"),
        "one line down",
        None,
        can_move,
    ),
    bind(
        &[Left, Char('h')],
        Action::Left,
        ("← h", "Left h"),
        "fold, or go to the parent",
        Some(("←→", "hl", "fold")),
        has_rows,
    ),
    bind(
        &[Right, Char('l')],
        Action::Right,
        ("→ l", "Right l"),
        "unfold, or go to the first child",
        None,
        has_rows,
    ),
    bind(
        &[Enter],
        Action::Enter,
        ("enter", "enter"),
        "drill in: the detail, then it alone",
        Some(("enter", "enter", "drill in")),
        can_enter,
    ),
    bind(
        &[Esc],
        Action::Back,
        ("esc", "esc"),
        "back",
        Some(("esc", "esc", "back")),
        can_go_back,
    ),
    bind(
        &[Char('/')],
        Action::Filter,
        ("/", "/"),
        "find in names, arguments, models, errors",
        Some(("/", "/", "find")),
        has_session,
    ),
    bind(
        &[Char('n')],
        Action::NextMatch,
        ("n", "n"),
        "next match",
        Some(("nN", "nN", "matches")),
        is_filtered,
    ),
    bind(
        &[Char('N')],
        Action::PreviousMatch,
        ("N", "N"),
        "previous match",
        None,
        is_filtered,
    ),
    bind(
        &[Char('e')],
        Action::NextError,
        ("e", "e"),
        "next error",
        Some(("e", "e", "errors")),
        has_rows,
    ),
    bind(
        &[Char('E')],
        Action::PreviousError,
        ("E", "E"),
        "previous error",
        None,
        has_rows,
    ),
    bind(
        &[Char('f')],
        Action::Follow,
        ("f", "f"),
        "follow what runs",
        Some(("f", "f", "follow")),
        has_session,
    ),
    bind(
        &[Char('p')],
        Action::Pause,
        ("p", "p"),
        "pause the display; receiving goes on",
        Some(("p", "p", "pause")),
        always,
    ),
    bind(
        &[Char('1')],
        Action::View(View::Trace),
        ("1", "1"),
        "trace: sessions, tree and waterfall",
        Some(("1", "1", "trace")),
        |ui| ui.view != View::Trace,
    ),
    bind(
        &[Char('5')],
        Action::View(View::Health),
        ("5", "5"),
        "health: receiver, memory, findings",
        Some(("5", "5", "health")),
        |ui| ui.view != View::Health,
    ),
    bind(
        &[Tab],
        Action::NextPanel,
        ("tab", "tab"),
        "next panel",
        Some(("tab", "tab", "panel")),
        has_session,
    ),
    bind(
        &[BackTab],
        Action::PreviousPanel,
        ("shift-tab", "shift-tab"),
        "previous panel",
        None,
        has_session,
    ),
    bind(
        &[Char(']')],
        Action::NextTab,
        ("]", "]"),
        "next tab of the detail",
        Some(("[]", "[]", "tabs")),
        has_rows,
    ),
    bind(
        &[Char('[')],
        Action::PreviousTab,
        ("[", "["),
        "previous tab of the detail",
        None,
        has_rows,
    ),
    bind(
        &[Char('}')],
        Action::NextSession,
        ("}", "}"),
        "next session",
        Some(("{}", "{}", "session")),
        has_session,
    ),
    bind(
        &[Char('{')],
        Action::PreviousSession,
        ("{", "{"),
        "previous session",
        None,
        has_session,
    ),
    bind(
        &[Home, Char('g')],
        Action::Top,
        ("home g", "home g"),
        "first row",
        None,
        can_move,
    ),
    bind(
        &[End, Char('G')],
        Action::Bottom,
        ("end G", "end G"),
        "last row",
        None,
        can_move,
    ),
    bind(
        &[PageUp],
        Action::PageUp,
        ("pgup", "pgup"),
        "a page up",
        None,
        can_move,
    ),
    bind(
        &[PageDown],
        Action::PageDown,
        ("pgdn", "pgdn"),
        "a page down",
        None,
        can_move,
    ),
    bind(
        &[Char('i')],
        Action::Internals,
        ("i", "i"),
        "show plumbing spans",
        Some(("i", "i", "internals")),
        has_session,
    ),
    bind(
        &[Char('t')],
        Action::Clock,
        ("t", "t"),
        "relative or wall-clock time",
        Some(("t", "t", "time")),
        has_session,
    ),
    bind(
        &[Char('?')],
        Action::Help,
        ("?", "?"),
        "this help",
        Some(("?", "?", "help")),
        always,
    ),
    bind(
        &[Char('q')],
        Action::Quit,
        ("q ctrl-c", "q ctrl-c"),
        "quit",
        Some(("q", "q", "quit")),
        always,
    ),
];

/// What a key does in the present mode; `None` when nothing.
pub fn action(ui: &UiState, key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.code == Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
        return Some(Action::Quit);
    }
    match &ui.mode {
        Mode::Filter { .. } => match key.code {
            Enter => Some(Action::FilterAccept),
            Esc => Some(Action::FilterCancel),
            Up => Some(Action::Up),
            Down => Some(Action::Down),
            _ => to_input_request(&Event::Key(key)).map(Action::FilterEdit),
        },
        Mode::Help { .. } => match key.code {
            Esc | Enter | Char('?' | 'q') => Some(Action::Help),
            _ => lookup(key).filter(is_scrolling),
        },
        Mode::Main => lookup(key),
    }
}

fn is_scrolling(action: &Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::Top
            | Action::Bottom
            | Action::PageUp
            | Action::PageDown
    )
}

fn lookup(key: KeyEvent) -> Option<Action> {
    // Shift is part of the character; anything else held makes it another key.
    if !(key.modifiers - KeyModifiers::SHIFT).is_empty() {
        return None;
    }
    let binding = TABLE.iter().find(|b| b.keys.contains(&key.code))?;
    Some(binding.action.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_is_bound_twice_and_all_is_explained() {
        let mut seen = HashSet::new();
        for binding in TABLE {
            assert!(
                !binding.help.is_empty() && binding.label.1.is_ascii(),
                "{binding:?}"
            );
            for key in binding.keys {
                assert!(seen.insert(*key), "{key} twice");
            }
        }
    }

    #[test]
    fn modes_decide_who_gets_a_key() {
        let key = |c| KeyEvent::new(Char(c), KeyModifiers::NONE);
        let mut ui = UiState::new(80, 24);
        assert_eq!(action(&ui, key('f')), Some(Action::Follow));
        let shifted = KeyEvent::new(Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(&ui, shifted), Some(Action::Bottom));
        assert_eq!(
            action(&ui, KeyEvent::new(Char('f'), KeyModifiers::CONTROL)),
            None
        );
        ui.mode = Mode::Help { scroll: 0 };
        assert_eq!(action(&ui, key('f')), None);
        assert_eq!(action(&ui, key('j')), Some(Action::Down));
        ui.mode = Mode::Filter {
            input: tui_input::Input::default(),
            before: String::new(),
        };
        let typed = Action::FilterEdit(tui_input::InputRequest::InsertChar('q'));
        assert_eq!(action(&ui, key('q')), Some(typed));
        assert_eq!(
            action(&ui, KeyEvent::new(Char('c'), KeyModifiers::CONTROL)),
            Some(Action::Quit)
        );
    }
}
