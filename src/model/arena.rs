//! Where evidence lies: in chunks that never move, so that growing costs no copy of what is
//! there and no memory for twice as much. A chunk goes when nothing in it is left.

use super::evidence::Evidence;
use std::collections::BTreeSet;

/// Pieces of evidence in a chunk.
const CHUNK: usize = 1024;

/// Evidence by its number.
#[derive(Default)]
pub struct Arena {
    chunks: Vec<Chunk>,
    /// Chunks with room. The first of them is filled, so that the last ones empty.
    open: BTreeSet<usize>,
}

#[derive(Default)]
struct Chunk {
    slots: Vec<Evidence>,
    /// Places of what went.
    free: Vec<u16>,
}

impl Chunk {
    fn has_room(&self) -> bool {
        !self.free.is_empty() || self.slots.len() < CHUNK
    }
}

impl Arena {
    /// A piece of evidence.
    pub fn get(&self, at: usize) -> Option<&Evidence> {
        self.chunks.get(at / CHUNK)?.slots.get(at % CHUNK)
    }

    /// A piece of evidence.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut Evidence> {
        self.chunks.get_mut(at / CHUNK)?.slots.get_mut(at % CHUNK)
    }

    /// The number that the next piece gets.
    pub fn place(&mut self) -> u32 {
        let open = self.open.first().copied().unwrap_or_else(|| {
            self.chunks.push(Chunk::default());
            self.open.insert(self.chunks.len() - 1);
            self.chunks.len() - 1
        });
        let slot = self.chunks.get(open).map_or(0, |chunk| {
            let last = chunk.free.last().map(|&at| usize::from(at));
            last.unwrap_or(chunk.slots.len())
        });
        u32::try_from(open * CHUNK + slot).unwrap_or(u32::MAX - 1)
    }

    /// Puts a piece where [`Arena::place`] says.
    pub fn put(&mut self, evidence: Evidence) {
        let at = self.place() as usize;
        let Some(chunk) = self.chunks.get_mut(at / CHUNK) else {
            return;
        };
        if chunk.free.pop().is_some() {
            chunk.slots[at % CHUNK] = evidence;
        } else {
            if chunk.slots.capacity() == 0 {
                chunk.slots.reserve_exact(CHUNK);
            }
            chunk.slots.push(evidence);
        }
        if !chunk.has_room() {
            self.open.remove(&(at / CHUNK));
        }
    }

    /// Lets a piece go that is there; its place may be another's now.
    pub fn free(&mut self, at: u32) {
        let at = at as usize;
        let Some(chunk) = self.chunks.get_mut(at / CHUNK) else {
            return;
        };
        chunk.free.extend(u16::try_from(at % CHUNK));
        if chunk.free.len() == chunk.slots.len() {
            *chunk = Chunk::default();
        }
        self.open.insert(at / CHUNK);
    }

    /// Places of which nothing is made, in bytes.
    pub fn slack(&self) -> usize {
        let chunks = self.open.iter().filter_map(|&at| self.chunks.get(at));
        let places = chunks.map(|c| c.slots.capacity() - c.slots.len() + c.free.len());
        places.sum::<usize>() * size_of::<Evidence>()
    }

    /// All places with their numbers, those of what went too.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Evidence)> {
        let chunks = (0..).step_by(CHUNK).zip(&self.chunks);
        chunks.flat_map(|(from, chunk)| (from..).zip(&chunk.slots))
    }

    /// All places.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Evidence> {
        self.chunks.iter_mut().flat_map(|chunk| &mut chunk.slots)
    }
}
