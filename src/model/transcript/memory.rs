//! What has been said so far in a transcript, and by whom it is said again in other words: a tool's call
//! is told by the model that asked for it, by the run of the tool and by every later call, not always
//! with an id.

use crate::model::book::{Book, PartId, tool_id};
use crate::model::detail::{Part, Value};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::Arc;

/// When something was said, by number.
pub type Moment = usize;

pub struct Memory<'a> {
    book: &'a Book,
    now: Moment,
    /// When each part was said last.
    said: FxHashMap<PartId, Moment>,
    /// Calls of tools by their ids: when last, and the tool's name; results the same.
    called: FxHashMap<&'a str, (Moment, Arc<str>)>,
    answered: FxHashMap<&'a str, Moment>,
    /// All calls and results that have an id, by it.
    by_id: FxHashMap<&'a str, Vec<PartId>>,
    /// What was said of tools, in order: calls and results that have no id are known by their words.
    of_tools: Vec<(Moment, PartId)>,
    /// Calls of tools that no run has been seen of, by name, the earliest first.
    asked: FxHashMap<&'a str, VecDeque<PartId>>,
}

impl<'a> Memory<'a> {
    pub fn new(book: &'a Book) -> Self {
        Self {
            book,
            now: 0,
            said: FxHashMap::default(),
            called: FxHashMap::default(),
            answered: FxHashMap::default(),
            by_id: FxHashMap::default(),
            of_tools: Vec::new(),
            asked: FxHashMap::default(),
        }
    }

    pub fn now(&self) -> Moment {
        self.now
    }

    /// Time goes on.
    pub fn tick(&mut self) {
        self.now += 1;
    }

    /// A part is said.
    pub fn note(&mut self, id: PartId) {
        self.tick();
        self.said.insert(id, self.now);
        match self.book.part(id) {
            Some(Part::ToolCall {
                id: Some(call),
                name,
                ..
            }) => {
                self.called.insert(call, (self.now, name.as_str().into()));
                self.by_id.entry(call).or_default().push(id);
            }
            Some(Part::ToolResult { id: Some(call), .. }) => {
                self.answered.insert(call, self.now);
                self.by_id.entry(call).or_default().push(id);
            }
            Some(Part::ToolCall { .. } | Part::ToolResult { .. }) => {}
            _ => return,
        }
        self.of_tools.push((self.now, id));
    }

    /// A model has asked for a run of a tool.
    pub fn note_asked(&mut self, id: PartId) {
        if let Some(Part::ToolCall { name, .. }) = self.book.part(id) {
            self.asked.entry(name).or_default().push_back(id);
        }
    }

    /// A tool runs under an id that the words of the model may not have.
    pub fn note_run(&mut self, call: &'a str, name: &Arc<str>) {
        self.called.insert(call, (self.now, name.clone()));
    }

    /// A result is told that others tell under this id.
    pub fn note_answered(&mut self, call: &'a str) {
        self.answered.insert(call, self.now);
    }

    /// The name of the tool that was called under an id.
    pub fn tool(&self, call: &str) -> Option<Arc<str>> {
        self.called.get(call).map(|(_, name)| name.clone())
    }

    /// A tool was called under an id since a moment.
    pub fn was_called(&self, call: &str, since: Moment) -> bool {
        let called = self.called.get(call);
        called.is_some_and(|(moment, _)| *moment >= since)
    }

    /// Something was said since a moment: itself, or the same tool's call or result in other words.
    pub fn knows(&self, id: PartId, since: Moment) -> bool {
        let after = |moment: Option<&Moment>| moment.is_some_and(|m| *m >= since);
        if after(self.said.get(&id)) {
            return true;
        }
        let Some(part) = self.book.part(id) else {
            return false;
        };
        let known = match (part, tool_id(part)) {
            (Part::ToolCall { .. }, Some(call)) => self.was_called(call, since),
            (Part::ToolResult { .. }, Some(call)) => after(self.answered.get(call)),
            (Part::ToolCall { .. } | Part::ToolResult { .. }, None) => false,
            _ => return false,
        };
        // The same call under the same id is the same however long ago; some have numbers for ids.
        let others = tool_id(part).and_then(|call| self.by_id.get(call));
        let mut others = others.into_iter().flatten();
        let repeated = |other: &PartId| self.book.part(*other).is_some_and(|o| repeats(part, o));
        if known || others.any(repeated) {
            return true;
        }
        let recent = self.of_tools.iter().rev();
        let recent = recent.take_while(|(moment, _)| *moment >= since);
        let mut recent = recent.filter_map(|(_, other)| self.book.part(*other));
        recent.any(|other| retells(part, other))
    }

    /// The model's own words for a run of a tool, once: by the id, else by the arguments, else the first
    /// that no run has been seen of.
    pub fn take_asked(&mut self, run: Option<PartId>, name: &str) -> Option<PartId> {
        let book = self.book;
        let run = run.and_then(|run| book.part(run));
        let name = match run {
            Some(Part::ToolCall { name, .. }) => name.as_str(),
            _ => name,
        };
        let waiting = self.asked.get_mut(name)?;
        let id = |asked: &PartId| book.part(*asked).and_then(tool_id);
        let at = match run.and_then(tool_id) {
            Some(own) if waiting.iter().any(|asked| id(asked).is_some()) => {
                waiting.iter().position(|asked| id(asked) == Some(own))
            }
            _ => {
                let same = |asked: &PartId| {
                    let both = run.zip(book.part(*asked));
                    both.is_some_and(|(run, asked)| retells(run, asked))
                };
                let first = (!waiting.is_empty()).then_some(0);
                waiting.iter().position(same).or(first)
            }
        };
        waiting.remove(at?)
    }
}

/// The same id, and the same content as far as both tell it.
fn repeats(one: &Part, other: &Part) -> bool {
    let untold = |value: &Value| matches!(value, Value::Null) || *value == Value::Map(Vec::new());
    match (one, other) {
        (Part::ToolCall { arguments: a, .. }, Part::ToolCall { arguments: b, .. })
        | (Part::ToolResult { result: a, .. }, Part::ToolResult { result: b, .. }) => {
            a == b || untold(a) || untold(b)
        }
        _ => false,
    }
}

/// Two tellers' words for the same call or result of a tool, of whom not both know its id. A
/// program may put something before an id that it tells elsewhere.
fn retells(one: &Part, other: &Part) -> bool {
    let apart = match (tool_id(one), tool_id(other)) {
        (Some(one), Some(other)) => !one.ends_with(other) && !other.ends_with(one),
        _ => false,
    };
    match (one, other) {
        _ if apart => false,
        (
            Part::ToolCall {
                name, arguments, ..
            },
            Part::ToolCall {
                name: other_name,
                arguments: other,
                ..
            },
        ) => name == other_name && arguments == other,
        (Part::ToolResult { result, .. }, Part::ToolResult { result: other, .. }) => {
            match (result, other) {
                (Value::Text(a), Value::Text(b)) => a.trim() == b.trim(),
                (a, b) => a == b,
            }
        }
        _ => false,
    }
}
