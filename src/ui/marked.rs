//! What a person has marked: the last rows, of any session, to be held side by side.

use super::Picture;
use super::pane::Tone;
use super::state::UiState;
use crate::model::ids::{NodeId, SessionId};

/// So many are kept: what is held side by side is two.
const KEPT: usize = 2;

/// The marked nodes in the order in which they were marked.
#[derive(Clone, Debug, Default)]
pub struct Marked(Vec<(SessionId, NodeId)>);

impl Marked {
    /// Marks a node, or takes its mark away; the oldest goes where there are too many.
    pub fn toggle(&mut self, session: SessionId, node: NodeId) {
        let before = self.0.len();
        self.0.retain(|mark| *mark != (session, node));
        if self.0.len() == before {
            self.0.push((session, node));
            let over = self.0.len().saturating_sub(KEPT);
            self.0.drain(..over);
        }
    }

    /// Whether a node of a session is marked.
    pub fn has(&self, session: SessionId, node: NodeId) -> bool {
        self.0.contains(&(session, node))
    }

    /// All, the oldest first.
    pub fn list(&self) -> &[(SessionId, NodeId)] {
        &self.0
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

    /// Marks the selected row, or takes its mark away.
    pub(super) fn mark(&mut self, picture: &Picture) {
        let (Some(session), Some(node)) = (self.session, self.selected_node(picture)) else {
            return;
        };
        let node = node.id;
        self.marked.toggle(session, node);
        let told = match (self.marked.has(session, node), self.marked.list().len()) {
            (true, 1) => "marked; another row is measured against it",
            (true, _) => "marked; between two marks is the ruler",
            (false, 0) => "no marks",
            (false, _) => "one mark left",
        };
        self.tell(Tone::Text, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_are_kept() {
        let at = |n| (SessionId(1), NodeId(n));
        let mut marked = Marked::default();
        for n in [1, 2, 3] {
            marked.toggle(SessionId(1), NodeId(n));
        }
        assert_eq!(marked.list(), [at(2), at(3)]);
        marked.toggle(SessionId(1), NodeId(2));
        assert_eq!(marked.list(), [at(3)]);
        assert!(!marked.has(SessionId(2), NodeId(3)), "of another session");
    }
}
