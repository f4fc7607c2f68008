//! Values in writing: how each kind is read from TOML and written back.

use super::nearest::hint;
use super::{Bytes, Content, Occasion};
use crate::findings::{RULES, Rule, rule};
use crate::model::usage::PicoUsd;
use crate::wire::receiver::Listen;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;

/// A value with its place in the text.
pub(super) type Written<'a> = Spanned<DeValue<'a>>;

/// What is wrong, and at which bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub span: Range<usize>,
    pub why: String,
}

impl Fault {
    pub fn at<T>(place: &Spanned<T>, why: impl Into<String>) -> Self {
        Self {
            span: place.span(),
            why: why.into(),
        }
    }
}

/// A kind of value.
pub(super) trait Value: Sized {
    /// Reads it, or says what was expected.
    fn read(written: &Written) -> Result<Self, Fault>;
    /// As TOML; `None` when there is none.
    fn write(&self) -> Option<String>;
}

/// A text in quotes, escaped.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<_> = texts.map(|t| quoted(&t)).collect();
    format!("[{}]", texts.join(", "))
}

fn expected(written: &Written, what: &str) -> Fault {
    let found = match written.get_ref() {
        DeValue::String(text) if text.len() <= 40 => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(on) => on.to_string(),
        other => format!("this {}", other.type_str()),
    };
    Fault::at(written, format!("expected {what}, not {found}"))
}

fn text<'a>(written: &'a Written, what: &str) -> Result<&'a str, Fault> {
    let text = written.get_ref().as_str();
    text.ok_or_else(|| expected(written, what))
}

/// Reads each of a list; one that stands alone is a list too.
pub(super) fn each<T>(
    written: &Written,
    what: &str,
    mut read: impl FnMut(&Written) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    match written.get_ref() {
        DeValue::Array(all) => all.iter().map(read).collect(),
        DeValue::String(_) | DeValue::Integer(_) => Ok(vec![read(written)?]),
        _ => Err(expected(written, what)),
    }
}

/// One of a few words.
fn word<T: Copy>(written: &Written, words: &[(&str, T)]) -> Result<T, Fault> {
    let found = written.get_ref().as_str();
    let known = words.iter().find(|(w, _)| Some(*w) == found);
    known.map(|(_, meant)| *meant).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(w, _)| quoted(w)).collect();
        expected(written, &words.join(" or "))
    })
}

impl Value for bool {
    fn read(written: &Written) -> Result<Self, Fault> {
        let on = written.get_ref().as_bool();
        on.ok_or_else(|| expected(written, "true or false"))
    }
    fn write(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for String {
    fn read(written: &Written) -> Result<Self, Fault> {
        text(written, "a text in quotes").map(str::to_owned)
    }
    fn write(&self) -> Option<String> {
        Some(quoted(self))
    }
}

impl Value for Vec<String> {
    fn read(written: &Written) -> Result<Self, Fault> {
        each(written, "a list of texts", String::read)
    }
    fn write(&self) -> Option<String> {
        Some(list(self.iter().cloned()))
    }
}

impl Value for Option<String> {
    fn read(written: &Written) -> Result<Self, Fault> {
        String::read(written).map(Some)
    }
    fn write(&self) -> Option<String> {
        self.as_deref().map(quoted)
    }
}

impl Value for Option<PathBuf> {
    fn read(written: &Written) -> Result<Self, Fault> {
        text(written, "a path in quotes").map(|path| Some(path.into()))
    }
    fn write(&self) -> Option<String> {
        self.as_ref().map(|path| quoted(&path.to_string_lossy()))
    }
}

impl Value for Vec<Listen> {
    fn read(written: &Written) -> Result<Self, Fault> {
        let what = "an address like \"4317\", \"localhost:4317\" or \"192.168.1.5:4317\"";
        each(written, what, |one| {
            let parsed = match one.get_ref() {
                DeValue::Integer(port) => port.as_str().parse().ok(),
                other => other.as_str().and_then(|text| text.parse().ok()),
            };
            parsed.ok_or_else(|| expected(one, what))
        })
    }
    fn write(&self) -> Option<String> {
        Some(list(self.iter().map(ToString::to_string)))
    }
}

impl Value for Bytes {
    fn read(written: &Written) -> Result<Self, Fault> {
        let bytes = match written.get_ref() {
            DeValue::Integer(bytes) => bytes.as_str().parse().ok(),
            other => other.as_str().and_then(|text| parse_size(text).ok()),
        };
        let wrong = || expected(written, "a size like \"512MiB\", \"2GiB\" or \"800MB\"");
        bytes.map(Bytes).ok_or_else(wrong)
    }
    fn write(&self) -> Option<String> {
        let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        let whole = |(_, size): &&(&str, u64)| self.0 > 0 && self.0.is_multiple_of(*size);
        let (unit, size) = units.iter().find(whole).unwrap_or(&("B", 1));
        Some(quoted(&format!("{}{unit}", self.0 / size)))
    }
}

impl Value for Option<PicoUsd> {
    fn read(written: &Written) -> Result<Self, Fault> {
        let usd = match written.get_ref() {
            DeValue::Integer(usd) => parse_usd(usd.as_str()).ok(),
            DeValue::Float(usd) => parse_usd(usd.as_str()).ok(),
            other => other.as_str().and_then(|text| parse_usd(text).ok()),
        };
        let wrong = || expected(written, "an amount of USD like 5 or 0.25");
        usd.map(Some).ok_or_else(wrong)
    }
    fn write(&self) -> Option<String> {
        self.map(|usd| {
            let exact = usd.decimal(12);
            let short = exact.trim_end_matches('0');
            short.strip_suffix('.').unwrap_or(short).to_owned()
        })
    }
}

impl Value for Duration {
    /// Between 20 ms and 10 s: faster is more than a terminal draws, slower looks stuck.
    fn read(written: &Written) -> Result<Self, Fault> {
        let text = written.get_ref().as_str().unwrap_or_default();
        let unit = |suffix, ms: u64| {
            let number = text.strip_suffix(suffix)?.parse::<u64>().ok()?;
            number.checked_mul(ms)
        };
        let ms = unit("ms", 1).or_else(|| unit("s", 1000));
        let ms = ms.filter(|ms| (20..=10_000).contains(ms));
        let wrong = || expected(written, "a time from \"20ms\" to \"10s\"");
        ms.map(Duration::from_millis).ok_or_else(wrong)
    }
    fn write(&self) -> Option<String> {
        Some(quoted(&format!("{}ms", self.as_millis())))
    }
}

const CONTENT: [(&str, Content); 3] = [
    ("show", Content::Show),
    ("hash", Content::Hash),
    ("off", Content::Off),
];

impl Value for Content {
    fn read(written: &Written) -> Result<Self, Fault> {
        word(written, &CONTENT)
    }
    fn write(&self) -> Option<String> {
        let known = CONTENT.iter().find(|(_, content)| content == self);
        known.map(|(word, _)| quoted(word))
    }
}

const OCCASIONS: [(&str, Occasion); 4] = [
    ("turn-done", Occasion::TurnDone),
    ("error", Occasion::Error),
    ("budget", Occasion::Budget),
    ("waiting", Occasion::Waiting),
];

impl Value for Vec<Occasion> {
    fn read(written: &Written) -> Result<Self, Fault> {
        each(written, "a list of occasions", |one| word(one, &OCCASIONS))
    }
    fn write(&self) -> Option<String> {
        let known = OCCASIONS.iter().filter(|(_, o)| self.contains(o));
        Some(list(known.map(|(word, _)| (*word).to_owned())))
    }
}

impl Value for Vec<&'static Rule> {
    fn read(written: &Written) -> Result<Self, Fault> {
        each(written, "a list of rules like [\"silence\"]", |one| {
            let name = text(one, "the name of a rule")?;
            rule(name).ok_or_else(|| {
                let hint = hint(name, RULES.iter().map(|r| r.name));
                Fault::at(one, format!("there is no rule `{name}`; {hint}"))
            })
        })
    }
    fn write(&self) -> Option<String> {
        Some(list(self.iter().map(|r| r.name.to_owned())))
    }
}

/// Bytes of `512MiB`, `2GB`, `64k`, `1000000`; the binary prefixes are powers of 1024, `k`, `M`
/// and `G` alone too.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = (digits.trim_end(), &text[digits.len()..]);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "ki" | "kib" => Some(1 << 10),
        "m" | "mi" | "mib" => Some(1 << 20),
        "g" | "gi" | "gib" => Some(1 << 30),
        "kb" => Some(1_000),
        "mb" => Some(1_000_000),
        "gb" => Some(1_000_000_000),
        _ => None,
    };
    let bytes = number.parse::<u64>().ok().zip(factor);
    let bytes = bytes.and_then(|(n, factor)| n.checked_mul(factor));
    bytes.ok_or_else(|| "expected a size like 512MiB, 2GiB or 800MB".to_owned())
}

/// An amount of USD, exact: `5`, `$0.25`.
pub fn parse_usd(text: &str) -> Result<PicoUsd, String> {
    let number = text.strip_prefix('$').unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let shape = digits(whole) && digits(fraction) && fraction.len() <= 12;
    let pico = shape
        .then(|| format!("{whole}{fraction:0<12}"))
        .filter(|_| whole.len() + fraction.len() > 0)
        .and_then(|all| all.parse().ok());
    let wrong = || "expected an amount of USD like 5 or 0.25".to_owned();
    pico.map(PicoUsd).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("512MiB"), Ok(536_870_912));
        assert_eq!(parse_size("2GB"), Ok(2_000_000_000));
        assert_eq!(parse_size("64k"), Ok(65_536));
        assert_eq!(parse_size("12 MB"), Ok(12_000_000));
        assert_eq!(parse_size("7"), Ok(7));
        for bad in ["", "MiB", "-1", "1.5GiB", "1TB", "99999999999GiB", "1é"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn money_is_exact() {
        let pico = |text: &str| parse_usd(text).map(|usd| usd.0);
        assert_eq!(pico("5"), Ok(5_000_000_000_000));
        assert_eq!(pico("$0.10"), Ok(100_000_000_000));
        assert_eq!(pico(".000000000001"), Ok(1));
        for bad in ["", ".", "-1", "1e3", "0.0000000000001", "99999999", "five"] {
            assert!(pico(bad).is_err(), "{bad}");
        }
    }
}
