//! The only pattern language of the price table: `*` any run of characters, `#` one digit, all
//! else literal, over the whole string, lower case on both sides.

use serde::{Deserialize, Deserializer};

/// One pattern, lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob(Box<str>);

impl Glob {
    pub(super) fn new(pattern: &str) -> Self {
        Self(pattern.to_lowercase().into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// It matches one string only: itself.
    pub(super) fn is_exact(&self) -> bool {
        !self.0.contains(['*', '#'])
    }

    /// The whole of `text` (lower case) matches. A `*` that failed is tried one byte later, only
    /// the last one ever, so the worst case is the product of both lengths.
    pub(super) fn matches(&self, text: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), text.as_bytes());
        let (mut p, mut t) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while let Some(&byte) = text.get(t) {
            match pattern.get(p) {
                Some(b'*') => {
                    p += 1;
                    star = Some((p, t));
                }
                Some(&want) if is_one(want, byte) => {
                    p += 1;
                    t += 1;
                }
                _ => {
                    let Some((after, from)) = star else {
                        return false;
                    };
                    p = after;
                    t = from + 1;
                    star = Some((after, t));
                }
            }
        }
        pattern.iter().skip(p).all(|b| *b == b'*')
    }

    /// What is left of `text` behind the shortest beginning that matches.
    pub(super) fn strip<'s>(&self, text: &'s str) -> Option<&'s str> {
        let mut pieces = self.0.split('*');
        let mut rest = text.strip_prefix(pieces.next()?)?;
        for piece in pieces {
            rest = rest.split_once(piece)?.1;
        }
        Some(rest)
    }
}

fn is_one(want: u8, byte: u8) -> bool {
    want == byte || (want == b'#' && byte.is_ascii_digit())
}

/// Any of `globs` matches.
pub(super) fn any(globs: &[Glob], text: &str) -> bool {
    globs.iter().any(|g| g.matches(text))
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|s| Self::new(&s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(pattern: &str, text: &str) -> bool {
        Glob::new(pattern).matches(text)
    }

    #[test]
    fn the_whole_string_must_match() {
        assert!(hit("gpt-5", "gpt-5"));
        assert!(!hit("gpt-5", "gpt-5-mini"));
        assert!(!hit("gpt-5-mini", "gpt-5"));
        assert!(hit("GPT-*", "gpt-"));
        assert!(hit("*", ""));
        assert!(!hit("#", ""));
    }

    #[test]
    fn stars_back_up_and_digits_are_single() {
        assert!(hit("*.anthropic.claude*", "us.x.anthropic.claude-4"));
        assert!(hit("*aab", "aaaab"));
        assert!(!hit("*aab", "aaaaba"));
        assert!(hit("m-####-##", "m-2026-03"));
        assert!(!hit("m-####-##", "m-2026-3x"));
        assert!(!hit("m-#", "m-12"));
        assert!(hit("a*#z*", "abc1z-é"));
    }

    #[test]
    fn brackets_and_dots_are_literal() {
        assert!(hit("a.b[1m]", "a.b[1m]"));
        assert!(!hit("a.b", "axb"));
    }

    #[test]
    fn strip_takes_the_shortest_beginning() {
        let strip = |g: &str, s| Glob::new(g).strip(s).map(str::to_owned);
        let left = strip("projects/*/models/", "projects/p/l/eu/models/x/models/y");
        assert_eq!(left.as_deref(), Some("x/models/y"));
        assert_eq!(strip("models/", "models/gemini").as_deref(), Some("gemini"));
        assert_eq!(strip("models/", "xmodels/gemini"), None);
    }
}
