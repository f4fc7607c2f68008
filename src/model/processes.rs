//! Which session a unit is of: what its dialect's key says; without a key, its trace. A library
//! that makes every call a trace of its own goes by its process, until a long silence; and so does
//! what else the process did meanwhile.

use super::correlate::Lore;
use super::evidence::key_of;
use super::ids::SessionId;
use super::store::Store;
use super::units::Brief;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A silence of a process so long begins another session: half an hour is how long web analytics
/// wait too.
pub const SILENCE_NS: u64 = 1_800_000_000_000;

/// Units without a session key, by process and time.
#[derive(Default)]
pub struct Processes {
    /// The stretch of each unit, by process, start and unit.
    lines: HashMap<u64, BTreeMap<(u64, u32), usize>>,
    places: HashMap<u32, Place>,
    stretches: Vec<Stretch>,
    /// Processes whose stretches may be larger than what is in them.
    shrunk: BTreeSet<u64>,
}

/// A unit as it was filed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    process: u64,
    start: u64,
    end: u64,
    bare: bool,
}

/// Units of one process without a long silence between them. What comes makes them grow together;
/// when something goes or shrinks, they are made anew.
struct Stretch {
    merged_into: usize,
    first: (u64, u32),
    last: (u64, u32),
    end: u64,
    bare: bool,
}

impl Processes {
    /// Files a unit: its process, start, end, and whether it is nothing but calls. What it says of
    /// other units' sessions: those that are to be looked at again.
    pub fn file(&mut self, unit: u32, process: u64, times: (u64, u64), bare: bool) -> Vec<u32> {
        let key = (times.0, unit);
        let place = Place {
            process,
            start: times.0,
            end: times.1,
            bare,
        };
        let before = self.places.get(&unit).copied();
        if before.is_some_and(|b| (b.process, b.start) != (process, times.0)) {
            self.forget(unit);
        }
        let mut moved = Vec::new();
        self.places.insert(unit, place);
        if before.is_some_and(|b| b.end > times.1 || (b.bare && !bare)) {
            self.shrunk.insert(process);
        }
        let first = self.first(process);
        let line = self.lines.entry(process).or_default();
        let before = line.range(..key).next_back().map(|(_, s)| *s);
        let own = line.get(&key).copied();
        let new = self.stretches.len();
        if own.is_none() {
            self.stretches.push(Stretch {
                merged_into: new,
                first: key,
                last: key,
                end: times.1,
                bare: false,
            });
            line.insert(key, new);
        }
        let mut at = own.map_or(new, |own| root(&self.stretches, own));
        let known = own.map(|_| self.told(at));
        if let Some(stretch) = self.stretches.get_mut(at) {
            stretch.end = stretch.end.max(times.1);
            stretch.bare |= bare;
        }
        if let Some(before) = before.map(|b| root(&self.stretches, b))
            && before != at
            && self.near(before, times.0)
        {
            at = self.merge(process, before, at, &mut moved);
        }
        while let Some(after) = self.after(process, at)
            && self.near(at, self.stretches[after].first.0)
        {
            at = self.merge(process, at, after, &mut moved);
        }
        if known.is_some_and(|known| known != self.told(at)) {
            moved.extend(self.members(process, at));
        }
        // The first stretch of a process is named otherwise than later ones.
        if let Some((was_first, stretch)) = first.filter(|(was_first, _)| key < *was_first) {
            let stretch = root(&self.stretches, stretch);
            if self
                .stretches
                .get(stretch)
                .is_some_and(|s| s.first == was_first)
            {
                moved.extend(self.members(process, stretch));
            }
        }
        moved.sort_unstable();
        moved.dedup();
        moved.retain(|&u| u != unit);
        moved
    }

    fn first(&self, process: u64) -> Option<((u64, u32), usize)> {
        let line = self.lines.get(&process)?;
        line.first_key_value()
            .map(|(key, stretch)| (*key, *stretch))
    }

    /// Forgets a unit that got a key, or is another's now. What that says of others is told by
    /// [`Processes::settle`].
    pub fn forget(&mut self, unit: u32) {
        if let Some(place) = self.drop(unit)
            && self.is_missed(unit, place)
        {
            self.shrunk.insert(place.process);
        }
    }

    /// Makes the stretches anew of processes that something left or shrank in: once, however much
    /// it was. Gives units whose session that changes.
    pub fn settle(&mut self) -> Vec<u32> {
        let shrunk = std::mem::take(&mut self.shrunk);
        shrunk.into_iter().flat_map(|p| self.anew(p)).collect()
    }

    /// Forgets a unit that goes with all of its session.
    pub fn drop(&mut self, unit: u32) -> Option<Place> {
        let place = self.places.remove(&unit)?;
        if let Some(line) = self.lines.get_mut(&place.process) {
            line.remove(&(place.start, unit));
            if line.is_empty() {
                self.lines.remove(&place.process);
            }
        }
        Some(place)
    }

    /// Whether the units around the gap that one left may be another stretch without it. What is
    /// missed in vain costs time, and nothing else.
    fn is_missed(&self, unit: u32, gone: Place) -> bool {
        let Some(line) = self.lines.get(&gone.process) else {
            return false;
        };
        let place = |key: &(u64, u32)| self.places.get(&key.1).copied();
        let key = (gone.start, unit);
        let before = line.range(..key).next_back().and_then(|(k, _)| place(k));
        let after = line.range(key..).next().and_then(|(k, _)| place(k));
        let Some(before) = before else { return true };
        let holds = match after {
            Some(after) => after.start <= before.end.saturating_add(SILENCE_NS),
            None => gone.end <= before.end,
        };
        let tells =
            !gone.bare || (before.bare && gone.start <= before.end.saturating_add(SILENCE_NS));
        !(holds && tells)
    }

    /// Makes the stretches of a process anew; the units whose session that changes.
    fn anew(&mut self, process: u64) -> Vec<u32> {
        let Some(line) = self.lines.get(&process) else {
            return Vec::new();
        };
        let units: Vec<(u64, u32)> = line.keys().copied().collect();
        let told = |all: &Self| -> Vec<_> { units.iter().map(|u| all.session(u.1)).collect() };
        let before = told(self);
        let mut made: Vec<usize> = Vec::with_capacity(units.len());
        for &(start, unit) in &units {
            let Some(place) = self.places.get(&unit).copied() else {
                continue;
            };
            let last = made.last().copied().filter(|&last| self.near(last, start));
            let at = last.unwrap_or_else(|| {
                let new = self.stretches.len();
                self.stretches.push(Stretch {
                    merged_into: new,
                    first: (start, unit),
                    last: (start, unit),
                    end: place.end,
                    bare: false,
                });
                new
            });
            let stretch = &mut self.stretches[at];
            stretch.last = (start, unit);
            stretch.end = stretch.end.max(place.end);
            stretch.bare |= place.bare;
            made.push(at);
        }
        if let Some(line) = self.lines.get_mut(&process) {
            for (slot, at) in line.values_mut().zip(made) {
                *slot = at;
            }
        }
        let after = told(self);
        let changed = units.iter().zip(before.iter().zip(&after));
        let moved = changed.filter(|(_, (before, after))| before != after);
        moved.map(|(u, _)| u.1).collect()
    }

    /// What names the process session that a unit is of; `None` where nothing there is a bare call.
    fn session(&self, unit: u32) -> Option<(u64, u64)> {
        let Place { process, start, .. } = *self.places.get(&unit)?;
        let line = self.lines.get(&process)?;
        let stretch = root(&self.stretches, *line.get(&(start, unit))?);
        let told = self.told(stretch);
        let (first, _) = line.iter().next()?;
        let earliest = self.stretches.get(stretch)?.first <= *first;
        told.1
            .then_some((process, if earliest { 0 } else { told.0 }))
    }

    /// What a unit's session depends on.
    fn told(&self, stretch: usize) -> (u64, bool) {
        let stretch = self.stretches.get(stretch);
        stretch.map_or((0, false), |s| (s.first.0, s.bare))
    }

    fn near(&self, stretch: usize, start: u64) -> bool {
        let end = self.stretches.get(stretch).map_or(0, |s| s.end);
        start <= end.saturating_add(SILENCE_NS)
    }

    fn after(&self, process: u64, stretch: usize) -> Option<usize> {
        use std::ops::Bound::{Excluded, Unbounded};
        let last = self.stretches.get(stretch)?.last;
        let line = self.lines.get(&process)?;
        let (_, next) = line.range((Excluded(last), Unbounded)).next()?;
        Some(root(&self.stretches, *next))
    }

    /// Makes two stretches one; the units of both whose session that changes are `moved`.
    fn merge(&mut self, process: u64, early: usize, late: usize, moved: &mut Vec<u32>) -> usize {
        let both = (self.told(early), self.told(late));
        if both.0.1 != both.1.1 && !both.0.1 {
            moved.extend(self.members(process, early));
        }
        moved.extend(self.members(process, late));
        let gone = &mut self.stretches[late];
        gone.merged_into = early;
        let (last, end, bare) = (gone.last, gone.end, gone.bare);
        let kept = &mut self.stretches[early];
        kept.last = kept.last.max(last);
        kept.end = kept.end.max(end);
        kept.bare |= bare;
        early
    }

    fn members(&self, process: u64, stretch: usize) -> Vec<u32> {
        let Some((s, line)) = self.stretches.get(stretch).zip(self.lines.get(&process)) else {
            return Vec::new();
        };
        line.range(s.first..=s.last)
            .map(|((_, unit), _)| *unit)
            .collect()
    }
}

fn root(stretches: &[Stretch], mut at: usize) -> usize {
    while let Some(up) = stretches
        .get(at)
        .map(|s| s.merged_into)
        .filter(|&up| up != at)
    {
        at = up;
    }
    at
}

impl Store {
    /// Has units correlated again whose session changed by what left its process.
    pub(super) fn settle_processes(&mut self) {
        for unit in self.sessions.processes.settle() {
            self.units.mark(unit);
        }
    }

    /// Which session a unit is of: the key told by what started first in it, else the process of
    /// bare calls, else itself.
    pub(super) fn session_of(
        &mut self,
        unit: u32,
        brief: &Brief,
        lore: &dyn Lore,
    ) -> (SessionId, Arc<str>, Arc<str>) {
        let Some(state) = self.units.get(unit) else {
            return (SessionId(0), "".into(), "".into());
        };
        if let Some((_, key)) = state.claim {
            let name = Some(lore.rule_key(key.rule)).filter(|name| !name.is_empty());
            let (id, text) = (key_of(("key", self.texts.str(key.text))), key.text);
            self.sessions.processes.forget(unit);
            let name = name.unwrap_or("session").into();
            return (SessionId(id), name, self.texts.text(text));
        }
        let process = state.process.map(|(_, process, _)| process);
        let members = state.members.iter().filter_map(|&id| self.evidence(id));
        let trace = members.map(|e| e.trace).min().unwrap_or_default();
        if let Some(process) = process.filter(|_| brief.agentic) {
            let processes = &mut self.sessions.processes;
            let times = (brief.start, brief.end.max(brief.start));
            let others = processes.file(unit, process, times, brief.bare_calls);
            let session = processes.session(unit);
            for other in others {
                self.units.mark(other);
            }
            if let Some((process, since)) = session {
                let id = match since {
                    0 => key_of(("process", process)),
                    _ => key_of(("process", process, since)),
                };
                let service = brief.service.clone();
                let name = service.unwrap_or_else(|| "process".into());
                return (SessionId(id), "process".into(), name);
            }
        } else {
            // What tells of no agent any more says nothing of the others' session.
            self.sessions.processes.forget(unit);
        }
        let id = SessionId(key_of(("trace", trace)));
        (id, "trace".into(), trace.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000_000;

    /// Sessions of units filed in an order: for each, which units share it.
    fn sessions(units: &[(u32, u64, u64, bool)]) -> Vec<(u32, Option<(u64, u64)>)> {
        let mut processes = Processes::default();
        for &(unit, start, end, bare) in units {
            processes.file(unit, 7, (start, end), bare);
        }
        let mut told: Vec<_> = units
            .iter()
            .map(|u| (u.0, processes.session(u.0)))
            .collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn a_long_silence_begins_another_session() {
        let units = [
            (1, HOUR, HOUR + 10, true),
            (2, HOUR + 20, HOUR + 30, true),
            (3, 3 * HOUR, 3 * HOUR + 10, true),
        ];
        let first = Some((7, 0));
        let want = vec![(1, first), (2, first), (3, Some((7, 3 * HOUR)))];
        assert_eq!(sessions(&units), want);
        let mut back = units;
        back.reverse();
        assert_eq!(sessions(&back), want);
    }

    #[test]
    fn what_comes_late_joins_what_it_lies_between() {
        let gap = [
            (1, HOUR, HOUR + 10, true),
            (3, 2 * HOUR, 2 * HOUR + 10, true),
            (2, HOUR + HOUR / 2, HOUR + HOUR / 2 + 10, false),
        ];
        let one = Some((7, 0));
        assert_eq!(sessions(&gap), vec![(1, one), (2, one), (3, one)]);
    }

    #[test]
    fn what_goes_is_as_if_it_had_never_come() {
        let units = [
            (1, HOUR, HOUR + 10, true),
            (2, HOUR + HOUR / 2, HOUR + HOUR / 2 + 10, false),
            (3, 2 * HOUR, 2 * HOUR + 10, true),
            (4, 2 * HOUR + 20, 2 * HOUR + 30, false),
            (5, 9 * HOUR, 9 * HOUR + 30, false),
        ];
        for gone in 1..=5 {
            let mut processes = Processes::default();
            for &(unit, start, end, bare) in &units {
                processes.file(unit, 7, (start, end), bare);
            }
            let told = |p: &Processes| units.map(|u| p.session(u.0));
            let before = told(&processes);
            processes.forget(gone);
            let moved = processes.settle();
            let left = units.iter().filter(|u| u.0 != gone).copied();
            let want = sessions(&left.collect::<Vec<_>>());
            for (unit, session) in want {
                assert_eq!(processes.session(unit), session, "{unit} without {gone}");
                let at = units.iter().position(|u| u.0 == unit).unwrap_or(0);
                assert!(
                    before[at] == session || moved.contains(&unit),
                    "{unit} without {gone}"
                );
            }
        }
    }

    #[test]
    fn an_earlier_stretch_takes_the_name_of_the_first() {
        let mut processes = Processes::default();
        processes.file(1, 7, (9 * HOUR, 9 * HOUR + 10), true);
        assert_eq!(processes.session(1), Some((7, 0)));
        assert_eq!(processes.file(2, 7, (HOUR, HOUR + 10), true), [1]);
        assert_eq!(processes.session(1), Some((7, 9 * HOUR)));
    }

    #[test]
    fn traces_of_an_agent_stand_alone() {
        let agents = [
            (1, HOUR, HOUR + 10, false),
            (2, HOUR + 20, HOUR + 30, false),
        ];
        assert_eq!(sessions(&agents), vec![(1, None), (2, None)]);
        let with_a_bare_call = [agents[0], agents[1], (3, HOUR + 40, HOUR + 50, true)];
        let one = Some((7, 0));
        assert_eq!(
            sessions(&with_a_bare_call),
            vec![(1, one), (2, one), (3, one)]
        );
    }
}
