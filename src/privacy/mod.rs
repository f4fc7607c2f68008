//! Hiding what may be secret (design, section 8), before anything else sees it: screen, report,
//! recording and forwarding alike get the request that is made here.
//!
//! Contents are replaced by a mark, with a keyed hash where equal texts are to stay equal; what
//! matches a pattern is replaced wherever a text stands. What is left as it is goes on byte for
//! byte; else the request is encoded anew, as protobuf.

use crate::convention::{Seen, Tables};
use crate::record::request::{Place, Request};
use crate::wire::payload::{Decoded, Encoding, Payload};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use regex::Regex;
use std::hash::{BuildHasher, RandomState};

/// What becomes of message contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contents {
    /// They stay.
    #[default]
    Show,
    /// Replaced by a keyed hash: equal texts stay equal within a run of the program.
    Hash,
    /// Left out.
    Off,
}

/// What stands in place of a match.
const REDACTED: &str = "[redacted]";
/// What stands in place of a content that is left out.
const OFF: &str = "[content off]";
/// Characters of a body that may be an event's name.
const NAME: usize = 64;

/// What is hidden, and how.
#[derive(Debug)]
pub struct Privacy {
    contents: Contents,
    patterns: Vec<Regex>,
    seen: Seen,
    key: RandomState,
}

/// A request of which something may be hidden.
#[derive(Debug)]
pub struct Hidden {
    /// What goes on in its place.
    pub payload: Payload,
    /// Values that were replaced.
    pub values: u64,
    /// Values read although they broke the encoding's rules.
    pub repaired: u64,
}

impl Privacy {
    /// `None` where nothing is to be hidden. A pattern that is none is an error with its place.
    pub fn new(
        contents: Contents,
        patterns: &[String],
        tables: &Tables,
    ) -> anyhow::Result<Option<Self>> {
        if contents == Contents::Show && patterns.is_empty() {
            return Ok(None);
        }
        let patterns = patterns.iter().map(|p| Regex::new(p));
        Ok(Some(Self {
            contents,
            patterns: patterns.collect::<Result<_, _>>()?,
            seen: tables.seen()?,
            key: RandomState::new(),
        }))
    }

    /// The request without what is to be hidden. What cannot be read is left out: nobody knows what
    /// is in it.
    pub fn hide(&self, payload: &Payload, decoded: Decoded) -> Hidden {
        let repaired = decoded.repaired;
        let mut request = Request::of(payload.signal, decoded);
        let mut values = 0;
        request.each_word(&mut |place, text| values += u64::from(self.word(place, text)));
        request.each_value(&mut |key, value| values += u64::from(self.value(key, value)));
        Hidden {
            payload: Payload {
                encoding: Encoding::Protobuf,
                body: request.to_protobuf().into(),
                ..payload.clone()
            },
            values,
            repaired,
        }
    }

    /// A text that is no attribute: names stay, messages are contents.
    fn word(&self, place: Place, text: &mut String) -> bool {
        let is_content = place == Place::Message && !text.is_empty();
        if self.contents != Contents::Show && is_content {
            *text = self.mark(text);
            return true;
        }
        self.redact(text)
    }

    fn value(&self, key: &str, value: &mut Value) -> bool {
        match value {
            Value::StringValue(text) => self.text(key, text),
            Value::BytesValue(bytes) if self.contents != Contents::Show => {
                *value = Value::StringValue(self.mark_of(bytes, bytes.len(), "bytes"));
                true
            }
            _ => false,
        }
    }

    fn text(&self, key: &str, text: &mut String) -> bool {
        let seen = self.contents == Contents::Show || text.is_empty() || self.is_seen(key, text);
        if seen {
            return self.redact(text);
        }
        let document = text.trim_start().starts_with(['{', '[']);
        let document = document.then(|| serde_json::from_str(text).ok()).flatten();
        *text = match document {
            Some(mut document) => {
                self.document("", &mut document);
                document.to_string()
            }
            None => self.mark(text),
        };
        self.redact(text);
        true
    }

    fn is_seen(&self, key: &str, text: &str) -> bool {
        // A record's body may be nothing but its event's name.
        let is_name = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '_');
        let name = key == Request::BODY && text.len() <= NAME && text.chars().all(is_name);
        name || self.seen.is_seen(key)
    }

    /// The texts in a JSON document; its shape, its words and its numbers stay. Its depth is
    /// bounded by the reader.
    fn document(&self, key: &str, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) if !self.seen.is_word(key) && !text.is_empty() => {
                *text = self.mark(text);
            }
            serde_json::Value::Array(items) => {
                for item in items {
                    self.document(key, item);
                }
            }
            serde_json::Value::Object(map) => {
                for (key, item) in map {
                    self.document(key, item);
                }
            }
            _ => {}
        }
    }

    fn mark(&self, text: &str) -> String {
        self.mark_of(text.as_bytes(), text.chars().count(), "chars")
    }

    fn mark_of(&self, content: &[u8], length: usize, unit: &str) -> String {
        match self.contents {
            Contents::Hash => {
                let hash = self.key.hash_one(content);
                format!("[content {hash:016x}, {length} {unit}]")
            }
            _ => OFF.to_owned(),
        }
    }

    fn redact(&self, text: &mut String) -> bool {
        let mut redacted = false;
        for pattern in &self.patterns {
            if let std::borrow::Cow::Owned(without) = pattern.replace_all(text, REDACTED) {
                *text = without;
                redacted = true;
            }
        }
        redacted
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::wire;
    use crate::wire::payload::Signal;
    use serde_json::json;

    const SECRET: &str = "my mother's maiden name";

    fn span(attributes: &[(&str, &str)]) -> Payload {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(k, v)| json!({"key": k, "value": {"stringValue": v}}))
            .collect();
        let span = json!({
            "traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0102030405060708", "name": "chat",
            "status": {"code": 2, "message": SECRET}, "attributes": attributes,
            "events": [{"name": "e", "attributes": [{"key": "exception.message", "value": {"stringValue": SECRET}}]}],
        });
        let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]});
        Payload {
            signal: Signal::Traces,
            encoding: Encoding::Json,
            body: body.to_string().into(),
            received_ns: 7,
            peer: "p".into(),
        }
    }

    /// The values of the first span's attributes after hiding, and all of the request as text.
    fn hidden(privacy: &Privacy, payload: &Payload) -> (Vec<String>, String, u64) {
        let hidden = privacy.hide(payload, wire::decode(payload));
        assert_eq!(
            (hidden.payload.received_ns, &*hidden.payload.peer),
            (7, "p")
        );
        let text = String::from_utf8_lossy(&hidden.payload.body).into_owned();
        let decoded = wire::decode(&hidden.payload);
        let attributes = decoded.spans[0].span.attributes.iter();
        let values = attributes.map(|kv| match kv.value.as_ref().unwrap().value.as_ref() {
            Some(Value::StringValue(text)) => text.clone(),
            other => panic!("{other:?}"),
        });
        (values.collect(), text, hidden.values)
    }

    fn privacy(contents: Contents, patterns: &[&str]) -> Option<Privacy> {
        let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
        Privacy::new(contents, &patterns, &Tables::embedded().unwrap()).unwrap()
    }

    #[test]
    fn nothing_is_touched_unless_asked() {
        assert!(privacy(Contents::Show, &[]).is_none());
    }

    #[test]
    fn contents_go_and_names_stay() {
        let messages = json!([{"role": "user", "parts": [{"type": "text", "content": SECRET}]}]);
        let payload = span(&[
            ("gen_ai.request.model", "gpt-5"),
            ("gen_ai.input.messages", &messages.to_string()),
            ("gen_ai.prompt.0.content", SECRET),
            ("some.key", SECRET),
        ]);
        for (contents, same) in [(Contents::Hash, true), (Contents::Off, false)] {
            let privacy = privacy(contents, &[]).unwrap();
            let (values, all, count) = hidden(&privacy, &payload);
            assert!(!all.contains("mother"), "{all}");
            assert_eq!(values[0], "gpt-5");
            assert_eq!(values[2], values[3], "equal texts stay equal");
            assert_eq!(values[2].contains("23 chars"), same, "{}", values[2]);
            let read: serde_json::Value = serde_json::from_str(&values[1]).unwrap();
            assert_eq!(read[0]["role"], "user", "the shape stays");
            assert_eq!(read[0]["parts"][0]["content"], *values[2]);
            assert_eq!(count, 5, "three attributes, a status and an exception");
        }
        let [a, b] = [(); 2].map(|()| hidden(&privacy(Contents::Hash, &[]).unwrap(), &payload).0);
        assert_ne!(a[2], b[2], "the key is another in each run");
    }

    #[test]
    fn patterns_are_replaced_wherever_they_stand() {
        let privacy = privacy(Contents::Show, &["sk-[a-z0-9]+", "maiden"]).unwrap();
        let payload = span(&[("gen_ai.request.model", "sk-1a"), ("x", "a sk-2b, sk-3c b")]);
        let (values, all, count) = hidden(&privacy, &payload);
        assert_eq!(values, ["[redacted]", "a [redacted], [redacted] b"]);
        assert!(all.contains("my mother's [redacted] name"), "{all}");
        assert_eq!(count, 4);
        let error = Privacy::new(
            Contents::Show,
            &["(".to_owned()],
            &Tables::embedded().unwrap(),
        );
        assert!(error.is_err());
    }
}
