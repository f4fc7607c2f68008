//! Where the bytes of evidence lie: one after another in large blocks, so that a million spans
//! take their bytes and no allocator's rounding. A block goes when nothing in it is left.

/// Size of a block; a longer piece has a block of its own.
const BLOCK: usize = 1 << 20;

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
}

/// All blocks. The newest is being filled.
#[derive(Default)]
pub struct Slabs {
    blocks: Vec<Block>,
    free: Vec<u32>,
    filling: Option<u32>,
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
        }
        if let Some(full) = self.filling.replace(number) {
            self.sweep(full);
        }
        number
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
        if let Some(block) = self.blocks.get_mut(stored.block as usize) {
            block.live = block.live.saturating_sub(stored.len());
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
            block.bytes = Vec::new();
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
    fn nothing_is_kept_of_nothing() {
        let mut slabs = Slabs::default();
        let at = slabs.keep(&[]);
        assert!(at.is_empty());
        assert!(slabs.get(Stored::default()).is_empty());
    }
}
