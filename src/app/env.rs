//! `spanfall env`: how to make an agent export here. The texts are data, `env/*.txt`; this
//! renders them for a shell.
//!
//! A text's first line is `about: …`, for the list of agents. After it, `NAME=value` is a variable
//! to set, `| …` a line of a configuration file, `> A=1 command …` a command line with variables
//! of its own, and all else is as it stands: comments, which every shell writes with `#`.
//! `{{grpc}}` and `{{http}}` stand for the endpoints.

use crate::cli::{Agent, Env, Shell};
use crate::ui::SetUp;
use clap::ValueEnum;
use std::io::{self, Write};

/// Writes what was asked for. `login_shell` is `$SHELL`.
pub fn run(args: &Env, login_shell: Option<&str>, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(agent) = args.agent else {
        return Ok(list(out)?);
    };
    let fill = |text: &str| {
        text.replace("{{grpc}}", &format!("http://localhost:{}", args.grpc_port))
            .replace("{{http}}", &format!("http://localhost:{}", args.http_port))
    };
    if args.live {
        let Some(text) = live_text(agent) else {
            anyhow::bail!("--live is for python and node; try `spanfall env python --live`");
        };
        return Ok(out.write_all(fill(text).as_bytes())?);
    }
    let shell = args.shell.unwrap_or_else(|| usual_shell(login_shell));
    let (_, text) = split_about(text(agent));
    let text = fill(text);
    if text.lines().any(|line| variable(line).is_some()) {
        writeln!(out, "{}", how_to_use(&name(agent), shell))?;
    }
    for line in text.lines() {
        writeln!(out, "{}", render(line, shell))?;
    }
    Ok(())
}

/// Every agent's set-up for these ports, as [`run`] writes it in a person's shell.
pub fn setups(login_shell: Option<&str>, grpc_port: u16, http_port: u16) -> Vec<SetUp> {
    let setup = |agent: &Agent| {
        let args = Env {
            agent: Some(*agent),
            shell: None,
            live: false,
            grpc_port,
            http_port,
        };
        let mut out = Vec::new();
        run(&args, login_shell, &mut out).ok()?;
        Some(SetUp {
            name: name(*agent),
            about: split_about(text(*agent)).0.to_owned(),
            text: String::from_utf8(out).ok()?,
        })
    };
    Agent::value_variants().iter().filter_map(setup).collect()
}

fn text(agent: Agent) -> &'static str {
    match agent {
        Agent::ClaudeCode => include_str!("env/claude-code.txt"),
        Agent::Codex => include_str!("env/codex.txt"),
        Agent::GeminiCli => include_str!("env/gemini-cli.txt"),
        Agent::QwenCode => include_str!("env/qwen-code.txt"),
        Agent::Copilot => include_str!("env/copilot.txt"),
        Agent::Opencode => include_str!("env/opencode.txt"),
        Agent::Aider => include_str!("env/aider.txt"),
        Agent::Python => include_str!("env/python.txt"),
        Agent::Node => include_str!("env/node.txt"),
    }
}

fn live_text(agent: Agent) -> Option<&'static str> {
    match agent {
        Agent::Python => Some(include_str!("env/python-live.txt")),
        Agent::Node => Some(include_str!("env/node-live.txt")),
        _ => None,
    }
}

/// The agent's name on the command line.
fn name(agent: Agent) -> String {
    let value = agent.to_possible_value();
    value.map_or_else(String::new, |v| v.get_name().to_owned())
}

/// The line for the list, and the text.
fn split_about(text: &'static str) -> (&'static str, &'static str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    (first.strip_prefix("about: ").unwrap_or(first), rest)
}

fn list(out: &mut dyn Write) -> io::Result<()> {
    for agent in Agent::value_variants() {
        let (about, _) = split_about(text(*agent));
        writeln!(out, "{:12} {about}", name(*agent))?;
    }
    writeln!(out, "\nNext: spanfall env claude-code")
}

/// `$SHELL` says what a person uses only where it is no Bourne shell; a script's is sh.
fn usual_shell(login_shell: Option<&str>) -> Shell {
    match login_shell.and_then(|path| path.rsplit('/').next()) {
        Some("fish") => Shell::Fish,
        Some("pwsh") => Shell::Powershell,
        None if cfg!(windows) => Shell::Powershell,
        _ => Shell::Sh,
    }
}

fn how_to_use(agent: &str, shell: Shell) -> String {
    let command = match shell {
        Shell::Sh => format!("eval \"$(spanfall env {agent})\""),
        Shell::Fish => format!("spanfall env {agent} --shell fish | source"),
        Shell::Powershell => {
            format!("spanfall env {agent} --shell powershell | Out-String | Invoke-Expression")
        }
    };
    format!("# Paste this into the shell that you start it from, or say: {command}")
}

fn render(line: &str, shell: Shell) -> String {
    if let Some(file) = line.strip_prefix('|') {
        return file.strip_prefix(' ').unwrap_or(file).to_owned();
    }
    if let Some(command) = line.strip_prefix("> ") {
        return one_off(command, shell);
    }
    variable(line).map_or_else(|| line.to_owned(), |(name, value)| set(name, value, shell))
}

/// `NAME=value` where NAME can be a variable's.
fn variable(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let valid = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    (!name.is_empty() && name.bytes().all(valid)).then_some((name, value))
}

fn set(name: &str, value: &str, shell: Shell) -> String {
    match shell {
        Shell::Sh => format!("export {name}={}", quote(value, shell)),
        Shell::Fish => format!("set -gx {name} {}", quote(value, shell)),
        Shell::Powershell => format!("$env:{name} = {}", quote(value, shell)),
    }
}

/// A command line with its variables in front; PowerShell can only set them for the session.
fn one_off(line: &str, shell: Shell) -> String {
    let (mut rest, mut words) = (line, Vec::new());
    while let Some((word, after)) = rest.split_once(' ')
        && let Some((name, value)) = variable(word)
    {
        words.push(match shell {
            Shell::Sh | Shell::Fish => format!("{name}={}", quote(value, shell)),
            Shell::Powershell => format!("{};", set(name, value, shell)),
        });
        rest = after;
    }
    words.push(rest.to_owned());
    words.join(" ")
}

fn quote(value: &str, shell: Shell) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:@%+,".contains(&b);
    let safe = !value.is_empty() && value.bytes().all(plain);
    match shell {
        Shell::Sh | Shell::Fish if safe => value.to_owned(),
        Shell::Sh => format!("'{}'", value.replace('\'', r"'\''")),
        Shell::Fish => format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        Shell::Powershell => format!("'{}'", value.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "test")]
    use super::*;

    fn env(agent: Option<Agent>, shell: Option<Shell>, live: bool) -> anyhow::Result<String> {
        let args = Env {
            agent,
            shell,
            live,
            grpc_port: 7001,
            http_port: 7002,
        };
        let mut out = Vec::new();
        run(&args, Some("/bin/zsh"), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_text_is_complete_in_every_shell() {
        for agent in Agent::value_variants() {
            let (about, body) = split_about(text(*agent));
            assert!(text(*agent).starts_with("about: "), "{agent:?}");
            assert!(about.len() < 95, "{about}");
            assert!(
                body.contains("Content:"),
                "{agent:?}: says how to leave content off"
            );
            for shell in Shell::value_variants() {
                let out = env(Some(*agent), Some(*shell), false).unwrap();
                assert!(out.contains("localhost:700"), "{agent:?}: {out}");
                assert!(
                    !out.contains("{{") && !out.contains("\n| "),
                    "{agent:?}: {out}"
                );
            }
        }
    }

    #[test]
    fn the_list_names_every_agent() {
        let out = env(None, None, false).unwrap();
        for agent in Agent::value_variants() {
            assert!(
                out.lines().any(|l| l.starts_with(&name(*agent))),
                "{agent:?}"
            );
        }
    }

    #[test]
    fn shells_have_their_own_syntax() {
        let line = |shell| render("OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:1", shell);
        assert_eq!(
            line(Shell::Sh),
            "export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:1"
        );
        assert_eq!(
            line(Shell::Fish),
            "set -gx OTEL_EXPORTER_OTLP_ENDPOINT http://localhost:1"
        );
        assert_eq!(
            line(Shell::Powershell),
            "$env:OTEL_EXPORTER_OTLP_ENDPOINT = 'http://localhost:1'"
        );
        let once = |shell| render(r#"> A=1 B={"x":'y'} run -c C=2"#, shell);
        assert_eq!(once(Shell::Sh), r#"A=1 B='{"x":'\''y'\''}' run -c C=2"#);
        assert_eq!(once(Shell::Fish), r#"A=1 B='{"x":\'y\'}' run -c C=2"#);
        assert_eq!(
            once(Shell::Powershell),
            r#"$env:A = '1'; $env:B = '{"x":''y''}'; run -c C=2"#
        );
    }

    #[test]
    fn sh_is_usual_and_fish_is_noticed() {
        assert_eq!(usual_shell(Some("/usr/bin/fish")), Shell::Fish);
        assert_eq!(usual_shell(Some("/bin/bash")), Shell::Sh);
        let out = env(Some(Agent::ClaudeCode), None, false).unwrap();
        assert!(out.contains("\nexport OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:7001\n"));
        assert!(out.contains("eval \"$(spanfall env claude-code)\""));
    }

    #[test]
    fn live_is_for_python_and_node() {
        let python = env(Some(Agent::Python), None, true).unwrap();
        assert!(python.contains("endpoint=\"http://localhost:7002/v1/traces\""));
        let node = env(Some(Agent::Node), None, true).unwrap();
        assert!(node.contains("url: 'http://localhost:7002/v1/traces'"));
        let error = env(Some(Agent::Codex), None, true).unwrap_err().to_string();
        assert!(error.contains("spanfall env python --live"));
    }

    #[test]
    fn a_file_is_written_as_it_is() {
        let out = env(Some(Agent::Codex), Some(Shell::Fish), false).unwrap();
        let from = out.lines().skip_while(|l| *l != "[otel]").take(8);
        let file = from.collect::<Vec<_>>().join("\n");
        let table: toml::Table = file.parse().unwrap();
        let endpoint = &table["otel"]["exporter"]["otlp-http"]["endpoint"];
        assert_eq!(endpoint.as_str(), Some("http://localhost:7002/v1/logs"));
        let out = env(Some(Agent::GeminiCli), None, false).unwrap();
        let json: String = out
            .lines()
            .skip_while(|l| !l.starts_with('{'))
            .take(2)
            .collect();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["telemetry"]["otlpEndpoint"], "http://localhost:7001");
    }
}
