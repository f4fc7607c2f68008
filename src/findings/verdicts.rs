//! What evaluations, guardrails and people judged.

use super::rules::VERDICT_FAILED;
use super::walk::{At, Check, Found};

/// Verdicts that went against a row.
#[derive(Default)]
pub(super) struct Verdicts;

impl Check for Verdicts {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let told = at.node.remarks.iter().flat_map(|r| &r.verdicts);
        for verdict in told.filter(|v| v.passed == Some(false)) {
            let text = format!("{}: {}", at.node.name, verdict.text());
            let why = verdict.why.as_deref().unwrap_or_default().to_owned();
            found.add(&VERDICT_FAILED, at.node, text, why);
        }
    }
}
