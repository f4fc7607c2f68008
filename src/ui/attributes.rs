//! The attributes of a node as a foldable tree, on tui-tree-widget. The widget moves its state
//! while it renders; so update renders it into a scratch buffer, and draw works on a copy.

use super::text;
use crate::model::detail::{Detail, EvidenceDetail, Value};
use crate::model::ids::NodeId;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree, TreeItem, TreeState};

/// An entry's place among its siblings; a path of them names it.
pub type Id = usize;

/// Values nested deeper than this stand in one line: the widget recurses on depth.
const DEEPEST: usize = 32;
/// Characters of a value that its line shows at most; more than any screen is wide.
const LONGEST: usize = 1000;

/// Styles of the parts of an entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Styles {
    /// Titles of pieces of evidence.
    pub title: Style,
    /// Keys.
    pub key: Style,
    /// Values.
    pub value: Style,
    /// Counts of what is inside.
    pub faint: Style,
}

/// Which entries are open, which is selected, what is scrolled to.
#[derive(Debug, Default)]
pub struct Attributes {
    state: TreeState<Id>,
    /// Whose attributes these are, and how many pieces of evidence they had.
    of: Option<(NodeId, usize)>,
}

impl Attributes {
    /// Turns to a node's attributes: another node starts afresh, evidence that is new to the same
    /// node comes in open, with its attributes but not its resource.
    pub(super) fn show(&mut self, detail: Option<&Detail>) {
        let Some(detail) = detail else { return };
        let known = match self.of {
            Some((node, known)) if node == detail.node => known,
            _ => {
                self.state = TreeState::default();
                self.state.select(vec![0]);
                0
            }
        };
        for i in known..detail.evidence.len() {
            self.state.open(vec![i]);
            self.state.open(vec![i, 0]);
        }
        self.of = Some((detail.node, detail.evidence.len()));
    }

    /// Moves the state, then renders it out of sight so that the widget settles scroll and
    /// selection for an area of this size.
    pub(super) fn change(
        &mut self,
        detail: &Detail,
        size: (u16, u16),
        change: impl FnOnce(&mut TreeState<Id>),
    ) {
        self.settle(detail, size);
        change(&mut self.state);
        if self.state.selected().is_empty() && !detail.evidence.is_empty() {
            self.state.select(vec![0]);
        }
        self.state.scroll_selected_into_view();
        self.settle(detail, size);
    }

    fn settle(&mut self, detail: &Detail, (width, height): (u16, u16)) {
        let items = items(detail, &Styles::default());
        let area = Rect::new(0, 0, width.clamp(1, 40), height.max(1));
        if let Ok(tree) = Tree::new(&items) {
            tree.render(area, &mut Buffer::empty(area), &mut self.state);
        }
    }

    /// The path of the selected entry.
    pub(super) fn selected(&self) -> &[Id] {
        self.state.selected()
    }

    /// A copy that a renderer may move.
    pub(crate) fn copy(&self, items: &[TreeItem<'_, Id>]) -> TreeState<Id> {
        let mut copy = TreeState::default();
        for path in self.state.opened() {
            copy.open(path.clone());
        }
        copy.select(self.state.selected().to_vec());
        // The offset can only be set against a rendered length, and selecting asks for a jump:
        // one render out of sight gives the first and uses up the second.
        let area = Rect::new(0, 0, 1, 1);
        if let Ok(tree) = Tree::new(items) {
            tree.render(area, &mut Buffer::empty(area), &mut copy);
        }
        copy.scroll_up(usize::MAX);
        copy.scroll_down(self.state.get_offset());
        copy
    }
}

/// The entries of a detail: a piece of evidence each, its attributes and resource below.
pub(crate) fn items(detail: &Detail, styles: &Styles) -> Vec<TreeItem<'static, Id>> {
    let item = |(i, evidence): (usize, &EvidenceDetail)| {
        let title = Span::styled(text::sanitize(&evidence.title).into_owned(), styles.title);
        let scope = Span::styled(
            format!("  {}", text::sanitize(&evidence.scope)),
            styles.faint,
        );
        let groups = [
            ("attributes", &evidence.attributes),
            ("resource", &evidence.resource),
        ];
        let groups = groups
            .into_iter()
            .enumerate()
            .map(|(g, (name, pairs))| {
                branch(
                    g,
                    name,
                    pairs.iter().map(|(k, v)| (k.as_str(), v)),
                    styles,
                    0,
                )
            })
            .collect();
        TreeItem::new(i, Text::from(Line::from(vec![title, scope])), groups).ok()
    };
    detail
        .evidence
        .iter()
        .enumerate()
        .filter_map(item)
        .collect()
}

fn branch<'a>(
    id: Id,
    name: &str,
    pairs: impl ExactSizeIterator<Item = (&'a str, &'a Value)>,
    styles: &Styles,
    depth: usize,
) -> TreeItem<'static, Id> {
    let name = Span::styled(text::sanitize(name).into_owned(), styles.key);
    let label = Text::from(Line::from(vec![
        name,
        Span::styled(format!("  {}", pairs.len()), styles.faint),
    ]));
    let children = pairs
        .enumerate()
        .map(|(i, (key, value))| entry(i, key, value, styles, depth + 1))
        .collect();
    // Identifiers are places, so they never repeat and this never fails.
    TreeItem::new(id, label.clone(), children).unwrap_or_else(|_| TreeItem::new_leaf(id, label))
}

fn entry(id: Id, key: &str, value: &Value, styles: &Styles, depth: usize) -> TreeItem<'static, Id> {
    match value {
        Value::List(list) if !list.is_empty() && depth < DEEPEST => {
            let keys: Vec<String> = (0..list.len()).map(|i| format!("[{i}]")).collect();
            branch(
                id,
                key,
                keys.iter().map(String::as_str).zip(list),
                styles,
                depth,
            )
        }
        Value::Map(map) if !map.is_empty() && depth < DEEPEST => branch(
            id,
            key,
            map.iter().map(|(k, v)| (k.as_str(), v)),
            styles,
            depth,
        ),
        _ => {
            let key = Span::styled(format!("{}  ", text::sanitize(key)), styles.key);
            let value = Span::styled(one_line(value), styles.value);
            TreeItem::new_leaf(id, Text::from(Line::from(vec![key, value])))
        }
    }
}

/// A value in one line, safe to draw; what is nested is counted, not opened.
pub fn one_line(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Double(d) => d.to_string(),
        Value::Text(t) => text::cut(t, LONGEST, text::Cut::End, "…"),
        Value::Bytes(b) => format!("{} bytes", b.len()),
        Value::List(l) => format!("[{}]", l.len()),
        Value::Map(m) => format!("{{{}}}", m.len()),
    }
}
