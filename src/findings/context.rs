//! The context of calls: how full it is, and whether the prompt cache still holds it.

use super::broken::{self, Broken};
use super::rules::{CACHE_LOST, CONTEXT_FULL};
use super::walk::{At, Check, Found, Place};
use super::words::{count, percent, time};
use crate::model::evidence::key_of;
use crate::model::finding::Severity;
use crate::model::ids::EvidenceId;
use crate::model::node::{Call, Node, NodeKind, State};
use rustc_hash::{FxHashMap, FxHashSet};

/// So much of a hundred is nearly full; below the other it has shrunk.
const FULL: u64 = 90;
const SHRUNK: u64 = 75;
/// Prompts shorter than this are not cached (`OpenAI`: 1,024 tokens; Anthropic: 1,024 and more).
const CACHED_FROM: u64 = 1_024;
/// A cache that was not used for so long may have expired (five minutes, by the providers' own word).
const EXPIRES_NS: u64 = 300_000_000_000;

/// A call that was answered.
struct Before {
    place: Place,
    /// What it was told by.
    evidence: Vec<EvidenceId>,
    /// Tokens that the next call can expect in the cache.
    cached: u64,
    end: u64,
}

/// Contexts that are full, and caches that were lost.
#[derive(Default)]
pub(super) struct Context {
    full: FxHashSet<(u64, u64)>,
    before: FxHashMap<(u64, u64), Before>,
}

impl Check for Context {
    fn look(&mut self, at: &At<'_>, found: &mut Found) {
        let (node, Some(call)) = (at.node, at.node.call.as_deref()) else {
            return;
        };
        if node.kind != NodeKind::Call || node.state != State::Ok {
            return;
        }
        let model = key_of(call.model().map(|m| &**m));
        let key = (at.place.lane, model);
        self.fill(key, node, call, found);
        self.cache(key, at, call, found);
    }
}

impl Context {
    fn fill(&mut self, key: (u64, u64), node: &Node, call: &Call, found: &mut Found) {
        let Some((context, window)) = call.context().zip(call.window) else {
            return;
        };
        let full = percent(context, window);
        if full < SHRUNK {
            self.full.remove(&key);
        } else if full >= FULL && self.full.insert(key) {
            let severity = if full > 100 {
                Severity::Error
            } else {
                Severity::Warning
            };
            let text = format!("the context of {} is {full}% full", node.name);
            let of = format!("{} of {} tokens", count(context), count(window));
            found.mild(&CONTEXT_FULL, severity, node, text, of);
        }
    }

    fn cache(&mut self, key: (u64, u64), at: &At<'_>, call: &Call, found: &mut Found) {
        let usage = &call.usage;
        let (Some(input), Some(read)) = (usage.input, usage.cache_read) else {
            return;
        };
        let written = usage.cache_write.or(usage.cache_write_1h).unwrap_or(0);
        let (node, place) = (at.node, at.place);
        let now = Before {
            place,
            evidence: broken::evidence(node),
            cached: read.saturating_add(written),
            end: node.end.unwrap_or(node.start),
        };
        let Some(before) = self.before.insert(key, now) else {
            return;
        };
        let goes_on = before.place.run == place.run || before.place.root != place.root;
        let longer = input >= before.cached - before.cached / 5;
        let lost = before.cached >= CACHED_FROM && read < before.cached / 2;
        if !(goes_on && longer && lost && before.end <= node.start) {
            return;
        }
        let since = node.start - before.end;
        let expired = since >= EXPIRES_NS;
        let severity = if expired {
            Severity::Info
        } else {
            CACHE_LOST.severity
        };
        let text = format!(
            "the prompt cache was lost: {} tokens that were in it are sent anew",
            count(before.cached - read)
        );
        let why = if expired { "; it may have expired" } else { "" };
        let figures = format!(
            "read {} of {}, {} after the call before{why}",
            count(read),
            count(before.cached),
            time(since)
        );
        found.mild(&CACHE_LOST, severity, node, text, figures);
        let lost = before.cached - read;
        found
            .broken
            .push(Broken::new(node, call, before.evidence, lost));
    }
}
