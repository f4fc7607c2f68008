//! Which units tell of the same model call, in whatever trace: those that name one response.

use super::evidence::{Evidence, Field, Op, key_of};
use super::intern::Sym;
use super::units::Units;
use hashbrown::HashTable;
use rustc_hash::FxHashSet;

/// Units by response. An id counts within its session only, since scripted servers use theirs
/// again; an engine knows no sessions, and its id counts in all of them.
#[derive(Default)]
pub struct Responses(HashTable<Told>);

/// Who names a response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Teller {
    /// A call of this session.
    Session(Sym),
    /// A call that names no session.
    Nowhere,
    /// An engine.
    Engine,
    /// What goes on with a conversation by its last answer's id.
    After,
}

impl Teller {
    /// The session in which its id counts.
    fn session(self) -> Option<Sym> {
        match self {
            Self::Session(session) => Some(session),
            Self::Nowhere | Self::Engine | Self::After => None,
        }
    }

    /// Both are engines, or calls of sessions, any two of them.
    fn is_like(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Engine, Self::Engine) | (Self::Session(_), Self::Session(_))
        )
    }

    /// One is an engine and the other a call of any session.
    fn meets(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Engine, Self::Session(_)) | (Self::Session(_), Self::Engine)
        )
    }
}

/// A response that was named; 16 bytes, since every call may name one.
struct Told {
    id: u64,
    /// The session's symbol, or one of those below.
    teller: u32,
    unit: u32,
}

const NOWHERE: u32 = u32::MAX;
const ENGINE: u32 = u32::MAX - 1;
const AFTER: u32 = u32::MAX - 2;

impl Told {
    fn new(id: u64, teller: Teller, unit: u32) -> Self {
        let teller = match teller {
            Teller::Session(session) => session.0,
            Teller::Nowhere => NOWHERE,
            Teller::Engine => ENGINE,
            Teller::After => AFTER,
        };
        Self { id, teller, unit }
    }

    fn teller(&self) -> Teller {
        match self.teller {
            NOWHERE => Teller::Nowhere,
            ENGINE => Teller::Engine,
            AFTER => Teller::After,
            session => Teller::Session(Sym(session)),
        }
    }
}

/// What a call is joined by across traces.
fn named(e: &Evidence) -> Option<(u64, Teller)> {
    let call = matches!(e.op, Op::Call | Op::Engine);
    let id = call.then(|| e.facts.number(Field::ResponseId))??;
    let teller = match e.facts.text(Field::Session) {
        Some(session) => Teller::Session(session),
        None if e.op == Op::Engine => Teller::Engine,
        None => Teller::Nowhere,
    };
    Some((id, teller))
}

impl Responses {
    /// The unit of a piece, joined with those that tell of the same response. A copy of a span may
    /// have told it that was not kept, so it is held by itself.
    pub fn join(&mut self, units: &mut Units, unit: Option<u32>, e: &Evidence) -> Option<u32> {
        let unit = self.follow(units, unit, e);
        let Some((id, teller)) = named(e) else {
            return unit;
        };
        let session = teller.session();
        let own = |t: &&Told| t.teller() != Teller::After && t.teller().session() == session;
        let told = self.of(id).find(own);
        let told = told.map(|t| t.unit);
        let mut unit = match (unit, told) {
            (Some(unit), Some(told)) => units.merge(unit, told),
            (Some(unit), None) | (None, Some(unit)) => unit,
            (None, None) => units.join(None, key_of(("response", session, id))),
        };
        let meets = |t: &&Told| t.teller() == Teller::After || teller.meets(t.teller());
        for met in self.of(id).filter(meets) {
            unit = units.merge(unit, met.unit);
        }
        let root = units.root(unit);
        let here = |t: &Told| t.teller().is_like(teller) && units.root(t.unit) == root;
        let missed = teller != Teller::Nowhere && !self.of(id).any(here);
        if told.is_none() || missed {
            self.insert(Told::new(id, teller, unit));
        }
        Some(unit)
    }

    /// The unit of a piece that goes on with a conversation by its last answer's id, joined with the
    /// answer's: which of the two comes first is all the same.
    fn follow(&mut self, units: &mut Units, unit: Option<u32>, e: &Evidence) -> Option<u32> {
        let (Some(id), Some(mut unit)) = (e.facts.number(Field::AfterResponse), unit) else {
            return unit;
        };
        for told in self.of(id) {
            unit = units.merge(unit, told.unit);
        }
        if !self.of(id).any(|t| t.teller() == Teller::After) {
            self.insert(Told::new(id, Teller::After, unit));
        }
        Some(unit)
    }

    /// Forgets units that went: their numbers are used again.
    pub fn forget(&mut self, gone: &FxHashSet<u32>) {
        self.0.retain(|told| !gone.contains(&told.unit));
    }

    /// Memory that they take, bytes.
    pub fn weight(&self) -> usize {
        self.0.allocation_size()
    }

    fn of(&self, id: u64) -> impl Iterator<Item = &Told> {
        self.0.iter_hash(id).filter(move |told| told.id == id)
    }

    fn insert(&mut self, told: Told) {
        self.0.insert_unique(told.id, told, |told| told.id);
    }
}
