//! The health page: where we listen and what came of it, memory, dialects, findings. A person who
//! sees nothing, or too little, finds the reason here.

use super::Picture;
use super::fields::{Group, LABEL, field, flow};
use super::page::{PageLine, Target};
use super::pane::{Line, Tone};
use super::picture::{ReceiverView, StoreView, Tap};
use super::{marks, text};
use crate::model::finding::{Finding, Severity};

/// Cells of a bar that shows how full something is.
const GAUGE: usize = 20;

/// The lines of the page.
pub(super) fn lines(picture: &Picture, width: usize) -> Vec<PageLine> {
    let mut out: Vec<PageLine> = Vec::new();
    let mut section = |title: &str, lines: Vec<Line>| {
        if !out.is_empty() {
            out.push(PageLine::default());
        }
        out.push(Line::of(Tone::Strong, title).into());
        out.extend(lines.into_iter().map(PageLine::from));
    };
    section("Receiver", receiver(picture.receiver, width));
    section("Received", evidence(picture.receiver, picture.store, width));
    section("Dialects", dialects(picture.store, picture.receiver, width));
    section("Findings", Vec::new());
    out.extend(findings(picture, width));
    out
}

fn n(n: u64) -> String {
    text::count_exact(n)
}

fn receiver(r: &ReceiverView, width: usize) -> Vec<Line> {
    let mut out = Vec::new();
    let mut one = |label, tone, value: String, note: String| {
        out.extend(flow(
            Group {
                fields: vec![field(label, tone, value)],
                note,
                ..Group::default()
            },
            width,
        ));
    };
    if let Some(name) = &r.recording {
        one(
            "recording",
            Tone::Text,
            text::sanitize(name).into_owned(),
            String::new(),
        );
    }
    if r.listeners.is_empty() {
        one("listening", Tone::Secondary, "no".to_owned(), String::new());
        return out;
    }
    for same in r.listeners.chunk_by(|a, b| a.protocol == b.protocol) {
        let addresses: Vec<_> = same.iter().map(|l| l.address.as_str()).collect();
        let protocol = same.first().map_or("", |l| l.protocol.as_str());
        one(
            "listening",
            Tone::Text,
            protocol.to_owned(),
            addresses.join("  "),
        );
    }
    let last = r.last_peer.as_ref().map(|p| format!("last from {p}"));
    out.extend(flow(
        Group {
            fields: vec![
                field("connections", Tone::Text, n(r.connections)),
                field("open", Tone::Text, n(r.open)),
            ],
            note: last.unwrap_or_default(),
            ..Group::default()
        },
        width,
    ));
    out.extend(requests(r));
    out.extend(refusals(r, width));
    out.extend(r.taps.iter().flat_map(|tap| tapped(tap, width)));
    if let Some((waiting, room)) = r.queue {
        let mut fields = vec![field("queue", Tone::Text, n(waiting))];
        if r.queued_bytes > 0 {
            fields.push(field("held", Tone::Warning, bytes(r.queued_bytes)));
        }
        let note = match r.queued_bytes {
            0 => format!("of {} batches between receiver and store", n(room)),
            _ => "the display is paused".to_owned(),
        };
        out.extend(flow(
            Group {
                fields,
                note,
                ..Group::default()
            },
            width,
        ));
    }
    out
}

/// Requests taken, by protocol and signal.
fn requests(r: &ReceiverView) -> Vec<Line> {
    let label = |text: &str| Line::of(Tone::Faint, format!("{text:<LABEL$}"));
    let taken = || {
        r.by_protocol
            .iter()
            .filter(|(_, of)| of.iter().any(|n| *n > 0))
    };
    // Names of protocols are longer than labels: they have a column of their own.
    let Some(names) = taken().map(|(protocol, _)| text::width(protocol)).max() else {
        return vec![label("requests").and(Tone::Text, "none yet")];
    };
    let cells = |cells: [String; 3]| cells.map(|c| format!("{c:>10}")).concat();
    let head = cells(["traces", "logs", "metrics"].map(str::to_owned));
    let mut out = vec![label("requests").and(Tone::Faint, format!("{:<names$}{head}", ""))];
    out.extend(taken().map(|(protocol, of)| {
        label("")
            .and(Tone::Secondary, format!("{protocol:<names$}"))
            .and(Tone::Text, cells(of.map(n)))
    }));
    out
}

/// Requests refused, by reason, and the latest in the words that its sender got.
fn refusals(r: &ReceiverView, width: usize) -> Vec<Line> {
    let label = |text: &str| (Tone::Faint, format!("{text:<LABEL$}"));
    if r.refused.is_empty() {
        let (tone, text) = label("refused");
        return vec![Line::of(tone, text).and(Tone::Text, "0")];
    }
    let mut out = Vec::new();
    for (i, (why, times)) in r.refused.iter().enumerate() {
        let (tone, text) = label(if i == 0 { "refused" } else { "" });
        out.push(
            Line::of(tone, text)
                .and(Tone::Warning, format!("{:<6}", n(*times)))
                .and(Tone::Text, why.clone()),
        );
    }
    if let Some(last) = &r.last_refusal {
        let (tone, label) = label("");
        let room = width.saturating_sub(LABEL + 6);
        let last = text::cut(&text::sanitize(last), room, text::Cut::End, "…");
        out.push(Line::of(tone, label).and(Tone::Faint, format!("{:<6}{last}", "last")));
    }
    out
}

/// Where requests go besides, and how that goes.
fn tapped(tap: &Tap, width: usize) -> Vec<Line> {
    let label = |text: &str| Line::of(Tone::Faint, format!("{text:<LABEL$}"));
    let room = width.saturating_sub(LABEL);
    let cut = |t: &str| text::cut(&text::sanitize(t), room, text::Cut::End, "…");
    let mut out = vec![label(tap.label).and(Tone::Text, cut(&tap.to))];
    let told = tap.counts.iter().map(|(what, n)| match *what {
        "bytes" => bytes(*n),
        what => format!("{} {what}", text::count(*n)),
    });
    let told: Vec<_> = told.collect();
    if !told.is_empty() {
        out.push(label("").and(Tone::Secondary, cut(&told.join(" · "))));
    }
    if let Some(trouble) = &tap.trouble {
        out.push(label("").and(Tone::Warning, cut(trouble)));
    }
    out
}

fn bytes(n: u64) -> String {
    const MIB: u64 = 1 << 20;
    match n {
        0..1024 => format!("{n} B"),
        1024..MIB => format!("{} KiB", n >> 10),
        _ => format!("{}.{} MiB", n / MIB, n % MIB * 10 / MIB),
    }
}

/// What came, what became of it, and the memory that it takes.
fn evidence(r: &ReceiverView, s: &StoreView, width: usize) -> Vec<Line> {
    let count = |label, n: u64, bad: bool| {
        let tone = if bad && n > 0 {
            Tone::Warning
        } else {
            Tone::Text
        };
        field(label, tone, text::count(n))
    };
    let group = |fields, note: String, warning| {
        flow(
            Group {
                fields,
                note,
                warning,
            },
            width,
        )
    };
    let mut out = group(
        vec![
            count("spans", r.spans, false),
            count("log records", r.logs, false),
            count("points", r.metrics, false),
        ],
        String::new(),
        false,
    );
    out.extend(group(
        vec![
            count("unreadable", r.rejected, true),
            count("repaired", r.repaired, false),
            count("repeated", s.duplicates, false),
        ],
        match r.hidden {
            0 => String::new(),
            n => format!("{} values hidden as they came", text::count(n)),
        },
        false,
    ));
    out.extend(group(
        vec![
            count("dropped", s.content_dropped, true),
            count("evicted", r.evicted, true),
        ],
        if s.content_dropped + r.evicted > 0 {
            format!(
                "contents first, then whole sessions ({} so far), to hold the limit",
                s.evicted_sessions
            )
        } else {
            String::new()
        },
        false,
    ));
    out.extend(group(lag(s), lag_note(s), s.ahead > 0));
    out.push(memory(s));
    out
}

fn lag(s: &StoreView) -> Vec<super::fields::Field> {
    let told = |ns: Option<u64>| ns.map_or_else(|| "–".to_owned(), text::duration);
    vec![
        field("lag p50", Tone::Text, told(s.lag_p50)),
        field("p99", Tone::Text, told(s.lag_p99)),
        field("most", Tone::Text, told(s.lag_max)),
    ]
}

fn lag_note(s: &StoreView) -> String {
    match s.ahead {
        0 => "from a span's end to its arrival".to_owned(),
        n => format!("{} ended after they came: a clock is ahead", text::count(n)),
    }
}

fn memory(s: &StoreView) -> Line {
    let line =
        Line::of(Tone::Faint, format!("{:<LABEL$}", "memory")).and(Tone::Text, bytes(s.memory));
    let Some(limit) = s.limit else { return line };
    let full =
        usize::try_from(s.memory.saturating_mul(GAUGE as u64) / limit.max(1)).unwrap_or(GAUGE);
    let full = full.min(GAUGE);
    let tone = if full >= GAUGE * 9 / 10 {
        Tone::Warning
    } else {
        Tone::Running
    };
    // A share of what the user gave is for requests under way.
    line.and(
        Tone::Secondary,
        format!(" of {} for what is kept  ", bytes(limit)),
    )
    .and(tone, "█".repeat(full))
    .and(Tone::Faint, "·".repeat(GAUGE - full))
}

/// Who speaks how.
fn dialects(s: &StoreView, r: &ReceiverView, width: usize) -> Vec<Line> {
    let names = s.dialects.iter().map(|d| text::width(&d.name));
    let names = names.max().unwrap_or(0).clamp(LABEL, 40);
    let mut out: Vec<Line> = s
        .dialects
        .iter()
        .map(|d| {
            let tone = if d.known { Tone::Text } else { Tone::Secondary };
            let some = |n: u64, what: &str, cells: usize| {
                let count = match n {
                    0 => String::new(),
                    n => text::count_exact(n),
                };
                let what = match n {
                    0 => String::new(),
                    1 => format!(" {what}"),
                    _ => format!(" {what}s"),
                };
                (format!("{count:>9}"), format!("{what:<cells$}"))
            };
            let (spans, logs) = (some(d.spans, "span", 6), some(d.logs, "log record", 0));
            Line::of(tone, format!("{:<names$}", text::sanitize(&d.name)))
                .and(Tone::Text, spans.0)
                .and(Tone::Secondary, spans.1)
                .and(Tone::Text, logs.0)
                .and(Tone::Secondary, logs.1)
        })
        .collect();
    if out.is_empty() {
        out.push(Line::of(Tone::Faint, "nothing has come"));
    } else {
        let services: Vec<_> = r.services.iter().map(|s| text::sanitize(s)).collect();
        let services = text::cut(
            &services.join(", "),
            width.saturating_sub(LABEL),
            text::Cut::End,
            "…",
        );
        out.push(
            Line::of(Tone::Faint, format!("{:<LABEL$}", "services")).and(Tone::Secondary, services),
        );
    }
    out
}

/// What a person should look at; Enter goes there.
/// Cells of a finding's sign, and of its session's title with a gap behind it.
const SIGN: usize = 2;
const SESSION: usize = 30;
/// Cells that are worth breaking a finding into lines for.
const BROKEN: usize = 40;

fn findings(picture: &Picture, width: usize) -> Vec<PageLine> {
    if picture.findings.is_empty() {
        return vec![Line::of(Tone::Faint, "none").into()];
    }
    let lines = |f: &Finding| {
        let sign = match f.severity {
            Severity::Error => "✗",
            Severity::Warning => "▲",
            Severity::Info => "·",
        };
        let tone = marks::tone(f.severity);
        let session = picture.sessions.iter().find(|s| s.id == f.session);
        let title = session.map_or_else(String::new, |s| {
            text::cut(&text::sanitize(&s.title), SESSION - 2, text::Cut::End, "…")
        });
        let gap = " ".repeat(SESSION.saturating_sub(text::width(&title)));
        let head = Line::of(tone, format!("{sign} ")).and(Tone::Secondary, format!("{title}{gap}"));
        let mut told = told(f, width.saturating_sub(SIGN + SESSION)).into_iter();
        let first = told.next().unwrap_or_default();
        let head = first
            .into_iter()
            .fold(head, |line, (tone, text)| line.and(tone, text));
        let indent = Line::of(Tone::Text, " ".repeat(SIGN + SESSION));
        let mut lines = vec![PageLine {
            line: head,
            target: Some(Target::Node(f.session, f.node)),
        }];
        lines.extend(told.map(|spans| {
            let add = |line: Line, (tone, text)| line.and(tone, text);
            spans.into_iter().fold(indent.clone(), add).into()
        }));
        lines
    };
    picture.findings.iter().flat_map(lines).collect()
}

/// What a finding says, and its evidence beside that or, where there is no room, below it.
fn told(f: &Finding, room: usize) -> Vec<Vec<(Tone, String)>> {
    let [message, evidence] = [&f.message, &f.evidence].map(|t| text::sanitize(t).into_owned());
    let beside = text::width(&message) + 2 + text::width(&evidence) <= room;
    if beside || room < BROKEN {
        return vec![vec![
            (Tone::Text, message),
            (Tone::Faint, format!("  {evidence}")),
        ]];
    }
    let broken = |tone, text: &str| {
        let lines = text::wrap(text, room).into_iter();
        lines
            .map(move |line| vec![(tone, line)])
            .collect::<Vec<_>>()
    };
    let mut lines = broken(Tone::Text, &message);
    lines.extend(
        broken(Tone::Faint, &evidence)
            .into_iter()
            .filter(|_| !evidence.is_empty()),
    );
    lines
}
