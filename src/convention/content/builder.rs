//! Building a [`Value`] without recursion: the one place that bounds how deep a value may nest.

use crate::model::detail::Value;

/// How many lists and maps may be inside one another. Deeper ones are replaced by a visible mark.
/// OTLP's own decoders stop near 50; JSON text in a string can say anything.
pub const DEPTH: usize = 64;

/// What stands for a list or map that is nested deeper than [`DEPTH`].
pub fn too_deep() -> Value {
    Value::Text(format!("… nested deeper than {DEPTH} levels"))
}

/// A list or map that is being filled.
enum Open {
    List(Vec<Value>),
    /// The entries, and the key that waits for its value.
    Map(Vec<(String, Value)>, String),
}

/// Takes a value as a sequence of openings, keys, leaves and closings.
#[derive(Default)]
pub struct Builder {
    open: Vec<Open>,
    /// How many lists and maps are open below the deepest one that is kept.
    skipped: usize,
    done: Option<Value>,
}

impl Builder {
    /// Opens a list. False when it is too deep: its content may be left out, its closing not.
    pub fn list(&mut self) -> bool {
        self.descend(Open::List(Vec::new()))
    }

    /// Opens a map, as [`Builder::list`].
    pub fn map(&mut self) -> bool {
        self.descend(Open::Map(Vec::new(), String::new()))
    }

    fn descend(&mut self, open: Open) -> bool {
        if self.skipped == 0 && self.open.len() < DEPTH {
            self.open.push(open);
            return true;
        }
        if self.skipped == 0 {
            self.leaf(too_deep());
        }
        self.skipped += 1;
        false
    }

    /// Names the next value of the innermost map.
    pub fn key(&mut self, name: String) {
        if self.skipped == 0
            && let Some(Open::Map(_, key)) = self.open.last_mut()
        {
            *key = name;
        }
    }

    /// Adds a value to the innermost list or map.
    pub fn leaf(&mut self, value: Value) {
        if self.skipped > 0 {
            return;
        }
        match self.open.last_mut() {
            Some(Open::List(items)) => items.push(value),
            Some(Open::Map(entries, key)) => entries.push((std::mem::take(key), value)),
            None => self.done = Some(value),
        }
    }

    /// Closes the innermost list or map.
    pub fn close(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match self.open.pop() {
            Some(Open::List(items)) => self.leaf(Value::List(items)),
            Some(Open::Map(entries, _)) => self.leaf(Value::Map(entries)),
            None => {}
        }
    }

    /// The value; whatever is still open is closed.
    pub fn finish(mut self) -> Option<Value> {
        self.skipped = 0;
        while !self.open.is_empty() {
            self.close();
        }
        self.done
    }
}
