//! The interpreter: spans and records in, facts out.

use super::metrics::{MetricOf, MetricTable};
use super::read::{self, Told};
use super::reading::{Reading, normalise};
use super::rule::{BODY, Reader, Rule, Target};
use super::subject::{Subject, applies, ended};
use super::table::Compiled;
use crate::metrics::Identity;
use crate::model::evidence::{FactValue, Field, Op, Origin, key_of};
use crate::model::usage::Convention;
use crate::wire::payload::Origin as RawOrigin;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde::Deserialize;
use std::sync::Arc;

/// OTLP `Status.code` of a failure.
const STATUS_ERROR: i32 = 2;
/// Stands for a rule in facts that the record's own fields tell: status, name, times.
pub const OWN_FIELD: u16 = u16::MAX;

/// What resources and log records tell, by which keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceKeys {
    pub(super) service: String,
    pub(super) process: Vec<String>,
    pub(super) session: Vec<String>,
    pub(super) event_name: String,
    pub(super) event_time: String,
    pub(super) times: Vec<String>,
    pub(super) exception_event: String,
    pub(super) exception_message: String,
    pub(super) exception_type: String,
}

/// The dialect tables, ready to read with.
#[derive(Debug)]
pub struct Tables {
    pub(super) compiled: Compiled,
    pub(super) resource: ResourceKeys,
    metrics: MetricTable,
}

/// A resource and scope, read once for all of their evidence.
#[derive(Clone, Debug)]
pub struct OriginReading {
    /// For the store.
    pub origin: Arc<Origin>,
    bits: u64,
    counts: Option<Convention>,
}

/// One value that a rule could read.
pub(super) struct Match<'a> {
    pub(super) rule: u16,
    pub(super) value: Option<&'a Told<'a>>,
}

impl Tables {
    /// The embedded tables.
    pub fn embedded() -> anyhow::Result<Self> {
        let resource = toml::from_str(include_str!("tables/resource.toml"))?;
        Ok(Self {
            compiled: Compiled::embedded()?,
            resource,
            metrics: MetricTable::embedded()?,
        })
    }

    /// Reads a resource and scope.
    pub fn origin(&self, raw: &RawOrigin) -> OriginReading {
        let find = |key: &String| {
            raw.resource
                .attributes
                .iter()
                .find(|kv| kv.key == *key)
                .and_then(|kv| kv.value.as_ref())
                .and_then(read::plain)
        };
        let process: Vec<String> = self
            .resource
            .process
            .iter()
            .map(|k| {
                find(k)
                    .map(std::borrow::Cow::into_owned)
                    .unwrap_or_default()
            })
            .collect();
        let session = self
            .resource
            .session
            .iter()
            .find_map(|k| find(k).map(|v| (OWN_FIELD, read::cut(&v))));
        let (resource, scope) = (raw.resource.encode_to_vec(), raw.scope.encode_to_vec());
        let service = find(&self.resource.service).unwrap_or_default();
        let origin = Origin {
            service: service.as_ref().into(),
            scope: raw.scope.name.as_str().into(),
            process: key_of(process),
            key: key_of((&resource, &scope, &raw.schema_url)),
            resource: resource.into(),
            scope_bytes: scope.into(),
            schema_url: raw.schema_url.as_str().into(),
            session,
        };
        OriginReading {
            origin: Arc::new(origin),
            bits: self.compiled.of_origin(&raw.scope.name, &service),
            counts: self.compiled.counts_of(&raw.scope.name),
        }
    }

    /// The identity of a metric point's series; `None` where it is not about agents.
    pub fn metric(&self, of: MetricOf<'_>, attributes: &[KeyValue]) -> Option<Identity> {
        self.metrics.identity(of, attributes)
    }

    /// Reads a span.
    pub fn span(&self, origin: &OriginReading, span: &Span) -> Reading {
        let bits = origin.bits
            | self.compiled.of_name(&span.name)
            | self.compiled.of_keys(&span.attributes);
        let root = span.parent_span_id.iter().all(|b| *b == 0);
        let subject = Subject {
            name: &span.name,
            root,
            running: !ended(span) || self.compiled.is_pending(&span.attributes),
            bits,
            attributes: &span.attributes,
            body: None,
        };
        let named = self.compiled.span_op(bits, &span.name);
        let mut reading = self.facts(&subject, named, origin);
        self.span_events(span, &subject, &mut reading);
        if root {
            self.follow_link(bits, span, &mut reading);
        }
        self.span_asides(span, origin, bits, &mut reading);
        let status_failed = span.status.as_ref().is_some_and(|s| s.code == STATUS_ERROR);
        reading.failed = reading
            .number(Field::Failed)
            .map_or(status_failed, |f| f == 1);
        if reading.failed {
            self.failure(span, &mut reading);
        }
        reading
    }

    /// Reads a log record, whose event name is `name`.
    pub fn record(&self, origin: &OriginReading, record: &LogRecord, name: &str) -> Reading {
        // What the attribute has by a bare name, the body or the event's own field has in full.
        let body = record.body.as_ref().and_then(read::plain);
        let spelled = [
            name,
            &record.event_name,
            body.as_deref().unwrap_or_default(),
        ];
        let told = spelled.map(|name| self.compiled.of_name(name));
        let bits = told.iter().fold(origin.bits, |bits, b| bits | b)
            | self.compiled.of_keys(&record.attributes);
        let subject = Subject {
            name,
            root: false,
            running: false,
            bits,
            attributes: &record.attributes,
            body: record.body.as_ref(),
        };
        let named = self.compiled.event_op(bits, name);
        let mut reading = self.facts(&subject, named.map(|(d, op, _)| (d, op)), origin);
        if named.is_none() {
            reading.op = Op::Mark;
        }
        Self::record_asides(record, &mut reading);
        reading.failed =
            named.is_some_and(|(_, _, failed)| failed) || reading.number(Field::Failed) == Some(1);
        reading
    }

    /// A record's event name: the attribute, the field, the body's text (reference notes: "name
    /// an event by `event.name` first, then `eventName`, then body").
    pub fn event_name<'a>(&self, record: &'a LogRecord) -> std::borrow::Cow<'a, str> {
        let attribute = record
            .attributes
            .iter()
            .find(|kv| kv.key == self.resource.event_name);
        let told = attribute
            .and_then(|kv| kv.value.as_ref())
            .and_then(read::plain);
        told.filter(|n| !n.is_empty())
            .or_else(|| {
                (!record.event_name.is_empty()).then_some(record.event_name.as_str().into())
            })
            .or_else(|| {
                record
                    .body
                    .as_ref()
                    .and_then(read::plain)
                    .filter(|b| b.len() <= 80)
            })
            .unwrap_or_else(|| "log".into())
    }

    /// A record's time: its own, else when it was observed, else the attribute.
    pub fn event_time(&self, record: &LogRecord) -> u64 {
        let attribute = || {
            let text = record
                .attributes
                .iter()
                .find(|kv| kv.key == self.resource.event_time)?
                .value
                .as_ref()
                .and_then(read::plain)?;
            u64::try_from(text.parse::<jiff::Timestamp>().ok()?.as_nanosecond()).ok()
        };
        [record.time_unix_nano, record.observed_time_unix_nano]
            .into_iter()
            .find(|t| *t != 0)
            .or_else(attribute)
            .unwrap_or_default()
    }

    /// Whether an attribute holds a time, for replays that shift a recording.
    pub fn is_time_key(&self, key: &str) -> bool {
        self.resource.times.iter().any(|k| k == key)
    }

    pub(super) fn facts(
        &self,
        subject: &Subject<'_>,
        named: Option<(u8, Op)>,
        origin: &OriginReading,
    ) -> Reading {
        let told = self.told(subject);
        let mut matches: Vec<Match<'_>> = Vec::with_capacity(24);
        let open = |rule: &&u16| self.compiled.is_open(**rule, subject.bits);
        for (rules, told) in &told {
            matches.extend(rules.iter().filter(open).map(|&rule| Match {
                rule,
                value: Some(told),
            }));
        }
        let constants = self.compiled.constants.iter().filter(open);
        matches.extend(constants.map(|&rule| Match { rule, value: None }));
        matches.sort_unstable_by_key(|m| m.rule);
        let lowest = subject.bits.trailing_zeros();
        let fallback = if subject.bits == 0 {
            u8::MAX
        } else {
            u8::try_from(lowest).unwrap_or(u8::MAX)
        };
        let told = self.op(subject, &matches);
        // A rule for spans of this very name knows better than the name alone.
        let closer = told.filter(|(_, _, named)| *named);
        let (dialect, op) = closer
            .map(|(dialect, op, _)| (dialect, op))
            .or(named)
            .or(told.map(|(dialect, op, _)| (dialect, op)))
            .unwrap_or((fallback, Op::Other));
        let mut reading = Reading {
            op,
            dialect: if fallback == u8::MAX {
                dialect
            } else {
                fallback
            },
            facts: Vec::with_capacity(16),
            ..Reading::default()
        };
        let mut includes = origin.counts;
        let mut silent: Vec<Field> = Vec::new();
        for m in &matches {
            let Some(rule) = self.rule(m.rule) else {
                continue;
            };
            let Target::Fact(field) = rule.target else {
                continue;
            };
            let settled = reading.has(field) || silent.contains(&field);
            if settled || !applies(rule, subject, Some(op)) {
                continue;
            }
            if rule.reader == Reader::Ids {
                let ids = m.value.map(|told| read::ids(rule, told));
                let fact = |id| (field, m.rule, FactValue::Number(id));
                reading.facts.extend(ids.into_iter().flatten().map(fact));
                continue;
            }
            if let Some(value) = value_of(rule, m, subject) {
                if rule.nothing {
                    silent.push(field);
                    continue;
                }
                if rule.counts.is_some() {
                    includes = rule.counts;
                }
                reading.facts.push((field, m.rule, value));
            }
        }
        if !reading.has(Field::Session)
            && let Some((rule, session)) = &origin.origin.session
        {
            reading
                .facts
                .push((Field::Session, *rule, FactValue::Text(session.clone())));
        }
        let provider = reading.text(Field::Provider).map(str::to_owned);
        normalise(&mut reading, includes, provider.as_deref());
        reading
    }

    /// What rules could read: values under their keys, a record's body, flattened lists.
    pub(super) fn told<'a>(&'a self, subject: &Subject<'a>) -> Vec<(&'a [u16], Told<'a>)> {
        let rules = |key: &str| self.compiled.by_key.get(key).map(Vec::as_slice);
        let mut told: Vec<(&[u16], Told<'a>)> = subject
            .attributes
            .iter()
            .filter_map(|kv| Some((rules(&kv.key)?, Told::new(kv.value.as_ref()?))))
            .collect();
        let body = subject.body.map(Told::new);
        told.extend(rules(BODY).zip(body));
        for (prefix, rules) in &self.compiled.families {
            let list = Told::family(subject.attributes, prefix);
            told.extend(list.map(|list| (rules.as_slice(), list)));
        }
        told
    }

    pub(super) fn rule(&self, index: u16) -> Option<&Rule> {
        self.compiled.rules.get(index as usize)
    }

    /// What the rules say that it tells of, and whether by a rule for its very name.
    fn op(&self, subject: &Subject<'_>, matches: &[Match<'_>]) -> Option<(u8, Op, bool)> {
        matches.iter().find_map(|m| {
            let rule = self
                .rule(m.rule)
                .filter(|r| r.target == Target::Op && applies(r, subject, None))?;
            let Some(FactValue::Text(word)) = value_of(rule, m, subject) else {
                return None;
            };
            Some((rule.dialect, rule.op(&word)?, rule.name_starts.is_some()))
        })
    }

    /// The error's own words where no attribute has them, the status message before the exception
    /// event's, and the exception's type.
    fn failure(&self, span: &Span, reading: &mut Reading) {
        let exception = |key: &str| {
            let named = |name: &str| name == self.resource.exception_event;
            let event = span.events.iter().find(|e| named(&e.name))?;
            let told = event.attributes.iter().find(|kv| kv.key == key)?;
            Some(read::plain(told.value.as_ref()?)?.into_owned())
        };
        let status = span.status.as_ref().map(|s| s.message.clone());
        let words = || {
            let status = status.clone().filter(|m| !m.is_empty());
            status.or_else(|| exception(&self.resource.exception_message))
        };
        let kind = || exception(&self.resource.exception_type);
        let told: [(Field, &dyn Fn() -> Option<String>); 2] =
            [(Field::Error, &words), (Field::ErrorType, &kind)];
        for (field, told) in told {
            if reading.has(field) {
                continue;
            }
            let told = told().filter(|text| !text.is_empty());
            let fact = told.map(|text| (field, OWN_FIELD, FactValue::Text(read::cut(&text))));
            reading.facts.extend(fact);
        }
    }
}

pub(super) fn value_of(rule: &Rule, m: &Match<'_>, subject: &Subject<'_>) -> Option<FactValue> {
    match m.value {
        Some(told) => read::read(rule, told, subject.name),
        None if rule.reader == Reader::Name => read::read_name(rule, subject.name),
        None if rule.reader == Reader::Flag && rule.key.is_empty() => {
            let set = rule.value.as_deref() != Some("false");
            Some(FactValue::Number(u64::from(set)))
        }
        None if rule.key.is_empty() => rule.value.as_deref().map(|v| FactValue::Text(v.into())),
        None => None,
    }
}
