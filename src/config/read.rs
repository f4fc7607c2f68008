//! Text to configuration.

use super::Config;
use super::nearest::hint;
use super::settings::{SECTIONS, SETTINGS};
use super::value::{Fault, Written, each};
use crate::query::{Saved, parse};
use crate::ui::Keymap;
use crate::ui::keymap::{Binding, TABLE, is_shared};
use crate::ui::keys::Key;
use std::collections::HashMap;
use std::fmt;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Where the text is wrong, and how. Shown as `line:column: what was expected`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong and what would be right, one line.
    pub why: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.why)
    }
}

/// Reads the text of a file; what it does not say is the default.
pub fn read(text: &str) -> Result<Config, ConfigError> {
    let parsed = DeTable::parse(text).map_err(|e| Fault {
        span: e.span().unwrap_or_default(),
        why: e.message().lines().collect::<Vec<_>>().join(", "),
    });
    let config = parsed.and_then(|table| config(table.get_ref()));
    config.map_err(|fault| place(text, &fault))
}

/// Line and character, from 1, where a setting's value stands in the text of a file.
pub fn place_of(text: &str, section: &str, name: &str) -> Option<(usize, usize)> {
    let table = DeTable::parse(text).ok()?;
    let value = table
        .get_ref()
        .get(section)?
        .get_ref()
        .as_table()?
        .get(name)?;
    let fault = Fault {
        span: value.span(),
        why: String::new(),
    };
    let place = place(text, &fault);
    Some((place.line, place.column))
}

fn place(text: &str, fault: &Fault) -> ConfigError {
    // Inside a character when a syntax error is reported there.
    let mut before = fault.span.start.min(text.len());
    while !text.is_char_boundary(before) {
        before -= 1;
    }
    let before = &text[..before];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    ConfigError {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        why: fault.why.replace('\n', " "),
    }
}

type Entry<'a> = (&'a Spanned<DeString<'a>>, &'a Written<'a>);

/// The entries of a table in the order of the text, so that the first mistake is told.
fn entries<'a>(table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn config(table: &DeTable) -> Result<Config, Fault> {
    let mut config = Config::default();
    for (name, value) in entries(table) {
        let known = SECTIONS
            .iter()
            .any(|(section, _)| section == name.get_ref());
        match value.get_ref() {
            DeValue::Table(keys) if name.get_ref() == "keys" => config.keys = keymap(keys)?,
            DeValue::Table(all) if name.get_ref() == "queries" => config.queries = queries(all)?,
            DeValue::Table(section) if known => {
                for (key, value) in entries(section) {
                    setting(&mut config, name.get_ref(), key, value)?;
                }
            }
            _ => return Err(no_section(name)),
        }
    }
    Ok(config)
}

fn no_section(name: &Spanned<DeString>) -> Fault {
    let text = name.get_ref();
    let sections = SECTIONS.iter().map(|(s, _)| *s).chain(["keys", "queries"]);
    let setting = SETTINGS.iter().find(|s| s.name == text);
    let why = match setting {
        Some(setting) => format!("`{text}` stands below [{}]", setting.section),
        None if sections.clone().any(|s| s == text) => {
            format!("expected the table [{text}] with its settings below")
        }
        None => format!("there is no [{text}]; {}", hint(text, sections)),
    };
    Fault::at(name, why)
}

fn setting(
    config: &mut Config,
    section: &str,
    key: &Spanned<DeString>,
    value: &Written,
) -> Result<(), Fault> {
    let name = key.get_ref();
    let of_section = SETTINGS.iter().filter(|s| s.section == section);
    if let Some(setting) = of_section.clone().find(|s| s.name == name) {
        return (setting.read)(config, value).map_err(|fault| Fault {
            why: format!("{name}: {}", fault.why),
            ..fault
        });
    }
    let elsewhere = SETTINGS.iter().find(|s| s.name == name);
    let hint = match elsewhere {
        Some(other) => format!("it stands below [{}]", other.section),
        None => hint(name, of_section.map(|s| s.name)),
    };
    Err(Fault::at(
        key,
        format!("[{section}] has no `{name}`; {hint}"),
    ))
}

/// Queries by name; each may use those above it. A mistake is told where it stands in the text, as
/// far as the text has no escapes.
fn queries(table: &DeTable) -> Result<Saved, Fault> {
    let mut saved = Saved::default();
    for (name, value) in entries(table) {
        let Some(text) = value.get_ref().as_str() else {
            let why = "expected a query in quotes, like \"tool:bash status:error\"";
            return Err(Fault::at(value, why));
        };
        let called = name.get_ref();
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if called.is_empty() || !called.chars().all(fits) {
            let why = format!("`{called}` cannot be a name: expected letters, digits, - and _");
            return Err(Fault::at(name, why));
        }
        let query = parse(text, &saved).map_err(|error| {
            let span = value.span();
            // Within the quotes, one or three, if the text is written as it is.
            let quotes = span.len().saturating_sub(text.len()) / 2;
            let plain = span.len() == text.len() + 2 || span.len() == text.len() + 6;
            let at = if plain {
                span.start + quotes + error.at
            } else {
                span.start
            };
            Fault {
                span: at..span.end,
                why: format!("{called}: {}", error.why),
            }
        })?;
        saved.push(called, query);
    }
    Ok(saved)
}

/// The keys in force: no key does two things, whoever says so.
fn keymap(table: &DeTable) -> Result<Keymap, Fault> {
    let names: Vec<String> = TABLE.iter().map(Binding::name).collect();
    let mut keymap = Keymap::default();
    let mut given = Vec::new();
    for (name, value) in entries(table) {
        let Some(place) = names.iter().position(|n| n == name.get_ref()) else {
            let hint = hint(name.get_ref(), names.iter().map(String::as_str));
            let why = format!("there is no action `{}`; {hint}", name.get_ref());
            return Err(Fault::at(name, why));
        };
        let keys = each(value, "a list of keys like [\"k\", \"ctrl-u\"]", key)?;
        given.extend(keys.iter().map(|(key, span)| (place, *key, span.clone())));
        keymap.set(place, keys.into_iter().map(|(key, _)| key).collect());
    }
    let mut taken: HashMap<Key, usize> = HashMap::new();
    let untouched = |place: &usize| given.iter().all(|(p, ..)| p != place);
    for place in (0..TABLE.len()).filter(untouched) {
        taken.extend(keymap.keys(place).iter().map(|key| (*key, place)));
    }
    for (place, key, span) in given {
        let before = taken
            .insert(key, place)
            .filter(|p| *p != place && !is_shared(key, [*p, place]))
            .and_then(|p| names.get(p));
        if let Some(other) = before {
            let why = format!(
                "`{key}` is already a key of `{other}`; give that other keys too, or none: {other} = []"
            );
            return Err(Fault { span, why });
        }
    }
    Ok(keymap)
}

fn key(written: &Written) -> Result<(Key, std::ops::Range<usize>), Fault> {
    let Some(text) = written.get_ref().as_str() else {
        return Err(Fault::at(written, "expected a key in quotes, like \"k\""));
    };
    if text.eq_ignore_ascii_case("ctrl-c") {
        return Err(Fault::at(
            written,
            "`ctrl-c` always quits; choose another key",
        ));
    }
    let key = text
        .parse()
        .map_err(|why: String| Fault::at(written, why))?;
    Ok((key, written.span()))
}
