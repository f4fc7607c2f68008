//! The line in which a query is typed: editing, completing, and going back to earlier ones.

use super::Picture;
use super::action::Action;
use super::page::View;
use super::state::{Mode, Panel, UiState};
use crate::query::{Completion, complete};
use tui_input::{Input, InputRequest};

/// A query that is being typed.
#[derive(Clone, Debug, Default)]
pub struct QueryLine {
    /// The line.
    pub input: Input,
    /// The query before it was opened: it comes back when the line is cancelled.
    before: String,
    /// What may stand at the cursor.
    pub offers: Completion,
    /// The one of them that stands there now, and the text without it.
    pub chosen: Option<(usize, String)>,
    /// So many queries back; what was typed is kept.
    ago: usize,
    typed: String,
}

impl QueryLine {
    fn of(text: &str) -> Self {
        Self {
            input: Input::new(text.to_owned()),
            before: text.to_owned(),
            ..Self::default()
        }
    }

    /// The byte at which the cursor is.
    fn cursor(&self) -> usize {
        let mut places = self.input.value().char_indices();
        let at = places.nth(self.input.cursor()).map(|(i, _)| i);
        at.unwrap_or(self.input.value().len())
    }

    /// What is offered would go on from the text as it stands.
    pub fn completes(&self) -> bool {
        let typed = self.input.value().get(self.offers.from..self.offers.to);
        self.offers
            .items
            .iter()
            .any(|i| typed.is_some_and(|typed| i.text != typed))
    }

    fn show(&mut self, text: String, cursor: usize) {
        let chars = text.get(..cursor).map_or(0, |t| t.chars().count());
        self.input = Input::new(text).with_cursor(chars);
    }
}

impl UiState {
    /// Does what an action says about looking for something; nothing for any other.
    pub(super) fn act_on_query(&mut self, action: Action) {
        match action {
            Action::Filter => self.open_query(),
            Action::FilterEdit(request) => self.edit_query(&[request]),
            Action::FilterComplete(by) => self.complete_query(by),
            Action::FilterAccept => self.accept_query(),
            Action::FilterCancel => self.cancel_query(),
            Action::Query(text) => self.ask(text),
            Action::Facets => self.open_facets(),
            _ => {}
        }
    }

    fn open_query(&mut self) {
        self.show_view(View::Trace);
        self.focus = Panel::Tree;
        self.zoomed = false;
        self.mode = Mode::Filter(Box::new(QueryLine::of(self.search.text())));
    }

    /// Looks for something that was not typed.
    pub(super) fn ask(&mut self, text: String) {
        self.show_view(View::Trace);
        (self.focus, self.zoomed) = (Panel::Tree, false);
        self.search.ask(text);
        self.search.remember();
    }

    /// Edits the line; what is typed is looked for at once.
    pub(super) fn edit_query(&mut self, requests: &[InputRequest]) {
        let Mode::Filter(line) = &mut self.mode else {
            return;
        };
        for request in requests {
            line.input.handle(*request);
        }
        line.chosen = None;
        let text = line.input.value().to_owned();
        (line.ago, line.typed) = (0, text.clone());
        self.search.ask(text);
    }

    /// Puts what may stand at the cursor there, one after another.
    fn complete_query(&mut self, by: isize) {
        let Mode::Filter(line) = &mut self.mode else {
            return;
        };
        let count = line.offers.items.len();
        if count == 0 {
            return;
        }
        let typed = match &line.chosen {
            Some((_, typed)) => typed.clone(),
            None => line.input.value().to_owned(),
        };
        let at = match &line.chosen {
            Some((at, _)) => at.wrapping_add_signed(by + count.cast_signed()) % count,
            None if by < 0 => count - 1,
            None => 0,
        };
        let (from, to) = (line.offers.from, line.offers.to);
        let (Some(item), Some(head), Some(tail)) = (
            line.offers.items.get(at),
            typed.get(..from),
            typed.get(to..),
        ) else {
            return;
        };
        let text = format!("{head}{}{tail}", item.text);
        let cursor = from + item.text.len();
        line.show(text.clone(), cursor);
        // The only one is not one of several: what follows it is offered next.
        line.chosen = (count > 1).then_some((at, typed));
        self.search.ask(text);
    }

    /// Goes back to an earlier query, or forth again.
    pub(super) fn recall_query(&mut self, by: isize) {
        let Mode::Filter(line) = &mut self.mode else {
            return;
        };
        let ago = line.ago.saturating_add_signed(by);
        let text = match ago {
            0 => line.typed.clone(),
            _ => match self.search.remembered(ago) {
                Some(text) => text.to_owned(),
                None => return,
            },
        };
        line.ago = ago;
        line.chosen = None;
        line.show(text.clone(), text.len());
        self.search.ask(text);
    }

    /// Keeps the query and closes its line, unless it is none.
    fn accept_query(&mut self) {
        if self.search.error().is_none() {
            self.search.remember();
            self.search.stop_counting();
            self.mode = Mode::Main;
        }
    }

    pub(super) fn cancel_query(&mut self) {
        if let Mode::Filter(line) = std::mem::take(&mut self.mode) {
            self.search.stop_counting();
            self.search.ask(line.before);
        }
    }

    /// Brings what is offered in line with the text and with what there is.
    pub(super) fn refresh_query(&mut self, picture: &Picture) {
        let Mode::Filter(line) = &mut self.mode else {
            return;
        };
        if line.chosen.is_none() {
            let (text, cursor) = (line.input.value(), line.cursor());
            line.offers = complete(text, cursor, self.search.seen(), &self.search.saved);
        }
        let tree = picture.tree.filter(|_| picture.session == self.session);
        // Looking goes first; counting takes what time it leaves.
        if let (Some(tree), Some(session), None) = (tree, self.session, self.search.percent()) {
            let of = line.offers.wants.as_ref();
            self.search.count(picture, session, tree, of);
        }
    }
}
