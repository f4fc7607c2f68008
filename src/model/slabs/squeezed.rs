//! A block that nothing is added to any more, compressed: an agent sends its whole conversation
//! with each call, so what is kept of one says the same again and again.

use std::io::{self, Write};
use zstd::stream::write::Encoder;

/// zstd's usual level: about a quarter of a gigabyte a second.
const LEVEL: i32 = 3;

/// A block's bytes, compressed.
pub struct Squeezed {
    bytes: Box<[u8]>,
    len: usize,
}

impl Squeezed {
    /// Bytes that it takes.
    pub fn held(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes that are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// What is in it.
    pub fn open(&self) -> io::Result<Vec<u8>> {
        zstd::bulk::decompress(&self.bytes, self.len)
    }
}

/// A block that is being compressed, some of it at a time.
pub struct Squeezing {
    /// The block.
    pub block: u32,
    encoder: Encoder<'static, Vec<u8>>,
    done: usize,
}

impl Squeezing {
    /// Begins with a block.
    pub fn new(block: u32) -> io::Result<Self> {
        let encoder = Encoder::new(Vec::new(), LEVEL)?;
        Ok(Self {
            block,
            encoder,
            done: 0,
        })
    }

    /// Goes on with at most so many of the block's bytes; true if there are more.
    pub fn go_on(&mut self, bytes: &[u8], most: usize) -> io::Result<bool> {
        let left = bytes.get(self.done..).unwrap_or_default();
        let some = left.get(..most).unwrap_or(left);
        self.encoder.write_all(some)?;
        self.done += some.len();
        Ok(some.len() < left.len())
    }

    /// What it came to.
    pub fn end(self) -> io::Result<Squeezed> {
        let bytes = self.encoder.finish()?.into_boxed_slice();
        let len = self.done;
        Ok(Squeezed { bytes, len })
    }
}
