//! The user's own attributes as columns of the tree. Values are read for the rows in sight only.

use super::Picture;
use super::pane::Tone;
use super::rows::Row;
use super::state::UiState;
use super::text;
use crate::model::detail::Detail;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{Node, Tree};
use rustc_hash::FxHashMap;

/// More columns than this leave no room for names on any screen.
pub const MOST: usize = 4;

/// Attributes that stand as columns.
#[derive(Clone, Debug, Default)]
pub struct Pins {
    keys: Vec<String>,
    made_from: Option<(SessionId, u64)>,
    /// Of rows that were in sight: a value for each key, empty where the row has none.
    values: FxHashMap<NodeId, Vec<String>>,
}

impl Pins {
    /// These from the start; a key twice is one column.
    pub fn new(keys: &[String]) -> Self {
        let mut pins = Self::default();
        for key in keys {
            if !pins.keys.contains(key) && pins.keys.len() < MOST {
                pins.keys.push(key.clone());
            }
        }
        pins
    }

    /// Their keys, in the order of the columns.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// What stands above a column: the end of its key, which tells it from the others.
    pub fn title(&self, column: usize) -> &str {
        let key = self.keys.get(column).map_or("", String::as_str);
        key.rsplit('.').next().unwrap_or(key)
    }

    /// A row's value in a column.
    pub fn value(&self, node: NodeId, column: usize) -> &str {
        let values = self.values.get(&node).and_then(|values| values.get(column));
        values.map_or("", String::as_str)
    }

    /// Makes a column of a key, or takes it away; false if there is no room for another.
    fn toggle(&mut self, key: &str) -> bool {
        let before = self.keys.len();
        self.keys.retain(|k| k != key);
        if self.keys.len() < before {
            self.made_from = None;
            return true;
        }
        if before == MOST {
            return false;
        }
        self.keys.push(key.to_owned());
        self.made_from = None;
        true
    }

    /// Reads what rows say; what was read of this version of the tree stays.
    fn read(
        &mut self,
        key: (SessionId, u64),
        tree: &Tree,
        rows: &[Row],
        read: &dyn Fn(&Node, &str) -> String,
    ) {
        if self.made_from.replace(key) != Some(key) {
            self.values.clear();
        }
        for node in rows
            .iter()
            .filter_map(|row| tree.nodes.get(row.node as usize))
        {
            let keys = &self.keys;
            let values = || {
                keys.iter()
                    .map(|k| text::sanitize(&read(node, k)).into_owned())
            };
            self.values
                .entry(node.id)
                .or_insert_with(|| values().collect());
        }
    }
}

/// The key of the attribute at a path in the tree of attributes: piece, group, place.
fn key_at<'a>(detail: &'a Detail, path: &[usize]) -> Option<&'a str> {
    let [piece, group, at, ..] = path else {
        return None;
    };
    let evidence = detail.evidence.get(*piece)?;
    let pairs = match group {
        0 => &evidence.attributes,
        _ => &evidence.resource,
    };
    pairs.get(*at).map(|(key, _)| key.as_str())
}

impl UiState {
    /// Reads what the rows in sight say in the columns that are the user's own: `read` gives a node's
    /// value of an attribute, empty where it has none.
    pub fn read_pins(
        &mut self,
        session: SessionId,
        (tree, version): (&Tree, u64),
        read: &dyn Fn(&Node, &str) -> String,
    ) {
        if self.session() != Some(session) || self.pins.keys.is_empty() {
            return;
        }
        let height = usize::from(self.layout().rows.height);
        let end = self.rows.len().min(self.scroll.saturating_add(height));
        let rows = self.rows.get(self.scroll..end).unwrap_or_default();
        self.pins.read((session, version), tree, rows, read);
    }

    /// The selected attribute becomes a column, or is one no more.
    pub(super) fn pin_column(&mut self, picture: &Picture) {
        let detail = self.shown_detail(picture);
        let key = detail.and_then(|d| key_at(d, self.attributes.selected()));
        let (tone, said) = match key.map(str::to_owned) {
            None => (Tone::Warning, "select an attribute first".to_owned()),
            Some(key) if self.pins.toggle(&key) => {
                let now = if self.pins.keys.contains(&key) {
                    "is a column"
                } else {
                    "is no column any more"
                };
                (Tone::Text, format!("{} {now}", text::sanitize(&key)))
            }
            Some(_) => (
                Tone::Warning,
                format!("{MOST} columns are pinned; take one away first"),
            ),
        };
        self.tell(tone, said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_pinned_once_and_taken_away_again() {
        let keys = ["a.team", "b", "a.team", "c", "d", "e"].map(str::to_owned);
        let mut pins = Pins::new(&keys);
        assert_eq!(pins.keys(), ["a.team", "b", "c", "d"]);
        assert_eq!(pins.title(0), "team");
        assert!(!pins.toggle("e"), "no room");
        assert!(pins.toggle("b"));
        assert!(pins.toggle("e"));
        assert_eq!(pins.keys(), ["a.team", "c", "d", "e"]);
    }
}
