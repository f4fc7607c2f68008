//! Marks: rows and sessions that a person has marked to hold side by side, two at most. A third takes
//! the place of the one marked first.

use super::Picture;
use super::View;
use super::action::Effect;
use super::pane::Tone;
use super::state::{Panel, UiState};
use crate::model::ids::{NodeId, SessionId};

/// So many are kept: what is held side by side is two.
const KEPT: usize = 2;

/// One mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The session.
    pub session: SessionId,
    /// The row of it; none is the session as a whole.
    pub node: Option<NodeId>,
}

/// What is marked, in the order of marking.
#[derive(Clone, Debug, Default)]
pub struct Marked(Vec<Mark>);

impl Marked {
    /// Marks, or takes the mark away; the oldest goes where there are too many.
    pub fn toggle(&mut self, mark: Mark) {
        let before = self.0.len();
        self.0.retain(|m| *m != mark);
        if self.0.len() == before {
            self.0.push(mark);
            let over = self.0.len().saturating_sub(KEPT);
            self.0.drain(..over);
        }
    }

    /// All, the oldest first.
    pub fn list(&self) -> &[Mark] {
        &self.0
    }

    /// Rows of a session that are marked.
    pub fn rows(&self, session: SessionId) -> impl Iterator<Item = NodeId> {
        let here = self.0.iter().filter(move |m| m.session == session);
        here.filter_map(|m| m.node)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl UiState {
    /// What is marked.
    pub fn marked(&self) -> &Marked {
        &self.marked
    }

    /// A row of a session, or a session as a whole, is marked.
    pub fn is_marked(&self, session: SessionId, node: Option<NodeId>) -> bool {
        self.marked.list().contains(&Mark { session, node })
    }

    /// What would be marked now.
    fn to_mark(&self) -> Option<Mark> {
        let session = self.session?;
        let node = self.selected().filter(|_| self.focus != Panel::Sessions);
        Some(Mark { session, node })
    }

    /// Marks what is selected, or takes its mark away.
    pub(super) fn mark(&mut self) {
        let Some(mark) = self.to_mark() else { return };
        self.marked.toggle(mark);
        let has = self.is_marked(mark.session, mark.node);
        let told = match (has, self.marked.list().len(), mark.node.is_some()) {
            (true, 1, true) => "marked; another row is measured against it, d compares with it",
            (true, 1, false) => "marked; d compares the selected one with it",
            (true, _, true) => "marked; between two rows is the ruler, d compares them",
            (true, _, false) => "marked; d compares the two",
            (false, 0, _) => "no marks",
            (false, ..) => "one mark left",
        };
        self.tell(Tone::Text, told);
    }

    /// Compares what is marked; one mark with what is selected.
    pub(super) fn compare(&mut self, picture: &Picture) -> Option<Effect> {
        let (a, b) = match (self.marked.list(), self.to_mark()) {
            ([a, b], _) => (*a, *b),
            ([a], Some(b)) if *a != b => (*a, b),
            _ => {
                let told = "mark two sessions, turns or agents with space first";
                self.tell(Tone::Warning, told);
                return None;
            }
        };
        // What is dismissed is not there: comparing it would show what nobody can go to.
        let is_there = |m: &Mark| picture.sessions.iter().any(|s| s.id == m.session);
        if !is_there(&a) || !is_there(&b) {
            self.marked.0.retain(is_there);
            self.tell(Tone::Warning, "a marked session is gone");
            return None;
        }
        self.show_view(View::Diff);
        Some(Effect::Compare(a, b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_are_kept() {
        let session = SessionId(1);
        let row = |n| Mark {
            session,
            node: Some(NodeId(n)),
        };
        let mut marked = Marked::default();
        for n in [1, 2, 3] {
            marked.toggle(row(n));
        }
        assert_eq!(marked.list(), [row(2), row(3)]);
        marked.toggle(row(2));
        assert_eq!(marked.list(), [row(3)]);
        assert_eq!(marked.rows(session).collect::<Vec<_>>(), [NodeId(3)]);
        assert_eq!(marked.rows(SessionId(2)).next(), None, "of another session");
    }
}
