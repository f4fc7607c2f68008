//! What a sender told under a key, as rules look into it.

use super::document::document;
use super::path::Flat;
use super::read::plain;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use std::borrow::Cow;
use std::cell::OnceCell;

/// What a sender told under a key, and the document in its text, opened once for all rules that look
/// into it.
pub struct Told<'a> {
    pub(super) source: Source<'a>,
    document: OnceCell<Option<serde_json::Value>>,
    beside: &'a [KeyValue],
}

pub(super) enum Source<'a> {
    /// One value.
    Value(&'a AnyValue),
    /// A list that was flattened into many keys.
    Family(Flat<'a>),
}

impl<'a> Told<'a> {
    /// A value, not yet opened.
    pub fn new(value: &'a AnyValue) -> Self {
        Self::of(Source::Value(value))
    }

    /// The list that keys with this beginning make up.
    pub fn family(attributes: &'a [KeyValue], prefix: &str) -> Option<Self> {
        Some(Self::of(Source::Family(Flat::new(attributes, prefix)?)))
    }

    fn of(source: Source<'a>) -> Self {
        Self {
            source,
            document: OnceCell::new(),
            beside: &[],
        }
    }

    /// The same, among the attributes that it came with.
    pub fn beside(self, attributes: &'a [KeyValue]) -> Self {
        Self {
            beside: attributes,
            ..self
        }
    }

    /// A number among them.
    pub(super) fn number_beside(&self, key: &str) -> Option<usize> {
        let there = self.beside.iter().find(|kv| kv.key == key)?;
        plain(there.value.as_ref()?)?.parse().ok()
    }

    pub(super) fn value(&self) -> Option<&'a AnyValue> {
        match self.source {
            Source::Value(value) => Some(value),
            Source::Family(_) => None,
        }
    }

    pub(super) fn plain(&self) -> Option<Cow<'a, str>> {
        plain(self.value()?)
    }

    /// It is a text in which these plain words are nowhere: it need not be opened to look for them.
    pub(super) fn lacks(&self, words: &str) -> bool {
        let value = self.value().and_then(|v| v.value.as_ref());
        matches!(value, Some(Value::StringValue(text)) if !text.contains(words))
    }

    /// It is a text, not opened yet, without the name that any of the paths ends in: it need not be
    /// opened for them.
    pub(super) fn holds_none_of(&self, paths: &[String]) -> bool {
        let value = self.value().and_then(|v| v.value.as_ref());
        let Some(Value::StringValue(text)) = value.filter(|_| self.document.get().is_none()) else {
            return false;
        };
        paths.iter().all(|path| {
            let name = path.rsplit('.').next().unwrap_or_default();
            let named = name.bytes().any(|b| b.is_ascii_alphabetic()) && !name.contains('=');
            named && !text.contains(name)
        })
    }

    pub(super) fn opened(&self, text: &str) -> Option<&serde_json::Value> {
        self.document.get_or_init(|| document(text)).as_ref()
    }
}
