//! A tool's arguments in a line: JSON as sent reads badly, and a cut one worse.

use super::text::{self, Cut};
use crate::model::node::UNOWNED;
use std::borrow::Cow;

/// Bytes of the arguments that are looked at; a line shows less.
const LOOKED_AT: usize = 2048;
/// Cells that are left for a detail before it is told whose it is.
const LEAST: usize = 8;

/// What tells a node from its namesakes, in at most `cells` cells: JSON arguments by their values, a
/// path by its end, all else by its start. Whose it is goes last.
pub fn line(detail: &str, cells: usize, ellipsis: &str) -> String {
    let owner = |rest: &str| {
        rest.strip_suffix(')')?
            .strip_suffix(UNOWNED)?
            .len()
            .checked_sub(2)
    };
    let whose = owner(detail).and_then(|at| detail.split_at_checked(at));
    match whose.map(|(own, whose)| (own, whose, text::width(whose))) {
        Some((own, whose, wide)) if cells >= wide + LEAST => {
            shortened(own, cells - wide, ellipsis) + whose
        }
        Some((own, ..)) => shortened(own, cells, ellipsis),
        None => shortened(detail, cells, ellipsis),
    }
}

fn shortened(detail: &str, cells: usize, ellipsis: &str) -> String {
    let Some(told) = read(detail) else {
        return text::cut(detail, cells, text::cut_of(detail), ellipsis);
    };
    let whole = told.join(" ");
    let first = told.first().map_or("", String::as_str);
    // A path whose end is gone tells nothing: the other arguments go before it does.
    if text::cut_of(first) == Cut::Start && text::width(&whole) > cells {
        return text::cut(first, cells, Cut::Start, ellipsis);
    }
    text::cut(&whole, cells, Cut::End, ellipsis)
}

/// The arguments of a JSON object: the first by its value alone, the others as `key=value`; those
/// that are `null` say nothing, and an object round all of them (`{"kwargs": {…}}`) is opened. `None`
/// where it is no object. Reads what is there of one that was cut.
fn read(detail: &str) -> Option<Vec<String>> {
    let mut rest = detail.trim_start().strip_prefix('{')?;
    let end = (0..=LOOKED_AT.min(rest.len())).rfind(|i| rest.is_char_boundary(*i));
    rest = rest.get(..end.unwrap_or(0))?.trim_start();
    let mut told: Vec<String> = Vec::new();
    while !rest.is_empty() && !rest.starts_with('}') {
        let (key, after) = string(rest)?;
        if after.is_empty() && !told.is_empty() {
            break; // cut inside a name
        }
        let (value, after) = value(after.trim_start().strip_prefix(':')?.trim_start());
        if told.is_empty() && value != "null" {
            told.push(value.into_owned());
        } else if value != "null" {
            told.push(format!("{key}={value}"));
        }
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    match told.as_slice() {
        [only] => read(only).or(Some(told)),
        _ => Some(told),
    }
}

/// A string at the start of a text, its escapes undone, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, ch)) = chars.next() {
        match ch {
            '"' => return Some((out, text.get(at + 1..)?)),
            '\\' => match chars.next() {
                Some((_, 'n' | 'r' | 't')) => out.push(' '),
                Some((at, 'u')) => {
                    let code = text.get(at + 1..at + 5);
                    let code = code.and_then(|c| u32::from_str_radix(c, 16).ok());
                    out.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
                    chars.nth(3);
                }
                Some((_, other)) => out.push(other),
                None => {}
            },
            _ => out.push(ch),
        }
    }
    Some((out, "")) // it was cut
}

/// A value of any kind at the start of a text, as it stands there but for strings, and what follows.
fn value(text: &str) -> (Cow<'_, str>, &str) {
    if let Some((value, rest)) = string(text) {
        return (Cow::Owned(value), rest);
    }
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    let end = text.find(|ch| {
        let ends = !quoted && depth == 0 && matches!(ch, ',' | '}');
        match ch {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        ends
    });
    let (value, rest) = text.split_at(end.unwrap_or(text.len()));
    (Cow::Borrowed(value.trim_end()), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(detail: &str) -> String {
        line(detail, 80, "…")
    }

    #[test]
    fn the_first_argument_stands_alone_the_others_with_their_names() {
        assert_eq!(wide(r#"{"path":"src/window.py"}"#), "src/window.py");
        assert_eq!(
            wide(r#" { "city": "Oslo" , "days" : 3, "units": null }"#),
            "Oslo days=3"
        );
        assert_eq!(
            wide(r#"{"edits": [{"a": "}"}, 2], "q": "say \"hi\"\n\u00e9"}"#),
            r#"[{"a": "}"}, 2] q=say "hi" é"#
        );
        assert_eq!(wide("{}"), "");
    }

    #[test]
    fn whose_it_is_stays_in_sight_behind_a_long_path() {
        let detail = "/tmp/work/inventory/src/window.py (a sub-agent's)";
        assert_eq!(wide(detail), detail);
        assert_eq!(line(detail, 31, "…"), "…/src/window.py (a sub-agent's)");
        assert_eq!(line(detail, 28, "…"), "…/window.py (a sub-agent's)");
        assert_eq!(line(detail, 20, "…"), "…/src/window.py");
        let json = r#"{"path":"src/window.py"} (a sub-agent's)"#;
        assert_eq!(wide(json), "src/window.py (a sub-agent's)");
        assert_eq!(wide("a sub-agent's"), "a sub-agent's");
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        assert_eq!(
            wide(r#"{"override": null, "path": "a.py", "x": null}"#),
            "a.py"
        );
        assert_eq!(wide(r#"{"override": null}"#), "");
        assert_eq!(wide(r#"{"kwargs": {"path": "a.py", "n": 1}}"#), "a.py n=1");
        assert_eq!(wide(r#"{"kwargs": {"path": "a.py", "te"#), "a.py");
    }

    #[test]
    fn what_is_no_object_stays_as_it_is() {
        for text in ["cargo test", "[1, 2]", "{not json}", "{1: 2}", ""] {
            assert_eq!(wide(text), text);
        }
    }

    #[test]
    fn what_was_cut_is_read_as_far_as_it_goes() {
        assert_eq!(wide(r#"{"command":"sed -n 1"#), "sed -n 1");
        assert_eq!(wide(r#"{"a":"b","c"#), "b");
        let long = format!(r#"{{"text":"{}"}}"#, "é".repeat(LOOKED_AT));
        assert_eq!(line(&long, 5, "…"), "éééé…");
    }

    #[test]
    fn a_path_keeps_its_end() {
        let detail = r#"{"path":"/tmp/work/inventory/src/window.py","content":"x"}"#;
        assert_eq!(line(detail, 16, "…"), "…/src/window.py");
        assert_eq!(
            line(detail, 60, "…"),
            "/tmp/work/inventory/src/window.py content=x"
        );
    }
}
