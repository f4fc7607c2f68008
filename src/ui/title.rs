//! A title made of received text: what a person said, without what a program put around it.

use super::text;
use crate::model::node::{Node, NodeKind};
use std::borrow::Cow;

/// The words of a prompt: elements that a program put before them (`<current_datetime>…`) are left
/// out, and of a message that is nothing but an element its summary or its name is told.
pub fn prompt(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.starts_with("<REDACTED") {
        return Cow::Borrowed("prompt not captured");
    }
    let mut rest = text;
    while let Some((_, after)) = element(rest) {
        rest = after.trim_start();
    }
    // Elements before a person's words are stripped by now: what remains of this one was cut off.
    let machine = rest.is_empty() || (rest.len() == text.len() && nested(text));
    let Some((name, _)) = opening(text).filter(|_| machine) else {
        return Cow::Borrowed(rest);
    };
    let summary = text
        .split_once("<summary>")
        .and_then(|(_, after)| after.split_once("</summary>"));
    match summary {
        Some((summary, _)) => Cow::Owned(format!("{name}: {}", summary.trim())),
        None => Cow::Borrowed(name),
    }
}

/// An element that begins with another, as no person writes; it may be cut.
fn nested(text: &str) -> bool {
    let inside = opening(text).and_then(|(_, after)| after.strip_prefix('>'));
    inside.is_some_and(|inside| opening(inside.trim_start()).is_some())
}

/// What a row is called: a model without its date, and without the family that its name goes on
/// to tell anyway.
pub fn node(node: &Node) -> Cow<'_, str> {
    let model = node.call.as_ref().and_then(|c| c.model());
    let name = match model {
        Some(model) => Cow::Borrowed(text::model_short(model).trim_start_matches("claude-")),
        None => prompt(&node.name),
    };
    match &*name {
        "" => Cow::Borrowed("unnamed"),
        // A turn without a prompt bears its model's name.
        word if node.kind == NodeKind::Turn && !word.contains(char::is_whitespace) => {
            Cow::Owned(text::model_short(word).to_owned())
        }
        _ => name,
    }
}

/// The name of the element that a text begins with, and what follows it.
fn element(text: &str) -> Option<(&str, &str)> {
    let (name, after) = opening(text)?;
    let close = format!("</{name}>");
    let (_, after) = after.split_once(close.as_str())?;
    Some((name, after))
}

/// The name of the tag that a text begins with, and what follows the name.
fn opening(text: &str) -> Option<(&str, &str)> {
    let head = text.strip_prefix('<')?;
    let end = head.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))?;
    let (name, after) = head.split_at(end);
    (!name.is_empty() && after.starts_with(['>', ' ', '\n'])).then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_words_are_what_remains() {
        for (text, words) in [
            ("fix it", "fix it"),
            ("<now>2026</now>\n\nfix it", "fix it"),
            ("<a>1</a> <b x=\"y\">2</b> fix <c>it</c>", "fix <c>it</c>"),
            ("<T> where T: Copy", "<T> where T: Copy"),
            ("a < b", "a < b"),
            ("<", "<"),
            ("", ""),
            ("<REDACTED>", "prompt not captured"),
        ] {
            assert_eq!(prompt(text), words, "{text}");
        }
    }

    #[test]
    fn a_machines_message_is_told_by_its_summary() {
        let text = "<task-notification>\n<id>7</id> <summary>Agent \"x\" finished</summary></task-notification>";
        assert_eq!(prompt(text), "task-notification: Agent \"x\" finished");
        assert_eq!(prompt("<ping>1</ping>"), "ping");
        let cut = "<task-notification>\n<id>7</id><summary>done</summary><note>it was c";
        assert_eq!(prompt(cut), "task-notification: done");
    }
}
