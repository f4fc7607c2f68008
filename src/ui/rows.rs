//! The visible rows of a tree: one flat list, rebuilt when tree, folds, what was found, or the
//! choice of order and internals change, walked without recursion. Tree and waterfall draw from the same rows.

use super::sort::{Sort, sorted};
use crate::model::ids::NodeId;
use crate::model::node::{Node, NodeKind, State, Tree};
use rustc_hash::FxHashSet;

/// One visible row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Index in [`Tree::nodes`].
    pub node: u32,
    /// Depth among what is shown: children of a hidden node stand one level higher.
    pub depth: u32,
    /// Something can be folded in or out below it.
    pub parent: bool,
    /// It is folded.
    pub folded: bool,
    /// It matches the query itself (not only something below it).
    pub matches: bool,
}

/// Plumbing may be hidden, but never an error or a model call.
pub fn is_hidden(node: &Node, internals: bool) -> bool {
    node.internal && !internals && node.state != State::Error && node.kind != NodeKind::Call
}

/// The rows of a tree in preorder, siblings sorted. When something is looked for, what was `found`
/// and its ancestors are shown, and folds do not hide it.
pub(super) fn rows(
    tree: &Tree,
    folds: &FxHashSet<NodeId>,
    found: Option<&FxHashSet<NodeId>>,
    internals: bool,
    sort: Sort,
) -> Vec<Row> {
    let nodes = &tree.nodes;
    let kept = found.map(|found| kept(nodes, found, internals));
    let keeps = |i: usize| {
        kept.as_ref()
            .is_none_or(|k| k.get(i).is_some_and(|k| k.keep))
    };
    let mut rows: Vec<Row> = Vec::with_capacity(nodes.len().min(1 << 16));
    // Index of the last node below each open visible ancestor; its length is the depth.
    let mut ends: Vec<usize> = Vec::new();
    let mut i = 0;
    while let Some(node) = nodes.get(i) {
        while ends.last().is_some_and(|end| *end < i) {
            ends.pop();
        }
        if is_hidden(node, internals) {
            i += 1;
            continue;
        }
        let last = i.saturating_add(node.descendants as usize);
        if !keeps(i) {
            i = last + 1; // nothing below is kept, or this would be
            continue;
        }
        let folded = kept.is_none() && node.descendants > 0 && folds.contains(&node.id);
        rows.push(Row {
            node: u32::try_from(i).unwrap_or(u32::MAX),
            depth: u32::try_from(ends.len()).unwrap_or(u32::MAX),
            parent: folded,
            folded,
            matches: kept
                .as_ref()
                .is_some_and(|k| k.get(i).is_some_and(|k| k.own)),
        });
        if folded {
            i = last + 1;
        } else {
            if node.descendants > 0 {
                ends.push(last);
            }
            i += 1;
        }
    }
    mark_parents(&mut rows, nodes, internals);
    sorted(rows, tree, sort)
}

/// A row is a parent when a deeper row follows; a folded one when something below could be shown.
fn mark_parents(rows: &mut [Row], nodes: &[Node], internals: bool) {
    for i in 0..rows.len() {
        let next = rows.get(i + 1).map(|r| r.depth);
        let Some(row) = rows.get_mut(i) else { break };
        if row.folded {
            let first = row.node as usize + 1;
            let count = nodes
                .get(row.node as usize)
                .map_or(0, |n| n.descendants as usize);
            row.parent = nodes
                .get(first..first.saturating_add(count).min(nodes.len()))
                .is_some_and(|below| below.iter().any(|n| !is_hidden(n, internals)));
            row.folded = row.parent;
        } else {
            row.parent = next.is_some_and(|d| d > row.depth);
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Kept {
    own: bool,
    keep: bool,
}

fn kept(nodes: &[Node], found: &FxHashSet<NodeId>, internals: bool) -> Vec<Kept> {
    let mut kept: Vec<Kept> = nodes
        .iter()
        .map(|node| {
            let own = !is_hidden(node, internals) && found.contains(&node.id);
            Kept { own, keep: own }
        })
        .collect();
    for (i, node) in nodes.iter().enumerate().rev() {
        if kept.get(i).is_some_and(|k| k.keep)
            && let Some(parent) = node.parent.and_then(|p| kept.get_mut(p as usize))
        {
            parent.keep = true;
        }
    }
    kept
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::figures::Figures;
    use proptest::prelude::*;

    /// A tree from depths; names `n0`, `n1`, …
    pub(crate) fn tree(depths: &[u32], internal: &[bool]) -> Tree {
        let mut nodes: Vec<Node> = Vec::new();
        let mut path: Vec<u32> = Vec::new();
        for (i, depth) in depths.iter().enumerate() {
            path.truncate(*depth as usize);
            let parent = path.last().copied();
            for p in &path {
                nodes[*p as usize].descendants += 1;
            }
            nodes.push(Node {
                id: NodeId(i as u64 + 1),
                alias: NodeId(i as u64 + 1),
                parent,
                depth: u32::try_from(path.len()).unwrap_or(0),
                descendants: 0,
                kind: NodeKind::Other,
                name: format!("n{i}").into(),
                detail: None,
                state: State::Ok,
                arrived: true,
                from_logs: false,
                internal: internal.get(i).copied().unwrap_or(false),
                mcp: false,
                start: i as u64,
                end: Some(i as u64 + 1),
                call: None,
                rolled: Figures::default(),
                claimed: None,
                hands: None,
                remarks: None,
                error: None,
                error_below: false,
                sources: Vec::new(),
            });
            path.push(u32::try_from(i).unwrap_or(0));
        }
        Tree {
            nodes,
            start: 0,
            end: depths.len() as u64,
        }
    }

    fn show(rows: &[Row]) -> String {
        rows.iter()
            .map(|r| {
                let mark = if r.folded {
                    "+"
                } else if r.parent {
                    "-"
                } else {
                    ""
                };
                format!("{}{}{mark}", " ".repeat(r.depth as usize), r.node)
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn folds_hide_what_is_below() {
        let tree = tree(&[0, 1, 2, 1, 0, 1], &[]);
        let folds = FxHashSet::from_iter([NodeId(2), NodeId(5)]);
        let rows = rows(&tree, &folds, None, false, Sort::Time);
        assert_eq!(show(&rows), "0-\n 1+\n 3\n4+");
    }

    #[test]
    fn children_of_hidden_internals_stand_one_level_higher() {
        let mut tree = tree(&[0, 1, 2, 2, 1], &[false, true, false, true, true]);
        let folds = FxHashSet::default();
        assert_eq!(
            show(&rows(&tree, &folds, None, false, Sort::Time)),
            "0-\n 2"
        );
        assert_eq!(
            show(&rows(&tree, &folds, None, true, Sort::Time)),
            "0-\n 1-\n  2\n  3\n 4"
        );
        tree.nodes[3].state = State::Error;
        tree.nodes[4].kind = NodeKind::Call;
        assert_eq!(
            show(&rows(&tree, &folds, None, false, Sort::Time)),
            "0-\n 2\n 3\n 4"
        );
    }

    #[test]
    fn matches_keep_their_ancestors_and_defy_folds() {
        let tree = tree(&[0, 1, 2, 1, 0, 1], &[]);
        let folds = FxHashSet::from_iter([NodeId(1)]);
        let found = FxHashSet::from_iter([NodeId(3)]);
        let rows = rows(&tree, &folds, Some(&found), false, Sort::Time);
        assert_eq!(show(&rows), "0-\n 1-\n  2");
        assert_eq!(
            rows.iter().map(|r| r.matches).collect::<Vec<_>>(),
            [false, false, true]
        );
    }

    proptest! {
        #[test]
        fn depth_is_consistent(
            shape in prop::collection::vec((0u32..6, any::<bool>(), any::<bool>()), 0..60),
            filter in prop::option::of(0usize..60),
            internals: bool,
        ) {
            let depths: Vec<_> = shape.iter().map(|s| s.0).collect();
            let hidden: Vec<_> = shape.iter().map(|s| s.1).collect();
            let tree = tree(&depths, &hidden);
            let folds = tree.nodes.iter().zip(&shape).filter(|(_, s)| s.2).map(|(n, _)| n.id).collect();
            let found = filter.map(|n| FxHashSet::from_iter([NodeId(n as u64 + 1)]));
            let rows = rows(&tree, &folds, found.as_ref(), internals, Sort::Time);
            let mut last: Option<Row> = None;
            for row in &rows {
                let node = &tree.nodes[row.node as usize];
                prop_assert!(!is_hidden(node, internals));
                // Depth is the number of shown ancestors, and grows by one at most.
                let mut shown = 0;
                let mut up = node.parent;
                while let Some(p) = up {
                    shown += u32::from(rows.iter().any(|r| r.node == p));
                    up = tree.nodes[p as usize].parent;
                }
                prop_assert_eq!(row.depth, shown);
                prop_assert!(row.depth <= last.map_or(0, |l| l.depth + 1));
                prop_assert!(last.is_none_or(|l| l.node < row.node));
                if let Some(l) = last {
                    prop_assert_eq!(l.parent && !l.folded, row.depth > l.depth);
                }
                last = Some(*row);
            }
            if found.is_none() && folds.is_empty() {
                let visible = tree.nodes.iter().filter(|n| !is_hidden(n, internals)).count();
                prop_assert_eq!(rows.len(), visible);
            }
        }
    }
}
