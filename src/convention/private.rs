//! Which texts are contents, and which are names and ids that may be seen when contents are hidden.

use super::content;
use super::interpret::{ResourceKeys, Tables};
use super::rule::{Reader, Rule, Target};
use crate::model::evidence::Field;
use rustc_hash::FxHashSet;
use serde::Deserialize;

/// `private.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    families: Vec<String>,
    words: FxHashSet<String>,
    facts: Vec<Field>,
}

/// What may be seen.
#[derive(Debug)]
pub struct Seen {
    file: File,
    keys: FxHashSet<String>,
}

impl Tables {
    /// What may be seen when contents are hidden.
    pub fn seen(&self) -> anyhow::Result<Seen> {
        let file: File = toml::from_str(include_str!("private.toml"))?;
        let mut keys = FxHashSet::default();
        for rule in self.rules() {
            let is_content = match rule.target {
                Target::Op => false,
                Target::Fact(field) => file.facts.contains(&field),
            };
            // A document's facts are found in it by themselves.
            let is_asked_for =
                rule.reader == Reader::Present || (rule.value.is_some() && rule.map.is_empty());
            let is_read = rule.paths.is_empty() && !is_asked_for;
            if !is_content && is_read {
                keys.insert(rule.key.clone());
            }
            keys.extend(conditions(rule).map(str::to_owned));
        }
        for rule in self.rules() {
            if matches!(rule.target, Target::Fact(field) if file.facts.contains(&field)) {
                keys.remove(&rule.key);
            }
        }
        // What else is read from them, they hold what was said.
        for key in content::content_keys() {
            keys.remove(key);
        }
        keys.extend(self.resource.all().cloned());
        Ok(Seen { file, keys })
    }
}

impl ResourceKeys {
    /// Keys by which senders, sessions and events are told apart.
    fn all(&self) -> impl Iterator<Item = &String> {
        let lists = [&self.process, &self.session, &self.times];
        let single = [&self.service, &self.event_name, &self.event_time];
        lists.into_iter().flatten().chain(single)
    }
}

/// Keys that a rule looks at besides its own.
fn conditions(rule: &Rule) -> impl Iterator<Item = &str> {
    rule.when.keys().map(String::as_str)
}

impl Seen {
    /// The text under this key is no content.
    pub fn is_seen(&self, key: &str) -> bool {
        let last = key.rsplit('.').next().unwrap_or(key);
        self.keys.contains(key)
            || self.file.words.contains(last)
            || self
                .file
                .families
                .iter()
                .any(|f| key.starts_with(f.as_str()))
    }

    /// The same for a key within a JSON text.
    pub fn is_word(&self, key: &str) -> bool {
        self.file.words.contains(key)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    #[test]
    fn names_are_seen_and_contents_and_strangers_are_not() {
        let seen = Tables::embedded().unwrap().seen().unwrap();
        for key in [
            "gen_ai.request.model",
            "gen_ai.operation.name",
            "gen_ai.response.id",
            "gen_ai.tool.name",
            "gen_ai.prompt.0.role",
            "session.id",
            "service.name",
            "event.name",
            "openinference.span.kind",
        ] {
            assert!(seen.is_seen(key), "{key}");
        }
        for key in [
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "gen_ai.system_instructions",
            "gen_ai.tool.call.arguments",
            "gen_ai.tool.call.result",
            "gen_ai.prompt.0.content",
            "input.value",
            "output.value",
            "prompt",
            "user_prompt",
            "exception.message",
            "exception.stacktrace",
            "db.statement",
            "my.own.key",
        ] {
            assert!(!seen.is_seen(key), "{key}");
        }
    }
}
