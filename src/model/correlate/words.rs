//! What a node is called and what went wrong with it, in words.

use super::build::{Builder, WITHHELD};
use super::place::Group;
use super::request::untitled;
use crate::model::evidence::{Field, Op};
use crate::model::node::UNOWNED;
use std::sync::Arc;

impl Builder<'_> {
    /// What it is called, and what tells it from its namesakes.
    pub(super) fn name(&self, group: &Group) -> (Arc<str>, Option<Arc<str>>) {
        let text = |field| self.text(group, field);
        let own = || text(Field::DisplayName).unwrap_or_else(|| self.sent(group));
        match group.op {
            Op::Turn => match text(Field::Title) {
                Some(title) if !title.starts_with(WITHHELD) => (title, None),
                Some(withheld) => untitled(withheld),
                None if self.command(group) || self.flag(group, Field::Machine) => (own(), None),
                None => untitled(own()),
            },
            Op::Agent => (text(Field::AgentName).unwrap_or_else(own), None),
            Op::Workflow => (text(Field::WorkflowName).unwrap_or_else(own), None),
            Op::Call | Op::Engine | Op::Embedding => (
                text(Field::ResponseModel)
                    .or_else(|| text(Field::RequestModel))
                    .unwrap_or_else(own),
                None,
            ),
            Op::Tool | Op::ToolStart => (
                text(Field::ToolName).unwrap_or_else(own),
                text(Field::ToolDetail),
            ),
            Op::Handoff => {
                let to = text(Field::HandoffTo);
                let named = |to: Arc<str>| format!("handoff to {to}").into();
                (to.map_or_else(own, named), None)
            }
            // Words for a person's wait are wrong where nobody was waited for.
            Op::Wait if self.at_once(group) => (self.sent(group), None),
            _ => (own(), None),
        }
    }

    /// Its detail; of what ran while several agents did, that nobody tells whose it is.
    pub(super) fn detail(&self, group: &Group, own: Option<Arc<str>>) -> Option<Arc<str>> {
        if !self.places.unowned.contains(&self.groups.of(group.anchor)) {
            return own;
        }
        let both = |own: Arc<str>| format!("{own} ({UNOWNED})").into();
        Some(own.map_or_else(|| UNOWNED.into(), both))
    }

    /// The name that its span or record was sent with.
    fn sent(&self, group: &Group) -> Arc<str> {
        let anchor = self.forest.pieces[group.anchor].evidence;
        self.cx.texts.text(anchor.name)
    }

    /// What went wrong, in words: with the kind of error before them where they do not have it.
    pub(super) fn error(&self, group: &Group) -> Option<Arc<str>> {
        let told = || group.pieces.iter().map(|&i| self.forest.pieces[i].evidence);
        if !told().any(|e| e.failed) {
            return None;
        }
        let mut facts = told().map(|e| &e.facts);
        let Some(told) = facts.find(|f| f.of(Field::Error).is_some()) else {
            let kind = self.text(group, Field::ErrorType);
            return Some(kind.unwrap_or_else(|| "failed".into()));
        };
        let text = |field: Field| told.text(field).map(|sym| self.cx.texts.text(sym));
        let words = text(Field::Error)?;
        let kind = text(Field::ErrorType).filter(|kind| !names(&words, kind));
        Some(kind.map_or_else(|| words.clone(), |kind| format!("{kind}: {words}").into()))
    }
}

/// Whether an error's words have its kind in them, however either is spelled; of a qualified name
/// (`openai.BadRequestError`) the last part counts.
fn names(words: &str, kind: &str) -> bool {
    let bare = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let last = kind.rsplit(['.', ':']).next().unwrap_or(kind);
    bare(words).contains(&bare(last))
}
