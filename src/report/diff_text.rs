//! Two runs compared, for people: plain text and Markdown.

use super::diff::role;
use super::schema::ms;
use super::text::{figures, line};
use crate::diff::{Comparison, Outcome, Pair, Step, Why};
use crate::findings::count as grouped;
use crate::model::figures::Figures;
use crate::model::usage::PicoUsd;
use std::fmt::Write as _;

/// A figure of both runs: its name, both values, and their difference.
type Row = [String; 4];

fn table(compared: &Comparison) -> Vec<Row> {
    let (a, b) = (&compared.a, &compared.b);
    let (f, g) = (&a.figures, &b.figures);
    // A sum in which something is missing is at least so much; what the two differ by is not known.
    let sum = |name: &str, [a, b]: [Option<u64>; 2], whole: [bool; 2]| -> Row {
        let known = a.zip(b).filter(|_| whole == [true; 2]);
        let apart = known.map(|(a, b)| i128::from(b) - i128::from(a));
        let told = |n: Option<u64>, whole: bool| {
            n.map_or_else(|| "–".to_owned(), |n| least(whole, &grouped(n)))
        };
        [
            name.to_owned(),
            told(a, whole[0]),
            told(b, whole[1]),
            apart.map_or_else(String::new, signed),
        ]
    };
    let count = |name: &str, a: Option<u64>, b: Option<u64>| sum(name, [a, b], [true; 2]);
    let tokens = |name: &str, of: fn(&Figures) -> Option<u64>| {
        sum(name, [of(f), of(g)], [f, g].map(Figures::usage_complete))
    };
    let time = |name: &str, a: u64, b: u64| -> Row {
        let told = |ns: u64| format!("{:.2}s", ms(ns) / 1e3);
        [
            name.to_owned(),
            told(a),
            told(b),
            format!(
                "{}{:.2}s",
                if b < a { "−" } else { "+" },
                ms(a.abs_diff(b)) / 1e3
            ),
        ]
    };
    let usd = |f: &Figures| {
        let told = f.cost.map(|c| format!("${}", c.decimal(4)));
        told.map_or_else(
            || "–".to_owned(),
            |told| least(f.unpriced_calls == 0, &told),
        )
    };
    let priced = f.unpriced_calls + g.unpriced_calls == 0;
    let apart = f.cost.zip(g.cost).filter(|_| priced).map(|(a, b)| {
        let sign = if b.0 < a.0 { "−" } else { "+" };
        format!("{sign}${}", PicoUsd(a.0.abs_diff(b.0)).decimal(4))
    });
    let size = |n: usize| Some(n as u64);
    vec![
        count("steps", size(a.steps.len()), size(b.steps.len())),
        count("model calls", Some(f.model_calls), Some(g.model_calls)),
        count("failed calls", Some(f.failed_calls), Some(g.failed_calls)),
        count("tools", Some(f.tool_calls), Some(g.tool_calls)),
        count("failed tools", Some(f.failed_tools), Some(g.failed_tools)),
        tokens("input tokens", |f| f.usage.input),
        tokens("cached", |f| f.usage.cache_read),
        tokens("output tokens", |f| f.usage.output),
        ["cost".to_owned(), usd(f), usd(g), apart.unwrap_or_default()],
        time("time", f.wall_ns, g.wall_ns),
        time("model time", f.model_ns, g.model_ns),
        time("tool time", f.tool_ns, g.tool_ns),
    ]
}

/// A value, or at least that.
fn least(whole: bool, told: &str) -> String {
    let sign = if whole { "" } else { "≥" };
    format!("{sign}{told}")
}

fn signed(n: i128) -> String {
    match n {
        0 => "0".to_owned(),
        n => {
            let sign = if n < 0 { '−' } else { '+' };
            let apart = u64::try_from(n.unsigned_abs()).unwrap_or(u64::MAX);
            format!("{sign}{}", grouped(apart))
        }
    }
}

/// How a step ended and how long it took.
fn ended(step: &Step) -> String {
    let took = step
        .took
        .map_or_else(|| "–".to_owned(), |ns| format!("{:.2}s", ms(ns) / 1e3));
    match step.outcome {
        Outcome::Ok => took,
        Outcome::Failed => format!("{took} failed"),
        Outcome::Open => "not ended".to_owned(),
        Outcome::Untold => "end not told".to_owned(),
    }
}

/// The sign of a pair, its label, how each ended, and what differs.
fn told(compared: &Comparison, pair: &Pair) -> (&'static str, String, [String; 2], String) {
    let a = pair.a.and_then(|i| compared.a.steps.get(i));
    let b = pair.b.and_then(|i| compared.b.steps.get(i));
    let sign = match (a, b) {
        (Some(_), None) => "<",
        (None, Some(_)) => ">",
        _ if pair.differs.is_empty() => "=",
        _ => "~",
    };
    let step = a.or(b);
    let label = step.map_or_else(String::new, |s| line(&s.label()));
    let side = |s: Option<&Step>| s.map_or_else(|| "·".to_owned(), ended);
    let differs: Vec<_> = pair.differs.iter().map(|d| d.name()).collect();
    (sign, label, [side(a), side(b)], differs.join(", "))
}

/// Where they parted, in a sentence.
fn parted(compared: &Comparison) -> String {
    let Some((at, why)) = compared.parted else {
        return "the runs took the same steps with the same outcomes".to_owned();
    };
    let pair = compared.pairs.get(at);
    let a = pair.and_then(|p| compared.a.steps.get(p.a?));
    let b = pair.and_then(|p| compared.b.steps.get(p.b?));
    let label = a.or(b).map_or_else(String::new, |s| line(&s.label()));
    let error = |s: Option<&Step>| {
        let error = s.and_then(|s| s.error.as_deref());
        error.map_or_else(String::new, |e| format!(" ({})", line(e)))
    };
    let how = match why {
        Why::OnlyA => "only A does it".to_owned(),
        Why::OnlyB => "only B does it".to_owned(),
        Why::Outcome => format!(
            "in A {}{}, in B {}{}",
            a.map_or("", |s| s.outcome.word()),
            error(a),
            b.map_or("", |s| s.outcome.word()),
            error(b)
        ),
    };
    format!("they part at step {}: {label}: {how}", at + 1)
}

/// Plain text.
pub fn diff_text(compared: &Comparison, sources: [&str; 2]) -> String {
    let mut out = String::new();
    for (name, run, source) in [
        ("A", &compared.a, sources[0]),
        ("B", &compared.b, sources[1]),
    ] {
        let _ = writeln!(
            out,
            "{name}  {}  [{}]  {source}",
            line(&run.name),
            line(&run.emitter)
        );
        let _ = writeln!(out, "   {}", figures(&(&run.figures).into()));
    }
    let _ = writeln!(out, "\n{}", parted(compared));
    if let Some(prompt) = &compared.prompt {
        let who = prompt
            .speaker
            .as_ref()
            .map_or_else(String::new, |s| format!(" ({})", line(&role(s))));
        let _ = writeln!(
            out,
            "prompts differ from step {}, message {}{who}",
            prompt.pair + 1,
            prompt.message
        );
        for (name, text) in [("A", &prompt.a), ("B", &prompt.b)] {
            let text = text
                .as_deref()
                .map_or_else(|| "no such message".to_owned(), line);
            let _ = writeln!(out, "  {name}  {text}");
        }
    }
    let _ = writeln!(out, "\n{:<14} {:>12} {:>12} {:>12}", "", "A", "B", "B − A");
    for [name, a, b, apart] in table(compared) {
        let _ = writeln!(out, "{name:<14} {a:>12} {b:>12} {apart:>12}");
    }
    let _ = writeln!(out, "\n{:>5}   {:>14} {:>14}  step", "", "A", "B");
    for (at, pair) in compared.pairs.iter().enumerate() {
        let (sign, label, [a, b], differs) = told(compared, pair);
        let here = if compared.parted.is_some_and(|(p, _)| p == at) {
            "  ← they part here"
        } else {
            ""
        };
        let differs = if differs.is_empty() {
            String::new()
        } else {
            format!("  ({differs})")
        };
        let _ = writeln!(
            out,
            "{:>5} {sign} {a:>14} {b:>14}  {label}{differs}{here}",
            at + 1
        );
    }
    if compared.in_parts {
        let _ = writeln!(out, "\nso long that they were aligned part by part");
    }
    out
}

/// Markdown.
pub fn diff_markdown(compared: &Comparison, sources: [&str; 2]) -> String {
    let cell = |text: &str| line(text).replace('|', "\\|");
    let mut out = String::from("# spanfall diff\n\n");
    for (name, run, source) in [
        ("A", &compared.a, sources[0]),
        ("B", &compared.b, sources[1]),
    ] {
        let _ = writeln!(
            out,
            "- {name}: {} ({}, `{source}`)",
            cell(&run.name),
            cell(&run.emitter)
        );
    }
    let _ = writeln!(out, "\n**{}**\n", cell(&parted(compared)));
    if let Some(p) = &compared.prompt {
        let _ = writeln!(
            out,
            "Prompts differ from step {}, message {}.\n",
            p.pair + 1,
            p.message
        );
        for (name, text) in [("A", &p.a), ("B", &p.b)] {
            let text = text
                .as_deref()
                .map_or_else(|| "no such message".to_owned(), cell);
            let _ = writeln!(out, "- {name}: {text}");
        }
        out.push('\n');
    }
    out.push_str("| | A | B | B − A |\n|---|---:|---:|---:|\n");
    for [name, a, b, apart] in table(compared) {
        let _ = writeln!(out, "| {name} | {a} | {b} | {apart} |");
    }
    out.push_str("\n| step | | A | B | | differs |\n|---:|---|---:|---:|---|---|\n");
    for (at, pair) in compared.pairs.iter().enumerate() {
        let (sign, label, [a, b], differs) = told(compared, pair);
        let here = if compared.parted.is_some_and(|(p, _)| p == at) {
            "**they part here** "
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "| {} | `{sign}` | {a} | {b} | {} | {here}{differs} |",
            at + 1,
            cell(&label)
        );
    }
    out
}
