//! Two runs side by side: their steps aligned, what differs in path, outcome, tokens, cost, time and
//! prompts, and the step where they parted. Pure: nodes in, comparison out.

mod align;
mod prompt;
mod step;

pub use prompt::{PromptDifference, first_prompt_difference};
pub use step::{Outcome, Run, Step, run};

use align::align;

/// One line of the comparison: a step of one run and its counterpart in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Place among the steps of the first run.
    pub a: Option<usize>,
    /// Place among the steps of the second.
    pub b: Option<usize>,
    /// What differs, where both have it.
    pub differs: Vec<Differs>,
}

/// In what two counterparts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    /// One failed, or never ended, and the other did not.
    Outcome,
    /// The arguments of a tool.
    Arguments,
    /// The model that answered.
    Model,
    /// How often it was tried.
    Attempts,
    /// Why the model stopped.
    Finish,
}

impl Differs {
    /// A word for it, as the report has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Arguments => "arguments",
            Self::Model => "model",
            Self::Attempts => "attempts",
            Self::Finish => "finish",
        }
    }
}

/// Why two runs parted at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Only the first run has it.
    OnlyA,
    /// Only the second run has it.
    OnlyB,
    /// Both have it, with another outcome.
    Outcome,
}

impl Why {
    /// A word for it, as the report has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnlyA => "only_in_a",
            Self::OnlyB => "only_in_b",
            Self::Outcome => "outcome",
        }
    }
}

/// Two runs compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The first.
    pub a: Run,
    /// The second.
    pub b: Run,
    /// Steps with their counterparts, in the order of the first run.
    pub pairs: Vec<Pair>,
    /// The first pair at which the runs went apart, and why.
    pub parted: Option<(usize, Why)>,
    /// The first message that a model read in one run and not in the other.
    pub prompt: Option<PromptDifference>,
    /// The runs are so long that they were aligned in parts.
    pub in_parts: bool,
}

/// Compares two runs. What models read is compared apart, see [`first_prompt_difference`].
pub fn compare(a: Run, b: Run) -> Comparison {
    let (pairs, in_parts) = align(&a.steps, &b.steps);
    let pairs: Vec<Pair> = pairs
        .into_iter()
        .map(|(left, right)| {
            let both = left
                .and_then(|i| a.steps.get(i))
                .zip(right.and_then(|i| b.steps.get(i)));
            let differs = both.map_or_else(Vec::new, |(l, r)| differences(l, r));
            Pair {
                a: left,
                b: right,
                differs,
            }
        })
        .collect();
    let parted = parted(&a, &b, &pairs);
    Comparison {
        a,
        b,
        pairs,
        parted,
        prompt: None,
        in_parts,
    }
}

fn differences(a: &Step, b: &Step) -> Vec<Differs> {
    let mut differs = Vec::new();
    let mut note = |other: bool, what| differs.extend(other.then_some(what));
    note(a.outcome != b.outcome, Differs::Outcome);
    note(a.arguments != b.arguments, Differs::Arguments);
    note(a.model != b.model, Differs::Model);
    note(a.attempts != b.attempts, Differs::Attempts);
    note(
        a.finish != b.finish && a.outcome == b.outcome,
        Differs::Finish,
    );
    differs
}

/// The first pair at which the runs went apart: a step that the other has not, or that ended
/// otherwise. What frames other steps ends as they do: it counts only where none of them parted.
fn parted(a: &Run, b: &Run, pairs: &[Pair]) -> Option<(usize, Why)> {
    let mut frames = None;
    for (at, pair) in pairs.iter().enumerate() {
        let step = |run: &Run, at: Option<usize>| at.and_then(|i| run.steps.get(i).cloned());
        match (step(a, pair.a), step(b, pair.b)) {
            (Some(_), None) => return Some((at, Why::OnlyA)),
            (None, Some(_)) => return Some((at, Why::OnlyB)),
            (Some(l), Some(r)) if l.outcome.parts(r.outcome) => {
                if !l.frames && !r.frames {
                    return Some((at, Why::Outcome));
                }
                frames = frames.or(Some((at, Why::Outcome)));
            }
            _ => {}
        }
    }
    frames
}
