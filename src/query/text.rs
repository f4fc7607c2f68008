//! Texts compared without regard to case.

/// Whether a text holds another; `word` is lower case. Without allocation where the word is ASCII,
/// which is nearly always.
pub fn contains(text: &str, word: &str) -> bool {
    if word.is_ascii() {
        holds(text.as_bytes(), word.as_bytes())
    } else {
        text.to_lowercase().contains(word)
    }
}

/// Whether bytes hold a word in ASCII's lower case; bytes beyond ASCII must be the same.
pub(super) fn holds(text: &[u8], word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else {
        return true;
    };
    let Some(last) = text.len().checked_sub(word.len()) else {
        return false;
    };
    let upper = first.to_ascii_uppercase();
    let starts = text.get(..=last).unwrap_or_default();
    let mut starts = starts.iter().enumerate();
    starts.any(|(at, b)| {
        (b == first || *b == upper)
            && text
                .get(at + 1..at + word.len())
                .is_some_and(|t| t.eq_ignore_ascii_case(rest))
    })
}

/// Whether two texts are the same; `word` is lower case.
pub(super) fn is_same(text: &str, word: &str) -> bool {
    if word.is_ascii() {
        text.eq_ignore_ascii_case(word)
    } else {
        text.to_lowercase() == word
    }
}

/// Byte ranges of a text that match one of some words in lower case, for highlighting. Only for
/// texts whose lower case has the same bytes' places, that is ASCII.
pub fn spans<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Vec<(usize, usize)> {
    if !text.is_ascii() {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let found = words.filter(|w| !w.is_empty()).flat_map(|word| {
        let all = lower.match_indices(word);
        all.map(|(at, m)| (at, at + m.len())).collect::<Vec<_>>()
    });
    let mut spans: Vec<_> = found.collect();
    spans.sort_unstable();
    spans
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
        assert!(contains("abc", "c") && contains("abc", "abc"));
        assert!(contains("abc", "") && contains("", "") && !contains("", "a"));
        assert!(contains("aab", "ab"));
    }

    #[test]
    fn spans_are_byte_ranges_of_ascii_text() {
        let words = ["win", "py"];
        let spans = |text| spans(text, words.iter().copied());
        assert_eq!(spans("Window.py"), [(0, 3), (7, 9)]);
        assert_eq!(spans("wíndow.py"), []);
    }
}
