//! Values of arguments that no setting has.

use crate::config::hint;
use crate::findings::{RULES, Rule, rule};
use crate::model::finding::Severity;
use clap::ValueEnum;

/// What makes a report fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// A finding of this severity or above, or a failed model call, tool call or agent.
    Severity(Severity),
    /// What this rule finds.
    Rule(&'static Rule),
}

/// `error`, `warning`, `info`, or the name of a rule.
pub fn parse_fail_on(text: &str) -> Result<FailOn, String> {
    let severity = Severity::named(text).map(FailOn::Severity);
    severity
        .or_else(|| rule(text).map(FailOn::Rule))
        .ok_or_else(|| {
            let words = Severity::ALL.into_iter().map(Severity::name);
            hint(text, words.chain(RULES.iter().map(|r| r.name)))
        })
}

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

/// Agents and languages whose set-up is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Agent {
    /// Anthropic's Claude Code, and the Claude Agent SDK.
    ClaudeCode,
    /// OpenAI's Codex CLI.
    Codex,
    /// Google's Gemini CLI.
    GeminiCli,
    /// Qwen Code.
    QwenCode,
    /// GitHub Copilot CLI.
    Copilot,
    /// opencode.
    Opencode,
    /// aider.
    Aider,
    /// Any Python program with OpenTelemetry.
    Python,
    /// Any Node.js program with OpenTelemetry.
    Node,
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
    fn reports_fail_on_a_severity_or_a_rule() {
        let error = FailOn::Severity(Severity::Error);
        assert_eq!(parse_fail_on("error"), Ok(error));
        let rule = rule("tool-loop").map(FailOn::Rule);
        assert_eq!(parse_fail_on("tool-loop").ok(), rule);
        let near = parse_fail_on("tool-lop").err();
        assert_eq!(near.as_deref(), Some("did you mean `tool-loop`?"));
    }

    #[test]
    fn speeds() {
        assert_eq!(parse_speed("10x"), Ok(10.0));
        for bad in ["0", "-1", "inf", "NaN", "fast", ""] {
            assert!(parse_speed(bad).is_err(), "{bad}");
        }
    }
}
