//! What the tables call things: dialects, rules and their keys.

use super::interpret::Tables;
use super::rule::Rule;

impl Tables {
    /// The product that speaks a dialect, where only one does.
    pub fn emitter(&self, dialect: u8) -> Option<&str> {
        self.compiled
            .dialects
            .get(dialect as usize)
            .filter(|d| d.emitter)
            .map(|d| d.name.as_str())
    }

    /// A dialect's name.
    pub fn dialect(&self, dialect: u8) -> &str {
        self.compiled
            .dialects
            .get(dialect as usize)
            .map_or("", |d| &d.name)
    }

    /// Whether roots of the dialect's traces are prompts.
    pub fn roots_are_turns(&self, dialect: u8) -> bool {
        self.compiled
            .dialects
            .get(dialect as usize)
            .is_some_and(|d| d.roots_are_turns)
    }

    /// The key or event that a rule reads.
    pub fn rule_key(&self, rule: u16) -> &str {
        match self.compiled.rules.get(rule as usize) {
            Some(rule) => &rule.key,
            None => self
                .compiled
                .span_events
                .iter()
                .find(|(i, _)| *i == rule)
                .map_or("", |(_, e)| &e.name),
        }
    }

    /// All rules, in order of precedence.
    pub fn rules(&self) -> &[Rule] {
        &self.compiled.rules
    }

    /// The dialect of a rule, and its reader's name.
    pub fn rule_origin(&self, rule: u16) -> (String, String) {
        match self.rule(rule) {
            Some(r) => {
                let reader = format!("{:?}", r.reader).to_lowercase();
                (self.dialect(r.dialect).to_owned(), reader)
            }
            None => (String::new(), "event".to_owned()),
        }
    }
}
