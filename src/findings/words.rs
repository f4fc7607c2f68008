//! Numbers in the sentences of findings.

use crate::model::node::Node;
use crate::model::usage::PicoUsd;

/// A duration: `840ms`, `4.2s`, `2m04s`, `1h12m`.
pub(super) fn time(ns: u64) -> String {
    let (ms, s) = (ns / 1_000_000, ns / 1_000_000_000);
    match s {
        0 => format!("{ms}ms"),
        1..60 => format!("{s}.{}s", ms % 1000 / 100),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        _ => format!("{}h{:02}m", s / 3600, s % 3600 / 60),
    }
}

/// A count with a space between thousands, as the screen groups them: `48,120`.
pub fn count(n: u64) -> String {
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

/// Money with three significant digits, of which a cent has two at least: `$1.24`, `$0.0163`.
pub(super) fn money(usd: PicoUsd) -> String {
    let digits = usd.0.max(1).ilog10(); // 12 is one dollar
    let places = 14u32.saturating_sub(digits).clamp(2, 12);
    format!("${}", usd.decimal(places))
}

/// Percent of a whole, rounded down.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(part) * 100 / u128::from(whole.max(1))).unwrap_or(u64::MAX)
}

/// What a row is called: its name, and the start of what tells it from its namesakes.
pub(super) fn name(node: &Node) -> String {
    const DETAIL: usize = 60;
    let line = |text: &str, most: usize| {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = flat.chars().take(most).collect();
        if cut.len() < flat.len() {
            cut + "…"
        } else {
            cut
        }
    };
    let name = line(&node.name, DETAIL);
    match node.detail.as_deref().filter(|d| !d.trim().is_empty()) {
        Some(detail) => format!("{name} {}", line(detail, DETAIL)),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_on_the_screen() {
        let s = 1_000_000_000;
        assert_eq!([time(s / 4), time(4 * s + s / 5)], ["250ms", "4.2s"]);
        assert_eq!([time(124 * s), time(4320 * s)], ["2m04s", "1h12m"]);
        assert_eq!(
            [count(7), count(999), count(48_120)],
            ["7", "999", "48,120"]
        );
        assert_eq!([percent(1, 3), percent(5, 0)], [33, 500]);
    }
}
