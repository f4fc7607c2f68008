//! Lists that lie over the screen: opening them, typing in them, and what is picked.

use super::Picture;
use super::action::Action;
use super::keymap::TABLE;
use super::palette::{Palette, Picked};
use super::pane::Tone;
use super::pick::{Picker, rows};
use super::state::{Mode, UiState};
use super::update::distance;
use tui_input::InputRequest;

impl UiState {
    pub(super) fn open_palette(&mut self) {
        self.mode = Mode::Palette(Palette::default());
    }

    pub(super) fn open_facets(&mut self) {
        self.mode = Mode::Facets(Box::default());
    }

    pub(super) fn open_jump(&mut self) {
        self.mode = Mode::Jump(Box::default());
    }

    /// Not everything is looked through yet: another [`Action::Data`] goes on.
    pub fn is_searching(&self) -> bool {
        self.search.is_searching()
            || match &self.mode {
                Mode::Jump(jump) => jump.is_searching(),
                Mode::Facets(facets) => facets.is_counting(),
                _ => false,
            }
    }

    /// Edits the line of the open list.
    pub(super) fn type_in_list(&mut self, requests: &[InputRequest]) {
        for request in requests {
            match &mut self.mode {
                Mode::Palette(palette) => {
                    palette.edit(*request);
                }
                Mode::Jump(jump) => jump.edit(*request),
                Mode::Facets(facets) => facets.edit(*request),
                _ => {}
            }
        }
    }

    /// Goes through the open list; false if there is none.
    pub(super) fn travel_list(&mut self, action: &Action) -> bool {
        fn travel<T>(list: &mut Picker<T>, action: &Action, rows: usize) {
            list.travel(distance(action, rows, list.entries.len()));
        }
        let rows = rows(self.size.1);
        match &mut self.mode {
            Mode::Palette(palette) => travel(palette, action, rows),
            Mode::Jump(jump) => travel(&mut jump.list, action, rows),
            Mode::Facets(facets) => travel(&mut facets.list, action, rows),
            _ => return false,
        }
        true
    }

    /// Brings the open list in line with what is typed and with the picture.
    pub(super) fn refresh_list(&mut self, picture: &Picture) {
        let rows = rows(self.size.1);
        self.refresh_query(picture);
        let mut mode = std::mem::take(&mut self.mode);
        match &mut mode {
            Mode::Palette(palette) => {
                self.list_actions(palette);
                palette.reveal(rows);
            }
            Mode::Jump(jump) => {
                jump.advance(picture, self.internals);
                jump.list.reveal(rows);
            }
            Mode::Facets(facets) => {
                let tree = picture.tree.filter(|_| picture.session == self.session);
                if let (Some(tree), Some(session)) = (tree, self.session) {
                    facets.advance(picture, session, tree, self.search.found());
                }
                facets.list.reveal(rows);
            }
            _ => {}
        }
        self.mode = mode;
    }

    /// Closes the list: what is to be done then.
    pub(super) fn picked(&mut self) -> Action {
        match std::mem::take(&mut self.mode) {
            Mode::Palette(palette) => match palette.chosen() {
                Some(entry) if entry.off => {
                    self.tell(Tone::Text, format!("{} does nothing here", entry.name));
                    Action::Data
                }
                Some(entry) => match &entry.value {
                    Picked::Does(place) => {
                        let binding = TABLE.get(*place);
                        binding.map_or(Action::Data, |b| b.action.clone())
                    }
                    Picked::Asks(query) => Action::Query(query.clone()),
                },
                None => Action::Data,
            },
            Mode::Facets(facets) => self.pick_facet(&facets),
            Mode::Jump(jump) => {
                let chosen = jump.list.chosen();
                chosen.map_or(Action::Data, |e| Action::GoTo(e.value.0, e.value.1))
            }
            mode => {
                self.mode = mode;
                Action::Data
            }
        }
    }
}
