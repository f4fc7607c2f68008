//! The table of rules: their names, how much each matters, what it looks for and what it lets
//! pass. Configuration, command line and documentation are read from it.

use crate::model::finding::Severity::{self, Error, Info, Warning};
use std::fmt::Write as _;

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// How much what it finds matters at most.
    pub severity: Severity,
    /// What it looks for.
    pub finds: &'static str,
    /// What looks alike and is let pass; empty where nothing does.
    pub spares: &'static str,
}

macro_rules! rules {
    ($($id:ident $name:literal $severity:ident: $finds:literal $(, not $spares:literal)?;)*) => {
        $(pub(super) static $id: Rule = Rule {
            name: $name,
            severity: $severity,
            finds: $finds,
            spares: concat!($($spares)?),
        };)*
        /// All rules, in the order of the documentation.
        pub static RULES: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    TOOL_LOOP "tool-loop" Warning: "one tool with the same arguments, or the same few in turn, three times over",
        not "retries after an error, polling, calls made at once";
    SAME_ERROR "same-error" Warning: "a tool or model that fails three times with the same error",
        not "errors that differ in more than numbers";
    RETRY_STORM "retry-storm" Error: "a call with five attempts or more, or five failed calls of a model in a row within minutes",
        not "failures with answers between them";
    CUT_OFF "answer-cut-off" Warning: "an answer that ended at its length limit",
        not "probes for a single token";
    FILTERED "answer-filtered" Warning: "an answer that a content filter or a refusal ended";
    FINISH_SHIFT "finish-shift" Info: "the reasons for which a model's last twenty answers ended are others than before";
    CONTEXT_FULL "context-nearly-full" Error: "a context nine tenths full; an error once it is beyond its window",
        not "the same context again until it shrank";
    CACHE_LOST "cache-lost" Warning: "less than half of what the call before had in the cache is read from it, with the first message that differs and what it cost more where contents and prices tell; for information where it may have expired",
        not "a shorter prompt, another conversation or another model";
    BEYOND_P95 "beyond-p95" Warning: "a model call or tool that runs three times as long as 95 of 100 others of that model or tool in the session",
        not "what waits for a person, or has fewer than five to compare with";
    SILENCE "silence" Warning: "no sign of life for three times as long as 95 of 100 pauses of the session",
        not "idle sessions, and those that wait for a person";
    OTHER_MODEL "other-model" Warning: "another model has answered than was asked for",
        not "aliases, dated snapshots and names that the price table does not know";
    NEVER_ANSWERED "never-answered" Warning: "a tool call or model call without an end, after which its agent went on or nothing came any more",
        not "agents and tools that work in the background";
    CLAIMED_DIFFERS "claimed-differs" Info: "an agent claims other tokens than its model calls add up to",
        not "claims of a part of them, and sums that are not complete";
    METRICS_DISAGREE "metrics-disagree" Info: "metrics of a session count other calls, tokens, costs or durations than its calls tell",
        not "sessions that go on, metrics not sent yet, failed calls that one side counts, rounding, and a few ms a call";
    VERDICT_FAILED "verdict-failed" Warning: "an evaluation, a guardrail or a person judged against it",
        not "scores without a word for whether that is good";
    ORPHANS "orphan-spans" Info: "spans whose parent never came",
        not "parents that may still come: live, a minute is waited";
    TRUNCATED "truncated" Info: "attributes or texts were left out or cut short before they were sent";
    SAMPLED "sampled" Info: "only a share of the traces is sent, so all sums are of that share",
        not "a share of one";
    CLOCK_AHEAD "clock-ahead" Info: "the sender's clock is ahead: it tells of times after the arrival";
    NO_MODEL_CALLS "no-model-calls" Info: "agents or tools ran, and not one model call is told: the library that makes them is not instrumented",
        not "sessions that still run";
    CLOCK_SKEW "clock-skew" Warning: "an engine's clock and its client's contradict each other: its span lies outside of the call",
        not "clocks within 10 ms";
    FIRST_TOKEN_IMPOSSIBLE "first-token-impossible" Warning: "a first token outside of its call, or an engine that tells of more time than its client waited";
    FIRST_TOKEN_AFTER_END "first-token-after-end" Info: "a first token after its call's span had ended: how long decoding took is in no span";
    FIRST_TOKEN_REFUSED "first-token-refused" Info: "a first-token time that is known to be wrong: measured from another moment, or the whole call where nothing was streamed";
    PARENT_CYCLE "parent-cycle" Warning: "spans that are each other's parents";
    JOINED_MIDWAY "joined-midway" Info: "the session was going on before anybody listened";
    CONTENT_DROPPED "content-dropped" Info: "contents went to hold the memory limit";
}

/// The rule of a name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|r| r.name == name)
}

/// The table as Markdown, as the README has it.
pub fn table() -> String {
    let mut out = String::from("| rule | | finds | lets pass |\n|---|---|---|---|\n");
    for rule in RULES {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            rule.name,
            rule.severity.name(),
            rule.finds,
            rule.spares
        );
    }
    out
}
