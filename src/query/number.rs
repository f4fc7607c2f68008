//! Numbers with their units: `2s`, `300ms`, `20k`, `$0.01`, `50%`. Kept as integers, so that what is
//! written is what is compared.

use std::fmt;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A time; kept in nanoseconds.
    Time,
    /// USD; kept in picodollars.
    Money,
    /// A count.
    Count,
    /// Something per second; kept in thousandths.
    Rate,
    /// A count, or a share of the whole in percent.
    Cached,
    /// A share in percent; kept in thousandths of a percent.
    Share,
}

/// A number in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// In the smallest part that is kept of the unit.
    pub n: u64,
    /// The unit; never [`Unit::Cached`].
    pub unit: Unit,
}

/// Names of units, how many of the smallest parts each has; those that are written out come first.
const TIME: &[(&str, u64)] = &[
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("us", 1_000),
    ("ns", 1),
];
const MONEY: &[(&str, u64)] = &[("", 1_000_000_000_000)];
const COUNT: &[(&str, u64)] = &[
    ("", 1),
    ("k", 1_000),
    ("M", 1_000_000),
    ("K", 1_000),
    ("m", 1_000_000),
];
const RATE: &[(&str, u64)] = &[("", 1_000), ("k", 1_000_000)];
const SHARE: &[(&str, u64)] = &[("%", 1_000)];

impl Unit {
    /// What a value looks like, for who wrote another.
    pub fn example(self) -> &'static str {
        match self {
            Self::Time => "a time like 2s, 300ms, 5m or 1h",
            Self::Money => "USD like 0.01 or $2",
            Self::Count => "a number like 400, 20k or 1.5M",
            Self::Rate => "a number like 80 or 12.5",
            Self::Cached => "a number like 20k, or a share like 50%",
            Self::Share => "a share like 50%",
        }
    }

    fn names(self) -> &'static [(&'static str, u64)] {
        match self {
            Self::Time => TIME,
            Self::Money => MONEY,
            Self::Count | Self::Cached => COUNT,
            Self::Rate => RATE,
            Self::Share => SHARE,
        }
    }
}

impl Number {
    /// Reads a number of a unit; `None` if it is none.
    pub fn read(text: &str, unit: Unit) -> Option<Self> {
        let unit = match unit {
            Unit::Cached if text.ends_with('%') => Unit::Share,
            Unit::Cached => Unit::Count,
            unit => unit,
        };
        let text = match unit {
            Unit::Money => text.strip_prefix('$').unwrap_or(text),
            _ => text,
        };
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_');
        let (digits, name) = text.split_at(digits.unwrap_or(text.len()));
        let (_, scale) = unit.names().iter().find(|(n, _)| *n == name)?;
        let n = scaled(digits, *scale)?;
        Some(Self { n, unit })
    }
}

/// A decimal times a scale, if that is whole.
fn scaled(digits: &str, scale: u64) -> Option<u64> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.replace('_', "");
    let part = part.trim_end_matches('0');
    if (whole.is_empty() && part.is_empty() && !digits.contains('0')) || part.len() > 18 {
        return None;
    }
    let number = |digits: &str| {
        if digits.is_empty() {
            Some(0)
        } else {
            digits.parse::<u128>().ok()
        }
    };
    let below = 10u128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let all = number(&whole)?
        .checked_mul(below)?
        .checked_add(number(part)?)?;
    let all = all.checked_mul(u128::from(scale))?;
    (all % below == 0)
        .then(|| u64::try_from(all / below).ok())
        .flatten()
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, scale) = match (self.unit, self.n) {
            (Unit::Time, n) if n < 1_000_000_000 => ("ms", 1_000_000),
            (Unit::Count, n) if n >= 1_000_000 && n % 100_000 == 0 => ("M", 1_000_000),
            (Unit::Count, n) if n >= 1_000 && n % 100 == 0 => ("k", 1_000),
            (unit, _) => unit.names().first().copied().unwrap_or(("", 1)),
        };
        let sign = if self.unit == Unit::Money { "$" } else { "" };
        let (whole, part) = (self.n / scale, self.n % scale);
        write!(f, "{sign}{whole}")?;
        if part > 0 {
            let width = scale.ilog10() as usize;
            let part = format!("{part:0width$}");
            write!(f, ".{}", part.trim_end_matches('0'))?;
        }
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, unit: Unit) -> Option<u64> {
        Number::read(text, unit).map(|n| n.n)
    }

    #[test]
    fn numbers_are_read_in_their_units() {
        for (text, unit, n) in [
            ("2s", Unit::Time, Some(2_000_000_000)),
            ("1.5m", Unit::Time, Some(90_000_000_000)),
            ("300ms", Unit::Time, Some(300_000_000)),
            (".5s", Unit::Time, Some(500_000_000)),
            ("2", Unit::Time, None),
            ("2 s", Unit::Time, None),
            ("20k", Unit::Count, Some(20_000)),
            ("1_000", Unit::Count, Some(1_000)),
            ("1.5", Unit::Count, None),
            ("0", Unit::Count, Some(0)),
            ("$0.01", Unit::Money, Some(10_000_000_000)),
            ("0.01", Unit::Money, Some(10_000_000_000)),
            ("50%", Unit::Cached, Some(50_000)),
            ("50", Unit::Cached, Some(50)),
            ("50%", Unit::Count, None),
            ("", Unit::Count, None),
            (".", Unit::Count, None),
            ("1.2.3", Unit::Rate, None),
            ("99999999999999999999", Unit::Count, None),
        ] {
            assert_eq!(read(text, unit), n, "{text} {unit:?}");
        }
    }

    #[test]
    fn numbers_are_written_as_a_person_would() {
        for (text, unit, written) in [
            ("90s", Unit::Time, "90s"),
            ("1500ms", Unit::Time, "1.5s"),
            ("1us", Unit::Time, "0.001ms"),
            ("20000", Unit::Count, "20k"),
            ("1500000", Unit::Count, "1.5M"),
            ("1234", Unit::Count, "1234"),
            ("0.0105", Unit::Money, "$0.0105"),
            ("12.50%", Unit::Cached, "12.5%"),
        ] {
            let number = Number::read(text, unit).map(|n| n.to_string());
            assert_eq!(number.as_deref(), Some(written));
        }
    }
}
