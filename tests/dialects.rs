//! Every key that a dialect is known to send is read by a table, or it is said why it is only
//! shown. The keys are those of the libraries' own sources, written down in
//! `tests/data/dialect-keys.csv`: `<i>` is an index, `<key>` and `*` stand for any rest.
//!
//! `status` says how a key is read, `field_or_reason` into what:
//!
//! - `fact`: a rule of a table reads the key into this field (or into `op`)
//! - `name`: a span or an event of this name tells of this, or its time is this fact
//! - `content`: a row of `content/messages.toml` reads it into this part of a conversation
//! - `shown`: it stands among the attributes and nowhere else, for this reason
#![expect(clippy::unwrap_used, reason = "test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::Value;

const KEYS: &str = include_str!("data/dialect-keys.csv");

fn convention() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/convention")
}

fn toml(path: &Path) -> Value {
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list<'a>(table: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    table
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'a>(table: &'a Value, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What the tables read: status and key, with all that it is read into.
#[derive(Default)]
struct Read(BTreeMap<(&'static str, String), BTreeSet<String>>);

impl Read {
    fn add(&mut self, status: &'static str, key: &str, into: &str) {
        let fields = self.0.entry((status, key.to_owned())).or_default();
        fields.insert(into.to_owned());
    }

    fn of_dialects() -> Self {
        let mut read = Self::default();
        for file in std::fs::read_dir(convention().join("tables")).unwrap() {
            let table = toml(&file.unwrap().path());
            for family in list(&table, "verdict-family") {
                for prefix in list(family, "prefixes") {
                    read.add("fact", prefix.as_str().unwrap(), "verdicts");
                }
            }
            for rule in list(&table, "rule") {
                for key in list(rule, "keys") {
                    read.add("fact", key.as_str().unwrap(), text(rule, "field"));
                }
            }
            for (kind, into) in [("span", "op"), ("event", "op"), ("span_event", "field")] {
                for named in list(&table, kind).chain(list(&table, &kind.replace('_', "-"))) {
                    let name = text(named, "name").trim_end_matches('*');
                    read.add("name", name, text(named, into));
                }
            }
        }
        read
    }

    fn with_contents(mut self) -> Self {
        let table = toml(&convention().join("content/messages.toml"));
        let tellings = list(&table, "telling").flat_map(|telling| list(telling, "rows"));
        for row in tellings.chain(list(&table, "offers")) {
            let events = list(row, "events").filter_map(Value::as_str);
            for key in events.chain([text(row, "key")]) {
                self.add("content", key, text(row, "field"));
            }
        }
        self
    }

    fn has(&self, status: &'static str, key: &str, into: &str) -> bool {
        // A member of a family is read by the family's name, an indexed event by the first.
        let family = key.split(".<").next().unwrap_or(key);
        let family = family.strip_suffix(".*").unwrap_or(family);
        [key, family, &format!("{family}.0")].iter().any(|key| {
            let fields = self.0.get(&(status, (*key).to_owned()));
            fields.is_some_and(|fields| fields.contains(into))
        })
    }
}

#[test]
fn every_key_of_a_dialect_is_read_or_has_a_reason_not_to_be() {
    let read = Read::of_dialects().with_contents();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for line in KEYS.lines().skip(1) {
        let cells: Vec<&str> = line.splitn(4, ',').collect();
        let [dialect, key, status, told] = cells[..] else {
            wrong.push(format!("{line}: not four cells"));
            continue;
        };
        let known = match status {
            "fact" => read.has("fact", key, told),
            "name" => read.has("name", key, told),
            "content" => read.has("content", key, told),
            "shown" => !told.is_empty(),
            _ => false,
        };
        if !known {
            wrong.push(format!("{dialect}: {key} is not read as {status} {told}"));
        }
        if !seen.insert((dialect, key)) {
            wrong.push(format!("{dialect}: {key} stands there twice"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
