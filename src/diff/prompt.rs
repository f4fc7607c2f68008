//! What models read: the first message that differs between the counterparts of two runs.

use super::{Comparison, Pair};
use crate::model::detail::{Message, Part, Speaker};
use crate::model::ids::NodeId;

/// Characters of a message that are told.
const TOLD: usize = 300;

/// The first message that a model read in one run and not in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptDifference {
    /// The pair of calls that read it.
    pub pair: usize,
    /// The message, from 1.
    pub message: usize,
    /// Who speaks, where both say the same.
    pub speaker: Option<Speaker>,
    /// The message of the first run from shortly before where it differs; none if it has no such
    /// message.
    pub a: Option<String>,
    /// The same of the second run.
    pub b: Option<String>,
}

/// Looks for the first message that differs, from `from` on, in at most `calls` pairs of calls: the
/// difference, or the pair to go on with. `None` when nothing differs to the end.
pub fn first_prompt_difference(
    comparison: &Comparison,
    from: usize,
    calls: usize,
    read: &dyn Fn(bool, NodeId) -> Vec<Message>,
) -> Option<Result<PromptDifference, usize>> {
    let mut left = calls;
    for (at, pair) in comparison.pairs.iter().enumerate().skip(from) {
        let Some((a, b)) = nodes(comparison, pair) else {
            continue;
        };
        if left == 0 {
            return Some(Err(at));
        }
        left -= 1;
        let input = |second, node| {
            let mut messages = read(second, node);
            messages.retain(|m| !m.output);
            messages
        };
        if let Some(found) = difference(at, &input(false, a), &input(true, b)) {
            return Some(Ok(found));
        }
    }
    None
}

/// The nodes of a pair of model calls.
fn nodes(comparison: &Comparison, pair: &Pair) -> Option<(NodeId, NodeId)> {
    let a = comparison.a.steps.get(pair.a?)?;
    let b = comparison.b.steps.get(pair.b?)?;
    (a.kind == crate::model::node::NodeKind::Call).then_some((a.node, b.node))
}

fn difference(pair: usize, a: &[Message], b: &[Message]) -> Option<PromptDifference> {
    // Where one of them captured nothing there is nothing to compare.
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let same = |(a, b): &(&Message, &Message)| a.speaker == b.speaker && text(a) == text(b);
    let at = a.iter().zip(b).take_while(same).count();
    let (left, right) = (a.get(at), b.get(at));
    if left.is_none() && right.is_none() {
        return None;
    }
    let speaker = match (left, right) {
        (Some(a), Some(b)) if a.speaker != b.speaker => None,
        (Some(m), _) | (_, Some(m)) => Some(m.speaker.clone()),
        (None, None) => None,
    };
    let texts = (left.map(text), right.map(text));
    let common = match &texts {
        (Some(a), Some(b)) => a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    let told = |text: String| {
        let skip = common.saturating_sub(TOLD / 10);
        let mark = if skip > 0 { "…" } else { "" };
        let told: String = text.chars().skip(skip).take(TOLD).collect();
        let more = if text.chars().count() > skip + TOLD {
            "…"
        } else {
            ""
        };
        format!("{mark}{told}{more}")
    };
    Some(PromptDifference {
        pair,
        message: at + 1,
        speaker,
        a: texts.0.map(told),
        b: texts.1.map(told),
    })
}

/// A message as text, without the ids of tool calls: those differ in every run.
fn text(message: &Message) -> String {
    let parts = message.parts.iter().map(|part| match part {
        Part::Text(t) | Part::Reasoning(t) | Part::Stand(t) => t.clone(),
        Part::ToolCall {
            name, arguments, ..
        } => format!("{name} {}", plain(arguments)),
        Part::ToolResult { result, .. } => plain(result),
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn plain(value: &crate::model::detail::Value) -> String {
    let mut texts = Vec::new();
    crate::query::scalars(value, &mut |text| texts.push(text.to_owned()));
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(speaker: Speaker, text: &str) -> Message {
        Message {
            speaker,
            output: false,
            parts: vec![Part::Text(text.to_owned())],
        }
    }

    #[test]
    fn the_first_message_that_differs_is_told() {
        let system = || message(Speaker::System, "be brief");
        let a = [system(), message(Speaker::User, "fix the parser")];
        let b = [system(), message(Speaker::User, "fix the lexer"), system()];
        let found = difference(3, &a, &b).map(|d| (d.pair, d.message, d.speaker, d.a, d.b));
        let told = |t: &str| Some(t.to_owned());
        let user = Some(Speaker::User);
        assert_eq!(
            found,
            Some((3, 2, user, told("fix the parser"), told("fix the lexer")))
        );
        assert_eq!(difference(0, &a, &a), None);
        assert_eq!(difference(0, &a, &[]), None, "nothing was captured there");
        let found = difference(0, &a[..1], &a).map(|d| (d.message, d.a, d.b));
        assert_eq!(found, Some((2, None, told("fix the parser"))));
    }
}
