//! A decoded export request, and walks over what it holds: its times, and its values by key.
//!
//! Reading for the screen is `wire`'s work, span by span; this is for changing a whole request
//! and writing it again.

use crate::wire::payload::{Decoded, Origin, Signal};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, Metric, ResourceMetrics, ScopeMetrics, metric::Data,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::sync::Arc;

/// One export request, decoded.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Spans.
    Traces(ExportTraceServiceRequest),
    /// Log records.
    Logs(ExportLogsServiceRequest),
    /// Metrics.
    Metrics(ExportMetricsServiceRequest),
}

/// The attributes of one data point, its exemplars and its two times: what points of all five
/// kinds have in common.
type Point<'a> = (
    &'a mut Vec<KeyValue>,
    Option<&'a mut Vec<Exemplar>>,
    [&'a mut u64; 2],
);

/// What a text is that stands outside of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A span's or an event's name.
    Name,
    /// What the status of a span says.
    Message,
}

impl Request {
    /// The key under which [`Request::each_value`] visits the body of a record.
    pub const BODY: &'static str = "body";

    /// What was read of a request, as one that keeps to the rules.
    pub fn of(signal: Signal, decoded: Decoded) -> Self {
        match signal {
            Signal::Traces => Self::Traces(ExportTraceServiceRequest {
                resource_spans: grouped(decoded.spans, |s| &s.origin)
                    .map(|(origin, spans)| ResourceSpans {
                        resource: Some(origin.resource.clone()),
                        scope_spans: vec![ScopeSpans {
                            scope: Some(origin.scope.clone()),
                            spans: spans.into_iter().map(|s| s.span).collect(),
                            schema_url: origin.schema_url.clone(),
                        }],
                        ..ResourceSpans::default()
                    })
                    .collect(),
            }),
            Signal::Logs => Self::Logs(ExportLogsServiceRequest {
                resource_logs: grouped(decoded.logs, |l| &l.origin)
                    .map(|(origin, logs)| ResourceLogs {
                        resource: Some(origin.resource.clone()),
                        scope_logs: vec![ScopeLogs {
                            scope: Some(origin.scope.clone()),
                            log_records: logs.into_iter().map(|l| l.record).collect(),
                            schema_url: origin.schema_url.clone(),
                        }],
                        ..ResourceLogs::default()
                    })
                    .collect(),
            }),
            Signal::Metrics => Self::Metrics(ExportMetricsServiceRequest {
                resource_metrics: grouped(decoded.metrics, |m| &m.origin)
                    .map(|(origin, metrics)| ResourceMetrics {
                        resource: Some(origin.resource.clone()),
                        scope_metrics: vec![ScopeMetrics {
                            scope: Some(origin.scope.clone()),
                            metrics: metrics.into_iter().map(|m| m.metric).collect(),
                            schema_url: origin.schema_url.clone(),
                        }],
                        ..ResourceMetrics::default()
                    })
                    .collect(),
            }),
        }
    }

    /// Visits every text that stands outside of attributes and may say something of what was done.
    pub fn each_word(&mut self, visit: &mut dyn FnMut(Place, &mut String)) {
        match self {
            Self::Traces(r) => spans(r).for_each(|span| {
                visit(Place::Name, &mut span.name);
                let events = span.events.iter_mut();
                events.for_each(|e| visit(Place::Name, &mut e.name));
                let status = span.status.iter_mut();
                status.for_each(|s| visit(Place::Message, &mut s.message));
            }),
            Self::Logs(r) => {
                let scopes = r.resource_logs.iter_mut().flat_map(|r| &mut r.scope_logs);
                let logs = scopes.flat_map(|s| &mut s.log_records);
                logs.for_each(|l| visit(Place::Name, &mut l.event_name));
            }
            Self::Metrics(_) => {}
        }
    }

    /// Decodes a protobuf body.
    pub fn from_protobuf(signal: Signal, body: &[u8]) -> Result<Self, prost::DecodeError> {
        Ok(match signal {
            Signal::Traces => Self::Traces(ExportTraceServiceRequest::decode(body)?),
            Signal::Logs => Self::Logs(ExportLogsServiceRequest::decode(body)?),
            Signal::Metrics => Self::Metrics(ExportMetricsServiceRequest::decode(body)?),
        })
    }

    /// Decodes an OTLP/JSON body that keeps to the rules.
    pub fn from_json(signal: Signal, body: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(match signal {
            Signal::Traces => Self::Traces(serde_json::from_slice(body)?),
            Signal::Logs => Self::Logs(serde_json::from_slice(body)?),
            Signal::Metrics => Self::Metrics(serde_json::from_slice(body)?),
        })
    }

    /// The protobuf body.
    pub fn to_protobuf(&self) -> Vec<u8> {
        match self {
            Self::Traces(r) => r.encode_to_vec(),
            Self::Logs(r) => r.encode_to_vec(),
            Self::Metrics(r) => r.encode_to_vec(),
        }
    }

    /// The OTLP/JSON body, as one value.
    pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        match self {
            Self::Traces(r) => serde_json::to_value(r),
            Self::Logs(r) => serde_json::to_value(r),
            Self::Metrics(r) => serde_json::to_value(r),
        }
    }

    /// Visits every time that the format itself names, in ns since the epoch; zero is "not set".
    pub fn each_time(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        match self {
            Self::Traces(r) => spans(r).for_each(|span| {
                visit(&mut span.start_time_unix_nano);
                visit(&mut span.end_time_unix_nano);
                let events = span.events.iter_mut();
                events.for_each(|e| visit(&mut e.time_unix_nano));
            }),
            Self::Logs(r) => {
                let scopes = r.resource_logs.iter_mut().flat_map(|r| &mut r.scope_logs);
                for log in scopes.flat_map(|s| &mut s.log_records) {
                    visit(&mut log.time_unix_nano);
                    visit(&mut log.observed_time_unix_nano);
                }
            }
            Self::Metrics(r) => metrics(r).for_each(|metric| {
                each_point(metric, &mut |(_, exemplars, times)| {
                    times.into_iter().for_each(&mut *visit);
                    let exemplars = exemplars.into_iter().flatten();
                    exemplars.for_each(|e| visit(&mut e.time_unix_nano));
                });
            }),
        }
    }

    /// Visits every single value with the key it stands under: attributes of resources, scopes,
    /// spans, events, links, records, points and exemplars, and the bodies of records (key
    /// `body`), down through lists and maps. An element of a list has its list's key.
    pub fn each_value(&mut self, visit: &mut dyn FnMut(&str, &mut Value)) {
        self.each_attributes(&mut |attributes| {
            for attribute in attributes {
                if let Some(value) = &mut attribute.value {
                    each_leaf(&attribute.key, value, visit);
                }
            }
        });
        if let Self::Logs(r) = self {
            let scopes = r.resource_logs.iter_mut().flat_map(|r| &mut r.scope_logs);
            let logs = scopes.flat_map(|s| &mut s.log_records);
            let bodies = logs.filter_map(|l| l.body.as_mut());
            bodies.for_each(|body| each_leaf(Self::BODY, body, visit));
        }
    }

    /// Visits every list of attributes.
    fn each_attributes(&mut self, visit: &mut dyn FnMut(&mut Vec<KeyValue>)) {
        match self {
            Self::Traces(r) => {
                for group in &mut r.resource_spans {
                    group
                        .resource
                        .iter_mut()
                        .for_each(|x| visit(&mut x.attributes));
                    let scopes = group.scope_spans.iter_mut();
                    let scopes = scopes.filter_map(|s| s.scope.as_mut());
                    scopes.for_each(|x| visit(&mut x.attributes));
                }
                spans(r).for_each(|span| {
                    visit(&mut span.attributes);
                    span.events
                        .iter_mut()
                        .for_each(|x| visit(&mut x.attributes));
                    span.links.iter_mut().for_each(|x| visit(&mut x.attributes));
                });
            }
            Self::Logs(r) => {
                for group in &mut r.resource_logs {
                    group
                        .resource
                        .iter_mut()
                        .for_each(|x| visit(&mut x.attributes));
                    for scope in &mut group.scope_logs {
                        scope
                            .scope
                            .iter_mut()
                            .for_each(|x| visit(&mut x.attributes));
                        let logs = scope.log_records.iter_mut();
                        logs.for_each(|x| visit(&mut x.attributes));
                    }
                }
            }
            Self::Metrics(r) => {
                for group in &mut r.resource_metrics {
                    group
                        .resource
                        .iter_mut()
                        .for_each(|x| visit(&mut x.attributes));
                    let scopes = group.scope_metrics.iter_mut();
                    let scopes = scopes.filter_map(|s| s.scope.as_mut());
                    scopes.for_each(|x| visit(&mut x.attributes));
                }
                metrics(r).for_each(|metric| {
                    visit(&mut metric.metadata);
                    each_point(metric, &mut |(attributes, exemplars, _)| {
                        visit(attributes);
                        let exemplars = exemplars.into_iter().flatten();
                        exemplars.for_each(|e| visit(&mut e.filtered_attributes));
                    });
                });
            }
        }
    }
}

/// What stands together by where it came from.
fn grouped<T>(
    items: Vec<T>,
    of: impl Fn(&T) -> &Arc<Origin>,
) -> impl Iterator<Item = (Arc<Origin>, Vec<T>)> {
    let mut groups: Vec<(Arc<Origin>, Vec<T>)> = Vec::new();
    for item in items {
        let origin = of(&item).clone();
        match groups.last_mut() {
            Some((last, group)) if Arc::ptr_eq(last, &origin) => group.push(item),
            _ => groups.push((origin, vec![item])),
        }
    }
    groups.into_iter()
}

fn spans(request: &mut ExportTraceServiceRequest) -> impl Iterator<Item = &mut Span> {
    let groups = request.resource_spans.iter_mut();
    groups
        .flat_map(|r| &mut r.scope_spans)
        .flat_map(|s| &mut s.spans)
}

fn metrics(request: &mut ExportMetricsServiceRequest) -> impl Iterator<Item = &mut Metric> {
    let groups = request.resource_metrics.iter_mut();
    groups
        .flat_map(|r| &mut r.scope_metrics)
        .flat_map(|s| &mut s.metrics)
}

/// Visits the points of a metric, whatever its kind.
fn each_point(metric: &mut Metric, visit: &mut dyn FnMut(Point<'_>)) {
    /// One kind's points; only a summary's have no exemplars.
    macro_rules! points {
        ($data:expr, $point:ident => $exemplars:expr) => {
            for $point in &mut $data.data_points {
                visit((
                    &mut $point.attributes,
                    $exemplars,
                    [&mut $point.start_time_unix_nano, &mut $point.time_unix_nano],
                ));
            }
        };
    }
    match &mut metric.data {
        Some(Data::Gauge(d)) => points!(d, p => Some(&mut p.exemplars)),
        Some(Data::Sum(d)) => points!(d, p => Some(&mut p.exemplars)),
        Some(Data::Histogram(d)) => points!(d, p => Some(&mut p.exemplars)),
        Some(Data::ExponentialHistogram(d)) => points!(d, p => Some(&mut p.exemplars)),
        Some(Data::Summary(d)) => points!(d, p => None),
        None => {}
    }
}

/// Visits the single values of one value; by a list of what is still to do, since its depth comes
/// from outside.
fn each_leaf(key: &str, value: &mut AnyValue, visit: &mut dyn FnMut(&str, &mut Value)) {
    let mut waiting: Vec<(&str, &mut AnyValue)> = vec![(key, value)];
    while let Some((key, value)) = waiting.pop() {
        match &mut value.value {
            Some(Value::ArrayValue(list)) => {
                waiting.extend(list.values.iter_mut().map(|v| (key, v)));
            }
            Some(Value::KvlistValue(map)) => {
                let entries = map.values.iter_mut();
                waiting.extend(entries.filter_map(|e| Some((e.key.as_str(), e.value.as_mut()?))));
            }
            Some(leaf) => visit(key, leaf),
            None => {}
        }
    }
}
