//! Tones of a text's lines, and lines broken to a width: Markdown and JSON as one sees them at a
//! glance. Nothing that was written is left out but the marks around what is stressed.

use super::form::Kind;
use super::pane::{Line, Tone};
use super::text::graphemes;

/// One line of a text in its tones. `fenced` is whether it stands in a block of code, for this line and
/// the next.
pub fn toned<'a>(line: &'a str, kind: Kind, fenced: &mut bool) -> Vec<(Tone, &'a str)> {
    match kind {
        Kind::Plain => vec![(Tone::Text, line)],
        Kind::Json => json(line),
        Kind::Entries => entry(line),
        Kind::Markdown => markdown(line, fenced),
    }
}

/// Whether a line begins or ends a block of code.
pub fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

fn markdown<'a>(line: &'a str, fenced: &mut bool) -> Vec<(Tone, &'a str)> {
    if is_fence(line) {
        *fenced = !*fenced;
        return vec![(Tone::Faint, line)];
    }
    if *fenced {
        return vec![(Tone::Secondary, line)];
    }
    let start = line.trim_start();
    let indent = line.len() - start.len();
    let level = start.bytes().take_while(|b| *b == b'#').count();
    if (1..=6).contains(&level) && start.get(level..).is_some_and(|rest| rest.starts_with(' ')) {
        return vec![(Tone::Strong, line)];
    }
    if start.starts_with('>') || start.starts_with('|') {
        return vec![(Tone::Secondary, line)];
    }
    let rule = start.len() >= 3
        && ["-", "*", "_"]
            .iter()
            .any(|c| start.replace(*c, "").trim().is_empty());
    if rule {
        return vec![(Tone::Faint, line)];
    }
    let mark = list_mark(start);
    let (head, rest) = line.split_at(indent + mark);
    let mut spans = Vec::new();
    if !head.is_empty() {
        spans.push((Tone::Faint, head));
    }
    inline(rest, &mut spans);
    spans
}

/// Bytes of a list's mark and the space after it.
fn list_mark(line: &str) -> usize {
    if ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark)) {
        return 2;
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = line
        .get(digits..)
        .is_some_and(|r| r.starts_with(". ") || r.starts_with(") "));
    if (1..=4).contains(&digits) && numbered {
        digits + 2
    } else {
        0
    }
}

/// Code in backticks, and what is stressed by two asterisks.
fn inline<'a>(mut rest: &'a str, spans: &mut Vec<(Tone, &'a str)>) {
    while let Some(at) = rest.find(['`', '*']) {
        let (before, from) = rest.split_at(at);
        let marked = [("`", Tone::Tool), ("**", Tone::Strong)].into_iter();
        let found = marked.filter_map(|(mark, tone)| {
            let inner = from.strip_prefix(mark)?;
            let end = inner.find(mark).filter(|end| *end > 0)?;
            Some((tone, inner.get(..end)?, inner.get(end + mark.len()..)?))
        });
        let Some((tone, inner, after)) = found.into_iter().next() else {
            let next = from.chars().next().map_or(1, char::len_utf8);
            let (plain, after) = rest.split_at(at + next);
            spans.push((Tone::Text, plain));
            rest = after;
            continue;
        };
        if !before.is_empty() {
            spans.push((Tone::Text, before));
        }
        spans.push((tone, inner));
        rest = after;
    }
    if !rest.is_empty() || spans.is_empty() {
        spans.push((Tone::Text, rest));
    }
}

/// A line of JSON as we print it: keys apart from values, what is no text apart from texts.
fn json(line: &str) -> Vec<(Tone, &str)> {
    let indent = line.len() - line.trim_start().len();
    let rest = line.get(indent..).unwrap_or_default();
    let value = |text: &'_ str| {
        if text.starts_with('"') {
            Tone::Text
        } else {
            Tone::Secondary
        }
    };
    let key = rest.starts_with('"').then(|| rest.find("\": ")).flatten();
    let Some(key) = key else {
        return vec![(value(rest), line)];
    };
    let (head, tail) = line.split_at(indent + key + 3);
    vec![(Tone::Faint, head), (value(tail), tail)]
}

/// A line of an entry: its key apart.
fn entry(line: &str) -> Vec<(Tone, &str)> {
    let key = line.find(':').filter(|at| {
        let key = line
            .get(..*at)
            .unwrap_or_default()
            .trim_start()
            .trim_start_matches("- ");
        !key.is_empty() && key.len() < 48 && !key.contains(char::is_whitespace)
    });
    match key.map(|at| line.split_at(at + 1)) {
        Some((head, tail)) if tail.is_empty() || tail.starts_with(' ') => {
            vec![(Tone::Faint, head), (Tone::Text, tail)]
        }
        _ => vec![(Tone::Text, line)],
    }
}

/// Toned text broken into lines of at most `cells` cells, at spaces where it can; safe to draw.
pub fn wrap(spans: &[(Tone, &str)], cells: usize) -> Vec<Line> {
    let cells = cells.max(1);
    let mut lines = vec![Line::default()];
    let mut used = 0;
    // Where the line could be broken: its span, its byte in there, the cells before it.
    let mut gap: Option<(usize, usize, usize)> = None;
    for (tone, text) in spans {
        for (grapheme, wide) in graphemes(text) {
            let grapheme = if *text == "\t" { "  ".into() } else { grapheme };
            if used + wide > cells && used > 0 {
                let (carried, left) = carry(&mut lines, gap.take(), used);
                used = left;
                lines.push(carried);
            }
            let Some(line) = lines.last_mut() else {
                continue;
            };
            match line.spans.last_mut() {
                Some((last, all)) if last == tone => all.push_str(&grapheme),
                _ => line.spans.push((*tone, grapheme.into_owned())),
            }
            used += wide;
            if let Some((_, all)) = line.spans.last().filter(|(_, all)| all.ends_with(' ')) {
                gap = Some((line.spans.len() - 1, all.len(), used));
            }
        }
    }
    lines
}

/// Takes what follows the last gap off the last line: the next line's start, and its cells.
fn carry(lines: &mut [Line], gap: Option<(usize, usize, usize)>, used: usize) -> (Line, usize) {
    let (Some((span, byte, cells)), Some(line)) = (gap, lines.last_mut()) else {
        return (Line::default(), 0);
    };
    let mut rest = line.spans.split_off((span + 1).min(line.spans.len()));
    if let Some((tone, text)) = line.spans.get_mut(span) {
        let tail = text.split_off(byte.min(text.len()));
        if !tail.is_empty() {
            rest.insert(0, (*tone, tail));
        }
        let end = text.trim_end().len();
        text.truncate(end);
    }
    (Line { spans: rest }, used - cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(line: &Line) -> String {
        line.spans.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_keep_their_tones() {
        let spans = [
            (Tone::Text, "the quick "),
            (Tone::Strong, "brown fox"),
            (Tone::Text, "es"),
        ];
        let lines = wrap(&spans, 12);
        let told: Vec<String> = lines.iter().map(flat).collect();
        assert_eq!(told, ["the quick", "brown foxes"]);
        assert_eq!(lines[1].spans[0], (Tone::Strong, "brown fox".to_owned()));
        let told: Vec<String> = wrap(&[(Tone::Text, "abcdefgh")], 3)
            .iter()
            .map(flat)
            .collect();
        assert_eq!(told, ["abc", "def", "gh"]);
        let told: Vec<String> = wrap(&[(Tone::Text, "日本語")], 4)
            .iter()
            .map(flat)
            .collect();
        assert_eq!(told, ["日本", "語"]);
        assert_eq!(
            flat(&wrap(&[(Tone::Text, "x\x1b[2J\u{202e}")], 40)[0]),
            "x^[[2J<U+202E>"
        );
    }

    #[test]
    fn markdown_is_toned_by_line_and_within() {
        let mut fenced = false;
        let mut tones = |line: &'static str| toned(line, Kind::Markdown, &mut fenced);
        assert_eq!(tones("## Plan"), [(Tone::Strong, "## Plan")]);
        assert_eq!(
            tones("1. run `cargo test`, **now**"),
            [
                (Tone::Faint, "1. "),
                (Tone::Text, "run "),
                (Tone::Tool, "cargo test"),
                (Tone::Text, ", "),
                (Tone::Strong, "now"),
            ]
        );
        assert_eq!(tones("a * b ` c")[0].0, Tone::Text);
        assert_eq!(tones("```rust"), [(Tone::Faint, "```rust")]);
        assert_eq!(tones("# no heading"), [(Tone::Secondary, "# no heading")]);
        tones("```");
        assert_eq!(tones("# heading"), [(Tone::Strong, "# heading")]);
    }

    #[test]
    fn keys_stand_apart() {
        assert_eq!(
            json("  \"n\": 1,"),
            [(Tone::Faint, "  \"n\": "), (Tone::Secondary, "1,")]
        );
        assert_eq!(
            entry("  path: a"),
            [(Tone::Faint, "  path:"), (Tone::Text, " a")]
        );
        assert_eq!(entry("http://x"), [(Tone::Text, "http://x")]);
    }
}
