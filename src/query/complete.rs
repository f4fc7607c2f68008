//! What may stand where the cursor is: fields, words, and the values that were seen.

use super::census::Seen;
use super::expr::{Expr, Op, Query, Saved, Subject, Test, Value};
use super::field::{FIELDS, Field, Kind};
use super::text::contains;

/// One thing that may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is written.
    pub text: String,
    /// What it is.
    pub about: String,
}

/// What may stand in place of a part of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the text in whose place it stands.
    pub from: usize,
    /// The end of them.
    pub to: usize,
    /// What may stand there, likeliest first.
    pub items: Vec<Item>,
    /// The attribute whose values may stand there: they are counted only when asked for.
    pub wants: Option<Subject>,
}

/// What may stand at the cursor, a byte of the text.
pub fn complete(text: &str, cursor: usize, seen: &Seen, saved: &Saved) -> Completion {
    let cursor = (0..=cursor.min(text.len()))
        .rfind(|i| text.is_char_boundary(*i))
        .unwrap_or(0);
    let from = begin(&text[..cursor]);
    let word = &text[from..cursor];
    let begun = test(word);
    let items = if let Some(name) = word.strip_prefix('@') {
        saved_items(name, saved)
    } else if let Some((subject, op, value)) = begun.as_ref() {
        values(subject, *op, value, seen)
    } else if let Some(key) = word.strip_prefix("attr.") {
        attributes(key, seen)
    } else {
        words(word, seen, saved)
    };
    let subject = begun.map(|(subject, ..)| subject);
    Completion {
        from,
        to: cursor,
        items,
        wants: subject.filter(|s| matches!(s, Subject::Attr(_))),
    }
}

/// The text without the term that it ends with: what was asked before that one was begun.
pub fn without_last(text: &str) -> &str {
    let text = text.get(..begin(text)).unwrap_or(text).trim_end();
    // What joins it to the term goes too.
    let joins = ["under:", "has:", "(", "and", "or", "not"];
    let mut text = text;
    while let Some(rest) = joins.iter().find_map(|j| text.strip_suffix(j)) {
        if rest.ends_with(|c: char| c.is_alphanumeric()) {
            break;
        }
        text = rest.trim_end();
    }
    text
}

/// Where the word begins that the text ends with, quotes and the operator before them included.
fn begin(text: &str) -> usize {
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    let mut before = ' ';
    for (i, c) in text.char_indices() {
        let opens = c == '"' && !quoted && (i == start || ":=~<>.".contains(before));
        if opens {
            quoted = true;
        } else if quoted {
            quoted = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
        } else if c.is_whitespace() || (c == '(' && (i == start || before == ':')) {
            start = i + c.len_utf8();
        }
        before = c;
    }
    let word = &text[start..];
    let structure = ["under:", "has:"].into_iter().find(|s| word.starts_with(s));
    start + structure.map_or(0, str::len)
}

/// The subject, operator and beginning of the value of a test that is being written.
fn test(word: &str) -> Option<(Subject, Op, &str)> {
    let (at, (sign, op)) = Op::ALL
        .iter()
        .filter_map(|op| Some((word.find(op.0)?, op)))
        .min_by_key(|(at, (sign, _))| (*at, std::cmp::Reverse(sign.len())))?;
    let (name, value) = (&word[..at], &word[at + sign.len()..]);
    let subject = match name.strip_prefix("attr.") {
        Some(key) => Subject::Attr(key.trim_matches('"').into()),
        None => Subject::Field(Field::named(name)?),
    };
    Some((subject, *op, value.trim_matches('"')))
}

fn item(text: impl Into<String>, about: impl Into<String>) -> Item {
    Item {
        text: text.into(),
        about: about.into(),
    }
}

fn rows(n: usize) -> String {
    if n == 1 {
        "1 row".to_owned()
    } else {
        format!("{n} rows")
    }
}

fn saved_items(name: &str, saved: &Saved) -> Vec<Item> {
    let known = saved.iter().filter(|(n, _)| n.starts_with(name));
    known
        .map(|(n, query)| item(format!("@{n}"), query.to_string()))
        .collect()
}

fn values(subject: &Subject, op: Op, begun: &str, seen: &Seen) -> Vec<Item> {
    let begun = begun.to_lowercase();
    let written = |value: &str| {
        let value = Value::Text(value.into());
        Test {
            subject: subject.clone(),
            op,
            value,
        }
        .to_string()
    };
    if let Subject::Field(field) = subject {
        match field.info().kind {
            Kind::Word(all) => {
                let all = all.iter().filter(|w| w.starts_with(&begun));
                return all.map(|w| item(written(w), field.info().help)).collect();
            }
            Kind::Number(unit) if begun.is_empty() => {
                let example = unit.example();
                return vec![item(format!("{subject}{op}"), example)];
            }
            Kind::Number(_) | Kind::Text => {}
        }
    }
    let known = seen.values_of(subject).into_iter();
    let known = known.filter(|(v, _)| contains(v, &begun));
    known.map(|(v, n)| item(written(v), rows(n))).collect()
}

fn attributes(begun: &str, seen: &Seen) -> Vec<Item> {
    let begun = begun.trim_matches('"').to_lowercase();
    let keys = seen
        .subjects
        .iter()
        .filter_map(|(subject, n)| match subject {
            Subject::Attr(key) if contains(key, &begun) => Some((key, subject, *n)),
            _ => None,
        });
    let mut keys: Vec<_> = keys.collect();
    // What begins so goes before what holds it somewhere.
    keys.sort_by_key(|(key, _, n)| {
        (
            !key.to_lowercase().starts_with(&begun),
            std::cmp::Reverse(*n),
        )
    });
    let keys = keys.into_iter();
    keys.map(|(_, subject, n)| item(format!("{subject}="), rows(n)))
        .collect()
}

fn words(word: &str, seen: &Seen, saved: &Saved) -> Vec<Item> {
    let begun = word.to_lowercase();
    let begins = |name: &str| name.starts_with(&begun);
    let sign = |kind| {
        if matches!(kind, Kind::Number(_)) {
            ">"
        } else {
            ":"
        }
    };
    let fields = FIELDS.iter().filter(|i| begins(i.name));
    let mut items: Vec<Item> = fields
        .map(|i| item(format!("{}{}", i.name, sign(i.kind)), i.help))
        .collect();
    let others = [
        ("attr.", "an attribute, by its key"),
        ("under:(", "something above it matches"),
        ("has:(", "something below it matches"),
        ("not ", "it does not match"),
        ("and ", "both match"),
        ("or ", "one of both matches"),
    ];
    let others = others.into_iter().filter(|(name, _)| begins(name));
    items.extend(others.map(|(name, about)| item(name, about)));
    if begun.is_empty() {
        items.extend(saved_items("", saved));
        return items;
    }
    for field in [Field::Tool, Field::Model, Field::Agent] {
        items.extend(values(&Subject::Field(field), Op::Colon, &begun, seen));
    }
    // What is being written is read as it stands when nothing else may stand there.
    let whole = Query {
        expr: Some(Expr::Text(word.into())),
    }
    .to_string();
    items.retain(|i| i.text != whole);
    items
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::query::parse;

    fn seen() -> Seen {
        let mut seen = Seen::default();
        let tool = Subject::Field(Field::Tool);
        for (value, n) in [("Bash", 3), ("Read file", 9), ("BashOutput", 1)] {
            seen.values
                .entry(tool.clone())
                .or_default()
                .insert(value.into(), n);
        }
        for (key, n) in [("acme.user", 2), ("user.id", 7), ("http.url", 1)] {
            seen.subjects.insert(Subject::Attr(key.into()), n);
        }
        seen
    }

    fn offered(text: &str) -> Vec<String> {
        let mut saved = Saved::default();
        saved.push("slow", parse("dur>2s", &saved).unwrap());
        let done = complete(text, text.len(), &seen(), &saved);
        let items = done.items.into_iter();
        items
            .map(|i| format!("{}{}", &text[..done.from], i.text))
            .collect()
    }

    #[test]
    fn fields_and_values_are_offered_where_they_may_stand() {
        assert_eq!(offered("to"), ["tool:"]);
        assert_eq!(offered("tool:ba"), ["tool:Bash", "tool:BashOutput"]);
        assert_eq!(offered("x (tool:\"rea"), ["x (tool:\"Read file\""]);
        assert_eq!(offered("not status:e"), ["not status:error"]);
        assert_eq!(offered("attr.user"), ["attr.user.id=", "attr.acme.user="]);
        assert_eq!(
            offered("under:(kind:t"),
            ["under:(kind:turn", "under:(kind:tool"]
        );
        assert_eq!(offered("has:to"), ["has:tool:"]);
        assert_eq!(offered("a @s"), ["a @slow"]);
        assert_eq!(offered("bash"), ["tool:Bash", "tool:BashOutput"]);
        assert_eq!(offered("dur>"), ["dur>"]);
        assert_eq!(offered("\"to"), Vec::<String>::new());
    }

    #[test]
    fn the_last_term_can_be_left_out() {
        for (text, before) in [
            ("kind:tool dur>", "kind:tool"),
            ("tool:", ""),
            ("a or tool:", "a"),
            ("a not (under:tool:", "a"),
            ("actor tool:", "actor"),
            ("(a or b) \"un", "(a or b)"),
        ] {
            assert_eq!(without_last(text), before, "{text}");
        }
    }

    #[test]
    fn any_place_of_any_text_is_answered() {
        for text in [
            "",
            "ä\"(",
            "attr.\"",
            "@",
            "a:b:c",
            "tool:\"\\",
            "((",
            "under:(",
        ] {
            for cursor in 0..=text.len() + 2 {
                let done = complete(text, cursor, &seen(), &Saved::default());
                assert!(text.starts_with(without_last(text)));
                assert!(text.get(done.from..done.to).is_some(), "{text} at {cursor}");
            }
        }
    }
}
