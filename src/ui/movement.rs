//! Rows, selection and scrolling of the tree, and the choice of the session.

use super::Picture;
use super::rows::{Row, rows};
use super::sort::Sort;
use super::state::{Place, RowsKey, UiState};
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{NodeKind, SessionState, SessionSummary, Tree};

impl UiState {
    /// Brings everything in line with the picture: session, rows, selection, scroll.
    pub(super) fn refresh(&mut self, picture: &Picture) {
        self.session_count = picture.sessions.len();
        self.choose_session(picture.sessions);
        self.listens = !picture.receiver.listeners.is_empty();
        self.measured = picture.receiver.metrics > 0;
        let session = picture.sessions.iter().find(|s| Some(s.id) == self.session);
        self.failed = session.is_some_and(|s| s.figures.errors > 0);
        self.refresh_page(picture);
        self.resolve_tie(picture);
        self.resolve_error(picture);
        self.refresh_reader(picture);
        self.clamp_sessions(picture.sessions);
        self.marks.refresh(picture);
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let (Some(tree), Some(session)) = (tree, self.session) else {
            self.rows.clear();
            self.rows_key = None;
            self.axis.clear();
            (self.ruler, self.path) = (None, None);
            self.refresh_pane(picture);
            return;
        };
        self.search.advance(picture, session, tree);
        let key = self.key(session, picture.tree_version);
        if self.rows_key != Some(key) {
            self.rebuild(tree, key);
            let opened = !tree.nodes.is_empty() && self.opened.insert(session);
            if (opened || self.follow) && self.fold_past_turns(tree) {
                let key = self.key(session, picture.tree_version);
                self.rebuild(tree, key);
            }
            if opened {
                self.place.whole = self.shows_all_turns(tree);
            }
            self.restore(tree);
        }
        self.seek(picture);
        if let Some(row) = self.newest.filter(|_| self.follow) {
            self.select_row(tree, row);
        }
        self.reveal();
        self.axis.session = self.axis.asked.unwrap_or(self.place.whole);
        self.measure(tree);
        if self.listens && self.axis.scope.is_some_and(|s| s.end.is_none()) {
            self.axis.ran = Some(picture.now);
        }
        self.light(picture, tree);
        self.lay_ruler(picture, tree);
        self.measure_budget(picture, tree);
        self.refresh_pane(picture);
    }

    fn key(&self, session: SessionId, tree: u64) -> RowsKey {
        RowsKey {
            session,
            tree,
            folds: self.folds_version,
            found: self.search.found_version,
            internals: self.internals,
            sort: self.sort,
        }
    }

    fn choose_session(&mut self, sessions: &[SessionSummary]) {
        let current = sessions.iter().find(|s| Some(s.id) == self.session);
        let running = |s: &&SessionSummary| s.state == SessionState::Running;
        let wanted = match current {
            Some(c) if self.session_picked || !self.follow || running(&c) => return,
            Some(_) => sessions.iter().filter(running).max_by_key(|s| s.start),
            None => sessions.iter().max_by_key(|s| s.last_arrival),
        };
        match (wanted, current) {
            (Some(wanted), _) => self.go_to_session(wanted.id),
            (None, None) => self.session = None,
            (None, Some(_)) => {}
        }
    }

    /// Leaves the session where it is and goes on where one was in the other.
    pub(super) fn go_to_session(&mut self, to: SessionId) {
        if self.session == Some(to) {
            return;
        }
        let place = self.places.remove(&to).unwrap_or_default();
        let left = std::mem::replace(&mut self.place, place);
        if let Some(from) = self.session.replace(to) {
            self.places.insert(from, left);
        }
        self.rows.clear();
        self.rows_key = None;
        (self.cursor, self.scroll) = (self.place.line, 0);
    }

    /// Past turns are folded where the session does not fit on the screen, the oldest first, until
    /// it does; the last is open. So it is when a session is opened, and while one follows what
    /// runs; what was unfolded by hand stays open, and without following what arrives folds
    /// nothing. True if it did.
    fn fold_past_turns(&mut self, tree: &Tree) -> bool {
        let room = usize::from(self.layout().rows.height);
        let mut over = self.rows.len().saturating_sub(room);
        let node = |row: &Row| tree.nodes.get(row.node as usize);
        let turn = |row: &Row| node(row).filter(|n| n.parent.is_none() && n.kind == NodeKind::Turn);
        let mut newest = tree.nodes.iter().rev();
        let last = newest.find(|n| n.parent.is_none() && n.kind == NodeKind::Turn);
        let last = last.map(|n| n.id);
        let mut folds = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            if over == 0 {
                break;
            }
            let past = turn(row).filter(|n| Some(n.id) != last && !n.state.is_running());
            let Some(past) = past.filter(|n| !self.unfolded.contains(&n.id)) else {
                continue;
            };
            let below = self.rows.iter().skip(at + 1);
            let below = below.take_while(|below| below.depth > row.depth).count();
            if below > 0 {
                over = over.saturating_sub(below);
                folds.push(past.id);
            }
        }
        let changed = !folds.is_empty();
        self.folds.extend(folds);
        self.folds_version += u64::from(changed);
        changed
    }

    /// A session of several turns that is over and stands on the screen as a whole: opened, it has
    /// all of its bars in sight, not only those of its last turn.
    fn shows_all_turns(&self, tree: &Tree) -> bool {
        let mut turns = tree.nodes.iter().filter(|n| n.parent.is_none());
        let several = turns.clone().nth(1).is_some();
        let over = !turns.any(|n| n.state.is_running());
        let all = self.rows.iter().all(|r| !r.folded);
        !self.follow
            && several
            && over
            && all
            && self.rows.len() <= usize::from(self.layout().rows.height)
    }

    /// Looks on for what is asked, and shows the rows that were found.
    pub(super) fn look(&mut self, picture: &Picture, tree: &Tree) {
        let Some(session) = self.session else { return };
        self.search.advance(picture, session, tree);
        let key = self.key(session, picture.tree_version);
        self.rebuild(tree, key);
    }

    fn rebuild(&mut self, tree: &Tree, key: RowsKey) {
        self.rows = rows(
            tree,
            &self.folds,
            self.search.found(),
            self.internals,
            self.sort,
        );
        self.rows_key = Some(key);
        self.match_count = self.rows.iter().filter(|r| r.matches).count();
        self.newest = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(i, r)| tree.nodes.get(r.node as usize).map(|n| (i, n)))
            .max_by_key(|(_, n)| (n.state.is_running() && n.descendants == 0, n.start))
            .map(|(i, _)| i);
    }

    /// Finds the selected row again, or what is nearest to it, and keeps its line.
    fn restore(&mut self, tree: &Tree) {
        if self.rows.is_empty() {
            (self.cursor, self.scroll) = (0, 0);
            return;
        }
        let line = self.place.line;
        let row = match self.place.selected {
            Some(id) => self.locate(tree, id).unwrap_or(self.cursor),
            None => self.first_choice(tree),
        };
        self.select_row(tree, row);
        self.scroll = self.cursor.saturating_sub(line);
    }

    /// Where the selection starts: at the last turn.
    fn first_choice(&self, tree: &Tree) -> usize {
        let root = |row: &super::rows::Row| {
            tree.nodes
                .get(row.node as usize)
                .is_some_and(|n| n.parent.is_none())
        };
        self.rows.iter().rposition(root).unwrap_or(0)
    }

    fn locate(&self, tree: &Tree, selected: NodeId) -> Option<usize> {
        let hint = self.rows.get(self.cursor).map(|r| r.node as usize);
        let hinted = hint.filter(|i| tree.nodes.get(*i).is_some_and(|n| n.id == selected));
        let node = hinted.or_else(|| tree.find(selected)).or_else(|| {
            let mut former = self.place.former.iter();
            former.find_map(|id| tree.find(*id))
        })?;
        Some(self.nearest_row(tree, node))
    }

    fn row_of(&self, node: usize) -> Option<usize> {
        if self.sort == Sort::Time {
            let found = self.rows.binary_search_by_key(&node, |r| r.node as usize);
            return found.ok();
        }
        self.rows.iter().position(|r| r.node as usize == node)
    }

    /// The row of a node, else of its nearest visible ancestor, else the row before it.
    fn nearest_row(&self, tree: &Tree, node: usize) -> usize {
        let mut at = Some(node);
        while let Some(i) = at {
            if let Some(row) = self.row_of(i) {
                return row;
            }
            // A parent stands before its child; anything else would not end.
            at = tree
                .nodes
                .get(i)
                .and_then(|n| n.parent)
                .map(|p| p as usize)
                .filter(|p| *p < i);
        }
        let before = self.rows.iter().enumerate();
        let before = before.filter(|(_, r)| (r.node as usize) < node);
        before.max_by_key(|(_, r)| r.node).map_or(0, |(at, _)| at)
    }

    /// Selects a row (clamped) and remembers what stands above it.
    pub(super) fn select_row(&mut self, tree: &Tree, row: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
        let Some(row) = self.rows.get(self.cursor) else {
            return;
        };
        let mut former = Vec::new();
        let mut at = row.node as usize;
        let selected = tree.nodes.get(at).map(|n| n.id);
        while let Some(up) = tree
            .nodes
            .get(at)
            .and_then(|n| n.parent)
            .filter(|p| (*p as usize) < at)
        {
            at = up as usize;
            former.extend(tree.nodes.get(at).map(|n| n.id));
        }
        let line = self.place.line;
        self.place = Place {
            selected,
            former,
            line,
            whole: self.place.whole,
        };
    }

    /// Scrolls just enough to have the selected row in view and no empty lines below the last.
    pub(super) fn reveal(&mut self) {
        let height = usize::from(self.layout().rows.height).max(1);
        let lowest = self.cursor.saturating_sub(height - 1);
        let highest = self.cursor.min(self.rows.len().saturating_sub(height));
        self.scroll = self.scroll.clamp(lowest.min(highest), highest.max(lowest));
        self.place.line = self.cursor - self.scroll.min(self.cursor);
    }

    /// Brings the axis of the waterfall in line with rows and selection.
    fn measure(&mut self, tree: &Tree) {
        match (self.rows.get(self.cursor), self.rows_key) {
            (Some(row), Some(key)) => self.axis.measure(tree, key, row.node as usize),
            _ => self.axis.clear(),
        }
    }

    /// Folds or unfolds a node.
    pub(super) fn set_fold(&mut self, node: NodeId, folded: bool) {
        let changed = if folded {
            self.unfolded.remove(&node);
            self.folds.insert(node)
        } else {
            self.unfolded.insert(node);
            self.folds.remove(&node)
        };
        self.folds_version += u64::from(changed);
    }

    /// Selects a node, unfolding what stands above it.
    pub(super) fn go_to_node(&mut self, picture: &Picture, tree: &Tree, node: usize) {
        let mut at = node;
        while let Some(up) = tree
            .nodes
            .get(at)
            .and_then(|n| n.parent)
            .filter(|p| (*p as usize) < at)
        {
            at = up as usize;
            if let Some(above) = tree.nodes.get(at) {
                self.set_fold(above.id, false);
            }
        }
        if let Some(session) = self.session {
            let key = self.key(session, picture.tree_version);
            if self.rows_key != Some(key) {
                self.rebuild(tree, key);
            }
        }
        let row = self.nearest_row(tree, node);
        self.select_row(tree, row);
    }

    /// Keeps the session in view in its panel.
    fn clamp_sessions(&mut self, sessions: &[SessionSummary]) {
        let height = usize::from(self.layout().sessions.height / 2).max(1);
        let at = sessions
            .iter()
            .position(|s| Some(s.id) == self.session)
            .unwrap_or(0);
        let last = sessions.len().saturating_sub(height);
        let shown = self.session.map(|s| (s, self.layout().sessions.height));
        if std::mem::replace(&mut self.sessions_shown, shown) != shown {
            let lowest = at.saturating_sub(height - 1);
            self.sessions_scroll = self.sessions_scroll.clamp(lowest, at);
        }
        self.sessions_scroll = self.sessions_scroll.min(last);
    }
}
