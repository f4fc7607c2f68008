//! Paths into what a value holds: a document in a text, maps and lists, or a list that was flattened
//! into many keys. `-1` is the last of a list, `*` the first of a list or map, `[]` each of a list;
//! `role=user` goes on only in a map whose `role` is the text `user`, or in the last such map of a list
//! (`message/role=user`: whose `message` has it; of a list that is asked so, any thing; with `&` all must
//! hold: `role=user&parts/type=text`). A text on the way that is a document is opened.

use super::document::document;
use super::read::plain;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Stands for each thing of a list.
const EACH: &str = "[]";
/// Of what `[]` leads to so much is read.
const MOST: usize = 64;

/// Somewhere in what a value holds.
pub trait Place: Clone {
    /// The things of a list, in order; `None` of what is no list.
    fn items(&self) -> Option<Vec<Self>>;
    /// A map's member.
    fn member(&self, key: &str) -> Option<Self>;
    /// A map's first member.
    fn first(&self) -> Option<Self>;
    /// A plain text or number.
    fn plain(&self) -> Option<Cow<'_, str>>;
    /// A text, which may be a document.
    fn text(&self) -> Option<&str>;
}

/// A path's first step and the rest; `None` at its end.
fn step(path: &str) -> Option<(&str, &str)> {
    match path {
        "" | "." => None,
        _ => Some(path.split_once('.').unwrap_or((path, ""))),
    }
}

/// Adds the plain values that a path leads to: one at most, unless it has `[]`. Goes as deep as the
/// table's path is long, whatever a sender nests.
pub fn walk<P: Place>(from: P, path: &str, found: &mut Vec<String>) {
    let (mut at, mut path) = (from, path);
    while let Some((step, rest)) = step(path) {
        if let Some(text) = at.text() {
            if let Some(json) = document(text) {
                walk(&json, path, found);
            }
            return;
        }
        let next = match at.items() {
            Some(items) if step == EACH => {
                for item in items.into_iter().take(MOST) {
                    walk(item, rest, found);
                }
                return;
            }
            Some(items) if step.contains('=') => items.into_iter().rfind(|item| holds(item, step)),
            Some(mut items) => index(step, items.len()).map(|i| items.swap_remove(i)),
            None if step.contains('=') => holds(&at, step).then_some(at),
            None if step == "*" => at.first(),
            None => at.member(step),
        };
        let Some(next) = next else { return };
        (at, path) = (next, rest);
    }
    found.extend(at.plain().map(Cow::into_owned));
}

/// Whether all conditions of a step hold.
fn holds<P: Place>(place: &P, step: &str) -> bool {
    let mut conditions = step.split('&').filter_map(|one| one.split_once('='));
    conditions.all(|(key, wanted)| says(place.clone(), key, wanted))
}

/// Whether what a key leads to is this text; of a list on the way any thing may say so.
fn says<P: Place>(place: P, key: &str, wanted: &str) -> bool {
    let mut at = vec![place];
    for key in key.split('/') {
        at = at.iter().filter_map(|place| place.member(key)).collect();
        at = at.into_iter().flat_map(each).collect();
    }
    at.iter()
        .any(|there| there.plain().as_deref() == Some(wanted))
}

/// The first things of a list; anything else by itself.
fn each<P: Place>(place: P) -> Vec<P> {
    match place.items() {
        Some(items) => items.into_iter().take(MOST).collect(),
        None => vec![place],
    }
}

fn index(step: &str, len: usize) -> Option<usize> {
    let at = match step.strip_prefix('-') {
        None if step == "*" => Some(0),
        Some(back) => len.checked_sub(back.parse().ok()?),
        None => step.parse().ok(),
    };
    at.filter(|at| *at < len)
}

impl Place for &serde_json::Value {
    fn items(&self) -> Option<Vec<Self>> {
        Some(self.as_array()?.iter().collect())
    }

    fn member(&self, key: &str) -> Option<Self> {
        self.get(key)
    }

    fn first(&self) -> Option<Self> {
        self.as_object()?.values().next()
    }

    fn plain(&self) -> Option<Cow<'_, str>> {
        match self {
            serde_json::Value::String(s) => Some(Cow::Borrowed(s)),
            serde_json::Value::Number(n) => Some(Cow::Owned(n.to_string())),
            serde_json::Value::Bool(b) => Some(Cow::Owned(b.to_string())),
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        self.as_str()
    }
}

impl Place for &AnyValue {
    fn items(&self) -> Option<Vec<Self>> {
        match self.value.as_ref()? {
            Value::ArrayValue(list) => Some(list.values.iter().collect()),
            _ => None,
        }
    }

    fn member(&self, key: &str) -> Option<Self> {
        match self.value.as_ref()? {
            Value::KvlistValue(map) => {
                let there = map.values.iter().find(|kv| kv.key == key)?;
                there.value.as_ref()
            }
            _ => None,
        }
    }

    fn first(&self) -> Option<Self> {
        match self.value.as_ref()? {
            Value::KvlistValue(map) => map.values.first()?.value.as_ref(),
            _ => None,
        }
    }

    fn plain(&self) -> Option<Cow<'_, str>> {
        plain(self)
    }

    fn text(&self) -> Option<&str> {
        match self.value.as_ref()? {
            Value::StringValue(text) => Some(text),
            _ => None,
        }
    }
}

/// A list or map whose parts are attributes of their own: `gen_ai.prompt.0.role` and its like.
#[derive(Clone)]
pub struct Flat<'a> {
    /// What is left of each key, and its value.
    parts: Vec<(&'a str, &'a AnyValue)>,
}

impl<'a> Flat<'a> {
    /// What keys with this beginning make up, the dot at its end included; `None` without any.
    pub fn new(attributes: &'a [KeyValue], prefix: &str) -> Option<Self> {
        let part = |kv: &'a KeyValue| Some((kv.key.strip_prefix(prefix)?, kv.value.as_ref()?));
        let parts: Vec<_> = attributes.iter().filter_map(part).collect();
        (!parts.is_empty()).then_some(Self { parts })
    }

    fn value(&self) -> Option<&'a AnyValue> {
        match *self.parts.as_slice() {
            [("", value)] => Some(value),
            _ => None,
        }
    }
}

impl Place for Flat<'_> {
    fn items(&self) -> Option<Vec<Self>> {
        let mut items: BTreeMap<usize, Self> = BTreeMap::new();
        for &(key, value) in &self.parts {
            let (index, rest) = key.split_once('.').unwrap_or((key, ""));
            if let Ok(index) = index.parse() {
                let item = items.entry(index).or_insert(Self { parts: Vec::new() });
                item.parts.push((rest, value));
            }
        }
        (!items.is_empty()).then(|| items.into_values().collect())
    }

    fn member(&self, key: &str) -> Option<Self> {
        let rest = |whole: &'_ str| {
            let rest = whole.strip_prefix(key)?;
            let whole = rest.is_empty() || rest.starts_with('.');
            whole.then_some(key.len() + usize::from(!rest.is_empty()))
        };
        let part = |&(name, value)| Some((str::get(name, rest(name)?..)?, value));
        let parts: Vec<_> = self.parts.iter().filter_map(part).collect();
        (!parts.is_empty()).then_some(Self { parts })
    }

    fn first(&self) -> Option<Self> {
        let name = self.parts.first()?.0.split('.').next()?;
        self.member(name)
    }

    fn plain(&self) -> Option<Cow<'_, str>> {
        plain(self.value()?)
    }

    fn text(&self) -> Option<&str> {
        match self.value()?.value.as_ref()? {
            Value::StringValue(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValueList};

    fn all<P: Place>(from: P, path: &str) -> Vec<String> {
        let mut found = Vec::new();
        walk(from, path, &mut found);
        found
    }

    fn any(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    fn pair(key: &str, value: AnyValue) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(value),
            ..KeyValue::default()
        }
    }

    fn text(key: &str, text: &str) -> KeyValue {
        pair(key, any(Value::StringValue(text.to_owned())))
    }

    #[test]
    fn a_condition_finds_the_last_that_says_so() {
        let said = serde_json::json!([
            {"role": "user", "content": "one"},
            {"role": "user", "content": "two", "calls": [{"id": "a"}, {"id": 7}, {}]},
            {"role": "system", "content": "rules"},
        ]);
        assert_eq!(all(&said, "role=user.content"), ["two"]);
        assert_eq!(all(&said, "-1.role=user.content"), [""; 0]);
        assert_eq!(all(&said, "role=user.calls.[].id"), ["a", "7"]);
        assert_eq!(all(&said, "role=user.calls.9.id"), [""; 0]);
    }

    #[test]
    fn lists_of_attributes_are_walked_as_documents_are() {
        let message = |role: &str, said: &str| {
            let values = vec![text("role", role), text("content", said)];
            any(Value::KvlistValue(KeyValueList { values }))
        };
        let values = vec![message("user", "one"), message("tool", "done")];
        let list = any(Value::ArrayValue(ArrayValue { values }));
        assert_eq!(all(&list, "role=user.content"), ["one"]);
        assert_eq!(all(&list, "-1.role"), ["tool"]);
        assert_eq!(all(&list, "-3.role"), [""; 0]);
    }

    #[test]
    fn a_list_that_was_flattened_is_a_list() {
        // OpenInference: the indexes need not come in order, nor start at 0.
        let attributes = [
            text("llm.input_messages.10.message.role", "tool"),
            text("llm.input_messages.2.message.role", "user"),
            text("llm.input_messages.2.message.content", "the question"),
            text(
                "llm.input_messages.9.message.tool_calls.0.tool_call.id",
                "a",
            ),
            text(
                "llm.input_messages.9.message.tool_calls.1.tool_call.id",
                "b",
            ),
            text(
                "llm.input_messages.99999999999999999999.message.role",
                "user",
            ),
            text("llm.input_messages_count", "3"),
        ];
        let flat = Flat::new(&attributes, "llm.input_messages.").map(|flat| {
            let path = |path| all(flat.clone(), path);
            assert_eq!(path("message/role=user.message.content"), ["the question"]);
            assert_eq!(path("-1.message.role"), ["tool"]);
            assert_eq!(path("-2.message.tool_calls.[].tool_call.id"), ["a", "b"]);
            assert_eq!(path("-1.message.ro"), [""; 0], "no part of a name");
        });
        assert!(flat.is_some());
        assert!(Flat::new(&attributes, "gen_ai.prompt.").is_none());
    }
}
