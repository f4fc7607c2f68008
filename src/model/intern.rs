//! Interned text.

use hashbrown::HashTable;
use rustc_hash::FxHashSet;
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
    /// Symbols whose texts went.
    free: Vec<u32>,
    bytes: usize,
}

/// Memory that a text takes besides its characters, bytes.
const OVERHEAD: usize = 48;

impl Interner {
    /// The symbol of a text.
    pub fn intern(&mut self, text: &str) -> Sym {
        let hash = self.seed.hash_one(text);
        let (texts, free, seed) = (&mut self.texts, &mut self.free, &self.seed);
        let entry = self.index.entry(
            hash,
            |&i| texts.get(i as usize).is_some_and(|t| **t == *text),
            |&i| texts.get(i as usize).map_or(0, |t| seed.hash_one(&**t)),
        );
        Sym(*entry
            .or_insert_with(|| {
                self.bytes += text.len() + OVERHEAD;
                let place = free.pop().filter(|&at| (at as usize) < texts.len());
                if let Some(at) = place {
                    texts[at as usize] = text.into();
                    return at;
                }
                texts.push(text.into());
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            })
            .get())
    }

    /// Lets all texts go but those `used`; their symbols are given to others.
    pub fn keep_only(&mut self, used: &FxHashSet<Sym>) {
        let (texts, free, bytes) = (&mut self.texts, &mut self.free, &mut self.bytes);
        self.index.retain(|&mut at| {
            let stays = used.contains(&Sym(at));
            if !stays && let Some(text) = texts.get_mut(at as usize) {
                *bytes -= text.len() + OVERHEAD;
                *text = Arc::default();
                free.push(at);
            }
            stays
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_used_stay_and_the_symbols_of_others_are_given_again() {
        let mut texts = Interner::default();
        let [a, b, c] = ["a", "b", "c"].map(|text| texts.intern(text));
        let before = texts.weight();
        texts.keep_only(&[a, c].into_iter().collect());
        assert_eq!((texts.str(a), texts.str(b), texts.str(c)), ("a", "", "c"));
        let d = texts.intern("d");
        assert_eq!((d, texts.str(d)), (b, "d"));
        assert_eq!((texts.intern("a"), texts.intern("c")), (a, c));
        assert_eq!(texts.weight(), before);
        assert_ne!(texts.intern("b"), b);
    }
}
