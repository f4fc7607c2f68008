//! The mouse. What can be pointed at stands in a table that drawing fills as it goes along, so
//! that no place is worked out twice; an event and that table make an action.

use super::action::Action;
use super::pane::Tab;
use super::state::Panel;
use crate::model::ids::{NodeId, SessionId};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Lines that one notch of the wheel goes.
const NOTCH: isize = 3;
/// Longest time between the clicks of a double click, ms.
const DOUBLE_MS: u64 = 400;

/// What stands at a place of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A panel, where nothing finer stands on it.
    Panel(Panel),
    /// A session of the list.
    Session(SessionId),
    /// A row of the tree.
    Row(NodeId),
    /// The mark of a row that folds.
    Fold(NodeId),
    /// A tab of the detail.
    Tab(Tab),
    /// The line of the attributes so many below their first one on the screen.
    Attribute(u16),
    /// A view's page, where nothing finer stands on it.
    Page,
    /// A line of the page.
    Line(usize),
    /// A border that can be dragged, and how far the panel beyond it begins.
    Edge(Edge, u16),
    /// Whatever does this when it is clicked: a key of the footer, an entry of a menu.
    Does(Action),
    /// Something laid over the rest; nothing below it is reached.
    Overlay,
}

/// A border between two panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Between sessions and tree.
    Sessions,
    /// Between tree and detail.
    Detail,
}

/// What the mouse asks for, besides what keys do too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// Select a session.
    Session(SessionId),
    /// Select a row.
    Row(NodeId),
    /// Select a row and drill in.
    Open(NodeId),
    /// Select a row and fold or unfold it.
    Fold(NodeId),
    /// Open a tab of the detail.
    Tab(Tab),
    /// Select a line of the attributes, or fold the one that is selected.
    Attribute(u16),
    /// Choose a line of the page.
    Line(usize),
    /// Go to where a line of the page leads.
    Follow(usize),
    /// Scroll the page by so many lines.
    Page(isize),
    /// Give a panel the keyboard.
    Focus(Panel),
    /// Scroll a panel by so many lines.
    Wheel(Panel, isize),
    /// Drag a border to this column or line.
    Drag(Edge, u16),
    /// Put a border back to where it is by itself.
    Reset(Edge),
}

/// Where everything stands that can be pointed at, as it was drawn last: what is drawn later
/// covers what was drawn before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits(Vec<(Rect, Target)>);

impl Hits {
    /// Something stands in this area of the screen.
    pub fn add(&mut self, area: Rect, target: Target) {
        if !area.is_empty() {
            self.0.push((area, target));
        }
    }

    /// What stands at a place.
    pub fn at(&self, x: u16, y: u16) -> Option<&Target> {
        self.above(x, y).next()
    }

    /// All that stands at a place, the uppermost first.
    fn above(&self, x: u16, y: u16) -> impl Iterator<Item = &Target> {
        let here = move |(area, _): &&(Rect, Target)| area.contains(Position { x, y });
        self.0.iter().rev().filter(here).map(|(_, target)| target)
    }

    /// All areas and what stands there, for tests.
    pub fn all(&self) -> &[(Rect, Target)] {
        &self.0
    }
}

/// What one event alone does not tell: what is being dragged, and where was clicked last.
#[derive(Clone, Debug, Default)]
pub struct Pointer {
    held: Option<(Edge, u16)>,
    clicked: Option<(Target, u64)>,
}

impl Pointer {
    /// What an event asks for. `at` is the program's clock, ms.
    pub fn action(&mut self, event: MouseEvent, hits: &Hits, at: u64) -> Option<Action> {
        let (x, y) = (event.column, event.row);
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let target = hits.at(x, y)?.clone();
                let twice = self.clicked.take().is_some_and(|(before, then)| {
                    before == target && at.saturating_sub(then) <= DOUBLE_MS
                });
                if !twice {
                    self.clicked = Some((target.clone(), at));
                }
                self.click(target, twice)
            }
            MouseEventKind::Drag(MouseButton::Left) => {
                let (edge, beyond) = self.held?;
                let to = if edge == Edge::Sessions { x } else { y };
                Some(Action::Point(Point::Drag(edge, to.saturating_add(beyond))))
            }
            MouseEventKind::Up(_) => {
                self.held = None;
                None
            }
            MouseEventKind::ScrollUp => wheel(hits, event, -NOTCH),
            MouseEventKind::ScrollDown => wheel(hits, event, NOTCH),
            _ => None,
        }
    }

    fn click(&mut self, target: Target, twice: bool) -> Option<Action> {
        let point = match target {
            Target::Panel(panel) => Point::Focus(panel),
            Target::Session(_) if twice => return Some(Action::Enter),
            Target::Session(session) => Point::Session(session),
            Target::Row(node) if twice => Point::Open(node),
            Target::Row(node) => Point::Row(node),
            Target::Fold(node) => Point::Fold(node),
            Target::Tab(tab) => Point::Tab(tab),
            Target::Attribute(line) => Point::Attribute(line),
            Target::Edge(edge, _) if twice => Point::Reset(edge),
            Target::Edge(edge, beyond) => {
                self.held = Some((edge, beyond));
                return None;
            }
            Target::Does(action) => return Some(action),
            Target::Line(line) if twice => Point::Follow(line),
            Target::Line(line) => Point::Line(line),
            Target::Overlay | Target::Page => return None,
        };
        Some(Action::Point(point))
    }
}

/// The wheel scrolls the panel under the pointer, whatever finer stands there; with ctrl held it
/// zooms the waterfall, with shift it pans.
fn wheel(hits: &Hits, event: MouseEvent, by: isize) -> Option<Action> {
    let (ctrl, shift) = (KeyModifiers::CONTROL, KeyModifiers::SHIFT);
    let held = event.modifiers;
    let step = if by < 0 { Action::Up } else { Action::Down };
    let mut above = hits.above(event.column, event.row);
    above.find_map(|target| match target {
        Target::Panel(Panel::Tree) if held.intersects(ctrl | shift) => {
            Some(match (held.contains(ctrl), by < 0) {
                (true, true) => Action::ZoomIn,
                (true, false) => Action::ZoomOut,
                (false, true) => Action::PanEarlier,
                (false, false) => Action::PanLater,
            })
        }
        Target::Panel(panel) => Some(Action::Point(Point::Wheel(*panel, by))),
        Target::Page => Some(Action::Point(Point::Page(by))),
        Target::Overlay => Some(step.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: MouseEventKind, column: u16, row: u16) -> MouseEvent {
        MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }
    }

    fn hits() -> Hits {
        let mut hits = Hits::default();
        hits.add(Rect::new(0, 0, 80, 10), Target::Panel(Panel::Tree));
        hits.add(Rect::new(0, 3, 80, 1), Target::Row(NodeId(7)));
        hits.add(Rect::new(2, 3, 1, 1), Target::Fold(NodeId(7)));
        hits.add(Rect::new(0, 10, 80, 1), Target::Edge(Edge::Detail, 1));
        hits.add(Rect::new(0, 11, 0, 9), Target::Overlay);
        hits
    }

    const DOWN: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

    #[test]
    fn the_finest_thing_under_the_pointer_is_meant() {
        let (hits, mut pointer) = (hits(), Pointer::default());
        let mut click = |x, y, at| pointer.action(event(DOWN, x, y), &hits, at);
        let point = |p| Some(Action::Point(p));
        assert_eq!(click(2, 3, 0), point(Point::Fold(NodeId(7))));
        assert_eq!(click(3, 3, 1_000), point(Point::Row(NodeId(7))));
        assert_eq!(click(3, 4, 2_000), point(Point::Focus(Panel::Tree)));
        assert_eq!(click(3, 12, 3_000), None, "nothing stands there");
    }

    #[test]
    fn two_clicks_on_the_same_soon_after_drill_in_and_a_third_does_not() {
        let (hits, mut pointer) = (hits(), Pointer::default());
        let mut click = |x, at| pointer.action(event(DOWN, x, 3), &hits, at);
        let (row, open) = (Point::Row(NodeId(7)), Point::Open(NodeId(7)));
        let times = [(0, &row), (900, &row), (1_300, &open), (1_500, &row)];
        for (at, does) in times {
            assert_eq!(click(9, at), Some(Action::Point(does.clone())), "{at}");
        }
    }

    #[test]
    fn the_wheel_scrolls_the_panel_below_its_rows() {
        let (mut hits, mut pointer) = (hits(), Pointer::default());
        let down = event(MouseEventKind::ScrollDown, 2, 3);
        let wheel = Point::Wheel(Panel::Tree, NOTCH);
        assert_eq!(
            pointer.action(down, &hits, 0),
            Some(Action::Point(wheel)),
            "not the fold mark"
        );
        let mut held = |modifiers| {
            let event = MouseEvent { modifiers, ..down };
            pointer.action(event, &hits, 0)
        };
        assert_eq!(held(KeyModifiers::CONTROL), Some(Action::ZoomOut));
        assert_eq!(held(KeyModifiers::SHIFT), Some(Action::PanLater));
        hits.add(Rect::new(0, 0, 9, 9), Target::Overlay);
        assert_eq!(pointer.action(down, &hits, 0), Some(Action::Down));
    }

    #[test]
    fn a_border_is_dragged_from_where_it_was_taken_until_it_is_let_go() {
        let (hits, mut pointer) = (hits(), Pointer::default());
        let drag = |y| event(MouseEventKind::Drag(MouseButton::Left), 40, y);
        assert_eq!(pointer.action(drag(5), &hits, 0), None, "nothing is held");
        assert_eq!(pointer.action(event(DOWN, 40, 10), &hits, 0), None);
        let to = |y| Some(Action::Point(Point::Drag(Edge::Detail, y)));
        assert_eq!(pointer.action(drag(5), &hits, 0), to(6));
        let up = event(MouseEventKind::Up(MouseButton::Left), 40, 5);
        assert_eq!(pointer.action(up, &hits, 0), None);
        assert_eq!(pointer.action(drag(7), &hits, 0), None);
    }
}
