//! What was found, as the report has it.

use crate::model::finding::Finding;
use serde::Serialize;

/// Something that seems wrong.
#[derive(Debug, Serialize)]
pub struct FindingRow {
    /// Its rule, in kebab-case.
    pub rule: &'static str,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// The session.
    pub session: String,
    /// The node, where it is about one.
    pub node: Option<String>,
    /// What it is, in words.
    pub message: String,
    /// The figures that it rests on.
    pub evidence: String,
    /// When it began.
    pub at_unix_ns: String,
}

pub(super) fn finding(found: &Finding) -> FindingRow {
    FindingRow {
        rule: found.rule,
        severity: found.severity.name(),
        session: format!("{:016x}", found.session.0),
        node: found.node.map(|n| n.to_string()),
        message: found.message.clone(),
        evidence: found.evidence.clone(),
        at_unix_ns: found.at.to_string(),
    }
}
