//! What was told of calls' phases and is not believed: clocks that contradict each other, first
//! tokens that cannot be, and sources that are known to be wrong.

use super::rules::{
    CLOCK_SKEW, FIRST_TOKEN_AFTER_END, FIRST_TOKEN_IMPOSSIBLE, FIRST_TOKEN_REFUSED, Rule,
};
use super::walk::{At, Check, Found};
use crate::model::phases::{Doubt, Doubted};
use std::sync::Arc;

/// What was told once, and how often it was seen: a finding each for what one source says.
#[derive(Default)]
pub(super) struct Timing {
    seen: Vec<Seen>,
}

struct Seen {
    rule: &'static Rule,
    source: Arc<str>,
    /// Where the finding stands, and what it says of the first call.
    place: usize,
    first: String,
    calls: u64,
}

fn rule(doubt: &Doubt) -> &'static Rule {
    match doubt.about {
        Doubted::Skew(_) => &CLOCK_SKEW,
        Doubted::Outside(_) | Doubted::LongerThanCall(..) => &FIRST_TOKEN_IMPOSSIBLE,
        Doubted::AfterEnd(_) => &FIRST_TOKEN_AFTER_END,
        Doubted::Whole(_) | Doubted::WrongStart(_) => &FIRST_TOKEN_REFUSED,
    }
}

impl Check for Timing {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let Some(call) = at.node.call.as_deref() else {
            return;
        };
        // What only a record of its end tells of, its beginning unseen, takes no time that could be
        // too short.
        let node = at.node;
        let unbegun = node.end == Some(node.start) && node.sources.iter().all(|s| !s.is_span);
        for doubt in &call.phases.doubts {
            let rule = rule(doubt);
            if unbegun && rule.name == FIRST_TOKEN_IMPOSSIBLE.name {
                continue;
            }
            let same = |s: &&mut Seen| s.rule.name == rule.name && s.source == doubt.source;
            if let Some(seen) = self.seen.iter_mut().find(same) {
                seen.calls += 1;
                let message = format!("{}; so {} calls", seen.first, seen.calls);
                if let Some(finding) = found.list.get_mut(seen.place) {
                    finding.message = message;
                }
                continue;
            }
            let first = doubt.to_string();
            found.add(rule, at.node, first.clone(), doubt.source.to_string());
            self.seen.push(Seen {
                rule,
                source: doubt.source.clone(),
                place: found.list.len() - 1,
                first,
                calls: 1,
            });
        }
    }
}
