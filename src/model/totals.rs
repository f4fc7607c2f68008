//! Sums over all sessions, kept up in parts: what changed is added up again, not all there is.

use super::figures::Figures;

/// Sessions of one part.
const PART: usize = 64;

/// The sum of each part of the list of sessions; none where something in it has changed.
#[derive(Default)]
pub(super) struct Totals(Vec<Option<Figures>>);

impl Totals {
    /// The session at a place changed.
    pub fn touch(&mut self, at: usize) {
        if let Some(part) = self.0.get_mut(at / PART) {
            *part = None;
        }
    }

    /// The sessions from a place on are others.
    pub fn cut(&mut self, at: usize) {
        self.0.truncate(at / PART);
    }

    /// The sum of a list, and of what went before.
    pub fn sum<T>(&mut self, list: &[T], of: impl Fn(&T) -> &Figures, before: &Figures) -> Figures {
        let parts = list.chunks(PART);
        self.0.resize(parts.len(), None);
        let mut totals = *before;
        for (known, part) in self.0.iter_mut().zip(parts) {
            let of_part = known.get_or_insert_with(|| {
                let mut sum = Figures::default();
                for of_one in part.iter().map(&of) {
                    add(&mut sum, of_one);
                }
                sum
            });
            add(&mut totals, of_part);
        }
        totals
    }
}

/// Adds a session's sums, with its times.
pub(super) fn add(sum: &mut Figures, figures: &Figures) {
    sum.add(figures);
    sum.wall_ns = sum.wall_ns.saturating_add(figures.wall_ns);
    sum.idle_ns = sum.idle_ns.saturating_add(figures.idle_ns);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(walls: impl IntoIterator<Item = u64>) -> Vec<Figures> {
        let of = |wall_ns| Figures {
            wall_ns,
            ..Figures::default()
        };
        walls.into_iter().map(of).collect()
    }

    #[test]
    fn parts_that_changed_are_added_up_again_and_no_others() {
        let (mut totals, mut sessions, before) = (Totals::default(), list(1..=200), list([5])[0]);
        let sum = |totals: &mut Totals, of: &[Figures]| totals.sum(of, |f| f, &before).wall_ns;
        assert_eq!(sum(&mut totals, &sessions), 20_105);
        sessions[70].wall_ns += 1_000;
        assert_eq!(sum(&mut totals, &sessions), 20_105);
        totals.touch(70);
        assert_eq!(sum(&mut totals, &sessions), 21_105);
        sessions.extend(list([7]));
        totals.touch(200);
        assert_eq!(sum(&mut totals, &sessions), 21_112);
        sessions.remove(0);
        totals.cut(0);
        assert_eq!(sum(&mut totals, &sessions), 21_111);
    }
}
