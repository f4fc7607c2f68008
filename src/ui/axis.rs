//! The time that the waterfall shows: a turn or the whole session, the part of it that is in
//! sight, and the gaps in which nothing ran. Times only; cells are the view's.

use super::state::RowsKey;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, NodeKind, Tree};
use rustc_hash::FxHashMap;

const MS: u64 = 1_000_000;
const S: u64 = 1000 * MS;
const MIN: u64 = 60 * S;
const H: u64 = 60 * MIN;

/// Spans of time that people count in, ns: 1-2-5, in minutes and hours the nearest to that. Ticks
/// of the axis stand so far apart, and a zoomed axis is so long.
#[rustfmt::skip] // a table
pub const STEPS: [u64; 27] = [
    MS, 2 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS,
    S, 2 * S, 5 * S, 10 * S, 30 * S, MIN, 2 * MIN, 5 * MIN, 10 * MIN, 30 * MIN,
    H, 2 * H, 5 * H, 12 * H, 24 * H, 120 * H, 720 * H, 8760 * H,
];

/// A zoomed axis begins at multiples of this part of its length, so that its ticks stand still
/// while it is moved.
const GRID: u64 = 10;
/// So many gaps are remembered at most, the longest: more do not fit on a screen.
const GAPS: usize = 128;

/// Where more may come, what ended so lately may go on, ns.
const LINGER: u64 = S;

/// What is on the axis: the turn of the selected row, or the whole session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Index of the turn (or other root) in the tree; `None` for the session.
    pub root: Option<usize>,
    /// First start in it, ns since the epoch.
    pub start: u64,
    /// Last end in it; `None` while something runs.
    pub end: Option<u64>,
}

impl Scope {
    /// Its end, or now while it has none.
    pub fn end_at(&self, now: u64) -> u64 {
        self.end.unwrap_or(now).max(self.start)
    }

    /// Its length, a millisecond at least.
    pub fn span_at(&self, now: u64) -> u64 {
        (self.end_at(now) - self.start).max(MS)
    }

    /// The time of a node is on this axis.
    pub fn holds(&self, tree: &Tree, node: usize) -> bool {
        let Some(root) = self.root else { return true };
        let below = tree.nodes.get(root).map_or(0, |n| n.descendants as usize);
        (root..=root.saturating_add(below)).contains(&node)
    }
}

/// The part of a scope that is in sight once it was zoomed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Time of the left edge, ns since the epoch.
    pub start: u64,
    /// Length, ns: one of [`STEPS`].
    pub span: u64,
    /// It goes along with the end of what runs; `start` is where it was last.
    pub newest: bool,
}

impl Window {
    /// Where it stands now: left edge and length.
    pub fn at(&self, scope: &Scope, now: u64) -> (u64, u64) {
        if !self.newest {
            return (self.start, self.span);
        }
        let grid = (self.span / GRID).max(1);
        let elapsed = scope.end_at(now) - scope.start;
        let right = elapsed.div_ceil(grid).saturating_mul(grid).max(self.span);
        (scope.start.saturating_add(right - self.span), self.span)
    }

    /// A window of this length around a time, on the grid and inside the scope.
    fn around(scope: &Scope, now: u64, time: u64, span: u64) -> Self {
        let start = time.saturating_sub(span / 2);
        Self::from(scope, now, start, span)
    }

    /// A window of this length from about a time on.
    fn from(scope: &Scope, now: u64, start: u64, span: u64) -> Self {
        let grid = (span / GRID).max(1);
        let last = Self {
            start,
            span,
            newest: true,
        }
        .at(scope, now)
        .0;
        let offset = start.saturating_sub(scope.start);
        let start = scope.start + (offset + grid / 2) / grid * grid;
        Self {
            start: start.clamp(scope.start, last),
            span,
            newest: scope.end.is_none() && start >= last,
        }
    }
}

/// Which way the axis goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    In,
    Out,
    Earlier,
    Later,
}

/// The axis of the waterfall.
#[derive(Debug, Default)]
pub(crate) struct Axis {
    /// The whole session is on it, not only the selected row's turn.
    pub session: bool,
    /// Which of them was asked for; else it goes by the session, see `UiState::refresh`.
    pub asked: Option<bool>,
    /// Gaps of a turn are drawn to scale (false) or folded.
    pub fold_turn: bool,
    /// Gaps between and in turns are drawn to scale where the session is on the axis; folded
    /// unless asked, for people think longer than models.
    pub keep_session: bool,
    /// What is on it.
    pub scope: Option<Scope>,
    /// When what is on it was last seen to run, where more may come.
    pub ran: Option<u64>,
    /// Gaps in which nothing ran, in order, ns since the epoch; empty unless they are folded.
    pub gaps: Vec<(u64, u64)>,
    /// The part in sight, where not all is.
    pub window: Option<Window>,
    /// The windows of scopes that were zoomed into.
    windows: FxHashMap<(SessionId, Option<NodeId>), Window>,
    scope_id: Option<(SessionId, Option<NodeId>)>,
    measured: Option<(RowsKey, Option<usize>, bool)>,
}

impl Axis {
    /// What is on it, and until when it runs. What ended a moment ago stands as it was last seen to
    /// run: between two things that run the scale stands still.
    pub fn scope_at(&self, now: u64) -> Option<(Scope, u64)> {
        let told = self.scope?;
        let ago = told.end.and_then(|end| now.checked_sub(end));
        Some(match (told.end, self.ran) {
            (Some(end), Some(ran)) if ago.is_some_and(|ns| ns < LINGER) => {
                (Scope { end: None, ..told }, ran.clamp(end, now))
            }
            _ => (told, now),
        })
    }

    /// Gaps are folded.
    pub fn folds_gaps(&self) -> bool {
        if self.session {
            !self.keep_session
        } else {
            self.fold_turn
        }
    }

    /// Folds gaps, or draws them to scale.
    pub(super) fn toggle_gaps(&mut self) {
        if self.session {
            self.keep_session = !self.keep_session;
        } else {
            self.fold_turn = !self.fold_turn;
        }
    }

    /// The whole session in place of a turn, or the other way round; from now on for all.
    pub(super) fn toggle_session(&mut self) {
        self.session = !self.session;
        self.asked = Some(self.session);
    }

    /// Nothing is on it.
    pub(super) fn clear(&mut self) {
        self.scope = None;
        self.window = None;
        self.scope_id = None;
        self.measured = None;
        self.gaps.clear();
    }

    /// Brings the scope in line with the rows and the selected node; measured again only when
    /// the rows or the scope changed.
    pub(super) fn measure(&mut self, tree: &Tree, rows: RowsKey, selected: usize) {
        let root = (!self.session).then(|| top(tree, selected));
        let key = (rows, root, self.folds_gaps());
        if self.measured == Some(key) {
            return;
        }
        self.measured = Some(key);
        let nodes = match root {
            None => tree.nodes.as_slice(),
            Some(root) => below(tree, root),
        };
        self.scope = Some(scope(nodes, root));
        self.gaps = if self.folds_gaps() {
            gaps(nodes)
        } else {
            Vec::new()
        };
        let id = root.and_then(|r| tree.nodes.get(r)).map(|n| n.id);
        self.scope_id = Some((rows.session, id));
        self.window = self.windows.get(&(rows.session, id)).copied();
    }

    /// Zooms around the selected node, or pans by half of what is in sight. Where a turn runs, all
    /// of it or its newest is in sight, and the selected node fills that, one zooms to the newest.
    pub(super) fn go(&mut self, to: Move, selected: Option<&Node>, now: u64) {
        let Some(scope) = self.scope else { return };
        let full = scope.span_at(now);
        let (start, span) = match self.window {
            Some(window) => window.at(&scope, now),
            None => (scope.start, full),
        };
        let window = match to {
            Move::Earlier => Some(Window::from(
                &scope,
                now,
                start.saturating_sub(span / 2),
                span,
            )),
            Move::Later => Some(Window::from(
                &scope,
                now,
                start.saturating_add(span / 2),
                span,
            )),
            Move::In | Move::Out => {
                let next = if to == Move::In {
                    STEPS.into_iter().rfind(|s| *s < span)
                } else {
                    STEPS.into_iter().find(|s| *s > span)
                };
                // What is as long as the scope shows all of it.
                next.filter(|s| *s < full)
                    .or((to == Move::In).then_some(span).filter(|s| *s < full))
                    .map(|next| match anchor((start, span), next, selected, now) {
                        Some(time) => Window::around(&scope, now, time, next),
                        None if scope.end.is_none() && self.window.is_none_or(|w| w.newest) => {
                            Window {
                                start: scope.start,
                                span: next,
                                newest: true,
                            }
                        }
                        None => Window::around(&scope, now, start.saturating_add(span / 2), next),
                    })
            }
        };
        let zoomed = self.window.is_some() || matches!(to, Move::In | Move::Out);
        self.set(window.filter(|_| zoomed));
    }

    /// All of the scope in sight again.
    pub(super) fn fit(&mut self) {
        self.set(None);
    }

    fn set(&mut self, window: Option<Window>) {
        self.window = window;
        let Some(id) = self.scope_id else { return };
        match window {
            Some(window) => self.windows.insert(id, window),
            None => self.windows.remove(&id),
        };
    }

    /// Moves the window to a node of its scope that is out of sight.
    pub(super) fn show(&mut self, node: &Node, now: u64) {
        let (Some(scope), Some(window)) = (self.scope, self.window) else {
            return;
        };
        let (start, span) = window.at(&scope, now);
        let end = node.start.saturating_add(node.duration(now));
        if node.start < start.saturating_add(span) && end > start || node.start == start {
            return;
        }
        let before = node.start.saturating_sub(span / GRID);
        self.set(Some(Window::from(&scope, now, before, span)));
    }
}

/// The time around which is zoomed: the middle of what is in sight of the selected node. None
/// where the node fills the axis or is not on it.
fn anchor((start, span): (u64, u64), next: u64, selected: Option<&Node>, now: u64) -> Option<u64> {
    let node = selected?;
    let (from, to) = (node.start, node.start.saturating_add(node.duration(now)));
    let end = start.saturating_add(span);
    if to < start || from > end {
        return Some(from.saturating_add((to - from).min(next) / 2));
    }
    let (from, to) = (from.max(start), to.min(end));
    (to - from < span / 5 * 4).then(|| from + (to - from) / 2)
}

/// The root above a node.
pub(super) fn top(tree: &Tree, node: usize) -> usize {
    let mut root = node;
    // A parent stands before its child; anything else would not end.
    while let Some(up) = tree
        .nodes
        .get(root)
        .and_then(|n| n.parent)
        .filter(|p| (*p as usize) < root)
    {
        root = up as usize;
    }
    root
}

/// A node and all below it.
fn below(tree: &Tree, root: usize) -> &[Node] {
    let count = tree
        .nodes
        .get(root)
        .map_or(0, |n| n.descendants as usize + 1);
    let end = root.saturating_add(count).min(tree.nodes.len());
    tree.nodes.get(root..end).unwrap_or_default()
}

fn scope(nodes: &[Node], root: Option<usize>) -> Scope {
    // Plumbing may be noted long after the turn; it does not stretch it.
    let nodes = || nodes.iter().filter(|n| !n.internal);
    let running = nodes().any(|n| n.state.is_running());
    Scope {
        root,
        start: nodes().map(|n| n.start).min().unwrap_or(0),
        end: (!running).then(|| nodes().map(|n| n.end.unwrap_or(n.start)).max().unwrap_or(0)),
    }
}

/// The longest gaps in which nothing ran, in order: between the ends and starts of model calls,
/// tools and what has nothing below it. A tool may have only plumbing below it, and runs all the same.
fn gaps(nodes: &[Node]) -> Vec<(u64, u64)> {
    let works = |n: &&Node| {
        let does = matches!(n.kind, NodeKind::Call | NodeKind::Tool);
        !n.internal && (does || n.descendants == 0 && n.kind != NodeKind::Turn)
    };
    let mut busy: Vec<(u64, u64)> = nodes
        .iter()
        .filter(works)
        .map(|n| {
            let open = n.state.is_running();
            (
                n.start,
                n.end.unwrap_or(if open { u64::MAX } else { n.start }),
            )
        })
        .collect();
    busy.sort_unstable();
    let ends = nodes.iter().filter(|n| !n.internal);
    let mut at = ends.clone().map(|n| n.start).min().unwrap_or(0);
    let mut gaps = Vec::new();
    for (from, to) in busy {
        if from > at {
            gaps.push((at, from));
        }
        at = at.max(to);
    }
    let end = ends.filter_map(|n| n.end).max().unwrap_or(0);
    if end > at {
        gaps.push((at, end));
    }
    if gaps.len() > GAPS {
        gaps.sort_unstable_by_key(|(from, to)| std::cmp::Reverse(to - from));
        gaps.truncate(GAPS);
        gaps.sort_unstable();
    }
    gaps
}
