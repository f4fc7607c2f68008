//! The themes to pick from: the one under the cursor is shown at once; enter keeps it, esc brings
//! the former back.

use super::action::{Action, Effect};
use super::state::{Mode, UiState};

/// Names of themes, and the one in force.
#[derive(Clone, Debug, Default)]
pub struct Themes {
    /// All, in the order of the list.
    pub names: Vec<String>,
    /// The one in force.
    pub current: String,
}

/// Opens the list, or closes it and keeps what is shown.
pub(super) fn toggle(ui: &mut UiState) {
    ui.mode = match ui.mode {
        Mode::Themes { .. } => Mode::Main,
        _ => Mode::Themes {
            before: ui.themes.current.clone(),
        },
    };
}

/// What a key does while the list is open; `None` if it is not.
pub(super) fn act(ui: &mut UiState, action: &Action) -> Option<Vec<Effect>> {
    let Mode::Themes { before } = &ui.mode else {
        return None;
    };
    let at = ui.themes.place();
    let last = ui.themes.names.len().saturating_sub(1);
    let to = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => (at + 1).min(last),
        Action::Top | Action::PageUp => 0,
        Action::Bottom | Action::PageDown => last,
        Action::Enter => {
            ui.mode = Mode::Main;
            return Some(Vec::new());
        }
        Action::Back => {
            let before = before.clone();
            ui.mode = Mode::Main;
            return Some(ui.themes.show(before));
        }
        _ => return None,
    };
    let name = ui.themes.names.get(to).cloned();
    Some(name.map_or(Vec::new(), |name| ui.themes.show(name)))
}

impl Themes {
    /// Place of the one in force in the list.
    pub(crate) fn place(&self) -> usize {
        let at = self.names.iter().position(|n| *n == self.current);
        at.unwrap_or(0)
    }

    fn show(&mut self, name: String) -> Vec<Effect> {
        if name == self.current {
            return Vec::new();
        }
        self.current.clone_from(&name);
        vec![Effect::Theme(name)]
    }
}
