//! The page of two runs side by side: what differs in sum, where they parted, and their steps.

use super::Picture;
use super::page::{PageLine, Target};
use super::pane::{Line, Tone};
use super::text::{self, Cut};
use crate::diff::{Comparison, Outcome, Pair, Run, Step, Why};
use crate::model::figures::Figures;
use crate::model::node::NodeKind;

/// Cells of a figure.
const FIGURE: usize = 10;

/// The lines of the page.
pub(super) fn lines(picture: &Picture, width: usize) -> Vec<PageLine> {
    let Some(compared) = picture.compared else {
        return vec![Line::of(Tone::Faint, "reading both runs").into()];
    };
    let mut out: Vec<PageLine> = Vec::new();
    for (name, run) in [("A", &compared.a), ("B", &compared.b)] {
        let title = super::title::prompt(&run.name);
        let room = width.saturating_sub(4 + text::width(&run.emitter) + 2);
        let title = text::cut(&text::sanitize(&title), room, Cut::End, "…");
        let line = Line::of(Tone::Strong, format!("{name}  {title}"));
        let line = line.and(Tone::Faint, format!("  {}", text::sanitize(&run.emitter)));
        out.push(PageLine {
            line,
            target: Some(Target::Node(run.session, run.node)),
        });
    }
    out.push(PageLine::default());
    out.extend(
        figures(&compared.a, &compared.b, width)
            .into_iter()
            .map(PageLine::from),
    );
    out.push(PageLine::default());
    out.push(parted(compared, width));
    out.extend(prompt(compared, width));
    out.push(PageLine::default());
    let columns = Columns::of(width);
    out.push(columns.head().into());
    for (at, pair) in compared.pairs.iter().enumerate() {
        let here = compared.parted.is_some_and(|(parted, _)| parted == at);
        out.push(step(compared, pair, (at, here), columns));
    }
    if compared.in_parts {
        let why = "so long that they were aligned part by part";
        out.push(Line::of(Tone::Warning, why).into());
    }
    out
}

/// How a figure is written.
type Write<'a> = &'a dyn Fn(u64) -> String;

/// A figure of both runs: its name, both values, whether nothing is missing in each, and how it is
/// written.
type Figure<'a> = (&'a str, [Option<u64>; 2], [bool; 2], Write<'a>);

/// Both values and their difference, in as many columns as fit.
fn figures(a: &Run, b: &Run, width: usize) -> Vec<Line> {
    let (f, g) = (&a.figures, &b.figures);
    // Of sums in which something is missing it is not known what they differ by.
    let apart = |a: Option<u64>, b: Option<u64>, write: Write, whole: bool| match (a, b) {
        (Some(_), Some(_)) if !whole => (Tone::Faint, "–".to_owned()),
        (Some(a), Some(b)) if a == b => (Tone::Faint, "same".to_owned()),
        (Some(a), Some(b)) => {
            let sign = if b > a { "+" } else { "−" };
            (Tone::Warning, format!("{sign}{}", write(a.abs_diff(b))))
        }
        _ => (Tone::Faint, String::new()),
    };
    let money = |n: u64| text::money(crate::model::usage::PicoUsd(n));
    let size = |run: &Run| Some(run.steps.len() as u64);
    let told = [f, g].map(Figures::usage_complete);
    let priced = [f, g].map(|f| f.unpriced_calls == 0);
    let all = [true; 2];
    let both = |of: fn(&Figures) -> Option<u64>| [of(f), of(g)];
    let rows: [Figure; 9] = [
        ("steps", [size(a), size(b)], all, &text::count),
        (
            "model calls",
            both(|f| Some(f.model_calls)),
            all,
            &text::count,
        ),
        ("tools", both(|f| Some(f.tool_calls)), all, &text::count),
        ("errors", both(|f| Some(f.errors)), all, &text::count),
        ("input", both(|f| f.usage.input), told, &text::count),
        ("cached", both(|f| f.usage.cache_read), told, &text::count),
        ("output", both(|f| f.usage.output), told, &text::count),
        ("cost", both(|f| f.cost.map(|c| c.0)), priced, &money),
        ("time", both(|f| Some(f.wall_ns)), all, &text::duration),
    ];
    let mut out = vec![Line::of(
        Tone::Faint,
        format!(
            "{:<14}{:>FIGURE$}{:>FIGURE$}{:>FIGURE$}",
            "", "A", "B", "B − A"
        ),
    )];
    for (name, [a, b], whole, write) in rows {
        let told = |n: Option<u64>, whole: bool| {
            let sign = if whole { "" } else { "≥" };
            n.map_or_else(|| "–".to_owned(), |n| format!("{sign}{}", write(n)))
        };
        let (tone, apart) = apart(a, b, write, whole == [true; 2]);
        out.push(
            Line::of(Tone::Faint, format!("{name:<14}"))
                .and(Tone::Text, format!("{:>FIGURE$}", told(a, whole[0])))
                .and(Tone::Text, format!("{:>FIGURE$}", told(b, whole[1])))
                .and(tone, format!("{apart:>FIGURE$}")),
        );
    }
    if width < 14 + 3 * FIGURE {
        out.truncate(1);
    }
    out
}

fn sides<'a>(compared: &'a Comparison, pair: &Pair) -> (Option<&'a Step>, Option<&'a Step>) {
    (
        pair.a.and_then(|i| compared.a.steps.get(i)),
        pair.b.and_then(|i| compared.b.steps.get(i)),
    )
}

/// Where Enter goes from a pair: to the first run's step, else to the second's.
fn target(compared: &Comparison, pair: &Pair) -> Option<Target> {
    let (a, b) = sides(compared, pair);
    let a = a.map(|s| Target::Node(compared.a.session, Some(s.node)));
    a.or_else(|| b.map(|s| Target::Node(compared.b.session, Some(s.node))))
}

/// Where they went apart, in a sentence.
fn parted(compared: &Comparison, width: usize) -> PageLine {
    let Some((at, why)) = compared.parted else {
        let same = "the same steps with the same outcomes";
        return Line::of(Tone::Running, same).into();
    };
    let Some(pair) = compared.pairs.get(at) else {
        return PageLine::default();
    };
    let (a, b) = sides(compared, pair);
    let word = |s: Option<&Step>| s.map_or("", |s| s.outcome.word());
    let how = match why {
        Why::OnlyA => "only A does it".to_owned(),
        Why::OnlyB => "only B does it".to_owned(),
        Why::Outcome => format!("in A {}, in B {}", word(a), word(b)),
    };
    let error = a.into_iter().chain(b).find_map(|s| s.error.as_deref());
    let begin = format!("they part at step {}", at + 1);
    let label = a.or(b).map_or_else(String::new, label);
    let mut line = Line::of(Tone::Strong, begin.clone());
    let room = width.saturating_sub(text::width(&begin) + text::width(&how) + 6);
    let label = text::cut(&label, room, Cut::End, "…");
    line = line
        .and(Tone::Text, format!("  {label}"))
        .and(Tone::Warning, format!("  {how}"));
    if let Some(error) = error {
        let used: usize = line.spans.iter().map(|(_, t)| text::width(t)).sum();
        let error = text::cut(
            &text::sanitize(error),
            width.saturating_sub(used + 2),
            Cut::End,
            "…",
        );
        line = line.and(Tone::Error, format!("  {error}"));
    }
    PageLine {
        line,
        target: target(compared, pair),
    }
}

fn prompt(compared: &Comparison, width: usize) -> Vec<PageLine> {
    let Some(prompt) = &compared.prompt else {
        return Vec::new();
    };
    let target = compared
        .pairs
        .get(prompt.pair)
        .and_then(|p| target(compared, p));
    let head = format!(
        "prompts differ from step {}, message {}",
        prompt.pair + 1,
        prompt.message
    );
    let mut out = vec![PageLine {
        line: Line::of(Tone::Text, head),
        target,
    }];
    for (name, told) in [("A", &prompt.a), ("B", &prompt.b)] {
        let told = told
            .as_deref()
            .map_or_else(|| "no such message".into(), text::sanitize);
        let told = text::cut(&told, width.saturating_sub(5), Cut::End, "…");
        let line = Line::of(Tone::Faint, format!("  {name}  ")).and(Tone::Secondary, told);
        out.push(line.into());
    }
    out
}

/// Cells of the step's name; figures stand behind it.
#[derive(Clone, Copy)]
struct Columns {
    name: usize,
    tokens: bool,
    differs: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let tokens = width >= 100;
        let figures = 7 + 2 * FIGURE + if tokens { 2 * FIGURE } else { 0 };
        let differs = if width >= 80 { 20 } else { 0 };
        let name = width.saturating_sub(figures + differs + 2).clamp(8, 60);
        Self {
            name,
            tokens,
            differs,
        }
    }

    fn head(self) -> Line {
        let mut head = format!(
            "{:>5}   {:<w$}{:>FIGURE$}{:>FIGURE$}",
            "",
            "step",
            "A",
            "B",
            w = self.name
        );
        if self.tokens {
            head.push_str("      A in      B in");
        }
        Line::of(Tone::Faint, head)
    }
}

fn label(step: &Step) -> String {
    let agent = step
        .agent
        .as_deref()
        .map_or_else(String::new, |a| format!("{a} · "));
    let name = match (&step.model, step.kind) {
        (Some(model), NodeKind::Call) => text::model_short(model),
        _ => &step.name,
    };
    let detail = step.detail.as_deref().map_or_else(String::new, |d| {
        format!(" {}", super::arguments::line(d, 80, "…"))
    });
    text::sanitize(&format!("{agent}{name}{detail}")).into_owned()
}

fn ended(step: Option<&Step>) -> (Tone, String) {
    let Some(step) = step else {
        return (Tone::Faint, String::new());
    };
    let took = step.took.map_or_else(|| "–".to_owned(), text::duration);
    match step.outcome {
        Outcome::Ok => (Tone::Text, took),
        Outcome::Failed => (Tone::Error, format!("✗ {took}")),
        Outcome::Open => (Tone::Warning, "not ended".to_owned()),
        Outcome::Untold => (Tone::Faint, "–".to_owned()),
    }
}

fn step(
    compared: &Comparison,
    pair: &Pair,
    (at, here): (usize, bool),
    columns: Columns,
) -> PageLine {
    let (a, b) = sides(compared, pair);
    let (sign, tone) = match (a, b) {
        (Some(_), None) => ("<", Tone::Warning),
        (None, Some(_)) => (">", Tone::Warning),
        _ if here => ("!", Tone::Error),
        _ if pair.differs.is_empty() => ("=", Tone::Faint),
        _ => ("~", Tone::Secondary),
    };
    let name = a.or(b).map_or_else(String::new, label);
    let name = text::cut(&name, columns.name.saturating_sub(1), Cut::End, "…");
    let pad = columns.name.saturating_sub(text::width(&name));
    let name_tone = match (a, b) {
        _ if here => Tone::Strong,
        (Some(_), Some(_)) => Tone::Text,
        _ => Tone::Secondary,
    };
    let mut line = Line::of(Tone::Faint, format!("{:>5} ", at + 1))
        .and(tone, format!("{sign} "))
        .and(name_tone, format!("{name}{}", " ".repeat(pad)));
    let right = |text: &str| {
        format!(
            "{}{text}",
            " ".repeat(FIGURE.saturating_sub(text::width(text)))
        )
    };
    for side in [a, b] {
        let (tone, text) = ended(side);
        line = line.and(tone, right(&text));
    }
    if columns.tokens {
        for side in [a, b] {
            let input = side
                .and_then(|s| s.usage.input)
                .map_or_else(String::new, text::count);
            line = line.and(Tone::Secondary, right(&input));
        }
    }
    let differs: Vec<_> = pair.differs.iter().map(|d| d.name()).collect();
    let differs = if here {
        format!("they part · {}", differs.join(" "))
    } else {
        differs.join(" ")
    };
    let differs = text::cut(
        differs.trim_end_matches([' ', '·']),
        columns.differs,
        Cut::End,
        "…",
    );
    if !differs.is_empty() {
        line = line.and(Tone::Warning, format!("  {differs}"));
    }
    PageLine {
        line,
        target: target(compared, pair),
    }
}
