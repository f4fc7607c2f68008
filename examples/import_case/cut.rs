//! Cuts long texts, wherever they are, and leaves everything else as it is.
//!
//! The rule: a text of more than 120 characters is cut to its first 120 and `…`. A text that is
//! JSON, or a first line and then JSON, is not cut as a whole but inside: each of its strings is a
//! text again, and all between the strings stays to the byte. A text without any white space is an
//! identifier or a digest, not prose, and stays up to 512 characters. It holds for every text
//! alike, whoever wrote it, so nothing has to be recognised; figures, ids and times in JSON stay.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use serde::de::IgnoredAny;
use spanfall::convention::document;
use spanfall::record::request::Request;

/// Longest text that stays, in characters.
const KEEP: usize = 120;
/// Longest text without white space that stays, in characters.
const KEEP_ID: usize = 512;
/// JSON in a string in JSON …: deeper than any program writes it, it is cut as plain text.
const NESTING: usize = 4;

/// A text, cut by the rule.
pub fn text(text: &str) -> String {
    nested(text, NESTING)
}

/// JSON text of which every string, but no key, is cut by the rule.
pub fn json(text: &str) -> String {
    strings(text, NESTING)
}

/// Cuts every text in a decoded request.
pub fn request(request: &mut Request) {
    request.each_value(&mut |_, value| {
        if let Any::StringValue(value) = value {
            *value = text(value);
        }
    });
    match request {
        Request::Traces(r) => {
            let scopes = r.resource_spans.iter_mut().flat_map(|r| &mut r.scope_spans);
            for span in scopes.flat_map(|s| &mut s.spans) {
                span.name = text(&span.name);
                span.status
                    .iter_mut()
                    .for_each(|s| s.message = text(&s.message));
                span.events.iter_mut().for_each(|e| e.name = text(&e.name));
            }
        }
        Request::Metrics(r) => {
            let scopes = r
                .resource_metrics
                .iter_mut()
                .flat_map(|r| &mut r.scope_metrics);
            scopes
                .flat_map(|s| &mut s.metrics)
                .for_each(|m| m.description = text(&m.description));
        }
        Request::Logs(_) => {}
    }
}

fn nested(text: &str, nesting: usize) -> String {
    let length = text.chars().count();
    if length <= KEEP || (length <= KEEP_ID && !text.contains(char::is_whitespace)) {
        return text.to_owned();
    }
    if nesting > 0 {
        if is_json(text) {
            return strings(text, nesting - 1);
        }
        if let Some(printed) = document(text).map(|d| d.to_string())
            && strings(&printed, nesting - 1) == printed
        {
            return text.to_owned(); // of a Python dict whose texts are all short
        }
        if let Some((head, rest)) = text.split_once('\n').filter(|(_, rest)| is_json(rest)) {
            return nested(head, 0) + "\n" + &strings(rest, nesting - 1);
        }
    }
    text.chars().take(KEEP).chain(['…']).collect()
}

/// An object, a list or a string; a number needs no cutting.
fn is_json(text: &str) -> bool {
    let structured = text.trim_start().starts_with(['{', '[', '"']);
    structured && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Cuts the strings of valid JSON, one by one, and copies all between them.
fn strings(json: &str, nesting: usize) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('"') {
        let (before, from) = rest.split_at(start);
        let (literal, after) = from.split_at(literal_len(from));
        out += before;
        let is_key = after.trim_start().starts_with(':');
        let value = serde_json::from_str(literal).unwrap_or_else(|_| raw_head(literal));
        let cut = nested(&value, nesting);
        if is_key || cut == value {
            out += literal;
        } else {
            out += &serde_json::Value::from(cut).to_string();
        }
        rest = after;
    }
    out + rest
}

/// What a literal that is no Unicode text (half a surrogate pair in it) begins with.
fn raw_head(literal: &str) -> String {
    literal
        .trim_matches('"')
        .split('\\')
        .next()
        .unwrap_or_default()
        .to_owned()
        + "…"
}

/// Length of the string literal that a text begins with, quotes and all, bytes.
fn literal_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(chars: usize) -> String {
        "word ".chars().cycle().take(chars).collect()
    }

    #[test]
    fn a_text_is_cut_once() {
        assert_eq!(text(&prose(120)), prose(120));
        let cut = text(&prose(121));
        assert_eq!(cut, prose(120) + "…");
        assert_eq!(text(&cut), cut);
    }

    #[test]
    fn json_is_cut_inside_and_stays_to_the_byte_elsewhere() {
        let long = prose(500);
        let given = format!(r#"{{"id":"a\"b", "n": 1.50,"text":"{long}","usage":{{"in":12}}}}"#);
        let want = given.replace(&long, &(prose(120) + "…"));
        assert_eq!(json(&given), want);
    }

    #[test]
    fn json_in_a_string_is_cut_too() {
        let inner = serde_json::json!({ "system": prose(300), "tokens": 42 }).to_string();
        let outer = serde_json::json!({ "body": inner }).to_string();
        let want_inner =
            serde_json::json!({ "system": prose(120) + "…", "tokens": 42 }).to_string();
        assert_eq!(
            text(&outer),
            serde_json::json!({ "body": want_inner }).to_string()
        );
        let headed = format!("[TOOL INPUT: Agent]\n{inner}");
        assert_eq!(text(&headed), format!("[TOOL INPUT: Agent]\n{want_inner}"));
    }

    #[test]
    fn an_identifier_stays_and_torn_json_does_not() {
        let id = "0a".repeat(200);
        assert_eq!(text(&id), id);
        let torn = format!(r#"{{"system":"{}"#, prose(200));
        assert_eq!(text(&torn).chars().count(), 121);
    }
}
