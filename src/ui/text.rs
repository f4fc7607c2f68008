//! Text for the screen: number formats, and received text made safe, measured and cut. The one
//! place for both, so that a number looks the same wherever it stands (look, rules 2, 3 and 5).

use crate::model::usage::PicoUsd;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Units of big counts and their names, each a thousand of the one before; u64 ends at 18.4 E.
const UNITS: [&str; 6] = ["k", "M", "B", "T", "P", "E"];

/// A count in at most three significant digits: `412`, `18.2k`, `182k`, `1.24M`.
pub fn count(n: u64) -> String {
    if n < 1000 {
        return n.to_string();
    }
    let mut unit = 1u64;
    for name in UNITS {
        unit = unit.saturating_mul(1000);
        // The first form that leaves at most three digits; thousands have one decimal at most.
        let most = if name == "k" { 1 } else { 2 };
        for decimals in (0..=most).rev() {
            let scale = u128::from(10u64.pow(decimals));
            let scaled = (u128::from(n) * scale + u128::from(unit / 2)) / u128::from(unit);
            if let Ok(scaled) = u64::try_from(scaled)
                && scaled < 1000
            {
                return fixed(scaled, decimals) + name;
            }
        }
    }
    n.to_string()
}

/// A count with thousands separated: `5,901`.
pub fn count_exact(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn fixed(scaled: u64, decimals: u32) -> String {
    let scale = 10u64.pow(decimals);
    match decimals {
        0 => scaled.to_string(),
        _ => format!(
            "{}.{:0w$}",
            scaled / scale,
            scaled % scale,
            w = decimals as usize
        ),
    }
}

/// A duration in ns, in six cells at most: `<1ms`, `40ms`, `3.1s`, `2m04s`, `1h12m`, `3d04h`, `120d`,
/// `56y`.
pub fn duration(ns: u64) -> String {
    let ms = ns.saturating_add(500_000) / 1_000_000;
    let tenths = ns.saturating_add(50_000_000) / 100_000_000;
    let s = ns.saturating_add(500_000_000) / 1_000_000_000;
    if ns == 0 {
        "0ms".to_owned()
    } else if ms == 0 {
        "<1ms".to_owned()
    } else if ms < 1000 {
        format!("{ms}ms")
    } else if tenths < 600 {
        fixed(tenths, 1) + "s"
    } else if s < 3600 {
        format!("{}m{:02}s", s / 60, s % 60)
    } else if s < 86_400 {
        format!("{}h{:02}m", s / 3600, s / 60 % 60)
    } else if s < 8_640_000 {
        format!("{}d{:02}h", s / 86_400, s / 3600 % 24)
    } else if s < 864_000_000 {
        format!("{}d", s / 86_400)
    } else {
        format!("{}y", s / 31_557_600) // since 1970, most likely: nobody told the start
    }
}

/// A short duration in at most three significant digits: `0.31ms`, `9.4ms`, `31.2ms`; as
/// [`duration`] from 100 ms on.
pub fn duration_short(ns: u64) -> String {
    match ns {
        0 => "0ms".to_owned(),
        1..5_000 => "<.01ms".to_owned(),
        5_000..995_000 => fixed((ns + 5_000) / 10_000, 2) + "ms",
        995_000..99_950_000 => fixed((ns + 50_000) / 100_000, 1) + "ms",
        _ => duration(ns),
    }
}

/// A speed in at most three significant digits: `9.4`, `129`, `1.2k`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        n if n < 9.95 => format!("{n:.1}"),
        n if n < 999.5 => format!("{n:.0}"),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "display"
        )]
        n => count(n as u64),
    }
}

/// A span of the time scale, which is a round number: `200ms`, `5s`, `2m`, `1h`.
pub fn span(ns: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
    ];
    UNITS
        .into_iter()
        .find(|(unit, _)| ns >= *unit && ns.is_multiple_of(*unit))
        .map_or_else(
            || duration(ns),
            |(unit, name)| format!("{}{name}", ns / unit),
        )
}

/// Money in a column: `$0.0008`, `$0.031`, `$0.37`, `$1.24`, `$12.4`, `$124`, `$1.2k`.
pub fn money(cost: PicoUsd) -> String {
    const CENT: u64 = 10_000_000_000;
    match cost.0 {
        0 => "$0".to_owned(),
        p if p < CENT / 200 => "<$.0001".to_owned(),
        p if p < CENT / 10 - CENT / 200 => format!("${}", cost.decimal(4)),
        p if p < 10 * CENT - CENT / 20 => format!("${}", cost.decimal(3)),
        p if p < 1000 * CENT - CENT / 2 => format!("${}", cost.decimal(2)),
        p if p < 10_000 * CENT - 5 * CENT => format!("${}", cost.decimal(1)),
        p if p < 100_000 * CENT - 50 * CENT => format!("${}", cost.decimal(0)),
        p => format!("${}", count((p + 50 * CENT) / (100 * CENT))),
    }
}

/// Money with three significant digits, where there is room: `$0.0102`, `$0.000812`.
pub fn money_exact(cost: PicoUsd) -> String {
    let digits = cost.0.max(1).ilog10(); // 12 is one dollar
    if digits >= 12 {
        return money(cost);
    }
    let places = (14 - digits).min(12);
    let text = cost.decimal(places);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("${text}")
}

/// Part of a whole in percent, rounded; `None` of nothing.
pub fn percent(part: u64, whole: u64) -> Option<u64> {
    let doubled = u128::from(part) * 200 + u128::from(whole);
    let whole = u128::from(whole) * 2;
    (whole > 0).then(|| u64::try_from(doubled / whole).unwrap_or(u64::MAX))
}

/// The time of day `14:02:41` of an instant in ns, `offset` seconds east of UTC.
pub fn clock(ns: u64, offset: i32) -> String {
    let s = (i64::try_from(ns / 1_000_000_000).unwrap_or(0) + i64::from(offset)).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// A model's name without a date suffix: `-20250929`, `-2025-04-14`, `@20250929`.
pub fn model_short(name: &str) -> &str {
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    if let Some((head, tail)) = name.rsplit_once(['-', '@'])
        && digits(tail, 8)
        && !head.is_empty()
    {
        return head;
    }
    let mut parts = name.rsplitn(4, '-');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(d), Some(m), Some(y), Some(head)) if digits(d, 2) && digits(m, 2) && digits(y, 4) => {
            head
        }
        _ => name,
    }
}

/// One grapheme as it may be drawn: controls as `^[`, anything invisible or turning the writing
/// direction as `<U+202E>`, line ends and tabs as a space; joined, varied and tinted emoji down to
/// their base, since terminals disagree on their width.
fn clean(grapheme: &str) -> Cow<'_, str> {
    let mut chars = grapheme.chars();
    let (Some(first), rest) = (chars.next(), chars.next()) else {
        return Cow::Borrowed("");
    };
    match first {
        ' '..='~' if rest.is_none() => return Cow::Borrowed(grapheme),
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => return Cow::Borrowed(" "),
        '\0'..='\x1f' => return Cow::Owned(format!("^{}", char::from(first as u8 + 0x40))),
        '\x7f' => return Cow::Borrowed("^?"),
        _ if first.width().unwrap_or(0) == 0 || is_unseen(first) => {
            return Cow::Owned(format!("<U+{:04X}>", first as u32));
        }
        _ if rest.is_none() => return Cow::Borrowed(grapheme),
        _ => {}
    }
    let hidden = |c: char| matches!(c, '\u{200c}' | '\u{34f}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}');
    let kept: String = grapheme
        .chars()
        .take_while(|c| *c != '\u{200d}')
        .filter(|c| !hidden(*c))
        .take(6)
        .collect();
    Cow::Owned(kept)
}

/// Has a width by the standard, and nothing to see or no meaning: soft hyphen, fillers of Hangul,
/// what is no character. Terminals leave some of them out.
fn is_unseen(c: char) -> bool {
    let code = u32::from(c);
    matches!(c, '\u{ad}' | '\u{115f}' | '\u{3164}' | '\u{ffa0}' | '\u{fdd0}'..='\u{fdef}' | '\u{fff9}'..='\u{fffb}')
        || code & 0xfffe == 0xfffe
}

/// The drawable graphemes of received text with their widths in cells.
pub fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = (Cow<'_, str>, usize)> {
    text.graphemes(true).map(|g| {
        let clean = clean(g);
        let width = clean.width();
        (clean, width)
    })
}

/// Received text made safe to draw.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(graphemes(text).map(|(g, _)| g).collect())
}

/// Width in cells once drawn.
pub fn width(text: &str) -> usize {
    graphemes(text).map(|(_, w)| w).sum()
}

/// Where a text loses what does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// At its end: prompts, commands.
    End,
    /// At its start: paths.
    Start,
}

/// At most `cells` cells of a text, safe to draw, with `ellipsis` where something is missing.
/// Looks at no more of the text than is shown.
pub fn cut(text: &str, cells: usize, from: Cut, ellipsis: &str) -> String {
    let mut kept: Vec<Cow<'_, str>> = Vec::new();
    let mut used = 0;
    // Bytes of the longest prefix that still leaves room for the ellipsis.
    let (mut short, mark) = (0, ellipsis.width());
    let mut iter = graphemes(text);
    let next = |iter: &mut dyn DoubleEndedIterator<Item = _>| match from {
        Cut::End => iter.next(),
        Cut::Start => iter.next_back(),
    };
    let mut whole = true;
    while let Some((grapheme, w)) = next(&mut iter) {
        if used + w > cells {
            whole = false;
            break;
        }
        used += w;
        kept.push(grapheme);
        if used + mark <= cells {
            short = kept.len();
        }
    }
    if !whole {
        kept.truncate(short);
        if from == Cut::Start {
            whole_folders(&mut kept);
        }
        if mark <= cells {
            kept.push(Cow::Owned(ellipsis.to_owned()));
        }
    }
    if from == Cut::Start {
        kept.reverse();
    }
    kept.concat()
}

/// Cuts a path, here from its end backwards, at a slash where that loses little.
fn whole_folders(backwards: &mut Vec<Cow<'_, str>>) {
    let slash = backwards.iter().rposition(|g| g == "/");
    if let Some(at) = slash.filter(|at| *at * 2 >= backwards.len()) {
        backwards.truncate(at + 1);
    }
}

/// How to cut a node's detail: what looks like a path keeps its end, all else its start.
pub fn cut_of(text: &str) -> Cut {
    let head: &str = text.get(..text.len().min(256)).unwrap_or("");
    let path = head.contains('/') && !head.contains(char::is_whitespace);
    let url = head.contains("://");
    if path && !url { Cut::Start } else { Cut::End }
}

/// Text broken into lines of at most `cells` cells, at its own line ends and, where possible, at
/// spaces; each line safe to draw. Tabs become two spaces.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line).replace('\t', "  ");
        wrap_line(&line, cells, &mut lines);
    }
    lines
}

fn wrap_line(line: &str, cells: usize, lines: &mut Vec<String>) {
    let (mut current, mut used) = (String::new(), 0);
    for word in line.split_word_bounds() {
        let wide = width(word);
        if used + wide <= cells {
            current.push_str(&sanitize(word));
            used += wide;
            continue;
        }
        if wide <= cells {
            lines.push(std::mem::take(&mut current).trim_end().to_owned());
            used = 0;
            if !word.trim().is_empty() {
                current.push_str(&sanitize(word));
                used = wide;
            }
            continue;
        }
        for (grapheme, w) in graphemes(word) {
            if used + w > cells && used > 0 {
                lines.push(std::mem::take(&mut current));
                used = 0;
            }
            current.push_str(&grapheme);
            used += w;
        }
    }
    lines.push(current);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_three_digits_at_most() {
        for (n, text) in [
            (0, "0"),
            (412, "412"),
            (999, "999"),
            (1000, "1.0k"),
            (18_249, "18.2k"),
            (99_949, "99.9k"),
            (99_950, "100k"),
            (182_499, "182k"),
            (999_499, "999k"),
            (999_500, "1.00M"),
            (1_240_000, "1.24M"),
            (9_995_000, "10.0M"),
            (123_456_789, "123M"),
            (1_234_567_890, "1.23B"),
            (999_500_000_000, "1.00T"),
            (u64::MAX, "18.4E"),
        ] {
            assert_eq!(count(n), text, "{n}");
        }
        assert_eq!(count_exact(5901), "5,901");
        assert_eq!(count_exact(999), "999");
        assert_eq!(count_exact(1_234_567), "1,234,567");
    }

    #[test]
    fn durations_change_unit_where_they_round() {
        const MS: u64 = 1_000_000;
        for (ns, text) in [
            (0, "0ms"),
            (1, "<1ms"),
            (499_999, "<1ms"),
            (40 * MS, "40ms"),
            (999 * MS + 499_999, "999ms"),
            (999 * MS + 500_000, "1.0s"),
            (3_149 * MS, "3.1s"),
            (59_949 * MS, "59.9s"),
            (59_950 * MS, "1m00s"),
            (124_000 * MS, "2m04s"),
            (3_599_400 * MS, "59m59s"),
            (3_599_500 * MS, "1h00m"),
            (4_320_000 * MS, "1h12m"),
            (273_600_000 * MS, "3d04h"),
        ] {
            assert_eq!(duration(ns), text, "{ns}");
        }
        assert_eq!(duration(120 * 86_400_000 * MS), "120d");
        assert_eq!(duration(u64::MAX), "584y");
    }

    #[test]
    fn money_is_never_rounded_to_nothing() {
        let usd = |text: f64| PicoUsd::from_usd(text).unwrap_or_default();
        for (amount, column, exact) in [
            (0.0, "$0", "$0"),
            (0.000_02, "<$.0001", "$0.00002"),
            (0.000_812_4, "$0.0008", "$0.000812"),
            (0.000_96, "$0.001", "$0.00096"),
            (0.0102, "$0.010", "$0.0102"),
            (0.031, "$0.031", "$0.031"),
            (0.0996, "$0.10", "$0.0996"),
            (0.374, "$0.37", "$0.374"),
            (1.24, "$1.24", "$1.24"),
            (9.996, "$10.0", "$10.0"),
            (12.44, "$12.4", "$12.4"),
            (99.96, "$100", "$100"),
            (1240.0, "$1.2k", "$1.2k"),
        ] {
            assert_eq!(money(usd(amount)), column, "{amount}");
            assert_eq!(money_exact(usd(amount)), exact, "{amount}");
        }
    }

    #[test]
    fn other_numbers() {
        assert_eq!(percent(1, 0), None);
        assert_eq!(percent(2, 3), Some(67));
        assert_eq!(percent(u64::MAX, 1), Some(u64::MAX));
        assert_eq!(
            clock(1_000_000_000 * (14 * 3600 + 2 * 60 + 41), 0),
            "14:02:41"
        );
        assert_eq!(clock(0, -3600), "23:00:00");
    }

    #[test]
    fn models_lose_their_date() {
        for (name, short) in [
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
            ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet"),
            ("gpt-4.1-2025-04-14", "gpt-4.1"),
            ("gpt-5", "gpt-5"),
            ("-20250929", "-20250929"),
            ("qwen3-coder", "qwen3-coder"),
        ] {
            assert_eq!(model_short(name), short);
        }
    }

    #[test]
    fn hostile_text_becomes_visible() {
        for (raw, safe) in [
            ("a\x1b[31mb\x07", "a^[[31mb^G"),
            ("a\x7f\u{9b}b", "a^?<U+009B>b"),
            ("one\r\ntwo\tthree", "one two three"),
            ("a\u{202e}b\u{2066}", "a<U+202E>b<U+2066>"),
            ("a\u{200b}b\u{feff}", "a<U+200B>b<U+FEFF>"),
            ("👩\u{200d}💻!", "👩!"),
            ("❤\u{fe0f}", "❤"),
            ("👍\u{1f3fd}!", "👍!"),
            ("so\u{ad}ft \u{ffff}", "so<U+00AD>ft <U+FFFF>"),
            ("a\u{3164}b", "a<U+3164>b"),
            ("e\u{301}", "e\u{301}"),
            ("日本", "日本"),
        ] {
            assert_eq!(sanitize(raw), safe, "{raw:?}");
            assert_eq!(sanitize(&sanitize(raw)), safe, "again {raw:?}");
        }
        let zalgo = format!("x{}y", "\u{301}".repeat(500));
        assert!(sanitize(&zalgo).chars().count() <= 7);
    }

    #[test]
    fn cuts_keep_what_matters() {
        assert_eq!(
            cut("fix the off-by-one", 18, Cut::End, "…"),
            "fix the off-by-one"
        );
        assert_eq!(cut("fix the off-by-one", 9, Cut::End, "…"), "fix the …");
        assert_eq!(cut("fix the off-by-one", 9, Cut::End, ".."), "fix the..");
        assert_eq!(
            cut("crates/app/src/window.py", 15, Cut::Start, "…"),
            "…/src/window.py"
        );
        assert_eq!(cut("日本語", 5, Cut::End, "…"), "日本…");
        assert_eq!(cut("日本語", 4, Cut::End, "…"), "日…");
        assert_eq!(cut("日本語", 1, Cut::End, ".."), "");
        assert_eq!(cut("abc", 0, Cut::End, "…"), "");
        assert_eq!(
            cut("crates/app/src/window.py", 18, Cut::Start, "…"),
            "…/src/window.py"
        );
        assert_eq!(
            cut("a/a-very-long-name.py", 10, Cut::Start, "…"),
            "…g-name.py"
        );
        assert_eq!(cut_of("/a/b/c.rs"), Cut::Start);
        assert_eq!(cut_of("cargo test src/x.rs"), Cut::End);
        assert_eq!(cut_of("https://x.org/a"), Cut::End);
    }

    #[test]
    fn wrapping_breaks_at_spaces_where_it_can() {
        assert_eq!(wrap("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap("x\x1b[2J", 20), ["x^[[2J"]);
    }
}
