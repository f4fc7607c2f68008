//! The facts of one piece of evidence, packed: a lean span has a dozen of them, and a million spans
//! are kept. First 64 bits that say which fields may be there, so that the many questions whose
//! answer is no are answered at once; then each fact: its field with a sign for a text, the rule that
//! read it, and a symbol of four bytes or a number of as many as it needs.

use super::field::Field;
use super::ids::{SpanId, TraceId};
use super::intern::Sym;

/// One fact and the rule that read it (an index into the dialect tables).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What it is about.
    pub field: Field,
    /// The rule that read it.
    pub rule: u16,
    /// A number, id or symbol.
    pub value: u64,
}

/// The facts of one piece of evidence, at most one a field but for [`Field::Stall`] and ids of tool
/// calls ([`Field::ToolAsked`] and its like).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(Box<[u8]>);

/// Bytes before the first fact.
const HEAD: usize = 8;
/// Marks a field whose value is a text's symbol.
const TEXT: u8 = 0x80;

/// A fact as it is packed: field and sign, rule, value.
struct Packed {
    field: u8,
    rule: u16,
    value: u64,
    /// Where its value stands.
    at: usize,
}

/// Reads what [`Facts::new`] packed; ends at what it did not.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Reader<'_> {
    type Item = Packed;

    fn next(&mut self) -> Option<Packed> {
        let left = self.bytes.get(self.at..)?;
        let (&[field, low, high], value) = left.split_first_chunk()?;
        let at = self.at + 3;
        let (value, len) = if field & TEXT == 0 {
            number(value)?
        } else {
            (u64::from(u32::from_le_bytes(*value.first_chunk()?)), 4)
        };
        self.at = at + len;
        let rule = u16::from_le_bytes([low, high]);
        Some(Packed {
            field,
            rule,
            value,
            at,
        })
    }
}

/// A number of seven bits a byte, the lowest first, and its length.
fn number(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (i, &byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}

#[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
fn push_number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Bytes of a number as it is packed.
fn length(value: u64) -> usize {
    (value | 1).ilog2() as usize / 7 + 1
}

fn code(field: Field) -> u8 {
    field as u8 | if field.is_text() { TEXT } else { 0 }
}

fn bit(field: Field) -> u64 {
    1 << (field as u8 % 64)
}

impl Facts {
    /// From a list with at most one fact a field.
    #[expect(clippy::cast_possible_truncation, reason = "symbols are 32 bits")]
    pub fn new(facts: &[Fact]) -> Self {
        if facts.is_empty() {
            return Self::default();
        }
        let there = facts.iter().fold(0, |there, f| there | bit(f.field));
        let length = |f: &Fact| {
            3 + if f.field.is_text() {
                4
            } else {
                length(f.value)
            }
        };
        let lengths: usize = facts.iter().map(length).sum();
        let mut bytes = Vec::with_capacity(HEAD + lengths);
        bytes.extend(there.to_le_bytes());
        for fact in facts {
            bytes.push(code(fact.field));
            bytes.extend(fact.rule.to_le_bytes());
            if fact.field.is_text() {
                bytes.extend((fact.value as u32).to_le_bytes());
            } else {
                push_number(&mut bytes, fact.value);
            }
        }
        Self(bytes.into())
    }

    fn packed(&self) -> Reader<'_> {
        Reader {
            bytes: &self.0,
            at: HEAD,
        }
    }

    fn may_have(&self, field: Field) -> bool {
        let there = self.0.first_chunk::<HEAD>();
        there.is_some_and(|there| u64::from_le_bytes(*there) & bit(field) != 0)
    }

    /// The fact of a field.
    pub fn of(&self, field: Field) -> Option<Fact> {
        self.all(field).next()
    }

    /// The facts of a field that may be there more than once.
    pub fn all(&self, field: Field) -> impl Iterator<Item = Fact> {
        let wanted = code(field);
        let packed = self.may_have(field).then(|| self.packed());
        let of_field = packed
            .into_iter()
            .flatten()
            .filter(move |p| p.field == wanted);
        of_field.map(move |p| Fact {
            field,
            rule: p.rule,
            value: p.value,
        })
    }

    /// A number or id.
    pub fn number(&self, field: Field) -> Option<u64> {
        self.of(field).map(|f| f.value)
    }

    /// A text.
    #[expect(clippy::cast_possible_truncation, reason = "symbols are 32 bits")]
    pub fn text(&self, field: Field) -> Option<Sym> {
        self.of(field).map(|f| Sym(f.value as u32))
    }

    /// The other trace that a root's link joins it to.
    pub fn link_trace(&self) -> Option<TraceId> {
        let (first, last) = (
            self.number(Field::LinkTraceFirst)?,
            self.number(Field::LinkTraceLast)?,
        );
        Some(TraceId::from_halves(first, last))
    }

    /// The span of another trace that a root hangs under.
    pub fn link(&self) -> Option<(TraceId, SpanId)> {
        let span = SpanId(self.number(Field::LinkSpan)?.to_be_bytes());
        Some((self.link_trace()?, span))
    }

    /// A flag that is set.
    pub fn is(&self, field: Field) -> bool {
        self.number(field) == Some(1)
    }

    /// Puts every text's symbol through a map: from a pack's own texts to the store's.
    #[expect(clippy::cast_possible_truncation, reason = "symbols are 32 bits")]
    pub(super) fn translate(&mut self, map: impl Fn(Sym) -> Sym) {
        let mut from = HEAD;
        loop {
            let (bytes, at) = (&*self.0, from);
            let mut reader = Reader { bytes, at };
            let Some(packed) = reader.next() else { return };
            from = reader.at;
            if packed.field & TEXT != 0 {
                let text = map(Sym(packed.value as u32));
                if let Some(value) = self.0.get_mut(packed.at..from) {
                    value.copy_from_slice(&text.0.to_le_bytes());
                }
            }
        }
    }

    /// The texts among them.
    #[expect(clippy::cast_possible_truncation, reason = "symbols are 32 bits")]
    pub fn texts(&self) -> impl Iterator<Item = Sym> {
        let texts = self.packed().filter(|p| p.field & TEXT != 0);
        texts.map(|p| Sym(p.value as u32))
    }

    /// Bytes on the heap.
    pub fn heap(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fact(field: Field, rule: u16, value: u64) -> Fact {
        Fact { field, rule, value }
    }

    /// Texts and numbers, two of which share a bit of the head with a field that is not there.
    const FIELDS: [Field; 5] = [
        Field::Session,
        Field::InputTokens,
        Field::ResponseId,
        Field::RequestModel,
        Field::Stall,
    ];

    proptest! {
        #[test]
        fn what_is_packed_is_read(values in proptest::collection::vec(any::<(u16, u64)>(), 0..=5)) {
            let facts: Vec<Fact> = FIELDS
                .into_iter()
                .zip(values)
                .map(|(field, (rule, value))| {
                    let most = if field.is_text() { u64::from(u32::MAX) } else { u64::MAX };
                    fact(field, rule, value & most)
                })
                .collect();
            let mut packed = Facts::new(&facts);
            for field in FIELDS {
                let told = facts.iter().find(|f| f.field == field);
                prop_assert_eq!(packed.of(field), told.copied());
            }
            prop_assert_eq!(packed.of(Field::Error), None);
            let texts: Vec<Sym> = packed.texts().collect();
            packed.translate(|sym| Sym(sym.0 ^ 0xff00_00ff));
            let other: Vec<Sym> = packed.texts().map(|s| Sym(s.0 ^ 0xff00_00ff)).collect();
            prop_assert_eq!(texts, other);
            let input = facts.iter().find(|f| f.field == Field::InputTokens);
            prop_assert_eq!(packed.number(Field::InputTokens), input.map(|f| f.value));
        }
    }

    #[test]
    fn a_field_may_be_there_more_than_once_and_nothing_is_cheap() {
        let stalls = [7, u64::MAX, 0].map(|n| fact(Field::Stall, 3, n));
        let packed = Facts::new(&stalls);
        assert!(packed.all(Field::Stall).eq(stalls));
        assert_eq!(Facts::new(&[]).heap(), 0);
        assert_eq!(Facts::default().of(Field::Stall), None);
        let lean = Facts::new(&[
            fact(Field::InputTokens, 1, 4096),
            fact(Field::Session, 1, 9),
        ]);
        assert_eq!(lean.heap(), HEAD + 5 + 7);
    }
}
