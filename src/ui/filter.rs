//! Free text over what a row says: name, detail, model, error. Words are joined by "and", case
//! does not matter.

use crate::model::node::Node;

/// A filter ready to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<String>,
}

impl Filter {
    /// The filter of a line of text.
    pub fn new(text: &str) -> Self {
        Self {
            words: text.split_whitespace().map(str::to_lowercase).collect(),
        }
    }

    /// No words: everything matches, nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Every word is in some field of the node.
    pub fn matches(&self, node: &Node) -> bool {
        let call = node.call.as_deref();
        let fields = [
            Some(&node.name),
            node.detail.as_ref(),
            node.error.as_ref(),
            call.and_then(|c| c.response_model.as_ref()),
            call.and_then(|c| c.request_model.as_ref()),
        ];
        self.words
            .iter()
            .all(|word| fields.iter().flatten().any(|field| contains(field, word)))
    }

    /// Byte ranges of a text that match a word, for highlighting. Only for texts whose lower case
    /// has the same bytes' places, that is ASCII.
    pub fn spans(&self, text: &str) -> Vec<(usize, usize)> {
        if !text.is_ascii() {
            return Vec::new();
        }
        let lower = text.to_ascii_lowercase();
        let mut spans: Vec<_> = self
            .words
            .iter()
            .flat_map(|w| {
                lower
                    .match_indices(w.as_str())
                    .map(|(at, m)| (at, at + m.len()))
            })
            .collect();
        spans.sort_unstable();
        spans
    }
}

/// `word` is lower case. Without allocation where both are ASCII, which is nearly always.
fn contains(text: &str, word: &str) -> bool {
    if !word.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some((first, _)) = word.split_first() else {
        return true;
    };
    let upper = first.to_ascii_uppercase();
    text.windows(word.len())
        .any(|w| (w[0] == *first || w[0] == upper) && w.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_ignores_case() {
        assert!(contains("Read …/src/Window.py", "window"));
        assert!(contains("STRASSE", "strasse"));
        assert!(contains("ÄRGER", "ärger"));
        assert!(!contains("abc", "abcd"));
        assert!(contains("abc", ""));
    }

    #[test]
    fn spans_are_byte_ranges_of_ascii_text() {
        let filter = Filter::new("  win  PY ");
        assert_eq!(filter.spans("window.py"), [(0, 3), (7, 9)]);
        assert_eq!(filter.spans("wíndow.py"), []);
        assert!(Filter::new("  ").is_empty());
    }
}
