//! The ruler: two rows of a session held against each other in time, both marked, or one of them
//! marked and the other selected.

use super::Picture;
use super::state::UiState;
use super::text;
use crate::model::node::{Node, Tree};

/// Two rows by their starts: indices in [`Tree::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruler {
    /// What began first.
    pub first: usize,
    /// What began then.
    pub second: usize,
}

impl Ruler {
    /// Between two nodes, whichever began first.
    pub fn between(tree: &Tree, a: usize, b: usize) -> Option<Self> {
        let start = |i: usize| tree.nodes.get(i).map(|n| (n.start, i));
        let (one, other) = (start(a)?, start(b)?);
        (a != b && one.0 != 0 && other.0 != 0).then(|| Self {
            first: one.min(other).1,
            second: one.max(other).1,
        })
    }

    /// The two nodes.
    pub fn nodes<'t>(&self, tree: &'t Tree) -> Option<(&'t Node, &'t Node)> {
        tree.nodes.get(self.first).zip(tree.nodes.get(self.second))
    }

    /// What lies between them, each with what it is: starts, the gap or overlap, ends, all of it.
    pub fn told(&self, tree: &Tree) -> Vec<(&'static str, String)> {
        let Some((first, second)) = self.nodes(tree) else {
            return Vec::new();
        };
        let apart = |a: u64, b: u64| text::duration(a.abs_diff(b));
        let mut told = vec![("starts", apart(first.start, second.start))];
        if let Some(end) = first.end {
            let label = if second.start >= end {
                "gap"
            } else {
                "overlap"
            };
            let until = second.end.map_or(end, |other| end.min(other));
            let ns = if label == "gap" { end } else { until };
            told.push((label, apart(second.start, ns)));
        }
        if let (Some(a), Some(b)) = (first.end, second.end) {
            told.push(("ends", apart(a, b)));
            told.push(("in all", apart(first.start, a.max(b))));
        }
        told
    }
}

impl UiState {
    /// Finds the two rows that are held against each other.
    pub(super) fn lay_ruler(&mut self, picture: &Picture, tree: &Tree) {
        let here = picture.session.into_iter();
        let here = here.flat_map(|session| self.marked.rows(session));
        let marked: Vec<usize> = here.filter_map(|node| tree.find(node)).collect();
        let selected = || self.rows.get(self.cursor).map(|r| r.node as usize);
        self.ruler = match marked[..] {
            [a, b] => Ruler::between(tree, a, b),
            [a] => selected().and_then(|b| Ruler::between(tree, a, b)),
            _ => None,
        };
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::model::ids::NodeId;
    use crate::model::node::{NodeKind, State};

    const S: u64 = 1_000_000_000;

    fn tree(spans: &[(u64, Option<u64>)]) -> Tree {
        let node = |(from, to): &(u64, Option<u64>)| Node {
            start: from * S,
            end: to.map(|to| to * S),
            ..Node::missing(NodeId(*from), NodeKind::Call, "n", State::Ok)
        };
        Tree {
            nodes: spans.iter().map(node).collect(),
            ..Tree::default()
        }
    }

    fn told(spans: &[(u64, Option<u64>)]) -> Vec<(&'static str, String)> {
        let tree = tree(spans);
        Ruler::between(&tree, 1, 0).unwrap().told(&tree)
    }

    fn of(told: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        told.iter().map(|(l, t)| (*l, (*t).to_owned())).collect()
    }

    #[test]
    fn starts_ends_and_what_is_between() {
        let apart = told(&[(10, Some(13)), (15, Some(20))]);
        let expected = [
            ("starts", "5.0s"),
            ("gap", "2.0s"),
            ("ends", "7.0s"),
            ("in all", "10.0s"),
        ];
        assert_eq!(apart, of(&expected));
        // The second is within the first: they overlap for as long as it takes.
        let within = told(&[(10, Some(20)), (12, Some(15))]);
        let expected = [
            ("starts", "2.0s"),
            ("overlap", "3.0s"),
            ("ends", "5.0s"),
            ("in all", "10.0s"),
        ];
        assert_eq!(within, of(&expected));
    }

    #[test]
    fn what_runs_has_no_end_to_measure() {
        assert_eq!(
            told(&[(10, None), (15, Some(20))]),
            of(&[("starts", "5.0s")])
        );
        let then = told(&[(10, Some(12)), (15, None)]);
        assert_eq!(then, of(&[("starts", "5.0s"), ("gap", "3.0s")]));
        assert_eq!(Ruler::between(&tree(&[(1, None)]), 0, 0), None);
    }
}
