//! Which units tell of the same model call, in whatever trace: those that name one response.

use super::evidence::{Evidence, Field, Op, key_of};
use super::units::Units;
use hashbrown::HashTable;
use rustc_hash::FxHashSet;

/// Units by response. An id counts within its session only, since scripted servers use theirs
/// again; an engine knows no sessions, and its id counts in all of them.
#[derive(Default)]
pub struct Responses(HashTable<(u64, u32)>);

/// The keys of a response: within its session; in any of them; and of engines that told it.
struct Keys {
    own: u64,
    any: Option<u64>,
    engines: Option<u64>,
}

/// What a call is joined by across traces.
fn keys(e: &Evidence) -> Option<Keys> {
    let call = matches!(e.op, Op::Call | Op::Engine);
    let id = call.then(|| e.facts.number(Field::ResponseId))??;
    let session = e.facts.text(Field::Session);
    let engine = e.op == Op::Engine && session.is_none();
    Some(Keys {
        own: key_of((session, id)),
        any: (engine || session.is_some()).then(|| key_of(("response in any session", id))),
        engines: (engine || session.is_some()).then(|| key_of(("response of an engine", id))),
    })
}

impl Responses {
    /// The unit of a piece, joined with those that tell of the same response. A copy of a span may
    /// have told it that was not kept, so it is held by itself.
    pub fn join(&mut self, units: &mut Units, unit: Option<u32>, e: &Evidence) -> Option<u32> {
        let Some(keys) = keys(e) else { return unit };
        let engine = e.op == Op::Engine && e.facts.text(Field::Session).is_none();
        let told = self.of(keys.own);
        let mut unit = match (unit, told.first()) {
            (Some(unit), Some(&told)) => units.merge(unit, told),
            (Some(unit), None) | (None, Some(&unit)) => unit,
            (None, None) => units.join(None, key_of(("response", keys.own))),
        };
        if told.is_empty() {
            self.insert(keys.own, unit);
        }
        let (mine, others) = if engine {
            (keys.engines, keys.any)
        } else {
            (keys.any, keys.engines)
        };
        for other in others.map(|key| self.of(key)).unwrap_or_default() {
            unit = units.merge(unit, other);
        }
        if let Some(key) = mine
            && !self
                .of(key)
                .iter()
                .any(|&known| units.root(known) == units.root(unit))
        {
            self.insert(key, unit);
        }
        Some(unit)
    }

    /// Forgets units that went: their numbers are used again.
    pub fn forget(&mut self, gone: &FxHashSet<u32>) {
        self.0.retain(|(_, unit)| !gone.contains(unit));
    }

    /// Memory that they take, bytes.
    pub fn weight(&self) -> usize {
        self.0.allocation_size()
    }

    fn of(&self, key: u64) -> Vec<u32> {
        let told = self.0.iter_hash(key).filter(|told| told.0 == key);
        told.map(|told| told.1).collect()
    }

    fn insert(&mut self, key: u64, unit: u32) {
        self.0.insert_unique(key, (key, unit), |told| told.0);
    }
}
