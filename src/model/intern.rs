//! Interned text.

use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::Arc;

/// A text in an [`Interner`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Sym(pub u32);

/// Each distinct text once. The hasher is seeded per process: texts come from outside.
#[derive(Default)]
pub struct Interner {
    texts: Vec<Arc<str>>,
    index: HashTable<u32>,
    seed: hashbrown::DefaultHashBuilder,
    bytes: usize,
}

impl Interner {
    /// The symbol of a text.
    pub fn intern(&mut self, text: &str) -> Sym {
        let hash = self.seed.hash_one(text);
        let (texts, seed) = (&mut self.texts, &self.seed);
        let entry = self.index.entry(
            hash,
            |&i| texts.get(i as usize).is_some_and(|t| **t == *text),
            |&i| texts.get(i as usize).map_or(0, |t| seed.hash_one(&**t)),
        );
        Sym(*entry
            .or_insert_with(|| {
                self.bytes += text.len() + 48;
                texts.push(text.into());
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            })
            .get())
    }

    /// The text of a symbol of this interner.
    pub fn text(&self, sym: Sym) -> Arc<str> {
        self.texts
            .get(sym.0 as usize)
            .cloned()
            .unwrap_or_else(|| "".into())
    }

    /// Borrowed text of a symbol of this interner.
    pub fn str(&self, sym: Sym) -> &str {
        self.texts.get(sym.0 as usize).map_or("", |t| t)
    }

    /// All texts in order of their symbols.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<str>> {
        self.texts.iter()
    }

    /// Memory taken, roughly, bytes.
    pub fn weight(&self) -> usize {
        self.bytes
    }
}
