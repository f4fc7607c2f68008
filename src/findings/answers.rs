//! How answers ended, and who gave them.

use super::rules::{CUT_OFF, FILTERED, FINISH_SHIFT, OTHER_MODEL};
use super::walk::{At, Check, Found};
use super::words::count;
use crate::model::evidence::key_of;
use crate::model::node::{Call, NodeKind, State};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Why an answer ended, in the words that APIs and libraries have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finish {
    Stop,
    Tool,
    Length,
    Filter,
    Other,
}

impl Finish {
    const ALL: [Self; 5] = [
        Self::Stop,
        Self::Tool,
        Self::Length,
        Self::Filter,
        Self::Other,
    ];

    /// `OpenAI`'s, Anthropic's, Google's and Bedrock's values, and what SDKs make of them
    /// (semantic conventions, `gen_ai.response.finish_reasons`).
    fn of(reason: &str) -> Self {
        let word = reason.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        let word = word.rsplit('.').next().unwrap_or_default();
        let has = |parts: &[&str]| parts.iter().any(|p| word.contains(p));
        match word {
            "length"
            | "max_tokens"
            | "max_output_tokens"
            | "max_length"
            | "model_length"
            | "token_limit"
            | "model_context_window_exceeded" => Self::Length,
            "stop" | "end_turn" | "stop_sequence" | "completed" | "complete" | "eos" | "finish" => {
                Self::Stop
            }
            "safety" | "recitation" | "blocklist" | "prohibited_content" | "spii" | "refusal" => {
                Self::Filter
            }
            _ if has(&["tool", "function"]) => Self::Tool,
            _ if has(&["content_filter", "image_safety", "guardrail", "moderation"]) => {
                Self::Filter
            }
            _ => Self::Other,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Tool => "tool calls",
            Self::Length => "length",
            Self::Filter => "filter",
            Self::Other => "other",
        }
    }
}

fn answered<'a>(at: &At<'a>) -> Option<&'a Call> {
    let call = at.node.call.as_deref()?;
    (at.node.kind == NodeKind::Call && at.node.state == State::Ok).then_some(call)
}

/// Answers that were cut off or held back, and those of another model.
#[derive(Default)]
pub(super) struct Answers;

impl Check for Answers {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let Some(call) = answered(at) else { return };
        let ended = |how| call.finish_reasons.iter().find(|r| Finish::of(r) == how);
        let output = call.usage.output;
        if let Some(reason) = ended(Finish::Length).filter(|_| output.is_none_or(|n| n > 1)) {
            let tokens = output.map_or_else(String::new, |n| format!("after {} tokens", count(n)));
            let text = format!("the answer of {} was cut off: {reason}", at.node.name);
            found.add(&CUT_OFF, at.node, text, tokens);
        }
        if let Some(reason) = ended(Finish::Filter) {
            let text = format!("the answer of {} was held back: {reason}", at.node.name);
            found.add(&FILTERED, at.node, text, String::new());
        }
        if let (true, Some(asked), Some(by)) =
            (call.other_model, &call.request_model, &call.response_model)
        {
            let text = format!("asked for {asked}, answered by {by}");
            found.add(
                &OTHER_MODEL,
                at.node,
                text,
                call.provider.as_deref().unwrap_or_default().to_owned(),
            );
        }
    }
}

/// Answers that count as "lately".
const LATELY: usize = 20;
/// Answers before them that must be known.
const BEFORE: usize = 20;
/// So much of a hundred must have moved from some reasons to others.
const MOVED: usize = 60;

#[derive(Default)]
struct Ends {
    lately: VecDeque<Finish>,
    before: [usize; Finish::ALL.len()],
    told: bool,
}

/// Reasons that shift over a session.
#[derive(Default)]
pub(super) struct Shift {
    lanes: FxHashMap<(u64, u64), Ends>,
}

impl Check for Shift {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let Some(call) = answered(at) else { return };
        let Some(reason) = call.finish_reasons.first() else {
            return;
        };
        let model = key_of(call.model().map(|m| &**m));
        let ends = self.lanes.entry((at.place.lane, model)).or_default();
        ends.lately.push_back(Finish::of(reason));
        if ends.lately.len() > LATELY
            && let Some(old) = ends.lately.pop_front()
        {
            ends.before[old as usize] += 1;
        }
        let known: usize = ends.before.iter().sum();
        if known < BEFORE || ends.told {
            return;
        }
        let share = |how: Finish| {
            let lately = ends.lately.iter().filter(|f| **f == how).count();
            (
                lately * 100 / LATELY,
                ends.before[how as usize] * 100 / known,
            )
        };
        let moved: usize = Finish::ALL
            .into_iter()
            .map(|how| {
                let (lately, before) = share(how);
                lately.saturating_sub(before)
            })
            .sum();
        if moved < MOVED {
            return;
        }
        ends.told = true;
        let most = Finish::ALL.into_iter().max_by_key(|how| {
            let (lately, before) = share(*how);
            lately.saturating_sub(before)
        });
        let Some(most) = most else { return };
        let (lately, before) = share(most);
        let text = format!(
            "answers of {} end otherwise than before: {}",
            at.node.name,
            most.word()
        );
        found.add(
            &FINISH_SHIFT,
            at.node,
            text,
            format!("{lately}% of the last {LATELY}, {before}% before"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_api_has_its_words() {
        for word in [
            "length",
            "max_tokens",
            "MAX_TOKENS",
            "FinishReason.MAX_TOKENS",
        ] {
            assert_eq!(Finish::of(word), Finish::Length, "{word}");
        }
        for word in [
            "content-filter",
            "content_filter",
            "SAFETY",
            "refusal",
            "guardrail_intervened",
        ] {
            assert_eq!(Finish::of(word), Finish::Filter, "{word}");
        }
        for word in ["tool-calls", "tool_use", "function_call", "TOOL_CALLS"] {
            assert_eq!(Finish::of(word), Finish::Tool, "{word}");
        }
        assert_eq!(Finish::of("end_turn"), Finish::Stop);
        assert_eq!(Finish::of("pause_turn"), Finish::Other);
    }
}
