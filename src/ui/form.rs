//! Parts of messages as texts to read: as they are, as Markdown, as JSON.

use crate::model::detail::{Part, Value};
use std::fmt::Write as _;

/// How contents are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// Texts as Markdown, values a line an entry.
    #[default]
    Markdown,
    /// Texts as they are, values a line an entry.
    Plain,
    /// All as JSON.
    Json,
}

impl Form {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "Markdown",
            Self::Plain => "plain",
            Self::Json => "JSON",
        }
    }

    /// The next one, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Markdown => Self::Plain,
            Self::Plain => Self::Json,
            Self::Json => Self::Markdown,
        }
    }
}

/// What a text is made of, for its tones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Words.
    Plain,
    /// Markdown.
    Markdown,
    /// JSON as we print it.
    Json,
    /// A value a line an entry, as we print it.
    Entries,
}

/// A part as a text in a form, at most about `most` bytes of it, and whether that is all of it.
pub fn text_of(part: &Part, form: Form, most: usize) -> (Kind, String, bool) {
    let words = |text: &String| {
        let end = floor(text, most);
        let kind = if form == Form::Markdown {
            Kind::Markdown
        } else {
            Kind::Plain
        };
        let cut = text.get(..end).unwrap_or_default();
        (kind, cut.to_owned(), end == text.len())
    };
    let value = |value: &Value| match value {
        Value::Text(text) if form != Form::Json => {
            let (_, text, whole) = words(text);
            (Kind::Plain, text, whole)
        }
        value if form == Form::Json => printed(value, most, true),
        value => printed(value, most, false),
    };
    match part {
        Part::Text(text) | Part::Reasoning(text) if form == Form::Json => {
            let end = floor(text, most);
            let cut = text.get(..end).unwrap_or_default();
            let (kind, json, _) = printed(&Value::Text(cut.to_owned()), usize::MAX, true);
            (kind, json, end == text.len())
        }
        Part::Text(text) | Part::Reasoning(text) => words(text),
        Part::Stand(text) => (Kind::Plain, text.clone(), true),
        Part::ToolCall { arguments, .. } => value(arguments),
        Part::ToolResult { result, .. } => value(result),
    }
}

/// The start of a part in one line, for a preview: looks at no more of it than it shows.
pub fn preview(part: &Part, most: usize) -> String {
    match part {
        Part::Text(text) | Part::Reasoning(text) | Part::Stand(text) => start(text, most),
        Part::ToolCall { arguments, .. } => value_preview(arguments, most),
        Part::ToolResult { result, .. } => value_preview(result, most),
    }
}

fn value_preview(value: &Value, most: usize) -> String {
    match value {
        Value::Text(text) => start(text, most),
        value => {
            let (_, text, _) = printed(value, most.saturating_mul(2), true);
            let words: Vec<&str> = text.split_whitespace().collect();
            start(&words.join(" "), most)
        }
    }
}

fn start(text: &str, most: usize) -> String {
    let text = text.trim_start();
    let head = text.get(..floor(text, most)).unwrap_or_default();
    let words: Vec<&str> = head.split_whitespace().collect();
    words.join(" ")
}

/// Values that are counted for a size: a list of millions is big, and that will do.
const COUNTED: usize = 2000;

/// Bytes that a part says, as far as it is cheap to tell.
pub fn size(part: &Part) -> usize {
    match part {
        Part::Text(text) | Part::Reasoning(text) | Part::Stand(text) => text.len(),
        Part::ToolCall { arguments, .. } => value_size(arguments),
        Part::ToolResult { result, .. } => value_size(result),
    }
}

fn value_size(value: &Value) -> usize {
    let (mut waiting, mut size) = (vec![value], 0);
    for _ in 0..COUNTED {
        let Some(value) = waiting.pop() else { break };
        size += match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::List(list) => {
                waiting.extend(list);
                0
            }
            Value::Map(map) => {
                waiting.extend(map.iter().map(|(_, value)| value));
                map.iter().map(|(key, _)| key.len()).sum()
            }
            _ => 4,
        };
    }
    size
}

/// The largest boundary of a character that is not above `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rfind(|i| text.is_char_boundary(*i)).unwrap_or(0)
}

/// A value on several lines: JSON, or an entry a line with texts as they are. Stops soon after `most`
/// bytes.
fn printed(value: &Value, most: usize, json: bool) -> (Kind, String, bool) {
    let mut printer = Printer {
        out: String::new(),
        json,
        most,
    };
    let mut steps = vec![Step::Value(value, 0)];
    let mut whole = true;
    while let Some(step) = steps.pop() {
        if printer.out.len() > most {
            whole = false;
            break;
        }
        match step {
            Step::Text(text) => printer.out.push_str(text),
            Step::Line(depth) => printer.line(depth),
            Step::Key(key) => printer.key(key),
            Step::Value(value, depth) => printer.value(value, depth, &mut steps),
        }
    }
    let kind = if json { Kind::Json } else { Kind::Entries };
    let out = printer.out.trim_start_matches('\n').to_owned();
    (kind, out, whole)
}

enum Step<'a> {
    Text(&'static str),
    Line(usize),
    Key(&'a str),
    Value(&'a Value, usize),
}

struct Printer {
    out: String,
    json: bool,
    most: usize,
}

impl Printer {
    fn line(&mut self, depth: usize) {
        self.out.push('\n');
        self.out.push_str(&"  ".repeat(depth.min(32)));
    }

    fn key(&mut self, key: &str) {
        if self.json {
            self.quoted(key);
            self.out.push_str(": ");
        } else {
            self.out.push_str(key);
            self.out.push(':');
        }
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if c.is_control() => {
                    let _ = write!(self.out, "\\u{:04x}", c as u32);
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn value<'a>(&mut self, value: &'a Value, depth: usize, steps: &mut Vec<Step<'a>>) {
        match value {
            Value::List(list) if !list.is_empty() => self.list(list, depth, steps),
            Value::Map(map) if !map.is_empty() => self.map(map, depth, steps),
            value => self.leaf(value, depth),
        }
    }

    fn list<'a>(&mut self, list: &'a [Value], depth: usize, steps: &mut Vec<Step<'a>>) {
        if self.json {
            self.out.push('[');
            steps.extend([Step::Text("]"), Step::Line(depth)]);
        }
        for (i, item) in list.iter().enumerate().rev() {
            steps.push(Step::Value(item, depth + 1));
            if self.json {
                steps.push(Step::Line(depth + 1));
                steps.extend((i > 0).then_some(Step::Text(",")));
            } else {
                steps.extend([Step::Text("-"), Step::Line(depth)]);
            }
        }
    }

    fn map<'a>(&mut self, map: &'a [(String, Value)], depth: usize, steps: &mut Vec<Step<'a>>) {
        if self.json {
            self.out.push('{');
            steps.extend([Step::Text("}"), Step::Line(depth)]);
        }
        for (i, (key, item)) in map.iter().enumerate().rev() {
            steps.extend([Step::Value(item, depth + 1), Step::Key(key)]);
            if self.json {
                steps.push(Step::Line(depth + 1));
                steps.extend((i > 0).then_some(Step::Text(",")));
            } else {
                steps.push(Step::Line(depth));
            }
        }
    }

    fn leaf(&mut self, value: &Value, depth: usize) {
        let beside = if self.json || depth == 0 { "" } else { " " };
        // A little more than is asked for: then it is known that there is more.
        let room = self.most.saturating_sub(self.out.len()).saturating_add(8);
        let cut = |text: &str| floor(text, room);
        match value {
            Value::Text(text) if self.json => self.quoted(text.get(..cut(text)).unwrap_or("")),
            Value::Text(text) if text.get(..cut(text)).is_some_and(|t| t.contains('\n')) => {
                for line in text.get(..cut(text)).unwrap_or("").split('\n') {
                    self.line(depth);
                    self.out.push_str(line);
                }
            }
            Value::Text(text) => {
                self.out.push_str(beside);
                self.out.push_str(text.get(..cut(text)).unwrap_or(""));
            }
            other => {
                self.out.push_str(beside);
                let _ = match other {
                    Value::Bool(b) => write!(self.out, "{b}"),
                    Value::Int(i) => write!(self.out, "{i}"),
                    Value::Double(d) => write!(self.out, "{d}"),
                    Value::Bytes(b) if self.json => write!(self.out, "\"{} bytes\"", b.len()),
                    Value::Bytes(b) => write!(self.out, "{} bytes", b.len()),
                    Value::List(_) => write!(self.out, "[]"),
                    Value::Map(_) => write!(self.out, "{{}}"),
                    _ => write!(self.out, "null"),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> Value {
        let text = |t: &str| Value::Text(t.to_owned());
        Value::Map(vec![
            ("path".to_owned(), text("a \"b\".py")),
            (
                "edits".to_owned(),
                Value::List(vec![Value::Int(1), text("x\ny")]),
            ),
            ("none".to_owned(), Value::Map(Vec::new())),
        ])
    }

    #[test]
    fn values_are_printed_an_entry_a_line() {
        let (_, text, whole) = printed(&arguments(), usize::MAX, false);
        assert_eq!(
            text,
            "path: a \"b\".py\nedits:\n  - 1\n  -\n    x\n    y\nnone: {}"
        );
        assert!(whole);
    }

    #[test]
    fn values_are_printed_as_json_that_reads_back() {
        let (_, text, _) = printed(&arguments(), usize::MAX, true);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let want = serde_json::json!({"path": "a \"b\".py", "edits": [1, "x\ny"], "none": {}});
        assert_eq!(read, want, "{text}");
    }

    #[test]
    fn what_is_long_is_looked_at_in_part() {
        let long = "é".repeat(5_000_000);
        let part = Part::Text(long.clone());
        let (_, text, whole) = text_of(&part, Form::Plain, 1001);
        assert_eq!((text.len(), whole), (1000, false));
        assert!(preview(&part, 101).len() == 100);
        let list = Value::List(vec![Value::Text(long); 3]);
        let (_, text, whole) = printed(&list, 10, true);
        assert!(!whole && text.len() < 100, "{}", text.len());
    }
}
