//! The detail pane's part of the state: which lines, how far scrolled, moves inside it.

use super::pane::{Line, Tab, lines};
use super::state::{PaneKey, UiState};
use super::{Picture, changes_tab, marks};
use crate::model::book::Book;
use crate::model::detail::Detail;
use crate::model::node::Node;

impl UiState {
    /// The selected node, when the tree at hand has it.
    pub(crate) fn selected_node<'a>(&self, picture: &Picture<'a>) -> Option<&'a Node> {
        let tree = picture.tree.filter(|_| picture.session == self.session())?;
        let row = self.rows.get(self.cursor)?;
        tree.nodes.get(row.node as usize)
    }

    /// The selected node's detail, when it has come.
    pub(crate) fn shown_detail<'a>(&self, picture: &Picture<'a>) -> Option<&'a Detail> {
        picture.detail.filter(|d| Some(d.node) == self.selected())
    }

    /// Makes the lines anew when node, tab or width changed; clamps the scroll.
    pub(super) fn refresh_pane(&mut self, picture: &Picture) {
        let area = self.layout().detail;
        let key = PaneKey {
            node: self.selected(),
            detail: picture.detail_version,
            tab: self.tab,
            size: (area.width, area.height),
            wall_clock: self.wall_clock,
            form: self.reader.form,
            told: if self.tab.reads() {
                (picture.tree_version, picture.book.map_or(0, Book::version))
            } else {
                (0, 0)
            },
        };
        if self.pane_key != Some(key) {
            let before = self.pane_key.replace(key);
            let same = before.is_some_and(|b| (b.node, b.tab) == (key.node, key.tab));
            let fresh = !same || self.pane.is_empty();
            let node = self.selected_node(picture);
            let detail = self.shown_detail(picture);
            self.attributes.show(detail);
            let width = usize::from(area.width.saturating_sub(2));
            let (pane, begin) = match (node, detail) {
                _ if self.tab.reads() => (self.session_lines(picture, width), 0),
                (Some(node), Some(detail)) => lines(
                    self.tab,
                    node,
                    detail,
                    usize::from(area.width.saturating_sub(2)),
                    self.wall_clock.then_some(picture.utc_offset),
                    self.reader.form,
                ),
                _ => (Vec::new(), 0),
            };
            self.pane = pane;
            if fresh {
                self.pane_scroll = begin;
            }
            if let Some(detail) = detail {
                self.attributes.change(detail, key.size, |_| {});
            }
        }
        let count = self.pane_lines(picture, usize::from(area.width));
        self.pane_scroll = self
            .pane_scroll
            .min(count.saturating_sub(usize::from(area.height)));
    }

    /// The lines of the tabs that tell of what was said in the session.
    fn session_lines(&mut self, picture: &Picture, width: usize) -> Vec<Line> {
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let (Some(tree), Some(book), Some(session)) = (tree, picture.book, self.session) else {
            return Vec::new();
        };
        let at = self.rows.get(self.cursor).map(|row| row.node as usize);
        let Some(at) = at else { return Vec::new() };
        if self.tab == Tab::Changes {
            return changes_tab::lines(tree, book, at, width);
        }
        let versions = (picture.tree_version, book.version());
        self.toolbox.gather(session, versions, tree, book);
        self.toolbox.lines(tree, book, at, width)
    }

    fn pane_lines(&self, picture: &Picture, width: usize) -> usize {
        match (self.tab, self.selected_node(picture)) {
            (Tab::Summary, Some(node)) => {
                marks::lines(picture, node, 0, width.saturating_sub(2)).len()
            }
            _ => self.pane.len(),
        }
    }

    /// Scrolls the pane, or moves in the tree of attributes, by so many lines.
    pub(super) fn scroll_pane(&mut self, picture: &Picture, by: isize) {
        if self.tab != Tab::Attributes {
            self.pane_scroll = self.pane_scroll.saturating_add_signed(by);
            return;
        }
        self.change_attributes(picture, |state| {
            state.select_relative(|at| at.map_or(0, |at| at.saturating_add_signed(by)));
        });
    }

    /// Changes the tree of attributes.
    pub(super) fn change_attributes(
        &mut self,
        picture: &Picture,
        change: impl FnOnce(&mut tui_tree_widget::TreeState<usize>),
    ) {
        let area = self.layout().detail;
        if let Some(detail) = self.shown_detail(picture) {
            self.attributes
                .change(detail, (area.width, area.height), change);
        }
    }
}
