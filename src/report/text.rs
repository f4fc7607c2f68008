//! The report for people: plain text and Markdown, from the same rows.

use super::found::FindingRow;
use super::metrics::MetricRow;
use super::schema::{FiguresRow, Report, SessionRow, UsageRow};
use crate::findings::count as grouped;
use crate::model::detail::turns_writing;
use crate::model::figures::Figures;
use crate::model::node::{SessionSummary, TurnSummary};
use std::fmt::Write;

/// A count, or a dash where nobody told.
fn count(n: Option<u64>) -> String {
    n.map_or_else(|| "–".into(), grouped)
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
    let least = |n: Option<u64>| if complete || n.is_none() { "" } else { "≥" };
    let part = |n: Option<u64>, name: &str| n.map(|n| format!("{} {name}", grouped(n)));
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
        "{}{} in{input}, {}{} out{output}",
        least(u.input),
        count(u.input),
        least(u.output),
        count(u.output)
    )
}

pub(super) fn figures(f: &FiguresRow) -> String {
    let failed = |n: u64| {
        if n == 0 {
            String::new()
        } else {
            format!(" ({} failed)", grouped(n))
        }
    };
    format!(
        "{} model calls{}, {} tool calls{}, {} · {}",
        grouped(f.model_calls),
        failed(f.failed_calls),
        grouped(f.tool_calls),
        failed(f.failed_tools),
        usage(&f.usage, f.usage_complete),
        money(f)
    )
}

/// Received text on one line, without control characters; what turns the writing direction is shown.
pub(super) fn line(text: &str) -> String {
    let mut flat = String::new();
    for c in text.chars().take(100) {
        match c {
            c if turns_writing(c) => {
                let _ = write!(flat, "<U+{:04X}>", c as u32);
            }
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => flat.push(' '),
            c => flat.push(c),
        }
    }
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
    if let Some(query) = &report.r#where {
        let _ = writeln!(out, "where {}", line(query));
    }
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
        if let Some(time) = time(s) {
            let _ = writeln!(out, "  {time}");
        }
        for t in &s.turns {
            let _ = writeln!(
                out,
                "  {:>3}  {}\n       {}",
                t.index,
                line(&t.title),
                figures(&t.figures)
            );
            if let Some(time) = t.time.line(&t.figures) {
                let _ = writeln!(out, "       {time}");
            }
        }
        if let Some(said) = by_metrics(s) {
            let _ = writeln!(out, "  {said}");
        }
        let _ = writeln!(out, "{}", lists(s, "  "));
    }
    if !report.metrics.is_empty() {
        let _ = writeln!(out, "\nmetrics");
        for row in metrics(&report.metrics) {
            let _ = writeln!(out, "  {row}");
        }
    }
    if !report.findings.is_empty() {
        let _ = writeln!(out, "\nfindings");
        for row in &report.findings {
            let _ = writeln!(out, "  {}", finding(report, row));
        }
    }
    if report.sessions.is_empty() && report.r#where.is_none() {
        let r = &report.received;
        let _ = writeln!(
            out,
            "\nno model call, agent or tool in {} spans and {} log records",
            r.spans, r.logs
        );
    }
    out
}

/// Where a session's time went; of one turn that is where the turn's went.
fn time(s: &SessionRow) -> Option<String> {
    s.time.line(&s.figures).filter(|_| s.turns.len() != 1)
}

/// A finding in a line: how grave, where, what, by which figures and rule.
fn finding(report: &Report, row: &FindingRow) -> String {
    let session = report.sessions.iter().find(|s| s.id == row.session);
    let title = session.map_or_else(String::new, |s| line(&s.title).chars().take(40).collect());
    let evidence = match line(&row.evidence) {
        none if none.is_empty() => none,
        some => format!(" ({some})"),
    };
    format!(
        "{:<7} {}: {}{evidence} [{}]",
        row.severity,
        title,
        line(&row.message),
        row.rule
    )
}

/// Rows of metrics shown to people; the JSON report has all.
const METRICS: usize = 40;

/// A metric in a line, its attributes left out where another row differs by them alone: the sum
/// over such rows is shown.
fn metrics(rows: &[MetricRow]) -> Vec<String> {
    let of_times = |m: &&MetricRow| m.kind == "histogram" || m.kind == "summary";
    let number = |n: Option<f64>| n.map_or_else(|| "–".into(), short);
    let mut lines: Vec<String> = Vec::new();
    for same in rows.chunk_by(|a, b| (&a.name, &a.unit) == (&b.name, &b.unit)) {
        let Some(first) = same.first() else { continue };
        let name = format!("{} [{}]", line(&first.name), line(&first.unit));
        if same.len() > 1 || !of_times(&first) {
            let sums: Option<f64> = same.iter().map(|m| m.sum.or(m.last)).sum();
            let mut counts = same.iter().map(|m| m.count);
            let counts = counts.try_fold(0, |sum: u64, n| Some(sum.saturating_add(n?)));
            let of = counts.map_or_else(String::new, |n| format!(" of {n}"));
            let series = match same.len() {
                1 => String::new(),
                n => format!(", {n} series"),
            };
            lines.push(format!("{name}  sum {}{of}{series}", number(sums)));
        } else {
            lines.push(format!(
                "{name}  {} · p50 {} · p90 {} · p99 {} (± {})",
                count(first.count),
                number(first.p50),
                number(first.p90),
                number(first.p99),
                number(first.quantile_error)
            ));
        }
    }
    let more = lines.len().saturating_sub(METRICS);
    lines.truncate(METRICS);
    if more > 0 {
        lines.push(format!("and {more} more, in the JSON report"));
    }
    lines
}

/// A number with about four digits.
fn short(n: f64) -> String {
    if n.fract().abs() < f64::EPSILON && n.abs() < 1e15 {
        return format!("{n:.0}");
    }
    let whole = n.abs().log10().floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 9"
    )]
    let places = (3.0 - whole).clamp(0.0, 9.0) as usize;
    format!("{n:.places$}")
}

/// What metrics say that a session's calls do not, or say otherwise.
fn by_metrics(s: &SessionRow) -> Option<String> {
    let m = s.measured.as_ref()?;
    let names = || {
        m.names
            .iter()
            .map(|n| line(n))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if !m.fills.is_empty() {
        return Some(format!(
            "from metrics ({}): {}",
            names(),
            m.fills.join(", ")
        ));
    }
    let differs = |own: Option<u64>, told: Option<u64>| own.is_some() && own != told;
    let (own, told) = (&m.usage, &s.figures.usage);
    (differs(own.input, told.input) || differs(own.output, told.output))
        .then(|| format!("metrics say {} ({})", usage(own, true), names()))
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
    let edges: Vec<String> = s
        .edges
        .iter()
        .map(|e| {
            let often = if e.count > 1 {
                format!(" ×{}", e.count)
            } else {
                String::new()
            };
            format!("{} → {} ({}{often})", line(&e.from), line(&e.to), e.kind)
        })
        .collect();
    [
        ("models", models),
        ("tools", tools),
        ("agents", agents),
        ("handed on", edges),
    ]
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
    if let Some(query) = &report.r#where {
        let _ = writeln!(out, "Where `{}`\n", line(query));
    }
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
        if let Some(time) = time(s) {
            let _ = writeln!(out, "{time}\n");
        }
        let _ = writeln!(
            out,
            "| turn | | calls | tools | in | out | cost | time |\n|---:|---|---:|---:|---:|---:|---:|---|"
        );
        for t in &s.turns {
            let f = &t.figures;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                t.index,
                cell(&t.title),
                grouped(f.model_calls),
                grouped(f.tool_calls),
                count(f.usage.input),
                count(f.usage.output),
                money(f),
                t.time.line(f).unwrap_or_default()
            );
        }
        if let Some(said) = by_metrics(s) {
            let _ = writeln!(out, "\n{}", said.replace('|', "\\|"));
        }
        let _ = writeln!(out, "\n{}\n", lists(s, "- "));
    }
    if !report.findings.is_empty() {
        out.push_str("## Findings\n\n");
        for row in &report.findings {
            let _ = writeln!(out, "- {}", finding(report, row).replace('|', "\\|"));
        }
        out.push('\n');
    }
    if !report.metrics.is_empty() {
        out.push_str("## Metrics\n\n");
        for row in metrics(&report.metrics) {
            let _ = writeln!(out, "- {row}");
        }
    }
    out
}
