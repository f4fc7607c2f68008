//! What a rule found in the picture: said in words, with the place where it is seen.

use super::ids::{NodeId, SessionId};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something to know.
    Info,
    /// Something is not as it should be.
    Warning,
    /// Something failed.
    Error,
}

impl Severity {
    /// All of them, the mildest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// The severity of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == word)
    }

    /// The word of the report (`spanfall.report/1`, `findings[].severity`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's kebab-case name: `parent-cycle`.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The session that it is about.
    pub session: SessionId,
    /// The node that shows it; `None` where it is the session as a whole.
    pub node: Option<NodeId>,
    /// When it began, ns since the epoch; 0 where it has no time.
    pub at: u64,
    /// What was found, in a sentence.
    pub message: String,
    /// The figures that it rests on; empty where the sentence says all.
    pub evidence: String,
}
