//! Text to a query, or to what was expected and where.

use super::expr::{Expr, Op, Query, Saved, Subject, Test, Value};
use super::field::{FIELDS, Field, Kind};
use super::number::Number;
use std::fmt;

/// Parentheses, `not`, `under:` and `has:` within each other, at most: nothing recurses further.
const DEPTH: usize = 64;
/// Tests and texts in a query at most, those of saved queries counted at each use.
const TERMS: usize = 1_000;

/// What is wrong with a query, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct QueryError {
    /// The byte at which it is wrong.
    pub at: usize,
    /// What was expected there, one line.
    pub why: String,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl QueryError {
    /// The character of the text at which it is wrong, from 1.
    pub fn column(&self, text: &str) -> usize {
        text.char_indices()
            .take_while(|(i, _)| *i < self.at)
            .count()
            + 1
    }
}

/// Reads a query; `saved` are those that it may use by `@name`.
pub fn parse(text: &str, saved: &Saved) -> Result<Query, QueryError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        saved,
    };
    parser.space();
    if parser.rest().is_empty() {
        return Ok(Query::default());
    }
    let expr = parser.any()?;
    if !parser.rest().is_empty() {
        return Err(parser.error("expected nothing more: no `(` is open that this could close"));
    }
    let query = Query { expr: Some(expr) };
    match query.terms() {
        0..=TERMS => Ok(query),
        n => Err(QueryError {
            at: 0,
            why: format!("expected at most {TERMS} terms, saved queries included, not {n}"),
        }),
    }
}

/// A word that joins terms, or denies one.
pub(super) fn is_keyword(word: &str) -> bool {
    ["and", "or", "not"]
        .iter()
        .any(|k| word.eq_ignore_ascii_case(k))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    saved: &'a Saved,
}

type Parsed<T> = Result<T, QueryError>;

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn error(&self, why: impl Into<String>) -> QueryError {
        QueryError {
            at: self.at,
            why: why.into(),
        }
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// The end of the bare word that begins here: a space, a quote that begins a value, or a
    /// parenthesis that the word did not open itself.
    fn word(&self) -> &'a str {
        let (rest, mut open) = (self.rest(), 0usize);
        for (i, c) in rest.char_indices() {
            match c {
                '(' if i > 0 => open += 1,
                ')' if open > 0 => open -= 1,
                '(' | ')' => return &rest[..i],
                c if c.is_whitespace() => return &rest[..i],
                _ => {}
            }
        }
        rest
    }

    /// The keyword that stands here, before a space, a parenthesis or the end.
    fn keyword(&self) -> Option<&'static str> {
        let word = self
            .rest()
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
            .next();
        let all = ["and", "or", "not"];
        all.into_iter()
            .find(|k| word.is_some_and(|w| w.eq_ignore_ascii_case(k)))
    }

    fn take(&mut self, keyword: &str) -> bool {
        let here = self.keyword() == Some(keyword);
        if here {
            self.at += keyword.len();
            self.space();
        }
        here
    }

    fn any(&mut self) -> Parsed<Expr> {
        let mut all = vec![self.all()?];
        while self.take("or") {
            all.push(self.all()?);
        }
        Ok(one(all, Expr::Or))
    }

    fn all(&mut self) -> Parsed<Expr> {
        let mut all = vec![self.one()?];
        loop {
            let more = self.take("and");
            let ends = self.rest().is_empty() || self.rest().starts_with(')');
            if !more && (ends || self.keyword() == Some("or")) {
                return Ok(one(all, Expr::And));
            }
            all.push(self.one()?);
        }
    }

    fn one(&mut self) -> Parsed<Expr> {
        if self.take("not") {
            let inner = self.deeper(Self::one)?;
            return Ok(Expr::Not(Box::new(inner)));
        }
        let term = self.term()?;
        self.space();
        Ok(term)
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
        if self.depth >= DEPTH {
            return Err(self.error(format!("expected at most {DEPTH} levels within each other")));
        }
        self.depth += 1;
        let inner = read(self)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn term(&mut self) -> Parsed<Expr> {
        let rest = self.rest();
        let wanted = "a word, \"a text\", a field like tool:, or (";
        if let Some(keyword) = self.keyword() {
            let why = format!("expected {wanted} before `{keyword}`; in quotes it is a text");
            return Err(self.error(why));
        }
        match rest.chars().next() {
            None => Err(self.error(format!("expected {wanted}"))),
            Some(')') => Err(self.error(format!("expected {wanted} before `)`"))),
            Some('(') => self.group(),
            Some('"') => Ok(Expr::Text(self.quoted()?.into())),
            Some('@') => self.saved(),
            Some(_) => self.test(),
        }
    }

    fn group(&mut self) -> Parsed<Expr> {
        let open = self.at;
        self.at += 1;
        self.space();
        let inner = self.deeper(Self::any)?;
        if !self.rest().starts_with(')') {
            let column = QueryError {
                at: open,
                why: String::new(),
            }
            .column(self.text);
            return Err(self.error(format!("expected `)` for the `(` at column {column}")));
        }
        self.at += 1;
        Ok(inner)
    }

    fn quoted(&mut self) -> Parsed<String> {
        let (mut text, mut escaped) = (String::new(), false);
        for (i, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => text.push(c),
                '\\' => {}
                '"' => {
                    self.at += i + 1;
                    return Ok(text);
                }
                c => text.push(c),
            }
            escaped = c == '\\' && !escaped;
        }
        Err(self.error("expected another \" at the end of this text"))
    }

    fn saved(&mut self) -> Parsed<Expr> {
        let word = self.word();
        let name = word.trim_start_matches('@');
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if word.len() != name.len() + 1 || name.is_empty() || !name.chars().all(is_name) {
            self.at += word.len();
            return Ok(Expr::Text(word.into()));
        }
        let Some((name, query)) = self.saved.find(name) else {
            let known: Vec<_> = self.saved.iter().map(|(name, _)| name).collect();
            let known = match (near(name, known.iter().copied()), known.is_empty()) {
                (Some(near), _) => format!("did you mean `@{near}`?"),
                (None, true) => "none is saved.".to_owned(),
                (None, false) => format!("there are {}.", known.join(", ")),
            };
            let why = format!("expected a saved query: {known} In quotes it is a text");
            return Err(self.error(why));
        };
        self.at += word.len();
        Ok(Expr::Saved(name.clone(), query.clone()))
    }

    /// A field, an attribute or a structure with its operator; else a word.
    fn test(&mut self) -> Parsed<Expr> {
        let rest = self.rest();
        if let Some(after) = rest.strip_prefix("attr.") {
            let is_key = |c: char| !c.is_whitespace() && !"()<>=!~:\"".contains(c);
            if after.starts_with('"') || after.starts_with(is_key) {
                return self.attribute();
            }
        }
        let name = rest
            .split(|c: char| !c.is_ascii_lowercase())
            .next()
            .unwrap_or("");
        let after = &rest[name.len()..];
        let Some((op, then)) = operator(after).filter(|_| !name.is_empty()) else {
            return Ok(self.bare());
        };
        if matches!(name, "under" | "has") && op == Op::Colon {
            self.at += name.len() + 1;
            self.space();
            let inner = Box::new(self.deeper(Self::term)?);
            return Ok(if name == "has" {
                Expr::Has(inner)
            } else {
                Expr::Under(inner)
            });
        }
        if let Some(field) = Field::named(name) {
            self.at += name.len() + op.sign().len();
            return self.value(Subject::Field(field), op);
        }
        // `http://…`, `std::mem`, `note:` are words that people look for.
        if op == Op::Colon && (then.is_empty() || then.starts_with(['/', '\\', ':', ' '])) {
            return Ok(self.bare());
        }
        let names = FIELDS
            .iter()
            .map(|i| i.name)
            .chain(["under", "has", "attr"]);
        let hint = match near(name, names) {
            Some(near) if near != "attr" => {
                format!(": did you mean `{near}`? In quotes it is a text")
            }
            _ => format!("; in quotes it is a text, an attribute is attr.{name}"),
        };
        Err(self.error(format!("expected a field, not `{name}`{hint}")))
    }

    fn bare(&mut self) -> Expr {
        let word = self.word();
        self.at += word.len();
        Expr::Text(word.into())
    }

    fn attribute(&mut self) -> Parsed<Expr> {
        self.at += "attr.".len();
        let key = if self.rest().starts_with('"') {
            self.quoted()?
        } else {
            let is_end = |c: char| c.is_whitespace() || "()<>=!~:\"".contains(c);
            let key = self.rest().split(is_end).next().unwrap_or("");
            self.at += key.len();
            key.to_owned()
        };
        let subject = Subject::Attr(key.into());
        let Some((op, _)) = operator(self.rest()) else {
            let (op, value) = (Op::Colon, Value::Any);
            return Ok(Expr::Test(Test { subject, op, value }));
        };
        self.at += op.sign().len();
        self.value(subject, op)
    }

    /// The value of a test: the operator is one that its subject knows, and so is the value.
    fn value(&mut self, subject: Subject, op: Op) -> Parsed<Expr> {
        let (name, kind) = match &subject {
            Subject::Field(field) => (field.info().name, field.info().kind),
            Subject::Attr(_) => ("an attribute", Kind::Text),
        };
        let refused = match kind {
            Kind::Text if matches!(subject, Subject::Field(_)) => op.orders(),
            Kind::Text => false,
            Kind::Word(_) => op.orders() || op == Op::Contains,
            Kind::Number(_) => op == Op::Contains,
        };
        if refused {
            let (what, ops) = match kind {
                Kind::Text => ("a text", ": = != or ~"),
                Kind::Word(_) => ("a word", ": = or !="),
                Kind::Number(_) => ("a number", ": = != < <= > or >="),
            };
            self.at -= op.sign().len();
            return Err(self.error(format!("expected {ops} after `{name}`, which is {what}")));
        }
        let example = match kind {
            Kind::Text if op.orders() => "a number".to_owned(),
            Kind::Text => "a word or \"a text\"".to_owned(),
            Kind::Word(words) => words.join(", "),
            Kind::Number(unit) => unit.example().to_owned(),
        };
        let expected = format!("expected {example} after `{}`", op.sign());
        let start = self.at;
        let quotes = self.rest().starts_with('"');
        let text = if quotes {
            self.quoted()?
        } else {
            let word = self.word().to_owned();
            self.at += word.len();
            word
        };
        let wrong = QueryError {
            at: start,
            why: expected,
        };
        let value = match kind {
            _ if text.is_empty() && !quotes => return Err(wrong),
            _ if text == "*" && !quotes && matches!(op, Op::Colon | Op::Is) => Value::Any,
            Kind::Text if op.orders() && text.parse::<f64>().is_err() => return Err(wrong),
            Kind::Text => Value::Text(text.into()),
            Kind::Word(words) => {
                let word = words.iter().find(|w| w.eq_ignore_ascii_case(&text));
                Value::Text((*word.ok_or(wrong)?).into())
            }
            Kind::Number(unit) => Value::Number(Number::read(&text, unit).ok_or(wrong)?),
        };
        Ok(Expr::Test(Test { subject, op, value }))
    }
}

/// The operator that a text begins with, and what follows it.
fn operator(text: &str) -> Option<(Op, &str)> {
    let mut all = Op::ALL.iter();
    all.find_map(|(sign, op)| Some((*op, text.strip_prefix(sign)?)))
}

fn one(mut all: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match all.pop() {
        Some(last) if all.is_empty() => last,
        last => {
            all.extend(last);
            join(all)
        }
    }
}

/// The name that a mistaken one is nearest to: one slip in three letters, more is another word.
fn near<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let far = names.map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    let near = far.filter(|(far, name)| *far <= (name.chars().count() / 3).max(1));
    near.min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    fn saved() -> Saved {
        let mut saved = Saved::default();
        saved.push("slow", parse("dur>2s", &saved).unwrap());
        saved
    }

    #[test]
    fn queries_are_written_back_in_their_shortest_form() {
        for (text, back) in [
            ("", ""),
            ("  fix   it ", "fix it"),
            ("a and b or c", "a b or c"),
            ("a (b or c)", "a (b or c)"),
            ("NOT a Or not not b", "not a or not not b"),
            ("tool:Bash status:ERROR", "tool:Bash status:error"),
            ("tool:\"my tool\"", "tool:\"my tool\""),
            ("dur>1500ms ttft<=1s", "dur>1.5s ttft<=1s"),
            ("cost>0.01 in>20000", "cost>$0.01 in>20k"),
            ("cached>50% cached:0", "cached>50% cached:0"),
            (
                "attr.a.b=1 attr.\"x y\"~z attr.k",
                "attr.a.b=1 attr.\"x y\"~z attr.k:*",
            ),
            ("under:agent:x has:(a b)", "under:(agent:x) has:(a b)"),
            ("@slow or cost:*", "@slow or cost:*"),
            (
                "main(argc) \"a \\\"b\\\" \\\\\"",
                "\"main(argc)\" \"a \\\"b\\\" \\\\\"",
            ),
            ("(main() or x)", "\"main()\" or x"),
            (
                "http://x/y std::mem note: A=1 --lib @a/b",
                "\"http://x/y\" \"std::mem\" \"note:\" \"A=1\" \"--lib\" \"@a/b\"",
            ),
            ("\"or\" \"*\"", "\"or\" \"*\""),
            ("attr. attr", "\"attr.\" attr"),
        ] {
            let query = parse(text, &saved()).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(query.to_string(), back);
            assert_eq!(parse(back, &saved()).unwrap(), query, "{text}");
        }
    }

    #[test]
    fn errors_point_at_the_column() {
        for (text, column, why) in [
            ("a or", 5, "expected a word"),
            ("or a", 1, "before `or`"),
            ("(a b", 5, "expected `)` for the `(` at column 1"),
            ("ä (b or )", 9, "before `)`"),
            ("a) b", 2, "no `(` is open"),
            ("()", 2, "before `)`"),
            ("x \"abc", 3, "expected another \""),
            ("x tol:bash", 3, "did you mean `tool`?"),
            ("tool:", 6, "expected a word or \"a text\" after `:`"),
            ("tool>3", 5, "expected : = != or ~ after `tool`"),
            ("dur~2s", 4, "which is a number"),
            ("dur>2", 5, "expected a time like 2s"),
            ("status:bad", 8, "expected running, ok, error, abandoned"),
            ("cached>half", 8, "or a share like 50%"),
            ("attr.n>x", 8, "expected a number after `>`"),
            ("@slwo", 1, "did you mean `@slow`?"),
            ("under:", 7, "expected a word"),
            ("not", 4, "expected a word"),
        ] {
            let error = parse(text, &saved()).expect_err(text);
            assert_eq!(error.column(text), column, "{text}: {error}");
            assert!(error.why.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        assert!(parse(&"(".repeat(100_000), &saved()).is_err());
        assert!(parse(&"not ".repeat(100_000), &saved()).is_err());
        assert!(parse(&"under:".repeat(100_000), &saved()).is_err());
        assert!(parse(&"a ".repeat(1_001), &saved()).is_err());
        assert!(parse(&"a ".repeat(1_000), &saved()).is_ok());
    }

    #[test]
    fn a_saved_query_counts_at_each_use() {
        let mut saved = Saved::default();
        saved.push("q0", parse("a b", &saved).unwrap());
        let mut last = 0;
        for i in 0..40 {
            let Ok(query) = parse(&format!("@q{i} or @q{i}"), &saved) else {
                break;
            };
            saved.push(&format!("q{}", i + 1), query);
            last = i + 1;
        }
        assert_eq!(last, 8, "2^9 terms are taken, 2^10 are not");
    }
}
