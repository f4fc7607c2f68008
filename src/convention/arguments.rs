//! What a tool was given, out of what libraries put round it: the frame of a Python call
//! (`{"args": [], "kwargs": {…}}`: `OpenLLMetry`, Respan, `LlamaIndex`, `DSPy`) and that of an MCP request
//! (`{"tool_name": …, "arguments": {…}}`, `OpenLLMetry`'s MCP). No arguments at all are no text.

use super::document::json_of_python;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The members of a frame that hold arguments, and those that only say whose they are.
const FRAMES: [(&[&str], &[&str]); 2] = [
    (&["args", "kwargs"], &[]),
    (&["arguments"], &["tool_name", "name"]),
];

/// The arguments in a text, as they stand there; `None` where there are none. A frame is opened only
/// where one of its members alone holds something and nothing else stands beside it.
pub fn given(text: &str) -> Option<Cow<'_, str>> {
    let bare = text.trim();
    if says_nothing(bare) {
        return None;
    }
    if !bare.starts_with('{') {
        return Some(Cow::Borrowed(text));
    }
    let python = || json_of_python(bare);
    let inner = match framed(bare) {
        None => python().and_then(|json| framed(&json)),
        inner => inner,
    };
    match inner {
        Some(inner) if says_nothing(&inner) => None,
        Some(inner) => Some(Cow::Owned(inner)),
        None => Some(Cow::Borrowed(text)),
    }
}

fn says_nothing(text: &str) -> bool {
    let mut bare = text.chars().filter(|c| !c.is_whitespace());
    let short: String = bare.by_ref().take(5).collect();
    matches!(
        short.as_str(),
        "" | "{}" | "[]" | "\"\"" | "null" | "None" | "()"
    )
}

/// What a frame holds; empty text where it holds nothing.
fn framed(json: &str) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let members = BTreeMap::<Cow<'_, str>, &RawValue>::deserialize(&mut reader).ok()?;
    let (holds, _) = FRAMES.iter().find(|(holds, names)| {
        let known = |key: &Cow<'_, str>| [*holds, *names].concat().contains(&&**key);
        members.keys().all(known) && members.keys().any(|key| holds.contains(&&**key))
    })?;
    let told = members.iter().filter(|(key, _)| holds.contains(&&***key));
    let mut told = told
        .map(|(_, value)| value.get())
        .filter(|v| !says_nothing(v));
    let first = told.next().unwrap_or_default();
    let document = first.is_empty() || first.starts_with(['{', '[']);
    (document && told.next().is_none()).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        given(text).unwrap_or_default().into_owned()
    }

    #[test]
    fn a_frame_gives_what_it_holds() {
        let frames = [
            (
                r#"{"args":[],"kwargs":{"city":"Lisbon"}}"#,
                r#"{"city":"Lisbon"}"#,
            ),
            (r#"{"kwargs": {"b": 1, "a": 2}}"#, r#"{"b": 1, "a": 2}"#),
            (
                r#"{"args": ["def parse"], "kwargs": {}}"#,
                r#"["def parse"]"#,
            ),
            (
                r#"{"tool_name": "write", "arguments": {"path": "a.py"}}"#,
                r#"{"path": "a.py"}"#,
            ),
            ("{'args': (), 'kwargs': {'q': 'x'}}", r#"{"q": "x"}"#),
        ];
        for (framed, bare) in frames {
            assert_eq!(read(framed).replace(": ", ":"), bare.replace(": ", ":"));
        }
    }

    #[test]
    fn nothing_given_is_nothing_said() {
        let frames = [
            r#"{"args": [], "kwargs": {}}"#,
            r#"{"tool_name": "run_tests", "arguments": {}}"#,
            r#"{"kwargs":{}}"#,
        ];
        for text in frames
            .iter()
            .chain(&["{}", " { } ", "None", "null", "[]", ""])
        {
            assert_eq!(given(text), None, "{text}");
        }
    }

    /// Arguments that look like a frame, and frames that hold more than one member says.
    #[test]
    fn all_else_stays_as_it_was_sent() {
        for text in [
            r#"{"args": ["x"], "kwargs": {"y": 1}}"#,
            r#"{"kwargs": {"y": 1}, "path": "a.py"}"#,
            r#"{"arguments": "-la", "tool_name": "ls"}"#,
            r#"{"name": "Ada"}"#,
            r#"{"kwargs": {"torn"#,
            r#"{"city":"Oslo"}"#,
            "ls -la",
            "Nonesuch",
            "0",
            "[1, 2]",
        ] {
            assert_eq!(read(text), text);
        }
    }
}
