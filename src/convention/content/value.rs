//! OTLP values and JSON text as [`Value`]s, flattened families of keys unfolded. Nothing recurses.

use super::builder::{Builder, DEPTH};
use super::json;
use crate::model::detail::Value;
use indexmap::IndexMap;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

/// An attribute's value as it was sent. Lists and maps deeper than [`DEPTH`] are replaced by a
/// text that says so; a reference into a profile's string table, which spans and logs do not
/// have, is no value (as OTLP's `common.proto` asks).
pub fn value(any: &AnyValue) -> Value {
    enum Step<'a> {
        Visit(Option<&'a AnyValue>),
        Key(&'a str),
        Close,
    }
    let mut builder = Builder::default();
    let mut steps = vec![Step::Visit(Some(any))];
    while let Some(step) = steps.pop() {
        match step {
            Step::Key(key) => builder.key(key.to_owned()),
            Step::Close => builder.close(),
            Step::Visit(any) => match any.and_then(|any| any.value.as_ref()) {
                Some(Any::ArrayValue(array)) => {
                    steps.push(Step::Close);
                    if builder.list() {
                        steps.extend(array.values.iter().rev().map(|any| Step::Visit(Some(any))));
                    }
                }
                Some(Any::KvlistValue(list)) => {
                    steps.push(Step::Close);
                    if builder.map() {
                        for entry in list.values.iter().rev() {
                            steps.push(Step::Visit(entry.value.as_ref()));
                            steps.push(Step::Key(&entry.key));
                        }
                    }
                }
                Some(Any::StringValue(text)) => builder.leaf(Value::Text(text.clone())),
                Some(Any::BoolValue(truth)) => builder.leaf(Value::Bool(*truth)),
                Some(Any::IntValue(integer)) => builder.leaf(Value::Int(*integer)),
                Some(Any::DoubleValue(double)) => builder.leaf(Value::Double(*double)),
                Some(Any::BytesValue(bytes)) => builder.leaf(Value::Bytes(bytes.clone())),
                Some(Any::StringValueStrindex(_)) | None => builder.leaf(Value::Null),
            },
        }
    }
    builder.finish().unwrap_or(Value::Null)
}

/// Attributes in the sender's order, as sent.
pub fn attributes(pairs: &[KeyValue]) -> Vec<(String, Value)> {
    let read = |pair: &KeyValue| pair.value.as_ref().map_or(Value::Null, value);
    pairs
        .iter()
        .map(|pair| (pair.key.clone(), read(pair)))
        .collect()
}

/// The value with the JSON text in its strings opened up: a string that holds a list or a map,
/// encoded once or several times over, becomes that list or map, and so do the strings inside.
pub fn opened(value: &Value) -> Value {
    enum Step {
        Visit(Value),
        Key(String),
        Close,
    }
    let mut builder = Builder::default();
    let mut steps = vec![Step::Visit(value.clone())];
    while let Some(step) = steps.pop() {
        match step {
            Step::Key(key) => builder.key(key),
            Step::Close => builder.close(),
            Step::Visit(Value::List(items)) => {
                steps.push(Step::Close);
                if builder.list() {
                    steps.extend(items.into_iter().rev().map(Step::Visit));
                }
            }
            Step::Visit(Value::Map(entries)) => {
                steps.push(Step::Close);
                if builder.map() {
                    for (key, value) in entries.into_iter().rev() {
                        steps.push(Step::Visit(value));
                        steps.push(Step::Key(key));
                    }
                }
            }
            Step::Visit(Value::Text(text)) => match json::container(&text) {
                Some(inner) => steps.push(Step::Visit(inner)),
                None => builder.leaf(Value::Text(text)),
            },
            Step::Visit(leaf) => builder.leaf(leaf),
        }
    }
    builder.finish().unwrap_or(Value::Null)
}

/// A flattened key's node: values sent under this very key, and what is below it.
#[derive(Default)]
struct Node<'a> {
    own: Vec<&'a Value>,
    below: IndexMap<&'a str, usize>,
}

/// Unfolds families of flattened keys, as `OpenInference` writes lists: `a.b.12.c.d` becomes an entry
/// `a.b` that holds a list whose items are maps. A key without an index stays as it is.
///
/// A list whose indexes have gaps becomes a map from index to item, in numeric order, so that no
/// index is lost. A value sent beside the family, under the family's own name, is kept under the
/// empty key.
pub fn unflatten(pairs: &[(String, Value)]) -> Value {
    let mut nodes = vec![Node::default()];
    for (key, value) in pairs {
        let at = descend(&mut nodes, key);
        if let Some(node) = nodes.get_mut(at) {
            node.own.push(value);
        }
    }
    emit(&nodes)
}

/// The node of a key, made when it is not there.
fn descend<'a>(nodes: &mut Vec<Node<'a>>, key: &'a str) -> usize {
    let mut at = 0;
    for segment in segments(key) {
        let next = nodes.len();
        let Some(node) = nodes.get_mut(at) else { break };
        at = *node.below.entry(segment).or_insert(next);
        if at == next {
            nodes.push(Node::default());
        }
    }
    at
}

/// A key's parts: all before the first index in one, then part by part, the rest in one again
/// where it gets too deep.
fn segments(key: &str) -> Vec<&str> {
    let mut head = 0;
    let first = key.split('.').position(|part| {
        let found = index(part).is_some();
        head += if found { 0 } else { part.len() + 1 };
        found
    });
    match first {
        None | Some(0) => vec![key],
        Some(_) => {
            let family = key.get(..head - 1).unwrap_or(key);
            let rest = key.get(head..).unwrap_or_default();
            let parts = rest.splitn(DEPTH - 2, '.');
            std::iter::once(family).chain(parts).collect()
        }
    }
}

/// The index that a part of a key is.
fn index(part: &str) -> Option<usize> {
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| part.parse().ok())?
}

/// The nodes as one value.
fn emit(nodes: &[Node<'_>]) -> Value {
    enum Step<'a> {
        Visit(usize),
        Leaf(&'a Value),
        Key(&'a str),
        Close,
    }
    let mut builder = Builder::default();
    let mut steps = vec![Step::Visit(0)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Key(key) => builder.key(key.to_owned()),
            Step::Close => builder.close(),
            Step::Leaf(value) => builder.leaf(value.clone()),
            Step::Visit(at) => {
                let Some(node) = nodes.get(at) else { continue };
                if node.below.is_empty() && at != 0 {
                    // The same key twice breaks OTLP's rules; all its values are shown.
                    match node.own.as_slice() {
                        [one] => steps.push(Step::Leaf(one)),
                        many => {
                            steps.push(Step::Close);
                            builder.list();
                            steps.extend(many.iter().rev().copied().map(Step::Leaf));
                        }
                    }
                    continue;
                }
                steps.push(Step::Close);
                let mut below: Vec<_> = node.below.iter().map(|(key, at)| (*key, *at)).collect();
                if at != 0
                    && node.own.is_empty()
                    && below.iter().all(|(key, _)| index(key).is_some())
                {
                    below.sort_by_key(|(key, _)| index(key));
                    if below
                        .iter()
                        .enumerate()
                        .all(|(at, (key, _))| index(key) == Some(at))
                    {
                        builder.list();
                        steps.extend(below.into_iter().rev().map(|(_, at)| Step::Visit(at)));
                        continue;
                    }
                }
                builder.map();
                for (key, at) in below.into_iter().rev() {
                    steps.push(Step::Visit(at));
                    steps.push(Step::Key(key));
                }
                for own in node.own.iter().rev() {
                    steps.push(Step::Leaf(own));
                    steps.push(Step::Key(""));
                }
            }
        }
    }
    builder.finish().unwrap_or(Value::Null)
}
