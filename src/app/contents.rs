//! What was sent with a node, read from its evidence's own bytes when a query asks for it.

use super::detail::{Opened, messages, read};
use crate::convention::content;
use crate::model::detail::{Message, Part, Speaker, Value};
use crate::model::evidence::Evidence;
use crate::model::node::Node;
use crate::model::store::Store;
use crate::query::{Contents, Words, scalars};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use std::fmt;

/// The contents of a store.
#[derive(Clone, Copy)]
pub struct Kept<'a>(pub &'a Store);

impl fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl<'a> Kept<'a> {
    fn evidence(self, node: &Node) -> impl Iterator<Item = &'a Evidence> {
        node.sources
            .iter()
            .filter_map(move |s| self.0.evidence(s.evidence))
    }

    /// Attributes of span or record, of its events and links, and of who sent it.
    fn pairs(self, node: &Node, each: &mut dyn FnMut(&KeyValue)) {
        for evidence in self.evidence(node) {
            match read(self.0, evidence) {
                Some(Opened::Span(span)) => {
                    span.attributes.iter().for_each(&mut *each);
                    let events = span.events.iter().flat_map(|e| &e.attributes);
                    events.for_each(&mut *each);
                    span.links
                        .iter()
                        .flat_map(|l| &l.attributes)
                        .for_each(&mut *each);
                }
                Some(Opened::Log(record)) => record.attributes.iter().for_each(&mut *each),
                None => {}
            }
            let origin = self.0.origin(evidence);
            let resource = origin.and_then(|o| Resource::decode(&*o.resource).ok());
            resource
                .unwrap_or_default()
                .attributes
                .iter()
                .for_each(&mut *each);
        }
    }

    fn opened(self, node: &Node) -> Vec<Opened> {
        self.evidence(node)
            .filter_map(|e| read(self.0, e))
            .collect()
    }
}

fn value(any: Option<&AnyValue>) -> Value {
    any.map_or(Value::Null, content::value)
}

impl Contents for Kept<'_> {
    fn attribute(&self, node: &Node, key: &str, each: &mut dyn FnMut(&Value)) {
        self.pairs(node, &mut |pair| {
            if pair.key == key {
                each(&value(pair.value.as_ref()));
            }
        });
    }

    fn attributes(&self, node: &Node, each: &mut dyn FnMut(&str, &Value)) {
        self.pairs(node, &mut |pair| {
            each(&pair.key, &value(pair.value.as_ref()));
        });
    }

    fn may_hold(&self, node: &Node, words: &Words) -> bool {
        self.evidence(node)
            .any(|e| words.may_be_in(&self.0.bytes(e)))
    }

    fn holds(&self, node: &Node, words: &Words) -> bool {
        let mut found = false;
        let mut look = |value: &Value| scalars(value, &mut |text| found |= words.are_in(text));
        for opened in self.opened(node) {
            match opened {
                Opened::Span(span) => {
                    let own = span.attributes.iter();
                    let events = span.events.iter().flat_map(|e| &e.attributes);
                    own.chain(events)
                        .for_each(|pair| look(&value(pair.value.as_ref())));
                }
                Opened::Log(record) => {
                    record
                        .attributes
                        .iter()
                        .for_each(|pair| look(&value(pair.value.as_ref())));
                    look(&value(record.body.as_ref()));
                }
            }
        }
        found
    }

    fn says(&self, node: &Node, words: &Words) -> bool {
        let messages = self.messages(node);
        new(&messages).any(|m| m.parts.iter().any(|part| tells(part, words)))
    }

    fn messages(&self, node: &Node) -> Vec<Message> {
        messages(node, &self.opened(node))
    }

    fn weight(&self, node: &Node) -> usize {
        self.evidence(node).map(|e| e.bytes.len()).sum()
    }
}

/// The messages that were new: what was written, and what was read after the last answer.
fn new(messages: &[Message]) -> impl Iterator<Item = &Message> {
    let answer = |m: &Message| !m.output && m.speaker == Speaker::Assistant;
    let first = messages.iter().rposition(answer).map_or(0, |i| i + 1);
    let known = move |(i, m): &(usize, &Message)| m.output || *i >= first;
    messages.iter().enumerate().filter(known).map(|(_, m)| m)
}

fn tells(part: &Part, words: &Words) -> bool {
    let within = |value: &Value| {
        let mut found = false;
        scalars(value, &mut |text| found |= words.are_in(text));
        found
    };
    match part {
        Part::Text(text) | Part::Reasoning(text) | Part::Stand(text) => words.are_in(text),
        Part::ToolCall {
            name, arguments, ..
        } => words.are_in(name) || within(arguments),
        Part::ToolResult { result, .. } => within(result),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(speaker: Speaker, output: bool, text: &str) -> Message {
        Message {
            speaker,
            output,
            parts: vec![Part::Text(text.to_owned())],
        }
    }

    #[test]
    fn what_was_read_before_is_not_new() {
        let messages = [
            message(Speaker::System, false, "rules"),
            message(Speaker::User, false, "fix it"),
            message(Speaker::Assistant, false, "reading"),
            message(Speaker::Tool, false, "window"),
            message(Speaker::Assistant, true, "done"),
        ];
        let texts = |from: usize| {
            let new = new(&messages[..from]).flat_map(|m| &m.parts);
            new.map(|p| format!("{p:?}")).collect::<Vec<_>>()
        };
        assert_eq!(texts(5), ["Text(\"window\")", "Text(\"done\")"]);
        assert_eq!(texts(2), ["Text(\"rules\")", "Text(\"fix it\")"]);
    }
}
