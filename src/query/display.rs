//! A query back to text: what it prints is read as the same query.

use super::expr::{Expr, Op, Query, Subject, Test, Value};
use super::parse::is_keyword;
use std::fmt::{self, Display, Formatter, Write as _};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.expr.as_ref().map_or(Ok(()), |e| e.fmt(f))
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(all) => joined(f, all, " ", |e| matches!(e, Self::And(_) | Self::Or(_))),
            Self::Or(all) => joined(f, all, " or ", |e| matches!(e, Self::Or(_))),
            Self::Not(inner) => {
                f.write_str("not ")?;
                let grouped = matches!(**inner, Self::And(_) | Self::Or(_));
                grouped_if(f, inner, grouped)
            }
            Self::Under(inner) => write!(f, "under:({inner})"),
            Self::Has(inner) => write!(f, "has:({inner})"),
            Self::Saved(name, _) => write!(f, "@{name}"),
            Self::Test(test) => test.fmt(f),
            Self::Text(text) if text.starts_with("attr.") => quoted(f, text),
            Self::Text(text) => word(f, text),
        }
    }
}

fn joined(
    f: &mut Formatter<'_>,
    all: &[Expr],
    by: &str,
    grouped: fn(&Expr) -> bool,
) -> fmt::Result {
    for (i, expr) in all.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        grouped_if(f, expr, grouped(expr))?;
    }
    Ok(())
}

fn grouped_if(f: &mut Formatter<'_>, expr: &Expr, grouped: bool) -> fmt::Result {
    if grouped {
        write!(f, "({expr})")
    } else {
        expr.fmt(f)
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.subject)?;
        f.write_str(self.op.sign())?;
        match &self.value {
            Value::Any => f.write_char('*'),
            Value::Text(text) if self.op.orders() => f.write_str(text),
            Value::Text(text) => word(f, text),
            Value::Number(number) => number.fmt(f),
        }
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field.info().name),
            Self::Attr(key) => {
                f.write_str("attr.")?;
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
                if !key.is_empty() && key.chars().all(plain) {
                    f.write_str(key)
                } else {
                    quoted(f, key)
                }
            }
        }
    }
}

impl Display for Op {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}

/// A text that is read as it is, or in quotes.
fn word(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '…');
    let starts = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '/'));
    if starts && text.chars().all(plain) && !is_keyword(text) {
        f.write_str(text)
    } else {
        quoted(f, text)
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}
