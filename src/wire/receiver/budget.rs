//! Memory that all bodies under way may take together: many connections, each within its limit,
//! must not add up to more than the machine has.

use super::Busy;
use super::reply::Refusal;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// When to send again: bodies under way are soon stored.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Bytes that may still be held.
#[derive(Debug)]
pub(super) struct Budget(AtomicUsize);

impl Budget {
    pub fn new(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }

    /// Holds nothing yet; gives back what it holds when dropped.
    pub fn hold(&self) -> Held<'_> {
        Held {
            budget: self,
            bytes: 0,
        }
    }
}

/// What one request holds.
#[derive(Debug)]
pub(super) struct Held<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl Held<'_> {
    /// Holds more, if it is there.
    pub fn add(&mut self, bytes: usize) -> Result<(), Refusal> {
        let left = self
            .budget
            .0
            .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes));
        left.map_err(|_| {
            Refusal::from(Busy::Full {
                retry_after: RETRY_AFTER,
            })
        })?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.bytes, Relaxed);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;
    use crate::wire::receiver::Reason;

    #[test]
    fn what_is_held_is_given_back() {
        let budget = Budget::new(10);
        let mut first = budget.hold();
        first.add(6).unwrap();
        let mut second = budget.hold();
        assert_eq!(second.add(5).unwrap_err().reason, Reason::Busy);
        second.add(4).unwrap();
        drop(first);
        second.add(6).unwrap();
        drop(second);
        assert_eq!(budget.0.load(Relaxed), 10);
    }
}
