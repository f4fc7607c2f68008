//! Moving a request in time, so that what was recorded happens now.

use super::moment;
use super::request::Request;
use crate::wire::payload::{Encoding, Payload};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use serde_json::{Map, Value as Json};

/// Moves every time of a request by one offset: those of the format itself (zero is "not set" and
/// stays zero), and attributes whose key `time_keys` says hold a time, be it RFC 3339 text (also as
/// a JSON string), or a number, in text or not, in s, ms, µs or ns since the epoch by its size.
/// `received_ns` moves along where it is known.
///
/// A body that cannot be decoded is passed on unchanged: the receiver shall see it as it was. The
/// offset is cut to the precision in which a time is written, so there and back is the identity.
pub fn shift(payload: Payload, offset_ns: i64, time_keys: &dyn Fn(&str) -> bool) -> Payload {
    let moved = match payload.encoding {
        Encoding::Protobuf => shift_protobuf(&payload, offset_ns, time_keys),
        Encoding::Json => shift_json(&payload.body, offset_ns, time_keys),
    };
    let Some(body) = moved else { return payload };
    Payload {
        body: body.into(),
        received_ns: shift_ns(payload.received_ns, offset_ns),
        ..payload
    }
}

/// Zero is "not set".
fn shift_ns(time_ns: u64, offset_ns: i64) -> u64 {
    if time_ns == 0 {
        0
    } else {
        time_ns.saturating_add_signed(offset_ns)
    }
}

fn shift_protobuf(
    payload: &Payload,
    offset_ns: i64,
    time_keys: &dyn Fn(&str) -> bool,
) -> Option<Vec<u8>> {
    let mut request = Request::from_protobuf(payload.signal, &payload.body).ok()?;
    request.each_time(&mut |time| *time = shift_ns(*time, offset_ns));
    request.each_value(&mut |key, value| {
        if !time_keys(key) {
            return;
        }
        match value {
            Any::StringValue(text) => {
                if let Some(moved) = moment::shift_text(text, offset_ns) {
                    *text = moved;
                }
            }
            Any::IntValue(number) => *number = moment::shift_integer(*number, offset_ns),
            Any::DoubleValue(number) => *number = moment::shift_float(*number, offset_ns),
            _ => {}
        }
    });
    Some(request.to_protobuf())
}

/// The same on the JSON text's own tree: what only a tolerant reader understands stays as it is.
fn shift_json(body: &[u8], offset_ns: i64, time_keys: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
    let mut root: Json = serde_json::from_slice(body).ok()?;
    let mut waiting = vec![&mut root];
    while let Some(value) = waiting.pop() {
        match value {
            Json::Array(list) => waiting.extend(list),
            Json::Object(map) => {
                shift_attribute(map, offset_ns, time_keys);
                for (name, value) in map {
                    match name.as_str() {
                        "startTimeUnixNano"
                        | "endTimeUnixNano"
                        | "timeUnixNano"
                        | "observedTimeUnixNano"
                        | "start_time_unix_nano"
                        | "end_time_unix_nano"
                        | "time_unix_nano"
                        | "observed_time_unix_nano" => shift_json_ns(value, offset_ns),
                        _ => waiting.push(value),
                    }
                }
            }
            _ => {}
        }
    }
    serde_json::to_vec(&root).ok()
}

/// A 64-bit integer: a string by the rules, a number from many senders.
fn shift_json_ns(value: &mut Json, offset_ns: i64) {
    if let Some(number) = value.as_u64() {
        *value = shift_ns(number, offset_ns).into();
    } else if let Some(number) = value.as_str().and_then(|t| t.parse().ok()) {
        *value = shift_ns(number, offset_ns).to_string().into();
    }
}

/// Moves the time in `{"key": …, "value": {"stringValue": …}}`, if that is what the object is.
fn shift_attribute(map: &mut Map<String, Json>, offset_ns: i64, time_keys: &dyn Fn(&str) -> bool) {
    let is_time = map.get("key").and_then(Json::as_str).is_some_and(time_keys);
    let Some(Json::Object(value)) = map.get_mut("value").filter(|_| is_time) else {
        return;
    };
    for leaf in value.values_mut() {
        if let Some(number) = leaf.as_i64() {
            *leaf = moment::shift_integer(number, offset_ns).into();
        } else if let Some(number) = leaf.as_f64() {
            *leaf = moment::shift_float(number, offset_ns).into();
        } else if let Some(moved) = leaf.as_str().and_then(|t| moment::shift_text(t, offset_ns)) {
            *leaf = moved.into();
        }
    }
}
