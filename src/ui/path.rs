//! The critical path of the turn that is looked at, while it is lit.

use super::Picture;
use super::spent::top;
use super::state::{RowsKey, UiState};
use crate::model::critical::{Leg, critical_path, path_budget};
use crate::model::node::Tree;
use crate::model::time_budget::TimeBudget;

/// The critical path of a turn.
#[derive(Clone, Debug)]
pub struct Path {
    /// The turn: an index in [`Tree::nodes`].
    pub root: usize,
    /// The last node below it.
    last: usize,
    /// By node, then by time.
    legs: Vec<Leg>,
    /// Where the time along it went.
    pub time: TimeBudget,
    rows: RowsKey,
    /// It runs: until then.
    until: Option<u64>,
}

impl Path {
    /// The node is of the turn.
    pub fn covers(&self, node: usize) -> bool {
        (self.root..=self.last).contains(&node)
    }

    /// What of a node is on the path.
    pub fn legs(&self, node: usize) -> &[Leg] {
        let from = self.legs.partition_point(|leg| leg.node < node);
        let to = self.legs.partition_point(|leg| leg.node <= node);
        self.legs.get(from..to).unwrap_or_default()
    }
}

impl UiState {
    /// Finds the critical path of the selected row's turn, where it is to be lit.
    pub(super) fn light(&mut self, picture: &Picture, tree: &Tree) {
        let selected = self.rows.get(self.cursor).map(|r| r.node as usize);
        let (Some(selected), Some(rows), true) = (selected, self.rows_key, self.lit) else {
            self.path = None;
            return;
        };
        let root = top(tree, selected);
        let now = picture.now;
        let same =
            |p: &Path| (p.root, p.rows) == (root, rows) && p.until.is_none_or(|until| until == now);
        if self.path.as_ref().is_some_and(same) {
            return;
        }
        let below = tree.nodes.get(root).map_or(0, |n| n.descendants as usize);
        let nodes = tree.nodes.get(root..=root + below).unwrap_or_default();
        let mut legs = critical_path(nodes, 0, now);
        let time = path_budget(nodes, 0, &legs, now);
        for leg in &mut legs {
            leg.node += root;
        }
        legs.sort_unstable_by_key(|leg| (leg.node, leg.from));
        let runs = nodes.iter().any(|n| n.state.is_running() && !n.internal);
        self.path = Some(Path {
            root,
            last: root + below,
            legs,
            time,
            rows,
            until: runs.then_some(now),
        });
    }
}
