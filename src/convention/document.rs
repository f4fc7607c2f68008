//! Documents inside texts: JSON, and what Python prints for a dict or list (`str(usage)`), which
//! some libraries send in its place. Nothing recurses on what a sender nests.

use serde_json::Value;
use std::borrow::Cow;

/// The document that a text is: a map or list in JSON or as Python prints it, or a JSON text in
/// quotes.
pub fn document(text: &str) -> Option<Value> {
    let text = text.trim_start();
    match text.bytes().next()? {
        b'{' | b'[' => serde_json::from_str(text)
            .ok()
            .or_else(|| serde_json::from_str(&json_of_python(text)?).ok()),
        b'(' => serde_json::from_str(&json_of_python(text)?).ok(),
        b'"' => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// JSON text of what Python prints for plain data; `None` where an object's own words stand in it.
pub fn json_of_python(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '\'' | '"' => {
                let (read, after) = string(after, c)?;
                out.push_str(&serde_json::to_string(&read).ok()?);
                after
            }
            '(' => push(&mut out, '[', after),
            ')' | ']' => {
                // A tuple of one ends in a comma, which JSON does not take.
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                push(&mut out, ']', after)
            }
            '{' | '}' | '[' | ',' | ':' => push(&mut out, c, after),
            _ if c.is_whitespace() => push(&mut out, ' ', after),
            _ => word(rest, &mut out)?,
        };
    }
    Some(out)
}

fn push<'a>(out: &mut String, c: char, after: &'a str) -> &'a str {
    out.push(c);
    after
}

/// A number, or one of the words for nothing, true and false.
fn word<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    out.push_str(match word {
        "None" | "nan" | "inf" | "-inf" => "null",
        "True" => "true",
        "False" => "false",
        _ if word.parse::<f64>().is_ok() => word,
        _ => return None,
    });
    Some(rest)
}

/// A string after its opening quote, and what follows it.
fn string(text: &str, quote: char) -> Option<(Cow<'_, str>, &str)> {
    let mut read = Cow::Borrowed("");
    let mut rest = text;
    loop {
        let stop = rest.find([quote, '\\'])?;
        let plain = rest.get(..stop)?;
        if read.is_empty() {
            read = Cow::Borrowed(plain);
        } else {
            read.to_mut().push_str(plain);
        }
        rest = rest.get(stop..)?;
        if let Some(after) = rest.strip_prefix(quote) {
            return Some((read, after));
        }
        let (c, after) = escape(rest.get(1..)?)?;
        read.to_mut().push(c);
        rest = after;
    }
}

/// The character of an escape after its backslash, and what follows it.
fn escape(text: &str) -> Option<(char, &str)> {
    let letter = text.chars().next()?;
    let after = text.get(letter.len_utf8()..)?;
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'n' => return Some(('\n', after)),
        't' => return Some(('\t', after)),
        'r' => return Some(('\r', after)),
        c => return Some((c, after)),
    };
    let (hex, after) = after.split_at_checked(digits)?;
    let c = char::from_u32(u32::from_str_radix(hex, 16).ok()?);
    Some((c.unwrap_or('\u{fffd}'), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_dicts_are_read() {
        // LiteLLM's metadata.usage_object, shortened, and what the language can print besides.
        let usage = "{'completion_tokens': 65, 'details': {'cached': None, 'ok': True}, 'n': -1.5}";
        let read = document(usage);
        let want = serde_json::json!({"completion_tokens": 65, "details": {"cached": null, "ok": true}, "n": -1.5});
        assert_eq!(read, Some(want));
        let quotes = r#"['it\'s', "she said 'no'", 'tab\tü \xe9 \u20ac', ('one',), ()]"#;
        let want = serde_json::json!(["it's", "she said 'no'", "tab\tü é €", ["one"], []]);
        assert_eq!(document(quotes), Some(want));
    }

    #[test]
    fn json_stays_json() {
        assert_eq!(
            document(r#" {"a": [1]} "#),
            Some(serde_json::json!({"a": [1]}))
        );
        assert_eq!(
            document(r#""CHAT_MODEL""#),
            Some(serde_json::json!("CHAT_MODEL"))
        );
    }

    #[test]
    fn objects_and_torn_texts_are_no_documents() {
        for text in [
            "",
            "plain",
            "[Usage(prompt_tokens=3)]",
            "{'a': <object at 0x7f>}",
            "{'a': 'torn",
            r"{'a': '\u12'}",
            "{'a'",
            r"['\",
        ] {
            assert_eq!(document(text), None, "{text}");
        }
    }
}
