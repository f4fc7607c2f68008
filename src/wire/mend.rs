//! Texts that are no UTF-8, in protobuf: what cannot be read for them alone is read with those bytes
//! replaced (U+FFFD). Looked at only where reading failed, so that what is right pays nothing. Field
//! numbers and types are those of opentelemetry/proto/{common,resource,trace,logs,metrics}/v1.

use super::protobuf::Fields;
use prost::encoding::{WireType, encode_key, encode_varint};
use std::borrow::Cow;

/// The fields of a message that are texts or hold some.
pub(super) type Texts = [(u32, Holds)];

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum Holds {
    Text,
    In(&'static Texts),
}
use Holds::{In, Text};

static ANY: [(u32, Holds); 3] = [(1, Text), (5, In(&VALUES)), (6, In(&PAIRS))];
static VALUES: [(u32, Holds); 1] = [(1, In(&ANY))];
static PAIRS: [(u32, Holds); 1] = [(1, In(&PAIR))];
static PAIR: [(u32, Holds); 2] = [(1, Text), (2, In(&ANY))];
static ENTITY: [(u32, Holds); 4] = [(1, Text), (2, Text), (3, Text), (4, Text)];
pub(super) static RESOURCE: [(u32, Holds); 2] = [(1, In(&PAIR)), (3, In(&ENTITY))];
pub(super) static SCOPE: [(u32, Holds); 3] = [(1, Text), (2, Text), (3, In(&PAIR))];

pub(super) static SPAN: [(u32, Holds); 6] = [
    (3, Text),
    (5, Text),
    (9, In(&PAIR)),
    (11, In(&[(2, Text), (3, In(&PAIR))])), // event
    (13, In(&[(3, Text), (4, In(&PAIR))])), // link
    (15, In(&[(2, Text)])),                 // status
];
pub(super) static LOG: [(u32, Holds); 4] = [(3, Text), (5, In(&ANY)), (6, In(&PAIR)), (12, Text)];
pub(super) static METRIC: [(u32, Holds); 9] = [
    (1, Text),
    (2, Text),
    (3, Text),
    (5, In(&[(1, In(&NUMBER))])),                               // gauge
    (7, In(&[(1, In(&NUMBER))])),                               // sum
    (9, In(&[(1, In(&[(9, In(&PAIR)), (8, In(&EXEMPLAR))]))])), // histogram
    (10, In(&[(1, In(&[(1, In(&PAIR)), (11, In(&EXEMPLAR))]))])), // exponential histogram
    (11, In(&[(1, In(&[(7, In(&PAIR))]))])),                    // summary
    (12, In(&PAIR)),
];
static NUMBER: [(u32, Holds); 2] = [(7, In(&PAIR)), (5, In(&EXEMPLAR))];
static EXEMPLAR: [(u32, Holds); 1] = [(7, In(&PAIR))];

/// As deep as messages are read.
const DEEPEST: usize = 100;

/// The same message with all its texts readable, and how many were not. `None` if there were none, or
/// if its frame is broken.
pub(super) fn mend(message: &[u8], texts: &Texts) -> Option<(Vec<u8>, u64)> {
    let (mended, repairs) = inside(message, texts, 0)?;
    (repairs > 0).then_some((mended.into_owned(), repairs))
}

fn inside<'a>(message: &'a [u8], texts: &Texts, depth: usize) -> Option<(Cow<'a, [u8]>, u64)> {
    if depth >= DEEPEST {
        return Some((Cow::Borrowed(message), 0));
    }
    let (mut out, mut repairs) = (Vec::new(), 0);
    let mut fields = Fields(message);
    while !fields.0.is_empty() {
        let whole = fields.0;
        let field = fields.read().ok().filter(|field| !field.torn)?;
        let whole = whole.get(..whole.len() - fields.0.len())?;
        let holds = texts.iter().find(|(number, _)| *number == field.number);
        let (mended, found) = match (holds, field.data) {
            (Some((_, Text)), Some(data)) => readable(data),
            (Some((_, In(texts))), Some(data)) => inside(data, texts, depth + 1)?,
            _ => (Cow::Borrowed(whole), 0),
        };
        if found == 0 {
            out.extend_from_slice(whole);
            continue;
        }
        repairs += found;
        encode_key(field.number, WireType::LengthDelimited, &mut out);
        encode_varint(mended.len() as u64, &mut out);
        out.extend_from_slice(&mended);
    }
    if repairs == 0 {
        return Some((Cow::Borrowed(message), 0));
    }
    Some((Cow::Owned(out), repairs))
}

fn readable(text: &[u8]) -> (Cow<'_, [u8]>, u64) {
    match String::from_utf8_lossy(text) {
        Cow::Borrowed(_) => (Cow::Borrowed(text), 0),
        Cow::Owned(text) => (Cow::Owned(text.into_bytes()), 1),
    }
}
