//! Identities: what the wire names, and what we name.

use std::fmt;

/// A trace id as the wire has it: 16 bytes (OTLP `trace_id`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TraceId(pub [u8; 16]);

/// A span id as the wire has it: 8 bytes (OTLP `span_id`). All zeros is "none".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SpanId(pub [u8; 8]);

impl TraceId {
    /// The all-zero id, which OTLP calls invalid.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 16]
    }
    /// From wire bytes; `None` unless exactly 16.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
    /// As two numbers, the first half first.
    pub fn halves(self) -> (u64, u64) {
        let both = u128::from_be_bytes(self.0);
        #[expect(clippy::cast_possible_truncation, reason = "split in two halves")]
        ((both >> 64) as u64, both as u64)
    }
    /// From its two halves.
    pub fn from_halves(first: u64, last: u64) -> Self {
        Self((u128::from(first) << 64 | u128::from(last)).to_be_bytes())
    }
}

impl SpanId {
    /// The all-zero id, which OTLP calls invalid; as a parent it means "root".
    pub fn is_zero(self) -> bool {
        self.0 == [0; 8]
    }
    /// From wire bytes; `None` unless exactly 8.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|b| write!(f, "{b:02x}"))
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}
impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}
impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}
impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// One piece of evidence in the store: a span or a log record. Dense, in order of arrival.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EvidenceId(pub u32);

/// A node of the shown tree. Derived from the identity of the evidence that the node stands on
/// (never from its order or from memory), so that selection and folds survive every update:
/// a placeholder and the span that replaces it have the same id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(pub u64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A session, derived from its key as [`NodeId`] is from its evidence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SessionId(pub u64);
