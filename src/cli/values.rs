//! Values of arguments: sizes, money, speeds.

use std::str::FromStr;

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

/// Times as fast: `2`, `0.5`, `10x`.
pub fn parse_speed(text: &str) -> Result<f64, String> {
    let speed = text.strip_suffix('x').unwrap_or(text).parse::<f64>().ok();
    let speed = speed.filter(|s| s.is_finite() && *s > 0.0);
    speed.ok_or_else(|| "expected a speed like 1, 0.5 or 10x".to_owned())
}

/// A limit in picodollars (1e-12 USD), exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxCost {
    /// The limit.
    pub pico_usd: u64,
}

impl FromStr for MaxCost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix('$').unwrap_or(text);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let shape = digits(whole) && digits(fraction) && fraction.len() <= 12;
        let pico = shape
            .then(|| format!("{whole}{fraction:0<12}"))
            .filter(|_| whole.len() + fraction.len() > 0)
            .and_then(|all| all.parse().ok());
        let pico_usd = pico.ok_or("expected an amount of USD like 5 or 0.25")?;
        Ok(Self { pico_usd })
    }
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
        let pico = |text: &str| text.parse::<MaxCost>().map(|m| m.pico_usd);
        assert_eq!(pico("5"), Ok(5_000_000_000_000));
        assert_eq!(pico("$0.10"), Ok(100_000_000_000));
        assert_eq!(pico(".000000000001"), Ok(1));
        for bad in ["", ".", "-1", "1e3", "0.0000000000001", "99999999", "five"] {
            assert!(pico(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn speeds() {
        assert_eq!(parse_speed("10x"), Ok(10.0));
        for bad in ["0", "-1", "inf", "NaN", "fast", ""] {
            assert!(parse_speed(bad).is_err(), "{bad}");
        }
    }
}
