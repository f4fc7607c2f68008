//! In which order siblings stand, and sessions: as they came, or what took, cost or failed most
//! first.

use super::action::Effect;
use super::pane::Tone;
use super::rows::Row;
use super::state::UiState;
use crate::model::figures::Figures;
use crate::model::node::{Node, SessionSummary, Tree};
use crate::model::usage::Usage;
use std::cmp::Reverse;

/// What stands first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// What began first.
    #[default]
    Time,
    /// What took longest.
    Duration,
    /// What cost most.
    Cost,
    /// What read and wrote most tokens.
    Tokens,
    /// What failed most often.
    Errors,
}

impl Sort {
    const ALL: [Self; 5] = [
        Self::Time,
        Self::Duration,
        Self::Cost,
        Self::Tokens,
        Self::Errors,
    ];

    /// What it goes by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Cost => "cost",
            Self::Tokens => "tokens",
            Self::Errors => "errors",
        }
    }

    fn next(self) -> Self {
        let at = Self::ALL.iter().position(|s| *s == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// By what a node stands before others: more goes first, unknown last.
    fn of_node(self, node: &Node, now: u64) -> Option<u64> {
        let call = node.call.as_deref();
        match self {
            Self::Time => None,
            Self::Duration => {
                let told = node.end.is_some() || node.state.is_running();
                told.then(|| node.duration(now))
            }
            Self::Cost => match call {
                Some(call) => call.cost.map(|c| c.0),
                None => node.rolled.cost.map(|c| c.0),
            },
            Self::Tokens => tokens(call.map_or(&node.rolled.usage, |c| &c.usage)),
            Self::Errors => Some(errors(&node.rolled)),
        }
    }

    /// The same of a session.
    pub(super) fn of_session(self, session: &SessionSummary) -> Option<u64> {
        match self {
            Self::Time => None,
            Self::Duration => Some(session.end.saturating_sub(session.start)),
            Self::Cost => session.figures.cost.map(|c| c.0),
            Self::Tokens => tokens(&session.figures.usage),
            Self::Errors => Some(errors(&session.figures)),
        }
    }
}

fn tokens(usage: &Usage) -> Option<u64> {
    let both = usage
        .input
        .unwrap_or(0)
        .saturating_add(usage.output.unwrap_or(0));
    (usage.input.is_some() || usage.output.is_some()).then_some(both)
}

fn errors(figures: &Figures) -> u64 {
    figures.errors
}

/// The rows with siblings in another order; those that are equal stay as they were. Not recursive,
/// and the work is that of sorting once.
pub(super) fn sorted(rows: Vec<Row>, tree: &Tree, sort: Sort) -> Vec<Row> {
    if sort == Sort::Time {
        return rows;
    }
    // Each row with its parent's place among the rows, 0 for none; so siblings stand together.
    let mut order = Vec::with_capacity(rows.len());
    let mut path: Vec<usize> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        path.truncate(row.depth as usize);
        let parent = path.last().map_or(0, |p| p + 1);
        let node = tree.nodes.get(row.node as usize);
        let key = node.and_then(|n| sort.of_node(n, tree.end));
        order.push((parent, Reverse(key), at));
        path.push(at);
    }
    order.sort_unstable();
    let first = |parent: usize| order.partition_point(|(p, ..)| *p < parent);
    let mut out = Vec::with_capacity(rows.len());
    // Where the next of each open list of siblings stands in `order`.
    let mut open = vec![(0, first(0))];
    while let Some((parent, next)) = open.pop() {
        let Some((_, _, at)) = order.get(next).filter(|(p, ..)| *p == parent) else {
            continue;
        };
        open.push((parent, next + 1));
        out.extend(rows.get(*at).copied());
        if rows
            .get(at + 1)
            .is_some_and(|below| rows.get(*at).is_some_and(|r| below.depth > r.depth))
        {
            open.push((at + 1, first(at + 1)));
        }
    }
    out
}

impl UiState {
    /// Sorts by the next of what can be sorted by.
    pub(super) fn change_sort(&mut self) -> Effect {
        self.sort = self.sort.next();
        self.tell(Tone::Text, format!("sorted by {}", self.sort.name()));
        Effect::ListAll
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::rows::tests::tree;
    use proptest::prelude::*;

    fn rows(tree: &Tree) -> Vec<Row> {
        let row = |(i, node): (usize, &Node)| Row {
            node: u32::try_from(i).unwrap_or(0),
            depth: node.depth,
            parent: node.descendants > 0,
            folded: false,
            matches: false,
        };
        tree.nodes.iter().enumerate().map(row).collect()
    }

    #[test]
    fn what_took_longest_stands_first_with_all_that_is_below() {
        let mut tree = tree(&[0, 1, 2, 1, 0, 1], &[]);
        for (node, took) in tree.nodes.iter_mut().zip([5, 1, 9, 3, 7, 2]) {
            node.end = Some(node.start + took);
        }
        let nodes: Vec<u32> = sorted(rows(&tree), &tree, Sort::Duration)
            .iter()
            .map(|r| r.node)
            .collect();
        assert_eq!(nodes, [4, 5, 0, 3, 1, 2]);
    }

    proptest! {
        #[test]
        fn sorting_keeps_rows_and_families(depths in prop::collection::vec(0u32..5, 0..40), took in prop::collection::vec(0u64..4, 40)) {
            let mut tree = tree(&depths, &[]);
            for (node, took) in tree.nodes.iter_mut().zip(&took) {
                node.end = Some(node.start + took);
            }
            let before = rows(&tree);
            let after = sorted(before.clone(), &tree, Sort::Duration);
            let mut back = after.clone();
            back.sort_by_key(|r| r.node);
            prop_assert_eq!(&back, &before);
            // Each row's parent is the nearest row above it that is less deep, and siblings are in
            // order: the longer first, and of equals the earlier.
            let mut path: Vec<u32> = Vec::new();
            let mut last: std::collections::HashMap<Option<u32>, u32> = std::collections::HashMap::new();
            for row in &after {
                path.truncate(row.depth as usize);
                let parent = tree.nodes[row.node as usize].parent;
                prop_assert_eq!(path.last().copied(), parent);
                if let Some(before) = last.insert(parent, row.node) {
                    let took = |i: u32| tree.nodes[i as usize].duration(0);
                    prop_assert!(took(before) > took(row.node) || (took(before) == took(row.node) && before < row.node));
                }
                path.push(row.node);
            }
        }
    }
}
