//! The OTLP messages, read leniently: which field of which message is what. Field names and types
//! are those of opentelemetry/proto/{common,resource,trace,logs,metrics}/v1.

use super::lenient::{Object, Read, base64};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge,
    Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint,
    exemplar, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::{Span, Status, status::StatusCode};
use serde_json::Value;

type Result<T> = std::result::Result<T, String>;

impl Read for KeyValue {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            key: o.text("key")?,
            value: o.opt_any("value")?,
            ..Self::default()
        })
    }
}

impl Read for AnyValue {
    /// What does not fit its type is kept as text: the value of one attribute costs no span.
    fn read(o: Object) -> Result<Self> {
        let Some((kind, value)) = KINDS
            .iter()
            .find_map(|kind| o.get(kind).map(|value| (*kind, value)))
        else {
            return Ok(Self::default());
        };
        let read = match (kind, value) {
            ("stringValue", _) => value.as_str().map(|text| Any::StringValue(text.to_owned())),
            ("boolValue", _) => o.truth(kind, value).ok().map(Any::BoolValue),
            ("intValue", _) => o
                .whole(kind, value, true)
                .ok()
                .and_then(|n| i64::try_from(n).ok())
                .map(Any::IntValue),
            ("doubleValue", _) => o.double(kind, value).ok().map(Any::DoubleValue),
            ("bytesValue", _) => value.as_str().and_then(base64).map(Any::BytesValue),
            ("kvlistValue", _) => Some(Any::KvlistValue(o.message(kind, value)?)),
            (_, Value::Array(values)) => {
                o.repair(); // the list itself in place of `{"values": …}`
                Some(o.array(values)?)
            }
            _ => Some(Any::ArrayValue(o.message(kind, value)?)),
        };
        let text = || {
            o.repair();
            Any::StringValue(
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            )
        };
        Ok(Self {
            value: Some(read.unwrap_or_else(text)),
        })
    }
}

/// The fields of an `AnyValue`, of which one is there.
const KINDS: [&str; 7] = [
    "stringValue",
    "boolValue",
    "intValue",
    "doubleValue",
    "arrayValue",
    "kvlistValue",
    "bytesValue",
];

impl Read for ArrayValue {
    fn read(o: Object) -> Result<Self> {
        let values = match o.get("values") {
            Some(Value::Array(values)) => values.as_slice(),
            Some(_) => return Err("values is no list".into()),
            None => &[],
        };
        let values = values
            .iter()
            .map(|value| o.any(value))
            .collect::<Result<_>>()?;
        Ok(Self { values })
    }
}

impl Read for KeyValueList {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            values: o.attributes("values")?,
        })
    }
}

impl Read for Resource {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            attributes: o.attributes("attributes")?,
            dropped_attributes_count: o.u32("droppedAttributesCount")?,
            entity_refs: o.list("entityRefs")?,
        })
    }
}

impl Read for EntityRef {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            schema_url: o.text("schemaUrl")?,
            r#type: o.text("type")?,
            id_keys: o.texts("idKeys")?,
            description_keys: o.texts("descriptionKeys")?,
        })
    }
}

impl Read for InstrumentationScope {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            name: o.text("name")?,
            version: o.text("version")?,
            attributes: o.attributes("attributes")?,
            dropped_attributes_count: o.u32("droppedAttributesCount")?,
        })
    }
}

impl Read for Span {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            trace_id: o.id::<16>("traceId")?,
            span_id: o.id::<8>("spanId")?,
            trace_state: o.text("traceState")?,
            parent_span_id: o.id::<8>("parentSpanId")?,
            flags: o.u32("flags")?,
            name: o.text("name")?,
            kind: o.choice("kind", "SPAN_KIND_", |name| {
                SpanKind::from_str_name(name).map(|k| k as i32)
            })?,
            start_time_unix_nano: o.u64("startTimeUnixNano")?,
            end_time_unix_nano: o.u64("endTimeUnixNano")?,
            attributes: o.attributes("attributes")?,
            dropped_attributes_count: o.u32("droppedAttributesCount")?,
            events: o.list("events")?,
            dropped_events_count: o.u32("droppedEventsCount")?,
            links: o.list("links")?,
            dropped_links_count: o.u32("droppedLinksCount")?,
            status: o.opt("status")?,
        })
    }
}

impl Read for Status {
    fn read(o: Object) -> Result<Self> {
        let code = |name: &str| StatusCode::from_str_name(name).map(|c| c as i32);
        Ok(Self {
            message: o.text("message")?,
            code: o.choice("code", "STATUS_CODE_", code)?,
        })
    }
}

impl Read for Event {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            time_unix_nano: o.u64("timeUnixNano")?,
            name: o.text("name")?,
            attributes: o.attributes("attributes")?,
            dropped_attributes_count: o.u32("droppedAttributesCount")?,
        })
    }
}

impl Read for Link {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            trace_id: o.id::<16>("traceId")?,
            span_id: o.id::<8>("spanId")?,
            trace_state: o.text("traceState")?,
            attributes: o.attributes("attributes")?,
            dropped_attributes_count: o.u32("droppedAttributesCount")?,
            flags: o.u32("flags")?,
        })
    }
}

impl Read for LogRecord {
    fn read(o: Object) -> Result<Self> {
        let severity = |name: &str| SeverityNumber::from_str_name(name).map(|s| s as i32);
        Ok(Self {
            time_unix_nano: o.u64("timeUnixNano")?,
            observed_time_unix_nano: o.u64("observedTimeUnixNano")?,
            severity_number: o.choice("severityNumber", "SEVERITY_NUMBER_", severity)?,
            severity_text: o.text("severityText")?,
            body: o.opt_any("body")?,
            attributes: o.attributes("attributes")?,
            dropped_attributes_count: o.u32("droppedAttributesCount")?,
            flags: o.u32("flags")?,
            trace_id: o.id::<16>("traceId")?,
            span_id: o.id::<8>("spanId")?,
            event_name: o.text("eventName")?,
        })
    }
}

impl Read for Metric {
    fn read(o: Object) -> Result<Self> {
        let gauge = o.opt("gauge")?.map(metric::Data::Gauge);
        let sum = o.opt("sum")?.map(metric::Data::Sum);
        let histogram = o.opt("histogram")?.map(metric::Data::Histogram);
        let exponential = o
            .opt("exponentialHistogram")?
            .map(metric::Data::ExponentialHistogram);
        let summary = o.opt("summary")?.map(metric::Data::Summary);
        Ok(Self {
            name: o.text("name")?,
            description: o.text("description")?,
            unit: o.text("unit")?,
            metadata: o.attributes("metadata")?,
            data: gauge.or(sum).or(histogram).or(exponential).or(summary),
        })
    }
}

fn temporality(o: Object) -> Result<i32> {
    let by_name = |name: &str| AggregationTemporality::from_str_name(name).map(|t| t as i32);
    o.choice(
        "aggregationTemporality",
        "AGGREGATION_TEMPORALITY_",
        by_name,
    )
}

impl Read for Gauge {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            data_points: o.list("dataPoints")?,
        })
    }
}

impl Read for Sum {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            data_points: o.list("dataPoints")?,
            aggregation_temporality: temporality(o)?,
            is_monotonic: o.bool("isMonotonic")?,
        })
    }
}

impl Read for Histogram {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            data_points: o.list("dataPoints")?,
            aggregation_temporality: temporality(o)?,
        })
    }
}

impl Read for ExponentialHistogram {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            data_points: o.list("dataPoints")?,
            aggregation_temporality: temporality(o)?,
        })
    }
}

impl Read for Summary {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            data_points: o.list("dataPoints")?,
        })
    }
}

impl Read for NumberDataPoint {
    fn read(o: Object) -> Result<Self> {
        let int = o.opt_i64("asInt")?.map(number_data_point::Value::AsInt);
        let double = o
            .opt_f64("asDouble")?
            .map(number_data_point::Value::AsDouble);
        Ok(Self {
            attributes: o.attributes("attributes")?,
            start_time_unix_nano: o.u64("startTimeUnixNano")?,
            time_unix_nano: o.u64("timeUnixNano")?,
            exemplars: o.list("exemplars")?,
            flags: o.u32("flags")?,
            value: int.or(double),
        })
    }
}

impl Read for HistogramDataPoint {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            attributes: o.attributes("attributes")?,
            start_time_unix_nano: o.u64("startTimeUnixNano")?,
            time_unix_nano: o.u64("timeUnixNano")?,
            count: o.u64("count")?,
            sum: o.opt_f64("sum")?,
            bucket_counts: o.u64s("bucketCounts")?,
            explicit_bounds: o.f64s("explicitBounds")?,
            exemplars: o.list("exemplars")?,
            flags: o.u32("flags")?,
            min: o.opt_f64("min")?,
            max: o.opt_f64("max")?,
        })
    }
}

impl Read for ExponentialHistogramDataPoint {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            attributes: o.attributes("attributes")?,
            start_time_unix_nano: o.u64("startTimeUnixNano")?,
            time_unix_nano: o.u64("timeUnixNano")?,
            count: o.u64("count")?,
            sum: o.opt_f64("sum")?,
            scale: o.i32("scale")?,
            zero_count: o.u64("zeroCount")?,
            positive: o.opt("positive")?,
            negative: o.opt("negative")?,
            flags: o.u32("flags")?,
            exemplars: o.list("exemplars")?,
            min: o.opt_f64("min")?,
            max: o.opt_f64("max")?,
            zero_threshold: o.f64("zeroThreshold")?,
        })
    }
}

impl Read for Buckets {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            offset: o.i32("offset")?,
            bucket_counts: o.u64s("bucketCounts")?,
        })
    }
}

impl Read for SummaryDataPoint {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            attributes: o.attributes("attributes")?,
            start_time_unix_nano: o.u64("startTimeUnixNano")?,
            time_unix_nano: o.u64("timeUnixNano")?,
            count: o.u64("count")?,
            sum: o.f64("sum")?,
            quantile_values: o.list("quantileValues")?,
            flags: o.u32("flags")?,
        })
    }
}

impl Read for ValueAtQuantile {
    fn read(o: Object) -> Result<Self> {
        Ok(Self {
            quantile: o.f64("quantile")?,
            value: o.f64("value")?,
        })
    }
}

impl Read for Exemplar {
    fn read(o: Object) -> Result<Self> {
        let int = o.opt_i64("asInt")?.map(exemplar::Value::AsInt);
        let double = o.opt_f64("asDouble")?.map(exemplar::Value::AsDouble);
        Ok(Self {
            filtered_attributes: o.attributes("filteredAttributes")?,
            time_unix_nano: o.u64("timeUnixNano")?,
            span_id: o.id::<8>("spanId")?,
            trace_id: o.id::<16>("traceId")?,
            value: int.or(double),
        })
    }
}
