//! Times written into attributes, as text or as a number, moved by an offset without a change of
//! their form: the same precision, the same suffix, the same unit.
//!
//! An offset finer than the text's own precision is cut towards zero, so that moving there and
//! back gives the same text again.

use jiff::{SignedDuration, civil::DateTime};

/// Length of `2026-11-20T10:00:00`.
const SECONDS_LEN: usize = 19;

/// Nanoseconds that one unit of a number stands for, by the number's size: seconds, milli-,
/// micro- or nanoseconds since the epoch. `None`: too small to be a time (before 1973, read as
/// seconds) or too large.
fn unit_ns(number: f64) -> Option<i128> {
    match number {
        1e8..1e11 => Some(1_000_000_000),
        1e11..1e14 => Some(1_000_000),
        1e14..1e17 => Some(1_000),
        1e17..1e19 => Some(1),
        _ => None,
    }
}

/// Moves an integer that holds a time since the epoch; any other is given back as it is.
#[expect(clippy::cast_precision_loss, reason = "only the size matters")]
pub fn shift_integer(number: i64, offset_ns: i64) -> i64 {
    unit_ns(number as f64).map_or(number, |unit| {
        let moved = i128::from(number) + i128::from(offset_ns) / unit;
        i64::try_from(moved).unwrap_or(number)
    })
}

/// Moves a floating-point time since the epoch; any other number is given back as it is.
#[expect(clippy::cast_precision_loss, reason = "a float holds no more")]
pub fn shift_float(number: f64, offset_ns: i64) -> f64 {
    unit_ns(number).map_or(number, |unit| number + offset_ns as f64 / unit as f64)
}

/// Moves a time in text: RFC 3339 or its like (`2026-11-20 10:00:00.123+01:00`, with or without
/// an offset), the same as a JSON string, or a decimal number since the epoch. `None`: no time.
pub fn shift_text(text: &str, offset_ns: i64) -> Option<String> {
    let quoted = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    let bare = quoted.unwrap_or(text);
    let moved = shift_date(bare, offset_ns).or_else(|| shift_decimal(bare, offset_ns))?;
    Some(if quoted.is_some() {
        format!("\"{moved}\"")
    } else {
        moved
    })
}

fn shift_date(text: &str, offset_ns: i64) -> Option<String> {
    let (date, rest) = text.split_at_checked(SECONDS_LEN)?;
    let separator = date
        .chars()
        .nth(10)
        .filter(|c| matches!(c, 'T' | 't' | ' '))?;
    let start: DateTime = date.parse().ok()?;
    let digits = rest.strip_prefix('.').map_or(0, |fraction| {
        fraction.bytes().take_while(u8::is_ascii_digit).count()
    });
    let (fraction, suffix) = match digits {
        0 => ("", rest),
        1..=9 => (rest.get(1..=digits)?, rest.get(digits + 1..)?),
        _ => return None,
    };
    if !is_utc_offset(suffix) {
        return None;
    }
    let unit = 10i64.pow(9 - u32::try_from(digits).ok()?);
    let fraction_ns = fraction.parse::<i64>().unwrap_or(0) * unit;
    let offset = SignedDuration::from_nanos(offset_ns / unit * unit);
    let moved = start
        .checked_add(SignedDuration::from_nanos(fraction_ns))
        .and_then(|t| t.checked_add(offset))
        .ok()?;
    let form = format!("%Y-%m-%d{separator}%H:%M:%S");
    let date = moved.strftime(&form);
    let fraction = i64::from(moved.subsec_nanosecond()) / unit;
    Some(match digits {
        0 => format!("{date}{suffix}"),
        _ => format!("{date}.{fraction:0digits$}{suffix}"),
    })
}

/// Nothing, `Z`, or `+hh`, `+hhmm`, `+hh:mm`.
fn is_utc_offset(suffix: &str) -> bool {
    match suffix.as_bytes() {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', digits @ ..] => {
            digits.len() >= 2 && digits.iter().all(|b| b.is_ascii_digit() || *b == b':')
        }
        _ => false,
    }
}

fn shift_decimal(text: &str, offset_ns: i64) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || text.len() > 30 {
        return None;
    }
    let unit = unit_ns(whole.parse().ok()?)?;
    let scale = 10i128.pow(u32::try_from(fraction.len()).ok()?);
    let number: i128 = format!("{whole}{fraction}").parse().ok()?;
    let moved = number + i128::from(offset_ns) * scale / unit;
    if moved < 0 {
        return None;
    }
    if !text.contains('.') {
        return Some(moved.to_string());
    }
    let width = fraction.len();
    Some(format!("{}.{:0width$}", moved / scale, moved % scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000_000;

    #[test]
    fn a_date_keeps_its_form() {
        for (text, want) in [
            ("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"),
            ("2026-11-20T23:30:00.120Z", "2026-11-21T00:30:00.120Z"),
            (
                "2026-11-20 10:00:00.000001+02:00",
                "2026-11-20 11:00:00.000001+02:00",
            ),
            ("2026-02-28T23:00:00", "2026-03-01T00:00:00"),
            ("\"2026-11-20T10:00:00.5Z\"", "\"2026-11-20T11:00:00.5Z\""),
        ] {
            assert_eq!(shift_text(text, HOUR).as_deref(), Some(want));
        }
    }

    #[test]
    fn a_number_is_moved_in_its_own_unit() {
        for (text, want) in [
            ("1795179630", "1795183230"),
            ("1795179630.25", "1795183230.25"),
            ("1795179630596", "1795183230596"),
            ("1795179630596078", "1795183230596078"),
            ("1795179630596078586", "1795183230596078586"),
        ] {
            assert_eq!(shift_text(text, HOUR).as_deref(), Some(want));
        }
        assert_eq!(shift_integer(1_795_179_630_596, HOUR), 1_795_183_230_596);
        assert!((shift_float(1_795_179_630.5, HOUR) - 1_795_183_230.5).abs() < 1e-3);
    }

    #[test]
    fn what_is_no_time_stays() {
        for text in [
            "",
            "42",
            "200",
            "gpt-4o",
            "2026-11-20",
            "2026-11-20T10:00:00 CET",
            "\"",
            "1.5",
        ] {
            assert_eq!(shift_text(text, HOUR), None, "{text}");
        }
        assert_eq!(shift_integer(4096, HOUR), 4096);
        assert_eq!(shift_integer(-1, HOUR), -1);
    }

    #[test]
    fn there_and_back_is_the_same_text() {
        let odd = 86_399_123_456_789;
        for text in [
            "2026-11-20T10:00:00.12Z",
            "1795179630.25",
            "1795179630596",
            "\"2026-01-01T00:00:00Z\"",
        ] {
            let there = shift_text(text, odd).unwrap_or_default();
            assert_ne!(there, text);
            assert_eq!(shift_text(&there, -odd).as_deref(), Some(text));
        }
    }
}
