//! Sessions as a person arranges them: sorted, pinned ones first, dismissed ones out of sight until
//! something new comes of them.

use super::Picture;
use super::action::Effect;
use super::pane::Tone;
use super::sort::Sort;
use super::state::UiState;
use super::{text, title};
use crate::model::ids::SessionId;
use crate::model::node::SessionSummary;
use std::cmp::Reverse;

/// Cells of a title in a message.
const NAME: usize = 40;

impl UiState {
    /// A session stays at the top of the list and is never evicted.
    pub fn is_pinned(&self, session: SessionId) -> bool {
        self.pinned.contains(&session)
    }

    /// The order of sessions is not that of their arrival.
    pub fn arranges(&self) -> bool {
        !self.pinned.is_empty() || !self.dismissed.is_empty() || self.sort != Sort::Time
    }

    /// The sessions to list, and how many are dismissed.
    pub fn arrange(&self, mut sessions: Vec<SessionSummary>) -> (Vec<SessionSummary>, usize) {
        let before = sessions.len();
        let is_out = |s: &SessionSummary| {
            let seen = self.dismissed.get(&s.id);
            seen.is_some_and(|seen| *seen >= s.last_arrival)
        };
        sessions.retain(|s| !is_out(s));
        let dismissed = before - sessions.len();
        // Both sorts are stable: what is equal stays in the order of its arrival.
        if self.sort != Sort::Time {
            sessions.sort_by_key(|s| Reverse(self.sort.of_session(s)));
        }
        sessions.sort_by_key(|s| !self.is_pinned(s.id));
        (sessions, dismissed)
    }

    fn shown_session<'a>(&self, picture: &Picture<'a>) -> Option<&'a SessionSummary> {
        picture.sessions.iter().find(|s| Some(s.id) == self.session)
    }

    /// Pins the session in view, or lets it go.
    pub(super) fn pin(&mut self, picture: &Picture) -> Option<Effect> {
        let session = self.shown_session(picture)?;
        let title = title::prompt(&session.title);
        let name = text::cut(&title, NAME, text::Cut::End, "…");
        if self.pinned.remove(&session.id) {
            self.tell(Tone::Text, format!("unpinned {name}"));
        } else {
            self.pinned.insert(session.id);
            self.tell(
                Tone::Text,
                format!("pinned {name}: it is kept, and stands first"),
            );
        }
        Some(Effect::ListAll)
    }

    /// Takes the session in view out of the list, until something new comes of it.
    pub(super) fn dismiss(&mut self, picture: &Picture) -> Option<Effect> {
        let session = self.shown_session(picture)?;
        let at = picture.sessions.iter().position(|s| s.id == session.id)?;
        self.pinned.remove(&session.id);
        self.dismissed.insert(session.id, session.last_arrival);
        let beside = picture.sessions.get(at + 1);
        let beside = beside.or_else(|| picture.sessions.get(at.checked_sub(1)?));
        if let Some(beside) = beside {
            self.session_picked = true;
            self.go_to_session(beside.id);
        }
        self.tell(
            Tone::Text,
            "dismissed until something new comes of it; u brings it back",
        );
        Some(Effect::ListAll)
    }

    /// Brings dismissed sessions back.
    pub(super) fn recall(&mut self) -> Option<Effect> {
        let some = !self.dismissed.is_empty();
        self.dismissed.clear();
        self.tell(
            Tone::Text,
            if some {
                "dismissed sessions are back"
            } else {
                "no session is dismissed"
            },
        );
        some.then_some(Effect::ListAll)
    }

    /// The store is empty from now on: places in it are forgotten.
    pub(super) fn forget(&mut self) {
        self.pinned.clear();
        self.dismissed.clear();
        self.marked.clear();
        self.places.clear();
        self.opened.clear();
        self.folds.clear();
        self.session = None;
        self.session_picked = false;
        self.place = super::state::Place::default();
    }
}
