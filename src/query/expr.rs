//! What a query is once it is read.

use super::field::Field;
use super::number::Number;
use std::sync::Arc;

/// A whole query; without an expression it matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What is asked.
    pub expr: Option<Expr>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// Each of them matches; two at least.
    And(Vec<Expr>),
    /// One of them matches; two at least.
    Or(Vec<Expr>),
    /// It does not match.
    Not(Box<Expr>),
    /// Something above the node matches.
    Under(Box<Expr>),
    /// Something below the node matches.
    Has(Box<Expr>),
    /// A query that was saved under this name.
    Saved(Arc<str>, Arc<Query>),
    /// A field or attribute compared.
    Test(Test),
    /// Words that stand in what the row says, or were said in it.
    Text(Arc<str>),
}

/// A field or attribute compared with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// What is compared.
    pub subject: Subject,
    /// How.
    pub op: Op,
    /// With what.
    pub value: Value,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A field of the table.
    Field(Field),
    /// An attribute, by its key as it was sent.
    Attr(Arc<str>),
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `:` a text is contained, a word or number is the same.
    Colon,
    /// `=` the same.
    Is,
    /// `!=` not the same.
    IsNot,
    /// `~` a text is contained.
    Contains,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Op {
    /// All of them, longer signs before those that they begin with.
    pub const ALL: [(&'static str, Self); 8] = [
        ("!=", Self::IsNot),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        (":", Self::Colon),
        ("=", Self::Is),
        ("~", Self::Contains),
        ("<", Self::Less),
        (">", Self::More),
    ];

    /// As it is written.
    pub fn sign(self) -> &'static str {
        let sign = Self::ALL.iter().find(|(_, op)| *op == self);
        sign.map_or(":", |(sign, _)| sign)
    }

    /// More or less of something that has an order.
    pub fn orders(self) -> bool {
        matches!(self, Self::Less | Self::AtMost | Self::More | Self::AtLeast)
    }

    /// Whether two things in this order are as the operator says.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Colon | Self::Is | Self::Contains => order.is_eq(),
            Self::IsNot => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// What it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `*`: anything that is known.
    Any,
    /// A text; case does not matter.
    Text(Arc<str>),
    /// A number of the field's unit.
    Number(Number),
}

/// Queries that were saved by name, in order: each may use those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved(Vec<(Arc<str>, Arc<Query>)>);

impl Saved {
    /// Saves another.
    pub fn push(&mut self, name: &str, query: Query) {
        self.0.retain(|(n, _)| **n != *name);
        self.0.push((name.into(), Arc::new(query)));
    }

    /// The query of a name.
    pub fn find(&self, name: &str) -> Option<&(Arc<str>, Arc<Query>)> {
        self.0.iter().find(|(n, _)| **n == *name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Query)> {
        self.0.iter().map(|(name, query)| (&**name, &**query))
    }

    /// None was saved.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Query {
    /// Nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.expr.is_none()
    }

    /// Tests and texts in it, those of saved queries too: what asking one node costs.
    pub fn terms(&self) -> usize {
        self.expr.iter().map(Expr::terms).sum()
    }

    /// The words of free text that are asked for, not those that must not be there.
    pub fn words(&self) -> Vec<Arc<str>> {
        let mut words = Vec::new();
        if let Some(expr) = &self.expr {
            expr.words(&mut words);
        }
        words
    }

    /// Some test in it is about this.
    pub fn asks(&self, about: &dyn Fn(&Subject) -> bool) -> bool {
        self.expr.as_ref().is_some_and(|e| e.asks(about))
    }
}

impl Expr {
    fn terms(&self) -> usize {
        match self {
            Self::And(all) | Self::Or(all) => all
                .iter()
                .fold(0, |sum: usize, e| sum.saturating_add(e.terms())),
            Self::Not(e) | Self::Under(e) | Self::Has(e) => e.terms(),
            Self::Saved(_, query) => query.terms(),
            Self::Test(_) | Self::Text(_) => 1,
        }
    }

    fn words(&self, words: &mut Vec<Arc<str>>) {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|e| e.words(words)),
            Self::Saved(_, query) => words.extend(query.words()),
            Self::Text(text) => words.push(text.clone()),
            Self::Test(asked) => {
                let wanted = matches!(asked.op, Op::Colon | Op::Is | Op::Contains);
                if let (Value::Text(text), true) = (&asked.value, wanted) {
                    words.push(text.clone());
                }
            }
            Self::Not(_) | Self::Under(_) | Self::Has(_) => {}
        }
    }

    fn asks(&self, about: &dyn Fn(&Subject) -> bool) -> bool {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().any(|e| e.asks(about)),
            Self::Not(e) | Self::Under(e) | Self::Has(e) => e.asks(about),
            Self::Saved(_, query) => query.asks(about),
            Self::Test(test) => about(&test.subject),
            Self::Text(_) => false,
        }
    }
}
