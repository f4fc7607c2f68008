//! A page in the making: lines of text, and where each leads.

use super::fields::{Field, Group, flow};
use super::page::{PageLine, Target};
use super::pane::Line;
use crate::model::ids::{NodeId, SessionId};

/// A page in the making.
pub(super) struct Maker {
    lines: Vec<PageLine>,
    /// The session that the page is about, if it is about one.
    pub session: Option<SessionId>,
    /// Cells of a line.
    pub width: usize,
}

impl Maker {
    /// An empty page.
    pub fn new(session: Option<SessionId>, width: usize) -> Self {
        Self {
            lines: Vec::new(),
            session,
            width,
        }
    }

    /// The page.
    pub fn into_lines(self) -> Vec<PageLine> {
        self.lines
    }

    /// A line, and the node of the session that it leads to.
    pub fn say(&mut self, line: Line, node: Option<NodeId>) {
        self.lead(line, self.session.zip(node));
    }

    /// A line, and the node of any session that it leads to.
    pub fn lead(&mut self, line: Line, to: Option<(SessionId, NodeId)>) {
        let target = to.map(|(session, node)| Target::Node(session, Some(node)));
        self.lines.push(PageLine { line, target });
    }

    /// A line that leads to a session as it was left.
    pub fn open(&mut self, line: Line, session: SessionId) {
        let target = Some(Target::Node(session, None));
        self.lines.push(PageLine { line, target });
    }

    /// A line between sections.
    pub fn gap(&mut self) {
        if !self.lines.is_empty() {
            self.lines.push(PageLine::default());
        }
    }

    /// Labelled values and a remark behind them.
    pub fn group(&mut self, fields: Vec<Field>, note: String, warning: bool) {
        let group = Group {
            fields,
            note,
            warning,
        };
        let lines = flow(group, self.width).into_iter();
        self.lines.extend(lines.map(PageLine::from));
    }
}
