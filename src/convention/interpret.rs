//! The interpreter: spans and records in, facts out.

use super::form::{Form, Forms};
use super::metrics::{MetricOf, MetricTable};
use super::read;
use super::reading::{Reading, normalise};
use super::rule::{Reader, Rule, Target};
use super::subject::{Kind, Subject, ended, holds};
use super::table::Compiled;
use super::told::Told;
use crate::metrics::Identity;
use crate::model::evidence::{FactValue, Field, Op, Origin, key_of};
use crate::model::usage::Convention;
use crate::wire::payload::Origin as RawOrigin;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde::Deserialize;
use std::borrow::Cow;
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

/// A set of fields.
#[derive(Default)]
struct Fields(u128);

impl Fields {
    fn has(&self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    fn add(&mut self, field: Field) {
        self.0 |= 1 << field as u8;
    }
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
            .find_map(|k| find(k).map(|v| (OWN_FIELD, read::cut(&v).into())));
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

    /// Reads a span; `forms` are those of its request.
    pub fn span<'a>(
        &'a self,
        forms: &mut Forms<'a>,
        origin: &OriginReading,
        span: &'a Span,
    ) -> Reading<'a> {
        let subject = Subject {
            kind: Kind::Span,
            name: &span.name,
            root: span.parent_span_id.iter().all(|b| *b == 0),
            running: !ended(span),
            bits: origin.bits,
            attributes: &span.attributes,
            body: None,
        };
        let form = forms.of(&self.compiled, &subject);
        let mut reading = self.facts(form, &subject, origin);
        self.span_events(span, form, &subject, &mut reading);
        if subject.root {
            self.follow_link(form.bits, span, &mut reading);
        }
        self.span_asides(span, origin, form, &mut reading);
        let status_failed = span.status.as_ref().is_some_and(|s| s.code == STATUS_ERROR);
        reading.failed = reading
            .number(Field::Failed)
            .map_or(status_failed, |f| f == 1);
        if reading.failed {
            self.failure(span, &mut reading);
        }
        reading
    }

    /// Reads a log record, whose event name is `name`; `forms` are those of its request.
    pub fn record<'a>(
        &'a self,
        forms: &mut Forms<'a>,
        origin: &OriginReading,
        record: &'a LogRecord,
        name: &'a str,
    ) -> Reading<'a> {
        // What the attribute has by a bare name, the body or the event's own field has in full.
        let body = record.body.as_ref().and_then(read::plain);
        let spelled = [&record.event_name, body.as_deref().unwrap_or_default()];
        let told = spelled.into_iter().filter(|told| *told != name);
        let told = told.map(|name| self.compiled.of_name(name));
        let subject = Subject {
            kind: Kind::Record,
            name,
            root: false,
            running: false,
            bits: told.fold(origin.bits, |bits, b| bits | b),
            attributes: &record.attributes,
            body: record.body.as_ref(),
        };
        let form = forms.of(&self.compiled, &subject);
        let mut reading = self.facts(form, &subject, origin);
        if form.named.is_none() {
            reading.op = Op::Mark;
        }
        Self::record_asides(record, &mut reading);
        let failed = form.named.is_some_and(|(_, _, failed)| failed);
        reading.failed = failed || reading.number(Field::Failed) == Some(1);
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

    pub(super) fn facts<'a>(
        &'a self,
        form: &Form,
        subject: &Subject<'a>,
        origin: &OriginReading,
    ) -> Reading<'a> {
        let told = form.told(&self.compiled, subject);
        let fallback = match form.bits {
            0 => u8::MAX,
            bits => u8::try_from(bits.trailing_zeros()).unwrap_or(u8::MAX),
        };
        let own = self.op(form, &told, subject);
        let named = form.named.map(|(dialect, op, _)| (dialect, op));
        // A rule for spans of this very name knows better than the name alone.
        let closer = own.filter(|(_, _, named)| *named);
        let (dialect, op) = closer
            .map(|(dialect, op, _)| (dialect, op))
            .or(named)
            .or(own.map(|(dialect, op, _)| (dialect, op)))
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
        let mut settled = Fields::default();
        for asked in &form.facts {
            let Some(rule) = self.rule(asked.rule) else {
                continue;
            };
            let Target::Fact(field) = rule.target else {
                continue;
            };
            if settled.has(field) || !holds(rule, subject, Some(op)) {
                continue;
            }
            let value = asked.value.and_then(|at| told.get(at));
            if rule.reader == Reader::Ids {
                for id in value.into_iter().flat_map(|told| read::ids(rule, told)) {
                    settled.add(field);
                    let fact = (field, asked.rule, FactValue::Number(id));
                    reading.facts.push(fact);
                }
                continue;
            }
            if let Some(value) = value_of(rule, value, subject) {
                settled.add(field);
                if rule.nothing {
                    continue;
                }
                if rule.counts.is_some() {
                    includes = rule.counts;
                }
                reading.facts.push((field, asked.rule, value));
            }
        }
        if !reading.has(Field::Session)
            && let Some((rule, session)) = &origin.origin.session
        {
            let session = FactValue::Text(session.to_string().into());
            reading.facts.push((Field::Session, *rule, session));
        }
        normalise(&mut reading, includes);
        reading
    }

    pub(super) fn rule(&self, index: u16) -> Option<&Rule> {
        self.compiled.rules.get(index as usize)
    }

    /// What the rules say that it tells of, and whether by a rule for its very name.
    fn op(&self, form: &Form, told: &[Told<'_>], of: &Subject<'_>) -> Option<(u8, Op, bool)> {
        form.ops.iter().find_map(|asked| {
            let rule = self.rule(asked.rule).filter(|r| holds(r, of, None))?;
            let value = asked.value.and_then(|at| told.get(at));
            let Some(FactValue::Text(word)) = value_of(rule, value, of) else {
                return None;
            };
            Some((rule.dialect, rule.op(&word)?, rule.name_starts.is_some()))
        })
    }

    /// The error's own words where no attribute has them, the status message before the exception
    /// event's, and the exception's type.
    fn failure<'a>(&self, span: &'a Span, reading: &mut Reading<'a>) {
        let exception = |key: &str| {
            let named = |name: &str| name == self.resource.exception_event;
            let event = span.events.iter().find(|e| named(&e.name))?;
            let told = event.attributes.iter().find(|kv| kv.key == key)?;
            read::plain(told.value.as_ref()?)
        };
        let status = span.status.as_ref().map(|s| Cow::Borrowed(&*s.message));
        let words = status.filter(|m| !m.is_empty());
        let words = words.or_else(|| exception(&self.resource.exception_message));
        let kind = exception(&self.resource.exception_type);
        for (field, told) in [(Field::Error, words), (Field::ErrorType, kind)] {
            let told = told.filter(|text| !text.is_empty() && !reading.has(field));
            let fact = told.map(|text| (field, OWN_FIELD, read::named(text)));
            reading.facts.extend(fact);
        }
    }
}

/// What a rule reads of a value; of the name, or what it says itself, where it has no key.
pub(super) fn value_of<'a>(
    rule: &'a Rule,
    value: Option<&Told<'a>>,
    subject: &Subject<'a>,
) -> Option<FactValue<'a>> {
    match value {
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
