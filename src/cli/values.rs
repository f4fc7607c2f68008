//! Values of arguments that no setting has.

use clap::ValueEnum;

/// Shells whose syntax is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// sh, bash, zsh.
    Sh,
    /// fish.
    Fish,
    /// PowerShell.
    Powershell,
}

/// Times as fast: `2`, `0.5`, `10x`.
pub fn parse_speed(text: &str) -> Result<f64, String> {
    let speed = text.strip_suffix('x').unwrap_or(text).parse::<f64>().ok();
    let speed = speed.filter(|s| s.is_finite() && *s > 0.0);
    speed.ok_or_else(|| "expected a speed like 1, 0.5 or 10x".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds() {
        assert_eq!(parse_speed("10x"), Ok(10.0));
        for bad in ["0", "-1", "inf", "NaN", "fast", ""] {
            assert!(parse_speed(bad).is_err(), "{bad}");
        }
    }
}
