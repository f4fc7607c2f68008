//! Export requests in protobuf: the frames are walked here, without copying, and only the spans,
//! records and metrics themselves are given to prost, one by one. So a wrong wire type, or nesting
//! beyond prost's limit, costs one span and not the batch; a text that is no UTF-8 costs nothing else.
//!
//! The three signals share their field numbers: a request is `1: resource group`, a resource group
//! `1: resource, 2: scope group, 3: schema URL`, a scope group `1: scope, 2: item, 3: schema URL`
//! (opentelemetry/proto/{trace,logs,metrics}/v1).

use super::decode::Item;
use super::mend::{self, Texts, mend};
use super::payload::{Decoded, Origin};
use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};
use std::sync::Arc;

const CUT_OFF: &str = "the body is cut off: it ends before the length it states";

/// One field of a message.
pub(super) struct Field<'a> {
    pub number: u32,
    /// Its content, if it is length-delimited.
    pub data: Option<&'a [u8]>,
    /// The content ends before the length it states.
    pub torn: bool,
}

/// The fields of a message, in order. An error ends it, as nothing after it can be found.
#[derive(Clone)]
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn read(&mut self) -> Result<Field<'a>, String> {
        let (number, wire) = decode_key(&mut self.0).map_err(|e| e.to_string())?;
        let length = match wire {
            WireType::Varint => {
                decode_varint(&mut self.0).map_err(|e| e.to_string())?;
                return Ok(Field {
                    number,
                    data: None,
                    torn: false,
                });
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => decode_varint(&mut self.0).map_err(|e| e.to_string())?,
            WireType::StartGroup | WireType::EndGroup => return Err("OTLP has no groups".into()),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let torn = length > self.0.len();
        let (data, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        let data = (wire == WireType::LengthDelimited).then_some(data);
        Ok(Field { number, data, torn })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// The whole fields with this number, quietly: another pass tells of the broken ones.
fn whole(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    let fields = Fields(message).filter_map(Result::ok);
    fields
        .filter(move |f| f.number == number && !f.torn)
        .filter_map(|f| f.data)
}

/// Whether the outermost frame holds, and holds something of an export request.
pub(super) fn check(body: &[u8]) -> Result<(), String> {
    let mut known = body.is_empty();
    for field in Fields(body) {
        let field = field.map_err(|e| format!("the body is no OTLP protobuf: {e}"))?;
        if field.torn {
            return Err(CUT_OFF.into());
        }
        known |= field.number == 1 && field.data.is_some();
    }
    if known {
        Ok(())
    } else {
        Err("the body is no OTLP protobuf: it holds no resource group".into())
    }
}

/// Reads all groups of a request.
pub(super) fn decode<T: Item>(body: &Bytes, out: &mut Decoded) {
    each(body, 1, out, |field, data, out| {
        if field.torn {
            out.reject(0, CUT_OFF);
        }
        resource_group::<T>(body, data, out);
    });
}

/// Calls `f` for each length-delimited field with this number, and counts a broken frame.
fn each<'a>(
    message: &'a [u8],
    number: u32,
    out: &mut Decoded,
    mut f: impl FnMut(&Field<'a>, &'a [u8], &mut Decoded),
) {
    for field in Fields(message) {
        match field {
            Ok(field) if field.number == number => {
                if let Some(data) = field.data {
                    f(&field, data, out);
                }
            }
            Ok(field) if field.torn => out.reject(0, CUT_OFF),
            Ok(_) => {}
            Err(e) => out.reject(
                1,
                format!("the framing is broken, what follows is lost: {e}"),
            ),
        }
    }
}

fn resource_group<T: Item>(body: &Bytes, group: &[u8], out: &mut Decoded) {
    // the resource may stand behind the spans that it is of
    let resource: Resource = merged(group, ("resource", &mend::RESOURCE), out);
    let schema_url = text(group);
    each(group, 2, out, |_, scope_group, out| {
        let scoped = Scoped {
            resource: &resource,
            schema_url: &schema_url,
            body,
        };
        scoped.read::<T>(scope_group, out);
    });
}

/// What the scope groups of one resource share.
struct Scoped<'a> {
    resource: &'a Resource,
    schema_url: &'a str,
    body: &'a Bytes,
}

impl Scoped<'_> {
    fn read<T: Item>(&self, group: &[u8], out: &mut Decoded) {
        let scope: InstrumentationScope = merged(group, ("scope", &mend::SCOPE), out);
        let own_url = text(group);
        let schema_url = if own_url.is_empty() {
            self.schema_url.into()
        } else {
            own_url
        };
        let origin = Arc::new(Origin {
            resource: self.resource.clone(),
            scope,
            schema_url,
        });
        T::reserve(whole(group, 2).count(), out);
        let name = T::NAMES.item;
        each(group, 2, out, |field, data, out| {
            if field.torn {
                return out.reject(
                    1,
                    format!("{name} cut off: it ends before the length it states"),
                );
            }
            match T::decode(data) {
                Ok(item) => item.take(&origin, |_| self.body.slice_ref(data), out),
                Err(e) => match mended::<T>(data) {
                    Some((item, bytes, repairs)) => {
                        out.repaired += repairs;
                        item.take(&origin, |_| bytes, out);
                    }
                    None => out.reject(1, format!("{name} not readable: {e}")),
                },
            }
        });
    }
}

/// An item that could be read but for texts that are no UTF-8, its bytes with these replaced, and
/// how many they were.
fn mended<T: Item>(data: &[u8]) -> Option<(T, Bytes, u64)> {
    let (bytes, repairs) = mend(data, T::TEXTS)?;
    let item = T::decode(bytes.as_slice()).ok()?;
    Some((item, bytes.into(), repairs))
}

/// Field 1 of a group. If it cannot be read, what it belongs to is kept without it.
fn merged<M: Message + Default>(
    group: &[u8],
    (what, texts): (&str, &Texts),
    out: &mut Decoded,
) -> M {
    let mut message = M::default();
    let merged = whole(group, 1).try_for_each(|data| message.merge(data));
    let Err(e) = merged else { return message };
    let (mut message, mut repaired) = (M::default(), 0);
    let mended = whole(group, 1).try_for_each(|data| match mend(data, texts) {
        Some((mended, repairs)) => {
            repaired += repairs;
            message.merge(mended.as_slice())
        }
        None => message.merge(data),
    });
    if mended.is_ok() {
        out.repaired += repaired;
        return message;
    }
    out.reject(
        0,
        format!("{what} not readable, its contents are kept without it: {e}"),
    );
    M::default()
}

/// Field 3 of a group, its schema URL.
fn text(group: &[u8]) -> String {
    whole(group, 3)
        .last()
        .map(|data| String::from_utf8_lossy(data).into_owned())
        .unwrap_or_default()
}
