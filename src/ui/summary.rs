//! The summary of one node: its figures in labelled fields that flow to the width.

use super::fields::{Field, Group, LABEL, field, flow};
use super::pane::{Line, Tone};
use super::{arguments, text};
use crate::model::figures::Figures;
use crate::model::node::{Call, Node, NodeKind, PhaseEvidence, Sign, State};
use crate::model::usage::{CostBasis, Usage};

/// The lines of a node's summary in `width` cells.
pub fn lines(node: &Node, now: u64, width: usize) -> Vec<Line> {
    let mut groups = Vec::new();
    if let Some(error) = &node.error {
        groups.push(Group {
            fields: vec![field(
                "error",
                Tone::Error,
                text::cut(error, width.saturating_sub(LABEL), text::Cut::End, "…"),
            )],
            ..Group::default()
        });
    }
    match &node.call {
        Some(call) => call_groups(&mut groups, node, call, now),
        None => other_groups(&mut groups, node, (now, width)),
    }
    // What is not as it should be stands above all figures.
    let state = state_group(node);
    match node.state {
        State::Running(Sign::Implied | Sign::Presumed) | State::Abandoned => {
            groups.insert(0, state);
        }
        State::Running(Sign::Known) | State::Ok | State::Error => groups.push(state),
    }
    groups.into_iter().flat_map(|g| flow(g, width)).collect()
}

fn call_groups(groups: &mut Vec<Group>, node: &Node, call: &Call, now: u64) {
    let phases = &call.phases;
    let known = |ns: Option<u64>| ns.map_or_else(|| "–".to_owned(), text::duration);
    let mut time = Vec::new();
    match phases.evidence {
        PhaseEvidence::Engine => {
            if phases.gateway.is_some() {
                time.push(field("gateway", Tone::Wait, known(phases.gateway)));
            }
            time.push(field("queue", Tone::Wait, known(phases.queue)));
            if phases.prefill.is_some() || phases.ttft.is_none() {
                time.push(field("prefill", Tone::Wait, known(phases.prefill)));
            } else {
                let rest = phases
                    .ttft
                    .map(|t| t.saturating_sub(phases.queue.unwrap_or(0)));
                time.push(field("wait+prefill", Tone::Wait, known(rest)));
            }
            time.push(field("decode", Tone::Decode, known(phases.decode)));
        }
        PhaseEvidence::Client | PhaseEvidence::Derived => {
            time.push(field("wait+prefill", Tone::Wait, known(phases.ttft)));
            let decode = phases.decode.or_else(|| so_far(node, call, now));
            time.push(field("decode", Tone::Decode, known(decode)));
        }
        PhaseEvidence::None => time.push(field(
            "time",
            Tone::Text,
            text::duration(node.duration(now)),
        )),
    }
    if let Some(speed) = call.decode_tokens_per_s() {
        time.push(field("", Tone::Text, format!("{speed:.0} tok/s")));
    }
    let seen = match phases.evidence {
        PhaseEvidence::Engine => "told by the engine",
        PhaseEvidence::Client => "seen by the client",
        PhaseEvidence::Derived => "derived: the end less the decoding",
        PhaseEvidence::None if node.state.is_running() => "nothing has come back yet",
        PhaseEvidence::None if !phases.doubts.is_empty() => "not split",
        PhaseEvidence::None => "not split: nobody told when the first token came",
    };
    let unit = phases.inferred.then_some("its unit is inferred");
    groups.push(Group {
        fields: time,
        note: join(&[Some(seen), phases.source.as_deref(), unit]),
        ..Group::default()
    });
    groups.extend(answer_curve(call));
    groups.extend(phases.doubts.iter().map(|doubt| Group {
        fields: vec![field(
            "told",
            Tone::Warning,
            text::sanitize(&doubt.to_string()),
        )],
        ..Group::default()
    }));
    groups.push(Group {
        fields: usage_fields(call.usage, true),
        ..Group::default()
    });
    groups.push(cost_group(call));
    groups.push(answer_group(call));
}

/// How long the answer of a call that runs has come for.
fn so_far(node: &Node, call: &Call, now: u64) -> Option<u64> {
    let running = node.state == State::Running(Sign::Known);
    let first = call.answered_from.checked_add(call.phases.ttft?)?;
    now.checked_sub(first).filter(|_| running)
}

/// How the answer came: what was seen of it first, and where it stalled.
fn answer_curve(call: &Call) -> Option<Group> {
    let phases = &call.phases;
    let mut fields = Vec::new();
    if let Some(visible) = phases.visible {
        let reasoned = visible.saturating_sub(phases.ttft.unwrap_or(0));
        fields.push(field("visible", Tone::Text, text::duration(visible)));
        let told = format!("after {} of reasoning", text::duration(reasoned));
        fields.push(field("", Tone::Secondary, told));
    }
    let curve = phases.curve.as_deref();
    if let Some(curve) = curve {
        fields.push(field("chunks", Tone::Text, curve.chunks.to_string()));
        let each = format!("each {}", text::duration(curve.gap));
        fields.push(field("", Tone::Secondary, each));
    }
    if let Some((curve, longest)) = curve.and_then(|c| Some((c, c.longest()?))) {
        let times = if curve.stalls == 1 {
            String::new()
        } else {
            format!("{} times, ", curve.stalls)
        };
        let told = format!("{times}longest {}", text::duration(longest));
        fields.push(field("stalled", Tone::Warning, told));
    }
    (!fields.is_empty()).then(|| Group {
        fields,
        ..Group::default()
    })
}

fn join(parts: &[Option<&str>]) -> String {
    let parts: Vec<_> = parts.iter().flatten().map(|p| text::sanitize(p)).collect();
    parts.join(" · ")
}

fn usage_fields(usage: Usage, complete: bool) -> Vec<Field> {
    let sign = if complete { "" } else { "≥" };
    let known = |n: Option<u64>| {
        n.map_or_else(
            || "–".to_owned(),
            |n| format!("{sign}{}", text::count_exact(n)),
        )
    };
    // What was neither read from nor written to the cache; unknown when one of them is.
    let cached = usage.cache_read.zip(usage.cache_write);
    let cached = cached.map(|(read, write)| read.saturating_add(write));
    let fresh = usage
        .input
        .zip(cached)
        .map(|(input, cached)| input.saturating_sub(cached));
    let mut fields = vec![
        field("input", Tone::Text, known(usage.input)),
        field("read", Tone::Text, known(usage.cache_read)),
        field("write", Tone::Text, known(usage.cache_write)),
    ];
    if usage.cache_read.is_some() || usage.cache_write.is_some() {
        fields.push(field(
            "fresh",
            Tone::Secondary,
            known(fresh.filter(|_| complete)),
        ));
    }
    fields.push(field("output", Tone::Text, known(usage.output)));
    if usage.reasoning.is_some() {
        fields.push(field("reasoning", Tone::Secondary, known(usage.reasoning)));
    }
    fields
}

fn basis(basis: CostBasis) -> &'static str {
    match basis {
        CostBasis::Reported => "reported",
        CostBasis::Computed => "computed",
        CostBasis::Mixed => "part reported, part computed",
        CostBasis::Unknown => "unknown",
    }
}

fn cost_group(call: &Call) -> Group {
    let cost = call.cost.map_or_else(|| "–".to_owned(), text::money_exact);
    let computed = match (call.cost_basis, call.cost, call.computed_cost) {
        (CostBasis::Reported, Some(cost), Some(computed))
            if text::money_exact(cost) == text::money_exact(computed) =>
        {
            Some("computed the same".to_owned())
        }
        (CostBasis::Reported, _, Some(computed)) => {
            Some(format!("computed {}", text::money_exact(computed)))
        }
        _ => None,
    };
    Group {
        fields: vec![
            field("cost", Tone::Cost, cost),
            field("", Tone::Secondary, basis(call.cost_basis)),
        ],
        note: join(&[computed.as_deref(), call.price_entry.as_deref()]),
        ..Group::default()
    }
}

fn answer_group(call: &Call) -> Group {
    let stop: Vec<_> = call
        .finish_reasons
        .iter()
        .map(|r| text::sanitize(r))
        .collect();
    let mut fields = vec![field(
        "stop",
        Tone::Text,
        if stop.is_empty() {
            "–".to_owned()
        } else {
            stop.join(", ")
        },
    )];
    if call.attempts > 1 {
        fields.push(field("attempts", Tone::Warning, call.attempts.to_string()));
    }
    let asked = call
        .request_model
        .as_deref()
        .map(|m| format!("asked for {m}"));
    let answered = call
        .response_model
        .as_deref()
        .map(|m| format!("answered by {m}"));
    Group {
        fields,
        note: join(&[
            call.provider.as_deref(),
            asked.as_deref(),
            answered.as_deref(),
        ]),
        ..Group::default()
    }
}

fn other_groups(groups: &mut Vec<Group>, node: &Node, (now, width): (u64, usize)) {
    let f = &node.rolled;
    let mut first = vec![field(
        "time",
        Tone::Text,
        text::duration(node.duration(now)),
    )];
    // Zero is "nobody told" as well as "none".
    for (label, tone, ns) in [
        ("model", Tone::Decode, f.model_ns),
        ("tools", Tone::Tool, f.tool_ns),
        ("you", Tone::Secondary, f.human_ns),
    ] {
        if ns > 0 {
            first.push(field(label, tone, text::duration(ns)));
        }
    }
    groups.push(Group {
        fields: first,
        ..Group::default()
    });
    if let Some(detail) = node.detail.as_deref() {
        // Beside a number it would pass for a part of it.
        let label = match node.kind {
            NodeKind::Turn => "runs",
            NodeKind::Tool => "asked",
            _ => "about",
        };
        let room = width.saturating_sub(LABEL);
        groups.push(Group {
            fields: vec![field(
                label,
                Tone::Secondary,
                arguments::line(detail, room, "…"),
            )],
            ..Group::default()
        });
    }
    let embedded = node.claimed.filter(|_| node.kind == NodeKind::Embedding);
    groups.extend(embedded.map(|told| Group {
        fields: usage_fields(told, true).into_iter().take(1).collect(),
        note: "of an embedding; in no sum".to_owned(),
        ..Group::default()
    }));
    if f.model_calls == 0 {
        return;
    }
    groups.push(Group {
        fields: usage_fields(f.usage, f.usage_complete()),
        ..Group::default()
    });
    groups.push(rolled_cost(f));
    groups.push(counts_group(f));
    if let Some(claimed) = node
        .claimed
        .filter(|c| (c.input, c.output) != (f.usage.input, f.usage.output))
    {
        let mut fields = usage_fields(claimed, true);
        fields.retain(|f| matches!(f.label, "input" | "output"));
        groups.push(Group {
            fields,
            note: "what it claims of itself; not counted".to_owned(),
            warning: true,
        });
    }
}

fn rolled_cost(f: &Figures) -> Group {
    let cost = f.cost.map_or_else(
        || "–".to_owned(),
        |c| {
            format!(
                "{}{}",
                if f.unpriced_calls > 0 { "≥" } else { "" },
                text::money_exact(c)
            )
        },
    );
    let note = match f.unpriced_calls {
        0 => String::new(),
        1 => "one call without a known price".to_owned(),
        n => format!("{n} calls without a known price"),
    };
    Group {
        fields: vec![
            field("cost", Tone::Cost, cost),
            field("", Tone::Secondary, basis(f.cost_basis)),
        ],
        warning: !note.is_empty(),
        note,
    }
}

fn counts_group(f: &Figures) -> Group {
    let failed = |n: u64, failed: u64| match failed {
        0 => n.to_string(),
        _ => format!("{n}, {failed} ✗"),
    };
    let tone = |failed: u64| if failed > 0 { Tone::Error } else { Tone::Text };
    let mut fields = vec![
        field(
            "calls",
            tone(f.failed_calls),
            failed(f.model_calls, f.failed_calls),
        ),
        field(
            "tools",
            tone(f.failed_tools),
            failed(f.tool_calls, f.failed_tools),
        ),
    ];
    if f.agents > 0 {
        fields.push(field("agents", Tone::Text, f.agents.to_string()));
    }
    let note = match f.untold_calls {
        0 => String::new(),
        1 => "one call told no tokens".to_owned(),
        n => format!("{n} calls told no tokens"),
    };
    Group {
        fields,
        warning: !note.is_empty(),
        note,
    }
}

fn state_group(node: &Node) -> Group {
    let (tone, state) = match node.state {
        State::Running(Sign::Known) => (Tone::Running, "running"),
        State::Running(Sign::Implied) => (
            Tone::Running,
            "running or lost: only what is below it has come",
        ),
        State::Running(Sign::Presumed) => {
            (Tone::Running, "presumed to run: nothing has come since")
        }
        State::Ok => (Tone::Text, "ok"),
        State::Error => (Tone::Error, "failed"),
        State::Abandoned => (Tone::Warning, "never ended"),
    };
    let notes = [
        (!node.arrived && !node.state.is_running()).then_some("not received itself"),
        node.from_logs
            .then_some("≈ made from log events; start is end minus duration"),
        node.mcp.then_some("carried by MCP"),
    ];
    Group {
        fields: vec![field("state", tone, state)],
        note: join(&notes),
        ..Group::default()
    }
}
