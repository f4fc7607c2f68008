//! Where the time went, of what is looked at: the selected node if there is something below it,
//! else its turn; the session while all of it is on the axis.

use super::Picture;
use super::state::{RowsKey, UiState};
use crate::model::node::{Node, NodeKind, Tree};
use crate::model::time_budget::{TimeBudget, time_budget};

/// Of more nodes than this, what runs is looked at again once a second, not with every batch.
const MANY: usize = 5_000;
const SECOND: u64 = 1_000_000_000;

/// The time of what is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// The node; `None` is the session.
    pub of: Option<usize>,
    /// Its time, part by part.
    pub time: TimeBudget,
    /// Something in it runs: until then.
    pub until: Option<u64>,
    /// Of its critical path alone: where the time went without which it would have ended earlier.
    pub on_path: bool,
    key: (RowsKey, Option<usize>),
    made: u64,
}

impl UiState {
    /// Brings the budget in line with rows, selection and time.
    pub(super) fn measure_budget(&mut self, picture: &Picture, tree: &Tree) {
        let selected = self.rows.get(self.cursor).map(|r| r.node as usize);
        let (Some(selected), Some(rows)) = (selected, self.rows_key) else {
            self.spent = None;
            return;
        };
        let now = picture.now;
        if let Some(path) = &self.path {
            self.spent = Some(Spent {
                of: Some(path.root),
                time: path.time,
                until: None,
                on_path: true,
                key: (rows, Some(path.root)),
                made: now,
            });
            return;
        }
        let of = subject(tree, selected, self.axis.session);
        let nodes = part(tree, of);
        if let Some(known) = self.spent.as_ref().filter(|known| !known.on_path) {
            let same = known.key == (rows, of) && known.until.is_none_or(|until| until == now);
            let about = (known.key.0.session, known.of) == (rows.session, of);
            let soon = nodes.len() > MANY && now.saturating_sub(known.made) < SECOND;
            if same || (about && soon) {
                return;
            }
        }
        let running = nodes.iter().any(|n| n.state.is_running() && !n.internal);
        self.spent = Some(Spent {
            of,
            time: time_budget(nodes, now),
            until: running.then_some(now),
            on_path: false,
            key: (rows, of),
            made: now,
        });
    }
}

/// The node that is told of.
pub(super) fn subject(tree: &Tree, selected: usize, session: bool) -> Option<usize> {
    let mut at = selected;
    let counts = |n: &Node| n.descendants > 0 || n.parent.is_none();
    while tree.nodes.get(at).is_some_and(|n| !counts(n)) {
        // A leaf is told by its turn.
        at = top(tree, at);
    }
    let whole = tree.nodes.get(at).is_none_or(|n| n.parent.is_none());
    (!(session && whole)).then_some(at)
}

/// The root above a node.
pub(super) fn top(tree: &Tree, at: usize) -> usize {
    let (Some(mut node), mut at) = (tree.nodes.get(at), at) else {
        return at;
    };
    while let Some(up) = node.parent.map(|p| p as usize).filter(|p| *p < at) {
        let Some(above) = tree.nodes.get(up) else {
            break;
        };
        (node, at) = (above, up);
    }
    at
}

/// A node and what is below it, or all.
pub(crate) fn part(tree: &Tree, of: Option<usize>) -> &[Node] {
    let Some(at) = of else { return &tree.nodes };
    let below = tree.nodes.get(at).map_or(0, |n| n.descendants as usize + 1);
    tree.nodes.get(at..at + below).unwrap_or_default()
}

/// The number of a turn among the turns of its session, counted from 1.
pub(crate) fn turn_number(tree: &Tree, turn: usize) -> Option<u32> {
    let is_turn = |n: &Node| n.kind == NodeKind::Turn;
    let (mut number, mut at) = (0, 0);
    while let Some(node) = tree.nodes.get(at).filter(|_| at <= turn) {
        number += u32::from(is_turn(node));
        at += node.descendants as usize + 1;
    }
    tree.nodes.get(turn).filter(|n| is_turn(n)).map(|_| number)
}
