//! Where the bytes of evidence lie: one after another in large blocks, so that a million spans
//! take their bytes and no allocator's rounding. A block goes when nothing in it is left; what is
//! left in blocks that are mostly empty can be moved together.

/// Size of a block; a longer piece has a block of its own.
const BLOCK: usize = 1 << 20;
/// Of what is held, the part that may be of no use before it is worth moving pieces together.
const LOSS: usize = 8;

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
    bytes: Vec<u8>,
    live: usize,
    /// What is left of it is to be moved.
    leaving: bool,
}

/// All blocks. The newest is being filled.
#[derive(Default)]
pub struct Slabs {
    blocks: Vec<Block>,
    free: Vec<u32>,
    filling: Option<u32>,
    /// Bytes of all blocks, and of all that is kept in them.
    held: usize,
    live: usize,
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
        self.sweep(number);
    }

    /// Bytes that are held and of no use.
    pub fn slack(&self) -> usize {
        self.held - self.live
    }

    /// Marks the blocks that are worth leaving, if it is worth it; what is in them is to be moved
    /// ([`Slabs::moved`]).
    pub fn leave_sparse(&mut self) -> bool {
        if self.slack() <= self.held / LOSS + BLOCK {
            return false;
        }
        for (block, number) in self.blocks.iter_mut().zip(0..) {
            let lost = block.bytes.capacity() - block.live;
            block.leaving = lost > block.bytes.capacity() / LOSS && self.filling != Some(number);
        }
        true
    }

    /// Where a piece is after it was moved out of a block that is left.
    pub fn moved(&mut self, stored: Stored) -> Stored {
        let block = self.blocks.get(stored.block as usize);
        if stored.is_empty() || !block.is_some_and(|b| b.leaving) {
            return stored;
        }
        let bytes = self.get(stored).to_vec();
        let there = self.keep(&bytes);
        self.release(stored);
        there
    }

    /// The bytes of a piece.
    pub fn get(&self, stored: Stored) -> &[u8] {
        let from = stored.at as usize;
        let block = self.blocks.get(stored.block as usize);
        let bytes = block.and_then(|b| b.bytes.get(from..from + stored.len()));
        bytes.unwrap_or_default()
    }

    /// Lets a piece go.
    pub fn release(&mut self, stored: Stored) {
        if stored.is_empty() {
            return;
        }
        if let Some(block) = self.blocks.get_mut(stored.block as usize) {
            block.live = block.live.saturating_sub(stored.len());
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
            && block.bytes.capacity() > 0
        {
            self.held -= block.bytes.capacity();
            *block = Block::default();
            self.free.push(number);
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
        assert!(pieces.iter().all(|(bytes, at)| slabs.get(*at) == bytes));
        assert_eq!(slabs.blocks.len(), 4, "ten pieces fit in a block of 1 MiB");
        for (_, at) in &pieces[..10] {
            slabs.release(*at);
        }
        assert_eq!(slabs.free, [0], "the first block went with its last piece");
        assert!(slabs.get(pieces[0].1).is_empty());
        assert_eq!(slabs.get(pieces[39].1), pieces[39].0);
    }

    #[test]
    fn a_piece_longer_than_a_block_has_its_own() {
        let mut slabs = Slabs::default();
        let long = vec![7; 3 * BLOCK];
        let at = slabs.keep(&long);
        assert_eq!(slabs.get(at), long);
        let next = slabs.keep(&[1, 2, 3]);
        assert_eq!(slabs.get(next), [1, 2, 3]);
        slabs.release(at);
        assert!(slabs.get(at).is_empty());
        assert_eq!(slabs.get(next), [1, 2, 3]);
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
        assert!(pieces.iter().all(|(bytes, at)| slabs.get(*at) == bytes));
    }

    #[test]
    fn nothing_is_kept_of_nothing() {
        let mut slabs = Slabs::default();
        let at = slabs.keep(&[]);
        assert!(at.is_empty());
        assert!(slabs.get(Stored::default()).is_empty());
    }
}
