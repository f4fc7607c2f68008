//! Export requests in OTLP/JSON. As in protobuf the frames are walked first, each item staying
//! text; then every span, record or metric is read alone: strictly, and if that fails leniently,
//! counting what had to be repaired. What is kept as an item's bytes is the equivalent protobuf.
//!
//! Serde's readers recurse, but never beyond `serde_json`'s limit of 128 levels; the walk over the
//! frames does not recurse, so deeper nesting costs only the item it is in.

use super::decode::Item;
use super::lenient::{Object, Read};
use super::payload::{Decoded, Origin, Signal};
use super::sniff::{BOM, sniff_json_signal};
use bytes::Bytes;
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One level of the frame: its keys, and their values as text.
type Frame<'a> = BTreeMap<String, &'a RawValue>;

/// A document whose syntax holds, after mending.
struct Document<'a> {
    text: Cow<'a, str>,
    /// Repairs that this took.
    repaired: u64,
}

impl<'a> Document<'a> {
    fn open(body: &'a [u8]) -> Result<Self, String> {
        let body = body.strip_prefix(BOM).unwrap_or(body);
        let text = String::from_utf8_lossy(body);
        let repaired = u64::from(matches!(text, Cow::Owned(_)));
        let Err(error) = serde_json::from_str::<Frame>(&text) else {
            return Ok(Self { text, repaired });
        };
        if let Some((mended, mends)) = mend(&text)
            && serde_json::from_str::<Frame>(&mended).is_ok()
        {
            return Ok(Self {
                text: Cow::Owned(mended),
                repaired: repaired + mends,
            });
        }
        Err(format!("the body is no OTLP/JSON request: {error}"))
    }

    fn frame(&self) -> Frame<'_> {
        serde_json::from_str(&self.text).unwrap_or_default() // held when it was opened
    }
}

/// Whether the body is an export request of this signal; `{}` is an empty one.
pub(super) fn check<T: Item>(body: &[u8]) -> Result<(), String> {
    let document = Document::open(body)?;
    let frame = document.frame();
    let key = T::NAMES.resources;
    if frame.is_empty() || frame.keys().any(|k| same_key(k, key)) {
        return Ok(());
    }
    Err(match sniff_json_signal(body) {
        Some(Signal::Traces) => "these are spans: post them to /v1/traces".into(),
        Some(Signal::Logs) => "these are log records: post them to /v1/logs".into(),
        Some(Signal::Metrics) => "these are metrics: post them to /v1/metrics".into(),
        None => format!("the body is no OTLP/JSON request: it has no {key}"),
    })
}

/// Reads all groups of a request.
pub(super) fn decode<T: Item>(body: &[u8], out: &mut Decoded) {
    let document = match Document::open(body) {
        Ok(document) => document,
        Err(reason) => return out.reject(0, reason),
    };
    out.repaired += document.repaired;
    let request = document.frame();
    if !request.is_empty() && !request.keys().any(|k| same_key(k, T::NAMES.resources)) {
        out.reject(
            0,
            format!(
                "the body is no OTLP/JSON request: it has no {}",
                T::NAMES.resources
            ),
        );
    }
    for group in list(&request, &[T::NAMES.resources], out) {
        let Some(group) = frame(group, T::NAMES.resources, out) else {
            continue;
        };
        let resource: Resource = part(&group, &["resource"], out);
        let schema_url = text(&group);
        for scope_group in list(&group, &T::NAMES.scopes, out) {
            let Some(scope_group) = frame(scope_group, T::NAMES.scopes[0], out) else {
                continue;
            };
            let scope = part(&scope_group, &["scope", "instrumentationLibrary"], out);
            let own_url = text(&scope_group);
            let schema_url = if own_url.is_empty() {
                schema_url.clone()
            } else {
                own_url
            };
            let origin = Arc::new(Origin {
                resource: resource.clone(),
                scope,
                schema_url,
            });
            let items = list(&scope_group, &[T::NAMES.items], out);
            T::reserve(items.len(), out);
            for raw in items {
                item::<T>(raw, &origin, out);
            }
        }
    }
}

fn item<T: Item>(raw: &RawValue, origin: &Arc<Origin>, out: &mut Decoded) {
    let name = T::NAMES.item;
    match read::<T>(raw.get(), T::whole) {
        Ok((item, repairs)) => {
            out.repaired += repairs;
            item.take(origin, |item| Bytes::from(item.encode_to_vec()), out);
        }
        Err(e) => out.reject(1, format!("{name} not readable: {e}")),
    }
}

/// Reads one message: strictly if that gives a whole one, else leniently. Also the repairs.
fn read<T: DeserializeOwned + Read>(text: &str, whole: fn(&T) -> bool) -> Result<(T, u64), String> {
    // the strict reader passes over keys that it does not know, so those would be lost unseen
    if !has_odd_keys(text)
        && let Ok(strict) = serde_json::from_str::<T>(text)
        && whole(&strict)
    {
        return Ok((strict, 0));
    }
    let (value, mends) = value(text)?;
    let Value::Object(map) = &value else {
        return Err("it is no object".into());
    };
    let repaired = Cell::new(mends);
    let read = T::read(Object::new(map, &repaired))?;
    Ok((read, repaired.get()))
}

fn value(text: &str) -> Result<(Value, u64), String> {
    match serde_json::from_str(text) {
        Ok(value) => Ok((value, 0)),
        Err(e) => match mend(text) {
            Some((mended, mends)) => {
                let value = serde_json::from_str(&mended).map_err(|e| e.to_string())?;
                Ok((value, mends))
            }
            None => Err(e.to_string()),
        },
    }
}

/// Whether two keys are the same but for `snake_case` and capitals.
pub(super) fn same_key(a: &str, b: &str) -> bool {
    fn letters(key: &str) -> impl Iterator<Item = u8> {
        key.bytes()
            .filter(|b| *b != b'_')
            .map(|b| b.to_ascii_lowercase())
    }
    a == b || letters(a).eq(letters(b))
}

/// The value under the first of these names that is there, `null` being absent.
fn get<'a>(frame: &Frame<'a>, names: &[&str], out: &mut Decoded) -> Option<&'a RawValue> {
    let exact = names.iter().find_map(|name| frame.get(*name));
    let found = if let Some(value) = exact {
        value
    } else {
        let same = |key: &String| names.iter().any(|name| same_key(key, name));
        let (_, value) = frame.iter().find(|(key, _)| same(key))?;
        out.repaired += 1;
        value
    };
    if found.get() == "null" {
        out.repaired += 1;
        return None;
    }
    Some(found)
}

fn list<'a>(from: &Frame<'a>, names: &[&str], out: &mut Decoded) -> Vec<&'a RawValue> {
    let Some(value) = get(from, names, out) else {
        return Vec::new();
    };
    serde_json::from_str(value.get()).unwrap_or_else(|_| {
        let name = names.first().copied().unwrap_or_default();
        out.reject(1, format!("{name} is no list"));
        Vec::new()
    })
}

fn frame<'a>(value: &'a RawValue, name: &str, out: &mut Decoded) -> Option<Frame<'a>> {
    let frame = serde_json::from_str(value.get());
    if frame.is_err() {
        out.reject(1, format!("an entry of {name} is no object"));
    }
    frame.ok()
}

/// Resource or scope. If it cannot be read, what it belongs to is kept without it.
fn part<T: DeserializeOwned + Read + Default>(
    from: &Frame,
    names: &[&str],
    out: &mut Decoded,
) -> T {
    let Some(value) = get(from, names, out) else {
        return T::default();
    };
    match read(value.get(), |_| true) {
        Ok((part, repairs)) => {
            out.repaired += repairs;
            part
        }
        Err(e) => {
            let name = names.first().copied().unwrap_or_default();
            out.reject(
                0,
                format!("{name} not readable, its contents are kept without it: {e}"),
            );
            T::default()
        }
    }
}

/// The schema URL of a group.
fn text(from: &Frame) -> String {
    let names = ["schemaUrl", "schema_url"];
    let value = names.iter().find_map(|name| from.get(*name));
    value
        .and_then(|v| serde_json::from_str(v.get()).ok())
        .unwrap_or_default()
}

/// Strings and what stands between them, in order: `(is a string, text)`. Works on any text.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = (bool, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0.as_bytes();
        let quoted = *bytes.first()? == b'"';
        let end = if quoted {
            let mut escaped = false;
            let close = bytes.iter().skip(1).position(|b| match b {
                _ if escaped => {
                    escaped = false;
                    false
                }
                b'\\' => {
                    escaped = true;
                    false
                }
                b => *b == b'"',
            });
            close.map_or(bytes.len(), |at| at + 2)
        } else {
            bytes.iter().position(|b| *b == b'"').unwrap_or(bytes.len())
        };
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        Some((quoted, token))
    }
}

/// Whether some key is not spelled as OTLP/JSON spells keys: `snake_case`, or with a capital first.
fn has_odd_keys(text: &str) -> bool {
    let mut tokens = Tokens(text).peekable();
    while let Some((quoted, token)) = tokens.next() {
        let odd = quoted
            && (token.contains('_') || token.as_bytes().get(1).is_some_and(u8::is_ascii_uppercase));
        if odd
            && tokens
                .peek()
                .is_some_and(|(_, next)| next.trim_start().starts_with(':'))
        {
            return true;
        }
    }
    false
}

/// Mends what is no JSON but is written by real encoders: bare `NaN` and `Infinity` (Python's
/// `json`), halves of surrogate pairs (JavaScript, cutting a text), raw control characters in
/// strings. `None` if there is nothing of that; else the text and the number of mends.
fn mend(text: &str) -> Option<(String, u64)> {
    let mut out = String::with_capacity(text.len() + 16);
    let mut mends = 0;
    for (quoted, token) in Tokens(text) {
        if quoted {
            mends += mend_string(token, &mut out);
        } else {
            mends += mend_numbers(token, &mut out);
        }
    }
    (mends > 0).then_some((out, mends))
}

fn mend_numbers(token: &str, out: &mut String) -> u64 {
    let mut rest = token;
    let mut mends = 0;
    while let Some(at) = rest.find(['N', 'I', '-']) {
        let (before, word) = rest.split_at(at);
        out.push_str(before);
        let name = ["NaN", "Infinity", "-Infinity"]
            .into_iter()
            .find(|name| word.starts_with(name));
        let length = if let Some(name) = name {
            out.push('"');
            out.push_str(name);
            out.push('"');
            mends += 1;
            name.len()
        } else {
            out.push_str(word.get(..1).unwrap_or_default());
            1
        };
        rest = word.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    mends
}

fn mend_string(token: &str, out: &mut String) -> u64 {
    use std::fmt::Write;
    let mut mends = 0;
    let mut rest = token;
    while let Some(at) = rest.find(|c: char| c == '\\' || c.is_ascii_control()) {
        let (before, special) = rest.split_at(at);
        out.push_str(before);
        let length = match (special.as_bytes(), unit(special)) {
            ([b'\\', ..], Some(0xD800..=0xDBFF)) => match special.get(6..).and_then(unit) {
                Some(0xDC00..=0xDFFF) => 12,
                _ => 0,
            },
            ([b'\\', ..], Some(0xDC00..=0xDFFF)) => 0,
            ([b'\\', ..], Some(_)) => 6,
            ([b'\\', ..], None) => 2,
            ([control, ..], _) => {
                let _ = write!(out, "\\u{control:04x}"); // writing to a String cannot fail
                mends += 1;
                rest = special.get(1..).unwrap_or_default();
                continue;
            }
            ([], _) => break,
        };
        let (kept, skipped) = match length {
            0 => ("\\ufffd", 6),
            n => (special.get(..n).unwrap_or(special), n),
        };
        mends += u64::from(length == 0);
        out.push_str(kept);
        rest = special.get(skipped..).unwrap_or_default();
    }
    out.push_str(rest);
    mends
}

/// The UTF-16 unit of a `\uXXXX` at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}
