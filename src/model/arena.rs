//! Where evidence lies: in chunks that never move, so that growing costs no copy of what is
//! there and no memory for twice as much.

use super::evidence::Evidence;

/// Pieces of evidence in a chunk.
const CHUNK: usize = 4096;

/// Evidence by its number.
#[derive(Default)]
pub struct Arena {
    chunks: Vec<Vec<Evidence>>,
    len: usize,
}

impl Arena {
    /// A piece of evidence.
    pub fn get(&self, at: usize) -> Option<&Evidence> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    /// A piece of evidence.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut Evidence> {
        self.chunks.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds one at the end.
    pub fn push(&mut self, evidence: Evidence) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(last) = self.chunks.last_mut() {
            last.push(evidence);
            self.len += 1;
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Evidence> {
        self.chunks.iter().flatten()
    }
}
