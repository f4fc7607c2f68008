//! What evidence says of a node besides what it did: what a tool was asked and answered, what was
//! lost on the way, and what somebody judged of it.

use super::evidence::Field;
use std::sync::Arc;

/// What else is told of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remarks {
    /// Stands for all of a tool's arguments: equal ones have equal numbers.
    pub arguments: Option<u64>,
    /// Stands for a tool's whole answer.
    pub result: Option<u64>,
    /// Attributes, events and links that the sender says it left out (OTLP `dropped_…_count`).
    pub lost: u64,
    /// The key of a text that was cut short before it was sent.
    pub cut: Option<Arc<str>>,
    /// So many of a million traces are sent, this one among them; `None` where nobody told.
    pub sampled_ppm: Option<u64>,
    /// What was judged of it, in the order told.
    pub verdicts: Vec<Verdict>,
}

/// What an evaluation, a guardrail or a person said of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What was looked at: `Relevance`, `pii`.
    pub name: Arc<str>,
    /// The judgement in a word.
    pub label: Option<Arc<str>>,
    /// The score as reported; its scale is the reporter's.
    pub score: Option<Arc<str>>,
    /// Whether that is good; `None` where neither a word nor a flag tells.
    pub passed: Option<bool>,
    /// Why, in the judge's words.
    pub why: Option<Arc<str>>,
}

/// Words that say "good", and words that say "bad", whatever their case.
const GOOD: [&str; 14] = [
    "pass", "passed", "true", "ok", "success", "safe", "allow", "allowed", "correct", "yes",
    "good", "none", "relevant", "factual",
];
const BAD: [&str; 22] = [
    "fail",
    "failed",
    "false",
    "unsafe",
    "block",
    "blocked",
    "deny",
    "denied",
    "reject",
    "rejected",
    "incorrect",
    "no",
    "bad",
    "triggered",
    "tripwire_triggered",
    "intervened",
    "guardrail_intervened",
    "guardrail_failed_to_respond",
    "hallucinated",
    "toxic",
    "irrelevant",
    "thumbs_down",
];

/// The facts that a verdict is told by: name, label, score, a word for whether it passed, why.
pub const VERDICT: [Field; 5] = [
    Field::VerdictName,
    Field::VerdictLabel,
    Field::VerdictScore,
    Field::VerdictPassed,
    Field::VerdictWhy,
];

/// What separates the parts of a verdict, and one verdict from the next, in a fact's text.
const PART: char = '\u{1f}';
const NEXT: char = '\u{1e}';

impl Verdict {
    /// From its parts as told, in the order of [`VERDICT`]. `None` where nothing is judged.
    pub fn of(parts: [Option<&str>; 5]) -> Option<Self> {
        let [name, label, score, passed, why] = parts.map(|p| p.filter(|p| !p.trim().is_empty()));
        label.or(score).or(passed)?;
        let meaning = |word: &str| {
            let is = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(word.trim()));
            is(&GOOD).then_some(true).or(is(&BAD).then_some(false))
        };
        Some(Self {
            name: name.unwrap_or("verdict").into(),
            label: label.or(passed.filter(|_| score.is_none())).map(Into::into),
            score: score.map(Into::into),
            passed: passed.and_then(meaning).or_else(|| label.and_then(meaning)),
            why: why.map(Into::into),
        })
    }

    /// Several in one text, as [`Verdict::several`] reads them.
    pub fn line(parts: [Option<&str>; 5]) -> String {
        let bare = |p: Option<&str>| p.unwrap_or("").replace([PART, NEXT], " ");
        let mut line = parts.map(bare).join(&PART.to_string());
        line.push(NEXT);
        line
    }

    /// Those of a text made of [`Verdict::line`]s.
    pub fn several(text: &str) -> impl Iterator<Item = Self> {
        text.split(NEXT).filter_map(|line| {
            let mut parts = line.split(PART).map(Some);
            Self::of(std::array::from_fn(|_| parts.next().flatten()))
        })
    }

    /// In a line: `Relevance fail 0.2`.
    pub fn text(&self) -> String {
        let parts = [Some(&self.name), self.label.as_ref(), self.score.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(|p| &**p).collect();
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_or_a_flag_says_whether_it_passed() {
        let verdict = |label, score, passed| Verdict::of([Some("x"), label, score, passed, None]);
        let passed = |label, score, flag| verdict(label, score, flag).map(|v| v.passed);
        assert_eq!(passed(Some("Pass"), None, None), Some(Some(true)));
        assert_eq!(
            passed(Some("hallucinated"), Some("1"), None),
            Some(Some(false))
        );
        assert_eq!(
            passed(None, Some("0.1"), None),
            Some(None),
            "whose scale is it?"
        );
        assert_eq!(passed(None, Some("0.9"), Some("false")), Some(Some(false)));
        assert_eq!(
            verdict(None, None, None),
            None,
            "a name alone judges nothing"
        );
    }

    #[test]
    fn several_stand_in_one_text() {
        let one = Verdict::line([Some("a"), Some("pass"), None, None, None]);
        let two = Verdict::line([
            Some("b\u{1f}b"),
            None,
            Some("3"),
            Some("false"),
            Some("late"),
        ]);
        let read: Vec<_> = Verdict::several(&(one + &two)).collect();
        assert_eq!(read.len(), 2);
        assert_eq!((&*read[1].name, read[1].passed), ("b b", Some(false)));
        assert_eq!(read[1].why.as_deref(), Some("late"));
    }
}
