//! The report for people: plain text and Markdown, from the same rows.

use super::schema::{FiguresRow, Report, SessionRow, UsageRow};
use crate::model::figures::Figures;
use crate::model::node::{SessionSummary, TurnSummary};
use std::fmt::Write;

/// A count, or a dash where nobody told.
fn count(n: Option<u64>) -> String {
    n.map_or_else(|| "–".into(), |n| n.to_string())
}

fn money(f: &FiguresRow) -> String {
    let Some(usd) = f.cost_usd.as_ref().and_then(|usd| usd.parse::<f64>().ok()) else {
        return "–".into();
    };
    let least = if f.unpriced_calls == 0 { "" } else { "≥" };
    let places = match usd {
        0.0 => 0,
        _ if usd >= 1.0 => 2,
        _ if usd >= 0.01 => 4,
        _ => 6,
    };
    format!("{least}${usd:.places$}")
}

/// What is known of the tokens: parts that nobody told of are left out.
fn usage(u: &UsageRow, complete: bool) -> String {
    let least = if complete { "" } else { "≥" };
    let part = |n: Option<u64>, name: &str| n.map(|n| format!("{n} {name}"));
    let of = |parts: [Option<String>; 2]| {
        let told: Vec<String> = parts.into_iter().flatten().collect();
        if told.is_empty() {
            return String::new();
        }
        format!(" ({})", told.join(", "))
    };
    let input = of([part(u.cache_read, "cached"), part(u.cache_write, "written")]);
    let output = of([part(u.reasoning, "reasoning"), None]);
    format!(
        "{least}{} in{input}, {least}{} out{output}",
        count(u.input),
        count(u.output)
    )
}

fn figures(f: &FiguresRow) -> String {
    let failed = |n: u64| {
        if n == 0 {
            String::new()
        } else {
            format!(" ({n} failed)")
        }
    };
    format!(
        "{} model calls{}, {} tool calls{}, {} · {}",
        f.model_calls,
        failed(f.failed_calls),
        f.tool_calls,
        failed(f.failed_tools),
        usage(&f.usage, f.usage_complete),
        money(f)
    )
}

/// Received text on one line, without control characters.
fn line(text: &str) -> String {
    let flat: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(100)
        .collect();
    flat.trim().to_owned()
}

/// Figures in one line.
pub fn summary(all: &Figures) -> String {
    figures(&all.into())
}

/// A turn in one line.
pub fn turn_line(session: &SessionSummary, index: usize, turn: &TurnSummary) -> String {
    let (emitter, title) = (line(&session.emitter), line(&turn.title));
    format!(
        "{emitter} turn {index}  {title}  {}",
        figures(&(&turn.figures).into())
    )
}

/// Plain text.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "total  {}", figures(&report.totals));
    for s in &report.sessions {
        let _ = writeln!(
            out,
            "\n{}  [{} · {}]",
            line(&s.title),
            line(&s.emitter),
            s.state
        );
        let _ = writeln!(out, "  {}", figures(&s.figures));
        for t in &s.turns {
            let _ = writeln!(
                out,
                "  {:>3}  {}\n       {}",
                t.index,
                line(&t.title),
                figures(&t.figures)
            );
        }
        let _ = writeln!(out, "{}", lists(s, "  "));
    }
    if report.sessions.is_empty() {
        let r = &report.received;
        let _ = writeln!(
            out,
            "\nno model call, agent or tool in {} spans and {} log records",
            r.spans, r.logs
        );
    }
    out
}

fn lists(s: &SessionRow, indent: &str) -> String {
    let models: Vec<String> = s
        .models
        .iter()
        .map(|m| {
            format!(
                "{} ×{}",
                line(m.model.as_deref().unwrap_or("unknown model")),
                m.figures.model_calls
            )
        })
        .collect();
    let tools: Vec<String> = s
        .tools
        .iter()
        .map(|t| format!("{} ×{}", line(&t.name), t.calls))
        .collect();
    let agents: Vec<String> = s
        .agents
        .iter()
        .map(|a| format!("{} ×{}", line(&a.name), a.invocations))
        .collect();
    [("models", models), ("tools", tools), ("agents", agents)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| format!("{indent}{name}: {}", list.join(", ")))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Markdown.
pub fn markdown(report: &Report) -> String {
    let mut out = String::from("# spanfall report\n\n");
    let cell = |text: &str| line(text).replace('|', "\\|");
    let _ = writeln!(out, "{}\n", figures(&report.totals));
    for s in &report.sessions {
        let _ = writeln!(
            out,
            "## {}\n\n{} · {} · {}\n",
            cell(&s.title),
            cell(&s.emitter),
            s.state,
            figures(&s.figures)
        );
        let _ = writeln!(
            out,
            "| turn | | calls | tools | in | out | cost |\n|---:|---|---:|---:|---:|---:|---:|"
        );
        for t in &s.turns {
            let f = &t.figures;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} |",
                t.index,
                cell(&t.title),
                f.model_calls,
                f.tool_calls,
                count(f.usage.input),
                count(f.usage.output),
                money(f)
            );
        }
        let _ = writeln!(out, "\n{}\n", lists(s, "- "));
    }
    out
}
