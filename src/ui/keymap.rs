//! The keys in force: those of the one table but for what the configuration says.

use super::action::Action;
use super::binding::Footer::{Begins, Joins, Says, Silent};
pub use super::binding::{Binding, Footer};
pub use super::bindings::TABLE;
use super::keys::Key;
use super::state::{Mode, UiState};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tui_input::backend::crossterm::to_input_request;

/// The keys of the table.
static USUAL: LazyLock<Vec<Vec<Key>>> = LazyLock::new(|| {
    let read = |b: &Binding| b.keys.split(' ').flat_map(str::parse).collect();
    TABLE.iter().map(read).collect()
});

/// The keys in force: those of the table but for what the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    /// By place in the table.
    changed: BTreeMap<usize, Vec<Key>>,
}

impl Keymap {
    /// Gives the binding at a place of the table other keys, or none.
    pub fn set(&mut self, place: usize, keys: Vec<Key>) {
        if USUAL.get(place).is_some_and(|usual| *usual == keys) {
            self.changed.remove(&place);
        } else {
            self.changed.insert(place, keys);
        }
    }

    /// The keys of the binding at a place of the table.
    pub fn keys(&self, place: usize) -> &[Key] {
        let keys = self.changed.get(&place).or_else(|| USUAL.get(place));
        keys.map_or(&[], Vec::as_slice)
    }

    /// The binding at a place of the table has other keys than the table says.
    pub fn is_changed(&self, place: usize) -> bool {
        self.changed.contains_key(&place)
    }

    /// All bindings with their keys, in the order of the table.
    pub fn bindings(&self) -> impl Iterator<Item = (&'static Binding, &[Key])> {
        let numbered = TABLE.iter().enumerate();
        numbered.map(|(place, binding)| (binding, self.keys(place)))
    }

    /// What a key is bound to.
    pub fn find(&self, key: Key) -> Option<&'static Binding> {
        let mut all = self.bindings();
        all.find(|(_, keys)| keys.contains(&key)).map(|(b, _)| b)
    }

    /// The same just now: of several bindings, which are never offered together, the one that is.
    fn find_now(&self, ui: &UiState, key: Key) -> Option<&'static Binding> {
        let all = self.bindings();
        let bound = all.filter(|(_, keys)| keys.contains(&key)).map(|(b, _)| b);
        let bound: Vec<_> = bound.collect();
        let offered = bound.iter().find(|b| (b.when)(ui));
        offered.or(bound.first()).copied()
    }

    /// What the footer offers now: the action, its keys and a word.
    pub fn footer(
        &self,
        ui: &UiState,
        ascii: bool,
    ) -> Vec<(&'static Action, String, &'static str)> {
        let all: Vec<_> = self.bindings().collect();
        let offered = all.iter().enumerate().filter(|(_, (b, _))| (b.when)(ui));
        let entry = |(at, (binding, keys)): (usize, &(&'static Binding, &[Key]))| {
            let word = match binding.footer {
                Says(word) => word,
                Begins(word) if ui.session.is_none() => word,
                Begins(_) | Joins | Silent => return None,
            };
            let joined = all.iter().skip(at + 1);
            let joined = joined.take_while(|(b, _)| b.footer == Joins);
            let keys = std::iter::once(*keys).chain(joined.map(|(_, keys)| *keys));
            let keys: Vec<String> = keys.filter_map(|keys| short(keys, ascii)).collect();
            let long = keys.iter().any(|k| k.chars().count() > 1);
            let keys = keys.join(if long { "/" } else { "" });
            (!keys.is_empty()).then_some((&binding.action, keys, word))
        };
        offered.filter_map(entry).collect()
    }
}

/// Keys as help and palette write them.
pub fn label(keys: &[Key], ascii: bool) -> String {
    let keys: Vec<_> = keys.iter().map(|k| k.label(ascii)).collect();
    keys.join(" ")
}

/// The key that is drawn where there is room for one: the first of a single character, else the
/// first.
fn short(keys: &[Key], ascii: bool) -> Option<String> {
    let mut labels = keys.iter().map(|k| k.label(ascii));
    let mut short = labels.clone().filter(|l| l.chars().count() == 1);
    short.next().or_else(|| labels.next())
}

/// The table gives this key to both of two bindings, by their places: they are never offered together.
pub fn is_shared(key: Key, places: [usize; 2]) -> bool {
    let has = |place: usize| USUAL.get(place).is_some_and(|keys| keys.contains(&key));
    places.into_iter().all(has)
}

/// What a key does in the present mode; `None` when nothing. Ctrl-c always leaves.
pub fn action(ui: &UiState, key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
        return Some(Action::QuitNow);
    }
    let bound = || {
        let binding = ui.keymap.find_now(ui, Key::of(key))?;
        Some(binding.action.clone())
    };
    match &ui.mode {
        Mode::Filter(_) => match key.code {
            KeyCode::Enter => Some(Action::FilterAccept),
            KeyCode::Esc => Some(Action::FilterCancel),
            KeyCode::Tab => Some(Action::FilterComplete(1)),
            KeyCode::BackTab => Some(Action::FilterComplete(-1)),
            KeyCode::Up => Some(Action::Up),
            KeyCode::Down => Some(Action::Down),
            KeyCode::PageUp => Some(Action::PageUp),
            KeyCode::PageDown => Some(Action::PageDown),
            _ => to_input_request(&Event::Key(key)).map(Action::FilterEdit),
        },
        Mode::Help { .. } => match (key.code, bound()) {
            (KeyCode::Esc | KeyCode::Enter, _) | (_, Some(Action::Help | Action::Quit)) => {
                Some(Action::Help)
            }
            (_, bound) => bound.filter(is_scrolling),
        },
        Mode::Ask(ask) => ask.action(key),
        Mode::Themes { .. } => match (key.code, bound()) {
            (KeyCode::Enter, _) => Some(Action::Enter),
            (KeyCode::Esc, _) | (_, Some(Action::Quit)) => Some(Action::Back),
            (_, bound) => bound.filter(|a| is_scrolling(a) || *a == Action::Themes),
        },
        Mode::Palette(_) | Mode::Jump(_) | Mode::Facets(_) => picking(key),
        Mode::Pager(pager) if pager.typing.is_some() => match key.code {
            KeyCode::Enter => Some(Action::FilterAccept),
            KeyCode::Esc => Some(Action::FilterCancel),
            _ => to_input_request(&Event::Key(key)).map(Action::FilterEdit),
        },
        Mode::Pager(_) => match (key.code, bound()) {
            (KeyCode::Esc, _) => Some(Action::Back),
            (KeyCode::Char(' '), _) => Some(Action::PageDown),
            (_, bound) => bound.filter(|a| is_scrolling(a) || is_of_pager(a)),
        },
        Mode::Main => bound(),
    }
}

/// Keys of a list: what is typed is looked for.
fn picking(key: KeyEvent) -> Option<Action> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => Some(Action::PickAccept),
        KeyCode::Esc => Some(Action::PickCancel),
        KeyCode::Up | KeyCode::BackTab => Some(Action::Up),
        KeyCode::Down | KeyCode::Tab => Some(Action::Down),
        KeyCode::Char('p') if control => Some(Action::Up),
        KeyCode::Char('n') if control => Some(Action::Down),
        KeyCode::PageUp => Some(Action::PageUp),
        KeyCode::PageDown => Some(Action::PageDown),
        _ => to_input_request(&Event::Key(key)).map(Action::PickEdit),
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

fn is_of_pager(action: &Action) -> bool {
    matches!(
        action,
        Action::Filter
            | Action::NextMatch
            | Action::PreviousMatch
            | Action::Form
            | Action::Hand(_)
            | Action::Copy
            | Action::Enter
            | Action::Read
            | Action::Quit
    )
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.keys, self.action)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use KeyCode::Char;
    use std::collections::HashSet;

    fn place(action: &Action) -> usize {
        TABLE.iter().position(|b| b.action == *action).unwrap()
    }

    fn keys(text: &str) -> Vec<Key> {
        text.split_whitespace()
            .map(|k| k.parse().unwrap())
            .collect()
    }

    #[test]
    fn no_key_is_bound_twice_and_all_is_explained() {
        let (mut seen, mut names) = (HashSet::new(), HashSet::new());
        for (binding, keys) in Keymap::default().bindings() {
            assert_eq!(
                keys.len(),
                binding.keys.split(' ').count(),
                "each is a key: {binding:?}"
            );
            assert!(!binding.help.is_empty(), "{binding:?}");
            assert!(names.insert(binding.name()), "{binding:?}");
            for key in keys {
                // The demo is played where there is no session, and runs are compared where there is.
                let shared = binding.action == Action::Diff && key.to_string() == "d";
                assert!(seen.insert(*key) || shared, "{key} twice");
            }
        }
    }

    #[test]
    fn names_are_written_with_hyphens() {
        let name = |action| TABLE[place(&action)].name();
        assert_eq!(name(Action::NextError), "next-error");
        assert_eq!(name(Action::Up), "up");
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
        ui.mode = Mode::Filter(Box::default());
        let typed = Action::FilterEdit(tui_input::InputRequest::InsertChar('q'));
        assert_eq!(action(&ui, key('q')), Some(typed));
        assert_eq!(
            action(&ui, KeyEvent::new(Char('c'), KeyModifiers::CONTROL)),
            Some(Action::QuitNow)
        );
    }

    #[test]
    fn keys_in_force_go_before_those_of_the_table() {
        let mut ui = UiState::new(80, 24);
        let key = |c, held| KeyEvent::new(Char(c), held);
        ui.listens = true;
        ui.session = Some(crate::model::ids::SessionId(1));
        ui.keymap.set(place(&Action::Pause), keys("ctrl-x f9"));
        ui.keymap.set(place(&Action::Help), Vec::new());
        assert_eq!(action(&ui, key('p', KeyModifiers::NONE)), None);
        assert_eq!(
            action(&ui, key('x', KeyModifiers::CONTROL)),
            Some(Action::Pause)
        );
        let footer = ui.keymap.footer(&ui, false);
        let said = |action: &Action| footer.iter().find(|e| e.0 == action);
        assert_eq!(said(&Action::Help), None);
        let pause = (&Action::Pause, "ctrl-x".to_owned(), "pause");
        assert_eq!(said(&Action::Pause), Some(&pause));
        ui.keymap.set(place(&Action::Pause), keys("p"));
        ui.keymap.set(place(&Action::Help), keys("?"));
        assert_eq!(ui.keymap, Keymap::default());
    }

    #[test]
    fn neighbours_share_an_entry_of_the_footer() {
        let mut ui = UiState::new(80, 24);
        ui.session = Some(crate::model::ids::SessionId(1));
        let shown = |ui: &UiState, ascii| ui.keymap.footer(ui, ascii).swap_remove(0).1;
        assert_eq!(
            (shown(&ui, false), shown(&ui, true)),
            ("↑↓".into(), "kj".into())
        );
        ui.keymap.set(place(&Action::Up), keys("ctrl-u"));
        assert_eq!(shown(&ui, false), "ctrl-u/↓");
        ui.keymap.set(place(&Action::Up), Vec::new());
        assert_eq!(shown(&ui, false), "↓");
    }
}
