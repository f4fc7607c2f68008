//! Things by key, in the order in which they were first met.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// A list with an index.
pub(super) struct Listed<K, T> {
    at: FxHashMap<K, usize>,
    list: Vec<T>,
}

impl<K, T> Default for Listed<K, T> {
    fn default() -> Self {
        Self {
            at: FxHashMap::default(),
            list: Vec::new(),
        }
    }
}

impl<K: Eq + Hash, T> Listed<K, T> {
    /// The thing of a key, made at the first meeting.
    pub fn of(&mut self, key: K, new: impl FnOnce() -> T) -> Option<&mut T> {
        let next = self.list.len();
        let at = *self.at.entry(key).or_insert(next);
        if at == next {
            self.list.push(new());
        }
        self.list.get_mut(at)
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<T> {
        self.list
    }
}
