//! What metrics mean, by `tables/metrics.toml`: which are about agents, whose they are, and which
//! of them count a model's tokens or dollars.

use super::read;
use crate::metrics::{Identity, Kind, Meaning, Measure, Owner, Quantity, Shown};
use crate::model::evidence::Origin;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// Attributes kept of a point, and bytes of each text: more is another dialect's log, no metric.
const ATTRIBUTES: usize = 48;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    names: Vec<String>,
    keys: Vec<String>,
    session: Vec<String>,
    model: Vec<String>,
    provider: Vec<String>,
    operation: String,
    calls: Vec<String>,
    instance: Vec<String>,
    failed: Vec<String>,
    about: Vec<String>,
    metric: Vec<Row>,
    shown: Vec<ShownRow>,
}

/// A row: metrics that have a place where times are shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShownRow {
    names: Vec<String>,
    /// What of it can be held against calls that were seen.
    measures: Option<Measured>,
    /// Its unit, where senders do not tell it.
    unit: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Measured {
    Call,
    FirstToken,
}

/// A row: metrics that count something of model calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    family: String,
    names: Vec<String>,
    /// The attribute that says what is counted, and its words.
    r#type: Option<String>,
    #[serde(default)]
    types: FxHashMap<String, Count>,
    /// What is counted, where the name says it.
    counts: Option<Count>,
    /// Who serves the models, where only one can.
    provider: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Count {
    Input,
    FreshInput,
    CacheRead,
    CacheWrite,
    Output,
    PlainOutput,
    Reasoning,
    Cost,
}

impl From<Count> for Quantity {
    fn from(count: Count) -> Self {
        match count {
            Count::Input => Self::Input,
            Count::FreshInput => Self::FreshInput,
            Count::CacheRead => Self::CacheRead,
            Count::CacheWrite => Self::CacheWrite,
            Count::Output => Self::Output,
            Count::PlainOutput => Self::PlainOutput,
            Count::Reasoning => Self::Reasoning,
            Count::Cost => Self::Cost,
        }
    }
}

/// The table of metrics, ready to read with.
#[derive(Debug)]
pub struct MetricTable {
    file: File,
    rows: FxHashMap<String, (u16, usize)>,
    shown: FxHashMap<String, (u16, usize)>,
}

/// What all points of a metric share.
#[derive(Clone, Copy, Debug)]
pub struct MetricOf<'a> {
    /// Resource and scope, as read.
    pub origin: &'a Origin,
    /// The resource as sent.
    pub resource: &'a Resource,
    /// The metric's name.
    pub name: &'a str,
    /// Its unit.
    pub unit: &'a str,
    /// What it is.
    pub kind: Kind,
}

impl MetricTable {
    /// The embedded table.
    pub fn embedded() -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(include_str!("tables/metrics.toml"))?;
        let mut families: Vec<&str> = file.metric.iter().map(|r| r.family.as_str()).collect();
        families.dedup();
        let mut rows = FxHashMap::default();
        for (at, row) in file.metric.iter().enumerate() {
            let family = families.iter().position(|f| *f == row.family);
            let family = family.and_then(|f| u16::try_from(f).ok()).unwrap_or(0);
            for name in &row.names {
                rows.insert(name.clone(), (family, at));
            }
        }
        let names = file.shown.iter().enumerate();
        let names = names.flat_map(|(row, r)| r.names.iter().map(move |name| (name, row)));
        let placed = names.zip(0..);
        let shown = placed.map(|((name, row), place)| (name.clone(), (place, row)));
        let shown = shown.collect();
        Ok(Self { file, rows, shown })
    }

    /// The identity of a point's series; `None` where the metric is not about agents.
    pub fn identity(&self, of: MetricOf<'_>, attributes: &[KeyValue]) -> Option<Identity> {
        let begins = |text: &str, heads: &[String]| heads.iter().any(|h| text.starts_with(h));
        let keyed = || attributes.iter().any(|kv| begins(&kv.key, &self.file.keys));
        if !begins(of.name, &self.file.names) && !keyed() {
            return None;
        }
        let mut kept: Vec<(Box<str>, Box<str>)> = attributes
            .iter()
            .filter_map(|kv| Some((read::cut(&kv.key).into(), value(kv)?)))
            .take(ATTRIBUTES)
            .collect();
        kept.sort_unstable();
        Some(Identity {
            name: read::cut(of.name).into(),
            unit: read::cut(of.unit).into(),
            attributes: kept.into(),
            kind: of.kind,
            process: of.origin.process,
            scope: read::cut(&of.origin.scope).into(),
            service: read::cut(&of.origin.service).into(),
            owner: self.owner(of, attributes),
            meaning: self.meaning(of.name, attributes),
            shown: self.shown(of, attributes).map(Box::new),
        })
    }

    /// The session that it names, else the process, else the service.
    fn owner(&self, of: MetricOf<'_>, attributes: &[KeyValue]) -> Owner {
        let keys = self.file.session.iter();
        let told = keys.filter_map(|key| Some((key, first(attributes, key)?)));
        let resource = &of.resource.attributes;
        let keys = self.file.session.iter();
        let above = keys.filter_map(|key| Some((key, first(resource, key)?)));
        if let Some((key, session)) = told.chain(above).next() {
            return Owner::Session(key.as_str().into(), session);
        }
        let mut instance = self.file.instance.iter();
        if instance.any(|key| first(resource, key).is_some()) {
            return Owner::Sender(of.origin.process);
        }
        Owner::Sender(of.origin.service_key())
    }

    fn meaning(&self, name: &str, attributes: &[KeyValue]) -> Option<Meaning> {
        let &(family, row) = self.rows.get(name)?;
        let row = self.file.metric.get(row)?;
        let operation = first(attributes, &self.file.operation);
        if operation.is_some_and(|o| !self.file.calls.iter().any(|c| **c == *o)) {
            return None;
        }
        let typed = || row.types.get(&*first(attributes, row.r#type.as_ref()?)?);
        let counts = row.counts.as_ref().or_else(typed)?;
        let of = |keys: &[String]| keys.iter().find_map(|key| first(attributes, key));
        Some(Meaning {
            quantity: (*counts).into(),
            family,
            model: of(&self.file.model),
            provider: of(&self.file.provider).or_else(|| row.provider.as_deref().map(Into::into)),
        })
    }
}

impl MetricTable {
    /// Its place where times are shown, and what it is about.
    fn shown(&self, of: MetricOf<'_>, attributes: &[KeyValue]) -> Option<Shown> {
        let &(place, row) = self.shown.get(of.name)?;
        let row = self.file.shown.get(row)?;
        let told = |keys: &[String]| keys.iter().find_map(|key| first(attributes, key));
        let operation = first(attributes, &self.file.operation);
        let call = operation.is_none_or(|o| self.file.calls.iter().any(|c| **c == *o));
        let model = told(&self.file.model);
        // Some count whatever they do under one name; what names no model is no model's call.
        let measure = match row.measures.filter(|_| call && model.is_some()) {
            Some(Measured::Call) => Measure::Call,
            Some(Measured::FirstToken) => Measure::FirstToken,
            None => Measure::Other,
        };
        let operation = first(attributes, &self.file.operation).filter(|_| !call);
        let about = self.file.about.iter();
        let about = about
            .filter_map(|key| first(attributes, key))
            .chain(operation);
        let about: Vec<Box<str>> = about.collect();
        let unit = row.unit.as_deref().unwrap_or(of.unit);
        Some(Shown {
            place,
            provider: told(&self.file.provider),
            model,
            about: about.join(" · ").into(),
            failed: told(&self.file.failed).is_some(),
            measure,
            unit_ns: unit_ns(unit),
        })
    }
}

/// Nanoseconds in a unit of time (UCUM, and as words); 0 of anything else.
fn unit_ns(unit: &str) -> u64 {
    match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" | "milliseconds" => 1_000_000,
        "s" | "seconds" => 1_000_000_000,
        "min" => 60_000_000_000,
        _ => 0,
    }
}

fn first(attributes: &[KeyValue], key: &str) -> Option<Box<str>> {
    let there = attributes.iter().find(|kv| kv.key == key)?;
    value(there).filter(|text| !text.is_empty())
}

fn value(kv: &KeyValue) -> Option<Box<str>> {
    Some(read::cut(&read::plain(kv.value.as_ref()?)?).into())
}
