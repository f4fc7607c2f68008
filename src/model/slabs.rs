//! Where the bytes of evidence lie: one after another in large blocks, so that a million spans
//! take their bytes and no allocator's rounding. A block goes when nothing in it is left; what is
//! left in blocks that are mostly empty can be moved together. Blocks that are full are compressed
//! when there is time ([`Slabs::squeeze`]); reading a piece opens its block, and the ones that were
//! read last stay open.

mod squeezed;

use squeezed::{Squeezed, Squeezing};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Size of a block; a longer piece has a block of its own.
const BLOCK: usize = 1 << 20;
/// Of what is held, the part that may be of no use before it is worth moving pieces together, and
/// that compressing must save.
const LOSS: usize = 8;
/// So many bytes are compressed at a time: about half a millisecond.
const SLICE: usize = 128 << 10;
/// So many bytes of opened blocks are kept, and always the last.
const OPEN: usize = 4 * BLOCK;

/// Where a piece's bytes are; nowhere, when its length is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    block: u32,
    at: u32,
    len: u32,
}

impl Stored {
    /// Number of bytes.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Nothing is kept.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

#[derive(Default)]
struct Block {
    /// What is in it, unless it is compressed.
    bytes: Vec<u8>,
    squeezed: Option<Squeezed>,
    /// Bytes of its pieces.
    live: usize,
    /// What is left of it is to be moved.
    leaving: bool,
}

impl Block {
    /// Bytes that it takes.
    fn held(&self) -> usize {
        let squeezed = self.squeezed.as_ref().map(Squeezed::held);
        squeezed.unwrap_or(self.bytes.capacity())
    }

    /// Of the bytes of its pieces, those that compressing saves.
    fn saved(&self) -> usize {
        let Some(squeezed) = &self.squeezed else {
            return 0;
        };
        self.live - self.live * squeezed.held() / squeezed.len().max(1)
    }
}

/// All blocks. The newest is being filled.
#[derive(Default)]
pub struct Slabs {
    blocks: Vec<Block>,
    free: Vec<u32>,
    filling: Option<u32>,
    /// Blocks that are full and may be worth compressing.
    full: VecDeque<u32>,
    squeezing: Option<Squeezing>,
    opened: Mutex<VecDeque<(u32, Arc<[u8]>)>>,
    /// Bytes of all blocks, of all that is kept in them, and of those that compressing saves.
    held: usize,
    live: usize,
    saved: usize,
}

impl Slabs {
    /// Keeps a copy. What is longer than 4 GiB is not kept; no request is.
    pub fn keep(&mut self, bytes: &[u8]) -> Stored {
        let Ok(len) = u32::try_from(bytes.len()) else {
            return Stored::default();
        };
        let number = self.room_for(bytes.len());
        let Some(block) = self.blocks.get_mut(number as usize) else {
            return Stored::default();
        };
        let at = u32::try_from(block.bytes.len()).unwrap_or(u32::MAX);
        block.bytes.extend_from_slice(bytes);
        block.live += bytes.len();
        self.live += bytes.len();
        Stored {
            block: number,
            at,
            len,
        }
    }

    fn room_for(&mut self, len: usize) -> u32 {
        if let Some(number) = self.filling
            && let Some(block) = self.blocks.get(number as usize)
            && block.bytes.capacity() - block.bytes.len() >= len
        {
            return number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.blocks.push(Block::default());
            u32::try_from(self.blocks.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(block) = self.blocks.get_mut(number as usize) {
            block.bytes = Vec::with_capacity(len.max(BLOCK));
            self.held += block.bytes.capacity();
        }
        if let Some(full) = self.filling.replace(number) {
            self.seal(full);
        }
        number
    }

    /// Gives back what a block that is full has not used.
    fn seal(&mut self, number: u32) {
        if let Some(block) = self.blocks.get_mut(number as usize)
            && block.bytes.capacity() - block.bytes.len() > BLOCK / LOSS
        {
            self.held -= block.bytes.capacity();
            block.bytes.shrink_to_fit();
            self.held += block.bytes.capacity();
        }
        self.full.push_back(number);
        self.sweep(number);
    }

    /// There is something to compress, or to close again.
    pub fn can_squeeze(&self) -> bool {
        self.squeezing.is_some() || !self.full.is_empty() || !self.opened().is_empty()
    }

    /// Compresses some of a full block; about half a millisecond. For when nothing else is to be
    /// done: blocks that were opened are closed.
    pub fn squeeze(&mut self) {
        self.opened().clear();
        let next = |full: &mut VecDeque<u32>| Squeezing::new(full.pop_front()?).ok();
        let Some(mut squeezing) = self.squeezing.take().or_else(|| next(&mut self.full)) else {
            return;
        };
        let Some(block) = self.blocks.get_mut(squeezing.block as usize) else {
            return;
        };
        if block.bytes.is_empty() || self.filling == Some(squeezing.block) {
            return; // it went meanwhile, and its number may be another's
        }
        match squeezing.go_on(&block.bytes, SLICE) {
            Ok(true) => self.squeezing = Some(squeezing),
            Ok(false) => {
                let squeezed = squeezing.end().ok();
                let worth = |s: &Squeezed| s.held() < s.len() - s.len() / LOSS;
                if let Some(squeezed) = squeezed.filter(worth) {
                    self.held -= block.held();
                    block.bytes = Vec::new();
                    block.squeezed = Some(squeezed);
                    self.held += block.held();
                    self.saved += block.saved();
                }
            }
            Err(_) => {} // no memory to do it in: it stays as it is
        }
    }

    /// Bytes of pieces that take no memory, since they are compressed.
    pub fn saved(&self) -> usize {
        self.saved
    }

    /// Bytes that are held and of no use.
    pub fn slack(&self) -> usize {
        let opened: usize = self.opened().iter().map(|(_, bytes)| bytes.len()).sum();
        (self.held + self.saved + opened).saturating_sub(self.live)
    }

    /// Marks the blocks that are worth leaving, if it is worth it; what is in them is to be moved
    /// ([`Slabs::moved`]).
    pub fn leave_sparse(&mut self) -> bool {
        if self.slack() <= self.held / LOSS + BLOCK {
            return false;
        }
        for (block, number) in self.blocks.iter_mut().zip(0..) {
            let held = block.held(); // what is moved is not compressed at first
            block.leaving = block.live < held - held / LOSS && self.filling != Some(number);
        }
        true
    }

    /// Where a piece is after it was moved out of a block that is left.
    pub fn moved(&mut self, stored: Stored) -> Stored {
        let block = self.blocks.get(stored.block as usize);
        if stored.is_empty() || !block.is_some_and(|b| b.leaving) {
            return stored;
        }
        let bytes = self.get(stored).into_owned();
        let there = self.keep(&bytes);
        self.release(stored);
        there
    }

    /// The bytes of a piece.
    pub fn get(&self, stored: Stored) -> Cow<'_, [u8]> {
        let from = stored.at as usize;
        let place = from..from + stored.len();
        let block = self.blocks.get(stored.block as usize);
        let Some(block) = block.filter(|_| !stored.is_empty()) else {
            return Cow::default();
        };
        match &block.squeezed {
            None => block.bytes.get(place).unwrap_or_default().into(),
            Some(squeezed) => {
                let opened = self.open(stored.block, squeezed);
                opened.get(place).unwrap_or_default().to_vec().into()
            }
        }
    }

    /// The bytes of a block that is compressed.
    fn open(&self, number: u32, squeezed: &Squeezed) -> Arc<[u8]> {
        let mut opened = self.opened();
        if let Some((_, bytes)) = opened.iter().find(|(of, _)| *of == number) {
            return bytes.clone();
        }
        let bytes: Arc<[u8]> = squeezed.open().unwrap_or_default().into();
        opened.push_back((number, bytes.clone()));
        let mut all: usize = opened.iter().map(|(_, bytes)| bytes.len()).sum();
        while all > OPEN && opened.len() > 1 {
            all -= opened.pop_front().map_or(0, |(_, bytes)| bytes.len());
        }
        bytes
    }

    fn opened(&self) -> MutexGuard<'_, VecDeque<(u32, Arc<[u8]>)>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a piece go.
    pub fn release(&mut self, stored: Stored) {
        if stored.is_empty() {
            return;
        }
        if let Some(block) = self.blocks.get_mut(stored.block as usize) {
            self.saved -= block.saved();
            block.live = block.live.saturating_sub(stored.len());
            self.saved += block.saved();
            self.live = self.live.saturating_sub(stored.len());
        }
        if self.filling != Some(stored.block) {
            self.sweep(stored.block);
        }
    }

    /// Gives a block back when nothing in it is left.
    fn sweep(&mut self, number: u32) {
        if let Some(block) = self.blocks.get_mut(number as usize)
            && block.live == 0
            && block.held() > 0
        {
            self.held -= block.held();
            *block = Block::default();
            self.free.push(number);
            self.squeezing.take_if(|s| s.block == number);
            self.opened().retain(|(of, _)| *of != number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_found_again_and_blocks_go_with_their_last_piece() {
        let mut slabs = Slabs::default();
        let pieces: Vec<(Vec<u8>, Stored)> = (0..40u8)
            .map(|i| vec![i; 100_000])
            .map(|bytes| (bytes.clone(), slabs.keep(&bytes)))
            .collect();
        assert!(pieces.iter().all(|(bytes, at)| slabs.get(*at) == *bytes));
        assert_eq!(slabs.blocks.len(), 4, "ten pieces fit in a block of 1 MiB");
        for (_, at) in &pieces[..10] {
            slabs.release(*at);
        }
        assert_eq!(slabs.free, [0], "the first block went with its last piece");
        assert!(slabs.get(pieces[0].1).is_empty());
        assert_eq!(slabs.get(pieces[39].1), pieces[39].0.as_slice());
    }

    #[test]
    fn a_piece_longer_than_a_block_has_its_own() {
        let mut slabs = Slabs::default();
        let long = vec![7; 3 * BLOCK];
        let at = slabs.keep(&long);
        assert_eq!(slabs.get(at), long.as_slice());
        let next = slabs.keep(&[1, 2, 3]);
        assert_eq!(slabs.get(next), [1, 2, 3].as_slice());
        slabs.release(at);
        assert!(slabs.get(at).is_empty());
        assert_eq!(slabs.get(next), [1, 2, 3].as_slice());
    }

    #[test]
    fn what_is_left_of_many_blocks_is_moved_together() {
        let mut slabs = Slabs::default();
        let mut pieces: Vec<(Vec<u8>, Stored)> = (0..200u8)
            .map(|i| vec![i; 100_000])
            .map(|bytes| (bytes.clone(), slabs.keep(&bytes)))
            .collect();
        assert!(!slabs.leave_sparse(), "all is in use");
        let mut at = 0;
        pieces.retain(|(_, stored)| {
            at += 1;
            let stays = at % 5 == 0;
            if !stays {
                slabs.release(*stored);
            }
            stays
        });
        assert!(slabs.held >= 20 * BLOCK, "a fifth is left in each block");
        assert!(slabs.leave_sparse());
        for (_, stored) in &mut pieces {
            *stored = slabs.moved(*stored);
        }
        assert!(slabs.held <= 6 * BLOCK, "{}", slabs.held);
        assert_eq!(slabs.live, 40 * 100_000);
        assert!(pieces.iter().all(|(bytes, at)| slabs.get(*at) == *bytes));
    }

    /// Pieces of text that repeats, as much as two blocks and a half.
    fn talk(slabs: &mut Slabs) -> Vec<(Vec<u8>, Stored)> {
        let line = |i: usize| format!("call {i}: the same question as before, and an answer. ");
        (0..25)
            .map(|i| line(i).repeat(100_000 / line(i).len()).into_bytes())
            .map(|bytes| (bytes.clone(), slabs.keep(&bytes)))
            .collect()
    }

    fn squeeze_all(slabs: &mut Slabs) {
        while slabs.can_squeeze() {
            slabs.squeeze();
        }
    }

    #[test]
    fn full_blocks_are_compressed_and_read_as_before() {
        let mut slabs = Slabs::default();
        let pieces = talk(&mut slabs);
        squeeze_all(&mut slabs);
        let blocks = slabs.blocks.iter();
        let squeezed: Vec<bool> = blocks.map(|b| b.squeezed.is_some()).collect();
        assert_eq!(squeezed, [true, true, false], "the last is being filled");
        assert!(slabs.held < BLOCK + BLOCK / 4, "{}", slabs.held);
        assert_eq!(slabs.live - slabs.saved + slabs.slack(), slabs.held);
        assert!(pieces.iter().all(|(bytes, at)| slabs.get(*at) == *bytes));
        assert!(slabs.can_squeeze(), "blocks were opened");
        squeeze_all(&mut slabs);
        assert!(slabs.opened().is_empty());
        for (_, at) in pieces {
            slabs.release(at);
        }
        assert_eq!((slabs.live, slabs.saved), (0, 0));
        assert_eq!(slabs.free, [0, 1]);
    }

    #[test]
    fn what_cannot_be_compressed_stays_as_it_is() {
        let mut slabs = Slabs::default();
        let mut state = 1u64;
        let mut noise = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        };
        let pieces: Vec<(Vec<u8>, Stored)> = (0..3)
            .map(|_| (0..700_000).map(|_| noise()).collect::<Vec<u8>>())
            .map(|bytes| (bytes.clone(), slabs.keep(&bytes)))
            .collect();
        squeeze_all(&mut slabs);
        assert!(slabs.blocks.iter().all(|b| b.squeezed.is_none()));
        assert!(pieces.iter().all(|(bytes, at)| slabs.get(*at) == *bytes));
    }

    #[test]
    fn a_block_that_goes_while_it_is_compressed_takes_nothing_with_it() {
        let mut slabs = Slabs::default();
        let pieces = talk(&mut slabs);
        slabs.squeeze();
        assert!(slabs.squeezing.as_ref().is_some_and(|s| s.block == 0));
        for (_, at) in &pieces[..10] {
            slabs.release(*at);
        }
        assert_eq!(slabs.free, [0]);
        let again = talk(&mut slabs);
        squeeze_all(&mut slabs);
        assert!(
            again
                .iter()
                .chain(&pieces[10..])
                .all(|(bytes, at)| slabs.get(*at) == *bytes)
        );
    }

    #[test]
    fn what_is_left_of_compressed_blocks_is_moved_when_that_takes_less() {
        let mut slabs = Slabs::default();
        let mut pieces: Vec<(Vec<u8>, Stored)> = (0..8).flat_map(|_| talk(&mut slabs)).collect();
        squeeze_all(&mut slabs);
        let held = slabs.held;
        for (_, at) in &pieces[1..] {
            slabs.release(*at);
        }
        pieces.truncate(1);
        slabs.leave_sparse();
        for (_, stored) in &mut pieces {
            *stored = slabs.moved(*stored);
        }
        assert!(slabs.held <= held);
        assert!(pieces.iter().all(|(bytes, at)| slabs.get(*at) == *bytes));
    }

    #[test]
    fn nothing_is_kept_of_nothing() {
        let mut slabs = Slabs::default();
        let at = slabs.keep(&[]);
        assert!(at.is_empty());
        assert!(slabs.get(Stored::default()).is_empty());
    }
}
