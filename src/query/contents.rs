//! What a query needs to know that nodes do not hold: what was sent with them. Who keeps the bytes
//! reads them; the language only asks.

use super::text::{contains, holds};
use crate::model::detail::{Message, Value};
use crate::model::node::Node;

/// Reads what was sent with a node.
pub trait Contents: std::fmt::Debug {
    /// Each value of an attribute: of the node's own evidence, its events and its resource.
    fn attribute(&self, node: &Node, key: &str, each: &mut dyn FnMut(&Value));

    /// Each attribute of the node's own evidence, its events and its resource.
    fn attributes(&self, node: &Node, each: &mut dyn FnMut(&str, &Value));

    /// The words may stand in what was sent with the node; false only if they do not. It is told
    /// without parsing anything.
    fn may_hold(&self, node: &Node, words: &Words) -> bool;

    /// The words stand in some text that was sent with the node.
    fn holds(&self, node: &Node, words: &Words) -> bool;

    /// The words were said in the node: answered by the model, or new in what it read; a tool's
    /// arguments and its result. What a model read before already was said elsewhere.
    fn says(&self, node: &Node, words: &Words) -> bool;

    /// The messages of a model call, or a tool's call and its result.
    fn messages(&self, node: &Node) -> Vec<Message>;

    /// Bytes of what was sent with the node.
    fn weight(&self, node: &Node) -> usize;
}

/// Nothing was sent with anything.
#[derive(Clone, Copy, Debug)]
pub struct NoContents;

impl Contents for NoContents {
    fn attribute(&self, _: &Node, _: &str, _: &mut dyn FnMut(&Value)) {}
    fn attributes(&self, _: &Node, _: &mut dyn FnMut(&str, &Value)) {}
    fn may_hold(&self, _: &Node, _: &Words) -> bool {
        false
    }
    fn holds(&self, _: &Node, _: &Words) -> bool {
        false
    }
    fn says(&self, _: &Node, _: &Words) -> bool {
        false
    }
    fn messages(&self, _: &Node) -> Vec<Message> {
        Vec::new()
    }
    fn weight(&self, _: &Node) -> usize {
        0
    }
}

/// Words that are looked for, in all the forms in which they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// In lower case.
    plain: String,
    /// As they stand within JSON text, where that differs: with and without `\u` escapes.
    escaped: Vec<String>,
}

impl Words {
    /// Words as a person writes them.
    pub fn new(text: &str) -> Self {
        let plain = text.to_lowercase();
        let (mut quoted, mut ascii) = (String::new(), String::new());
        for c in plain.chars() {
            let slash = match c {
                '"' | '\\' => Some(c),
                '\n' => Some('n'),
                '\t' => Some('t'),
                _ => None,
            };
            if let Some(c) = slash {
                quoted.extend(['\\', c]);
                ascii.extend(['\\', c]);
                continue;
            }
            quoted.push(c);
            if c.is_ascii() {
                ascii.push(c);
            } else {
                let mut units = [0; 2];
                let units = c.encode_utf16(&mut units);
                ascii.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
        let mut escaped = vec![quoted, ascii];
        escaped.dedup();
        escaped.retain(|form| *form != plain);
        Self { plain, escaped }
    }

    /// In lower case.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// They stand in a text, or in JSON text within it.
    pub fn are_in(&self, text: &str) -> bool {
        let escaped = || self.escaped.iter().any(|form| contains(text, form));
        contains(text, &self.plain) || escaped()
    }

    /// They may stand in a text that is somewhere in these bytes; false only if they do not.
    pub fn may_be_in(&self, bytes: &[u8]) -> bool {
        !self.plain.is_ascii()
            || holds(bytes, self.plain.as_bytes())
            || self
                .escaped
                .iter()
                .any(|form| holds(bytes, form.as_bytes()))
    }
}

/// The texts, numbers and truth values within a value, as text. Nothing recurses.
pub fn scalars(value: &Value, each: &mut dyn FnMut(&str)) {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Text(text) => each(text),
            Value::Int(n) => each(&n.to_string()),
            Value::Double(n) => each(&n.to_string()),
            Value::Bool(truth) => each(if *truth { "true" } else { "false" }),
            Value::List(all) => waiting.extend(all.iter().rev()),
            Value::Map(all) => waiting.extend(all.iter().rev().map(|(_, v)| v)),
            Value::Null | Value::Bytes(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_json_text_too() {
        let sent = serde_json::json!({"a": "say \"Ärger\" C:\\x\nend"}).to_string();
        let escaped = sent.replace('Ä', "\\u00e4");
        for text in [&sent, &escaped] {
            for word in ["say \"", "ärger", "C:\\X", "x\nEND"] {
                let words = Words::new(word);
                assert!(words.are_in(text), "{word} in {text}");
                assert!(words.may_be_in(text.as_bytes()), "{word} in {text}");
            }
        }
        assert!(!Words::new("argers").may_be_in(sent.as_bytes()));
    }
}
