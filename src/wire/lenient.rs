//! Reading one OTLP/JSON message from a `serde_json::Value` as its sender meant it. Every accessor
//! counts what it had to repair.
//!
//! Recursion here is bounded by the parser, which refuses more than 128 levels.

use super::json::same_key;
use base64::Engine;
use base64::engine::DecodePaddingMode::Indifferent;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use serde_json::{Map, Value};
use std::cell::Cell;

/// A message that can be read leniently. `Err` says what could not be repaired.
pub(super) trait Read: Sized {
    fn read(object: Object) -> Result<Self, String>;
}

/// A JSON object, and the count of repairs.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    map: &'a Map<String, Value>,
    repaired: &'a Cell<u64>,
}

impl<'a> Object<'a> {
    pub fn new(map: &'a Map<String, Value>, repaired: &'a Cell<u64>) -> Self {
        Self { map, repaired }
    }

    /// Counts a repair.
    pub fn repair(self) {
        self.repaired.set(self.repaired.get() + 1);
    }

    /// A field; `null` is absent, and a name in `snake_case` or other capitals is the same.
    pub fn get(self, name: &str) -> Option<&'a Value> {
        let value = self.map.get(name).or_else(|| {
            let (_, value) = self.map.iter().find(|(key, _)| same_key(key, name))?;
            self.repair();
            Some(value)
        })?;
        if value.is_null() {
            self.repair();
            return None;
        }
        Some(value)
    }

    /// A string; a number or truth value is written out.
    pub fn text(self, name: &str) -> Result<String, String> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => {
                self.repair();
                Ok(value.to_string())
            }
            Some(_) => Err(format!("{name} is no text")),
        }
    }

    /// A whole number, as number or, where OTLP/JSON has it so (64 bits), as text.
    pub fn whole(self, name: &str, value: &Value, quoted: bool) -> Result<i128, String> {
        let number = match value {
            Value::Number(n) if n.is_u64() || n.is_i64() => {
                return n.as_i128().ok_or_else(|| format!("{name} is out of range"));
            }
            Value::String(text) => match text.trim().parse() {
                Ok(number) => {
                    if !quoted {
                        self.repair();
                    }
                    return Ok(number);
                }
                Err(_) => text.trim().parse().ok(),
            },
            Value::Number(n) => n.as_f64(),
            _ => None,
        };
        let number = number
            .and_then(integral)
            .ok_or_else(|| format!("{name} is no whole number"))?;
        self.repair();
        Ok(number)
    }

    fn integer<T: TryFrom<i128> + Default>(self, name: &str, quoted: bool) -> Result<T, String> {
        let Some(value) = self.get(name) else {
            return Ok(T::default());
        };
        let number = self.whole(name, value, quoted)?;
        T::try_from(number).map_err(|_| format!("{name} is out of range"))
    }

    /// `fixed64`, `uint64`: text in OTLP/JSON, a number is allowed.
    pub fn u64(self, name: &str) -> Result<u64, String> {
        self.integer(name, true)
    }

    /// `fixed32`, `uint32`: a number.
    pub fn u32(self, name: &str) -> Result<u32, String> {
        self.integer(name, false)
    }

    /// `sint32`: a number.
    pub fn i32(self, name: &str) -> Result<i32, String> {
        self.integer(name, false)
    }

    /// `sfixed64`, if there.
    pub fn opt_i64(self, name: &str) -> Result<Option<i64>, String> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = self.whole(name, value, true)?;
        i64::try_from(number)
            .map(Some)
            .map_err(|_| format!("{name} is out of range"))
    }

    /// `double`, if there; also as text, as `NaN`, `Infinity` and `-Infinity` have to be.
    pub fn opt_f64(self, name: &str) -> Result<Option<f64>, String> {
        self.get(name)
            .map(|value| self.double(name, value))
            .transpose()
    }

    /// `double`.
    pub fn f64(self, name: &str) -> Result<f64, String> {
        Ok(self.opt_f64(name)?.unwrap_or_default())
    }

    pub fn double(self, name: &str, value: &Value) -> Result<f64, String> {
        let number = match value {
            Value::Number(n) => return n.as_f64().ok_or_else(|| format!("{name} is out of range")),
            Value::String(text) => text.trim().parse().ok(), // knows NaN, Infinity and -Infinity
            _ => None,
        };
        let number = number.ok_or_else(|| format!("{name} is no number"))?;
        self.repair();
        Ok(number)
    }

    /// `bool`; also as text or number.
    pub fn bool(self, name: &str) -> Result<bool, String> {
        self.get(name)
            .map_or(Ok(false), |value| self.truth(name, value))
    }

    pub fn truth(self, name: &str, value: &Value) -> Result<bool, String> {
        let truth = match value {
            Value::Bool(truth) => return Ok(*truth),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            Value::Number(n) => n.as_f64().map(|n| n != 0.0),
            _ => None,
        };
        let truth = truth.ok_or_else(|| format!("{name} is neither true nor false"))?;
        self.repair();
        Ok(truth)
    }

    /// An enum: a number in OTLP/JSON, here also its name, with or without its prefix. A name that
    /// is not known is 0, "unspecified".
    pub fn choice(
        self,
        name: &str,
        prefix: &str,
        by_name: fn(&str) -> Option<i32>,
    ) -> Result<i32, String> {
        let Some(Value::String(text)) = self.map.get(name) else {
            return self.i32(name);
        };
        let upper = text.trim().to_ascii_uppercase();
        if upper.parse::<i32>().is_ok() {
            return self.i32(name);
        }
        self.repair();
        let found = by_name(&upper).or_else(|| by_name(&format!("{prefix}{upper}")));
        Ok(found.unwrap_or_default())
    }

    /// An id of `N` bytes: hex in OTLP/JSON; here also base64, as protobuf's own JSON has it, and
    /// with dashes or `0x`. Hex of another length stays what it is, for whoever judges ids; what is
    /// nothing of this is no id.
    pub fn id<const N: usize>(self, name: &str) -> Result<Vec<u8>, String> {
        let text = self.text(name)?;
        if let Some(id) = hex(&text) {
            return Ok(id);
        }
        self.repair();
        let bare = text.trim().trim_start_matches("0x").replace('-', "");
        let id = hex(&bare).or_else(|| base64(&text).filter(|id| id.len() == N));
        Ok(id.unwrap_or_default())
    }

    /// A message, if there.
    pub fn opt<T: Read>(self, name: &str) -> Result<Option<T>, String> {
        self.get(name)
            .map(|value| self.message(name, value))
            .transpose()
    }

    pub fn message<T: Read>(self, name: &str, value: &'a Value) -> Result<T, String> {
        match value {
            Value::Object(map) => T::read(Object { map, ..self }),
            _ => Err(format!("{name} is no object")),
        }
    }

    /// A list of messages; `null` among them is left out.
    pub fn list<T: Read>(self, name: &str) -> Result<Vec<T>, String> {
        self.each(name, |value| self.message(name, value))
    }

    /// A list of 64-bit numbers.
    pub fn u64s(self, name: &str) -> Result<Vec<u64>, String> {
        self.each(name, |value| {
            let number = self.whole(name, value, true)?;
            u64::try_from(number).map_err(|_| format!("{name} is out of range"))
        })
    }

    /// A list of doubles.
    pub fn f64s(self, name: &str) -> Result<Vec<f64>, String> {
        self.each(name, |value| self.double(name, value))
    }

    /// A list of texts.
    pub fn texts(self, name: &str) -> Result<Vec<String>, String> {
        self.each(name, |value| {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("{name} holds no text"))
        })
    }

    fn each<T>(
        self,
        name: &str,
        read: impl Fn(&'a Value) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        let Value::Array(values) = value else {
            return Err(format!("{name} is no list"));
        };
        let there = values.iter().filter(|value| {
            if value.is_null() {
                self.repair();
            }
            !value.is_null()
        });
        there.map(read).collect()
    }

    /// A list of attributes; also as a plain object of names and values.
    pub fn attributes(self, name: &str) -> Result<Vec<KeyValue>, String> {
        let Some(Value::Object(map)) = self.map.get(name) else {
            return self.list(name);
        };
        self.repair();
        let pair = |(key, value): (&String, &'a Value)| {
            Ok(KeyValue {
                key: key.clone(),
                value: Some(self.any(value)?),
                ..KeyValue::default()
            })
        };
        map.iter().map(pair).collect()
    }

    /// An `AnyValue`, if there; also a bare value in its place.
    pub fn opt_any(self, name: &str) -> Result<Option<AnyValue>, String> {
        self.get(name).map(|value| self.any(value)).transpose()
    }

    pub fn any(self, value: &'a Value) -> Result<AnyValue, String> {
        let value = match value {
            Value::Object(map) => return AnyValue::read(Object { map, ..self }),
            Value::Null => None,
            Value::Bool(truth) => Some(Any::BoolValue(*truth)),
            Value::String(text) => Some(Any::StringValue(text.clone())),
            Value::Number(n) => n
                .as_i64()
                .map(Any::IntValue)
                .or(n.as_f64().map(Any::DoubleValue)),
            Value::Array(values) => Some(self.array(values)?),
        };
        self.repair();
        Ok(AnyValue { value })
    }

    pub fn array(self, values: &'a [Value]) -> Result<Any, String> {
        let values = values
            .iter()
            .map(|value| self.any(value))
            .collect::<Result<_, _>>()?;
        Ok(Any::ArrayValue(ArrayValue { values }))
    }
}

/// A number without fraction that a double holds exactly, or as exactly as it was written.
fn integral(number: f64) -> Option<i128> {
    let fits = number.fract() == 0.0 && number.abs() < 1e30;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "without fraction and far within i128"
    )]
    fits.then_some(number as i128)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let pairs = digits.filter(|d| d.len() % 2 == 0)?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    };
    pairs.chunks(2).map(byte).collect()
}

pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(Indifferent);
    const EITHER: [GeneralPurpose; 2] = [
        GeneralPurpose::new(&base64::alphabet::STANDARD, CONFIG),
        GeneralPurpose::new(&base64::alphabet::URL_SAFE, CONFIG),
    ];
    EITHER
        .iter()
        .find_map(|engine| engine.decode(text.trim()).ok())
}
