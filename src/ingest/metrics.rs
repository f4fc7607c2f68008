//! Metrics as decoded to points of series.

use crate::convention::{MetricOf, Tables};
use crate::metrics::{
    Buckets, Distribution, Exponential, Identity, Kind, Point, Temporality, Value,
};
use crate::wire::payload::{Origin as RawOrigin, RawMetric};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint,
    SummaryDataPoint, exponential_histogram_data_point::Buckets as Side, metric::Data,
    number_data_point,
};
use std::sync::Arc;

/// OTLP's flag of a point that only says that there is nothing to say.
const NO_RECORDED_VALUE: u32 = 1;

/// What a request's metrics bring.
#[derive(Default)]
pub struct Measured {
    /// Points of metrics that are about agents.
    pub points: Vec<Point>,
    /// All points, these included.
    pub count: u64,
}

/// Reads metrics.
pub fn read(tables: &Tables, metrics: &[RawMetric]) -> Measured {
    let mut reader = Reader {
        tables,
        origin: None,
        measured: Measured::default(),
    };
    for raw in metrics {
        reader.metric(raw);
    }
    reader.measured
}

struct Reader<'a> {
    tables: &'a Tables,
    /// The last one read: metrics of an origin stand together.
    origin: Option<(Arc<RawOrigin>, Arc<crate::model::evidence::Origin>)>,
    measured: Measured,
}

impl Reader<'_> {
    fn metric(&mut self, raw: &RawMetric) {
        let temporality = |n: i32| match AggregationTemporality::try_from(n) {
            Ok(AggregationTemporality::Delta) => Temporality::Delta,
            _ => Temporality::Cumulative,
        };
        match &raw.metric.data {
            Some(Data::Gauge(m)) => self.numbers(raw, Kind::Gauge, &m.data_points),
            Some(Data::Sum(m)) => {
                let t = temporality(m.aggregation_temporality);
                let kind = if m.is_monotonic {
                    Kind::Counter(t)
                } else {
                    Kind::Level(t)
                };
                self.numbers(raw, kind, &m.data_points);
            }
            Some(Data::Histogram(m)) => {
                let kind = Kind::Histogram(temporality(m.aggregation_temporality));
                self.points(raw, kind, &m.data_points, |p: &HistogramDataPoint| Raw {
                    attributes: &p.attributes,
                    times: (p.start_time_unix_nano, p.time_unix_nano),
                    value: recorded(p.flags).map(|()| Value::Distribution(explicit(p))),
                });
            }
            Some(Data::ExponentialHistogram(m)) => {
                let kind = Kind::Histogram(temporality(m.aggregation_temporality));
                let read = |p: &ExponentialHistogramDataPoint| {
                    recorded(p.flags).map(|()| Value::Distribution(exponential(p)))
                };
                self.points(raw, kind, &m.data_points, |p| Raw {
                    attributes: &p.attributes,
                    times: (p.start_time_unix_nano, p.time_unix_nano),
                    value: read(p),
                });
            }
            Some(Data::Summary(m)) => {
                self.points(raw, Kind::Summary, &m.data_points, |p| Raw {
                    attributes: &p.attributes,
                    times: (p.start_time_unix_nano, p.time_unix_nano),
                    value: recorded(p.flags).map(|()| Value::Distribution(summary(p))),
                });
            }
            None => {}
        }
    }

    fn numbers(&mut self, raw: &RawMetric, kind: Kind, points: &[NumberDataPoint]) {
        #[expect(clippy::cast_precision_loss, reason = "counts below 2^53 are exact")]
        let number = |p: &NumberDataPoint| match p.value {
            Some(number_data_point::Value::AsInt(n)) => Some(n as f64),
            Some(number_data_point::Value::AsDouble(d)) => Some(d).filter(|d| d.is_finite()),
            None => None,
        };
        self.points(raw, kind, points, |p| Raw {
            attributes: &p.attributes,
            times: (p.start_time_unix_nano, p.time_unix_nano),
            value: number(p).map(Value::Number),
        });
    }

    fn points<P>(
        &mut self,
        raw: &RawMetric,
        kind: Kind,
        points: &[P],
        read: impl Fn(&P) -> Raw<'_>,
    ) {
        self.measured.count += points.len() as u64;
        let origin = match &self.origin {
            Some((last, origin)) if Arc::ptr_eq(last, &raw.origin) => origin.clone(),
            _ => self.tables.origin(&raw.origin).origin,
        };
        self.origin = Some((raw.origin.clone(), origin.clone()));
        let of = MetricOf {
            origin: &origin,
            resource: &raw.origin.resource,
            name: &raw.metric.name,
            unit: &raw.metric.unit,
            kind,
        };
        for point in points {
            let point = read(point);
            let Some(value) = point.value else { continue };
            let identity: Option<Identity> = self.tables.metric(of, point.attributes);
            self.measured.points.extend(identity.map(|identity| Point {
                identity: Arc::new(identity),
                start: point.times.0,
                time: point.times.1,
                value,
            }));
        }
    }
}

/// What is read of a point of any kind.
struct Raw<'a> {
    attributes: &'a [KeyValue],
    times: (u64, u64),
    value: Option<Value>,
}

fn recorded(flags: u32) -> Option<()> {
    (flags & NO_RECORDED_VALUE == 0).then_some(())
}

fn explicit(p: &HistogramDataPoint) -> Distribution {
    Distribution {
        count: p.count,
        sum: p.sum,
        min: p.min,
        max: p.max,
        buckets: Buckets::explicit(&p.explicit_bounds, &p.bucket_counts),
    }
}

fn exponential(p: &ExponentialHistogramDataPoint) -> Distribution {
    fn side(s: Option<&Side>) -> (i32, &[u64]) {
        s.map_or((0, &[]), |s| (s.offset, &s.bucket_counts))
    }
    Distribution {
        count: p.count,
        sum: p.sum,
        min: p.min,
        max: p.max,
        buckets: Buckets::Exponential(Exponential::new(
            p.scale,
            (p.zero_count, p.zero_threshold),
            side(p.positive.as_ref()),
            side(p.negative.as_ref()),
        )),
    }
}

fn summary(p: &SummaryDataPoint) -> Distribution {
    let told = p.quantile_values.iter().take(64);
    Distribution {
        count: p.count,
        sum: Some(p.sum),
        buckets: Buckets::Told(told.map(|q| (q.quantile, q.value)).collect()),
        ..Distribution::default()
    }
}
