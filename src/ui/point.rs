//! What pointing does to the state.

use super::Picture;
use super::action::Effect;
use super::mouse::{Edge, Point};
use super::pane::{Tab, Tone};
use super::state::{Panel, UiState};
use super::update::drill_in;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::Tree;

impl UiState {
    /// Listens to the mouse, or leaves it to the terminal.
    pub(super) fn toggle_mouse(&mut self) -> Effect {
        self.mouse = !self.mouse;
        let word = if self.mouse {
            "mouse on"
        } else {
            "mouse off: the terminal selects text with it"
        };
        self.tell(Tone::Text, word);
        Effect::Mouse(self.mouse)
    }

    /// Does what the mouse asks for. What is not there any more costs nothing.
    pub(super) fn point(&mut self, picture: &Picture, point: &Point) {
        match *point {
            Point::Session(session) => self.point_at_session(picture, session),
            Point::Row(node) => self.point_at_row(picture, node, |_, _, _| {}),
            Point::Open(node) => {
                self.point_at_row(picture, node, |_, _, _| {});
                drill_in(self, picture);
            }
            Point::Fold(node) => self.point_at_row(picture, node, |ui, tree, row| {
                let folded = ui.rows.get(row).is_some_and(|r| r.parent && !r.folded);
                if let Some(node) = ui
                    .rows
                    .get(row)
                    .and_then(|r| tree.nodes.get(r.node as usize))
                {
                    ui.set_fold(node.id, folded);
                }
            }),
            Point::Tab(tab) => {
                self.focus = Panel::Detail;
                self.tab = tab;
            }
            Point::Attribute(line) => {
                self.focus = Panel::Detail;
                self.change_attributes(picture, |state| {
                    state.click_at(ratatui::layout::Position { x: 0, y: line });
                });
            }
            Point::Line(line) => self.choose_line(line),
            Point::Follow(line) => {
                self.choose_line(line);
                drill_in(self, picture);
            }
            Point::Page(by) => self.scroll_page(by),
            Point::Focus(panel) => {
                self.zoomed &= panel == Panel::Detail;
                self.focus = panel;
            }
            Point::Wheel(panel, by) => self.wheel(picture, panel, by),
            Point::Drag(edge, to) => self.drag(edge, to),
            Point::Reset(Edge::Sessions) => self.sessions_width = None,
            Point::Reset(Edge::Detail) => self.detail_height = None,
        }
    }

    fn point_at_session(&mut self, picture: &Picture, session: SessionId) {
        if picture.sessions.iter().any(|s| s.id == session) {
            self.session_picked = true;
            self.focus = Panel::Sessions;
            self.go_to_session(session);
        }
    }

    fn point_at_row(
        &mut self,
        picture: &Picture,
        node: NodeId,
        then: impl FnOnce(&mut Self, &Tree, usize),
    ) {
        let Some(tree) = picture.tree.filter(|_| picture.session == self.session) else {
            return;
        };
        let is_it = |at: u32| tree.nodes.get(at as usize).is_some_and(|n| n.id == node);
        if let Some(row) = self.rows.iter().position(|r| is_it(r.node)) {
            self.focus = Panel::Tree;
            self.follow = false;
            self.select_row(tree, row);
            self.reveal();
            then(self, tree, row);
        }
    }

    /// Scrolls what is under the pointer, whoever has the keyboard. The tree's selection stays on
    /// the screen; the list of sessions may scroll away from the one that is shown.
    fn wheel(&mut self, picture: &Picture, panel: Panel, by: isize) {
        match panel {
            Panel::Sessions => {
                self.sessions_scroll = self.sessions_scroll.saturating_add_signed(by.signum());
            }
            Panel::Detail if self.tab == Tab::Attributes => self.scroll_pane(picture, by),
            Panel::Detail => self.pane_scroll = self.pane_scroll.saturating_add_signed(by),
            Panel::Tree => {
                let Some(tree) = picture.tree.filter(|_| picture.session == self.session) else {
                    return;
                };
                self.follow = false;
                let height = usize::from(self.layout().rows.height).max(1);
                let last = self.rows.len().saturating_sub(height);
                self.scroll = self.scroll.saturating_add_signed(by).min(last);
                let shown = self.scroll..=self.scroll + height - 1;
                self.select_row(tree, self.cursor.clamp(*shown.start(), *shown.end()));
                self.reveal();
            }
        }
    }

    /// Moves a border to a column or line; the layout holds it where everything has room.
    fn drag(&mut self, edge: Edge, to: u16) {
        match edge {
            Edge::Sessions => self.sessions_width = Some(to),
            Edge::Detail => {
                let foot = self.layout().detail.bottom();
                self.detail_height = Some(foot.saturating_sub(to));
            }
        }
    }
}
