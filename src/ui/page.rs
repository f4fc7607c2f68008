//! A page: a view whose content is lines of text, some of which lead to a node. Health is one.
//! The lines are made by `update`, so that what can be chosen and what is drawn are the same.

use super::Picture;
use super::action::Action;
use super::kept::Kept;
use super::ledger::Ledger;
use super::pane::{Line, Tone};
use super::scope::Scope;
use super::set_up;
use super::state::UiState;
use super::update::distance;
use super::{cost, diff, health};
use crate::model::ids::{NodeId, SessionId};

/// A view of the screen, each with its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// Sessions, tree, waterfall and detail.
    #[default]
    Trace,
    /// What was said, in order.
    Transcript,
    /// How long model calls and tools took.
    Latency,
    /// What tokens and money went to.
    Cost,
    /// Two runs side by side.
    Diff,
    /// How spanfall itself is: receiver, memory, dialects, findings.
    Health,
    /// How to make an agent export here.
    SetUp,
}

impl View {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Trace => "Trace",
            Self::Transcript => "Transcript",
            Self::Latency => "Latency",
            Self::Cost => "Tokens and cost",
            Self::Diff => "Two runs side by side",
            Self::Health => "Health",
            Self::SetUp => "Set up an agent",
        }
    }
}

/// Where a line leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a node of a session; without one, to the session as it was left.
    Node(SessionId, Option<NodeId>),
    /// To the set-up of this agent, by its place in [`Picture::setups`].
    SetUp(usize),
}

/// A line of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageLine {
    /// What it says.
    pub line: Line,
    /// Where Enter goes from it.
    pub target: Option<Target>,
}

impl PageLine {
    /// The page of a session, before there is one.
    pub(super) fn nothing() -> Self {
        Line::of(Tone::Faint, "no session yet").into()
    }
}

impl From<Line> for PageLine {
    fn from(line: Line) -> Self {
        Self { line, target: None }
    }
}

/// A page and where one is in it.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its lines.
    pub lines: Vec<PageLine>,
    /// The chosen line, if any leads somewhere.
    pub cursor: Option<usize>,
    /// The first line on the screen.
    pub scroll: usize,
    /// What it can be about, where there is a choice.
    pub tabs: Vec<(Scope, String)>,
}

impl Page {
    fn is_target(&self, line: usize) -> bool {
        self.lines.get(line).is_some_and(|l| l.target.is_some())
    }

    /// Goes so many lines: to the next one that leads somewhere, where that is on the screen or
    /// just beyond it; else the text moves.
    fn travel(&mut self, by: isize, height: usize) {
        let last = self.lines.len().saturating_sub(1);
        let most = self.lines.len().saturating_sub(height);
        let from = self.cursor.unwrap_or(self.scroll);
        let next = if by < 0 {
            (0..from.min(self.lines.len())).rfind(|i| self.is_target(*i))
        } else {
            let first = from + usize::from(self.cursor.is_some());
            (first..=last).find(|i| self.is_target(*i))
        };
        let reach = self.scroll.saturating_sub(1)..self.scroll + height + 1;
        let step = by.unsigned_abs() == 1;
        if let Some(next) = next.filter(|i| step && reach.contains(i)) {
            self.cursor = Some(next);
        } else {
            self.scroll = self.scroll.saturating_add_signed(by).min(most);
            let seen = self.scroll..(self.scroll + height).min(self.lines.len());
            if !step || self.cursor.is_none_or(|c| !seen.contains(&c)) {
                // A step goes to the nearest, a leap to the farthest.
                let mut targets = seen.filter(|i| self.is_target(*i));
                self.cursor = if (by > 0) == step {
                    targets.next()
                } else {
                    targets.next_back()
                };
            }
        }
        self.reveal(height);
    }

    fn reveal(&mut self, height: usize) {
        let most = self.lines.len().saturating_sub(height);
        self.scroll = self.scroll.min(most);
        if let Some(cursor) = self.cursor {
            let lowest = cursor.saturating_sub(height.saturating_sub(1));
            self.scroll = self.scroll.clamp(lowest.min(cursor), cursor);
        }
    }
}

impl UiState {
    /// Shows a view, from its beginning if it was not shown before.
    pub(super) fn show_view(&mut self, view: View) {
        if self.view != view || self.set_up.is_some() {
            let chosen = self
                .reader
                .chosen()
                .filter(|_| self.view == View::Transcript);
            self.sought = chosen.map(|entry| entry.node).or(self.sought);
            self.view = view;
            self.set_up = None;
            self.page = Page::default();
        }
    }

    /// From a page to what it was reached from.
    pub(super) fn leave_page(&mut self) {
        let list = self.set_up.is_some();
        self.show_view(if list { self.view } else { View::Trace });
    }

    /// Makes the lines of the page in view anew and keeps the chosen one.
    pub(super) fn refresh_page(&mut self, picture: &Picture) {
        let width = usize::from(self.layout().page.width);
        let lines = match self.view {
            View::Trace | View::Transcript => Vec::new(),
            View::Latency => self.latency_lines(picture, width),
            View::Cost => self.cost_lines(picture, width),
            View::Diff => diff::lines(picture, width),
            View::Health => health::lines(picture, width),
            View::SetUp => set_up::lines(picture, self.set_up, width),
        };
        let chosen = self
            .page
            .cursor
            .and_then(|c| self.page.lines.get(c)?.target);
        // Several lines may lead to one place: the nearest to where it was is the same.
        let before = self.page.cursor.unwrap_or(0);
        let moved = |target| {
            let same = |at: &usize| {
                lines
                    .get(*at)
                    .is_some_and(|l: &PageLine| l.target == Some(target))
            };
            let all = (0..lines.len()).filter(same);
            all.min_by_key(|at| at.abs_diff(before))
        };
        let first = || Some(0).filter(|_| lines.first().is_some_and(|l| l.target.is_some()));
        self.page.cursor = chosen.and_then(moved).or_else(first);
        self.page.lines = lines;
        self.page.reveal(usize::from(self.layout().page.height));
    }

    /// The page of tokens and cost; what it tells is counted anew only when the tree has changed.
    fn cost_lines(&mut self, picture: &Picture, width: usize) -> Vec<PageLine> {
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let (Some(session), Some(tree)) = (self.session, tree) else {
            return vec![PageLine::nothing()];
        };
        let key = (session, picture.tree_version);
        let ledger = Kept::refresh(&mut self.ledger, key, picture.now, || {
            (Ledger::of(tree), tree.nodes.len())
        });
        cost::lines(picture, session, ledger, width)
    }

    /// A move within the page in view.
    pub(super) fn travel_page(&mut self, action: &Action) {
        let height = usize::from(self.layout().page.height).max(1);
        self.scroll_page(distance(action, height, self.page.lines.len()));
    }

    /// Moves the page by so many lines.
    pub(super) fn scroll_page(&mut self, by: isize) {
        if self.view == View::Transcript {
            return self.scroll_reader(by);
        }
        let height = usize::from(self.layout().page.height).max(1);
        self.page.travel(by, height);
    }

    /// Chooses a line, if it leads somewhere.
    pub(super) fn choose_line(&mut self, line: usize) {
        if self.view == View::Transcript {
            return self.choose_entry(line);
        }
        if self.page.is_target(line) {
            self.page.cursor = Some(line);
        }
    }

    /// Goes to where the chosen line leads.
    pub(super) fn enter_page(&mut self, picture: &Picture) {
        let line = self.page.cursor.and_then(|c| self.page.lines.get(c));
        match line.and_then(|l| l.target) {
            Some(Target::Node(session, node)) => self.go_to(picture, session, node),
            Some(Target::SetUp(agent)) => {
                self.set_up = Some(agent);
                self.page = Page::default();
            }
            None => {}
        }
    }

    /// Shows a node of any session in the trace view; unfolds what hides it as soon as its
    /// session's tree is at hand.
    pub(super) fn go_to(&mut self, picture: &Picture, session: SessionId, node: Option<NodeId>) {
        self.show_view(View::Trace);
        self.follow = false;
        self.session_picked = true;
        self.go_to_session(session);
        self.sought = node;
        self.seek(picture);
    }

    /// Selects the node that is sought, once the tree it is in is here.
    pub(super) fn seek(&mut self, picture: &Picture) {
        let tree = picture.tree.filter(|_| picture.session == self.session);
        let (Some(tree), Some(node)) = (tree, self.sought) else {
            return;
        };
        self.sought = None;
        if let Some(index) = tree.find(node) {
            self.go_to_node(picture, tree, index);
            if self.selected() != Some(node) && !self.search.is_empty() {
                self.search.ask(String::new());
                self.look(picture, tree);
                self.go_to_node(picture, tree, index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(targets: &[usize], lines: usize) -> Page {
        let target = |n: usize| Target::Node(SessionId(n as u64), None);
        Page {
            lines: (0..lines)
                .map(|n| PageLine {
                    line: Line::of(Tone::Text, n.to_string()),
                    target: targets.contains(&n).then(|| target(n)),
                })
                .collect(),
            ..Page::default()
        }
    }

    #[test]
    fn what_leads_somewhere_is_chosen_and_the_rest_is_read() {
        let mut page = page(&[3, 30], 40);
        page.travel(1, 10);
        assert_eq!((page.cursor, page.scroll), (Some(3), 0));
        for _ in 0..8 {
            page.travel(1, 10);
        }
        assert!(page.cursor.is_none(), "3 is out of sight: {page:?}");
        for _ in 0..40 {
            page.travel(1, 10);
        }
        assert_eq!(page.scroll, 30, "the end stays at the bottom");
        assert_eq!(page.cursor, Some(30));
        page.travel(-40, 10);
        assert_eq!((page.cursor, page.scroll), (Some(3), 0));
    }

    #[test]
    fn a_page_without_targets_is_a_text() {
        let mut page = page(&[], 12);
        page.travel(1, 10);
        assert_eq!((page.cursor, page.scroll), (None, 1));
        page.travel(isize::MAX, 10);
        assert_eq!(page.scroll, 2);
        page.travel(isize::MIN, 10);
        assert_eq!(page.scroll, 0);
    }
}
