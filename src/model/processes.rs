//! Which session a unit is of: what its dialect's key says; without a key, its trace. A library
//! that makes every call a trace of its own goes by its process, until a long silence; and so does
//! what else the process did meanwhile.

use super::correlate::Lore;
use super::evidence::key_of;
use super::ids::SessionId;
use super::store::Store;
use super::units::Brief;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A silence of a process so long begins another session: half an hour is how long web analytics
/// wait too.
pub const SILENCE_NS: u64 = 1_800_000_000_000;

/// Units without a session key, by process and time.
#[derive(Default)]
pub struct Processes {
    lines: HashMap<u64, Line>,
    /// The process of each unit, and its start.
    places: HashMap<u32, (u64, u64)>,
    /// Processes whose stretches may be larger than what is in them.
    shrunk: BTreeSet<u64>,
}

/// The units of one process.
#[derive(Default)]
struct Line {
    /// By start and unit.
    units: BTreeMap<(u64, u32), Filed>,
    /// Units without a long silence between them, by their first start. What comes makes them grow
    /// together; they are made anew when something left that held them together.
    stretches: BTreeMap<u64, Stretch>,
}

/// A unit as it was filed.
#[derive(Clone, Copy)]
struct Filed {
    end: u64,
    bare: bool,
    /// The stretch that it was last told to be in, see [`Line::name`].
    told: Option<u64>,
}

#[derive(Clone, Copy)]
struct Stretch {
    end: u64,
    /// How many units in it are nothing but calls.
    bare: usize,
}

impl Processes {
    /// Files a unit: its process, start, end, and whether it is nothing but calls. What it says of
    /// other units' sessions: those that are to be looked at again.
    pub fn file(&mut self, unit: u32, process: u64, times: (u64, u64), bare: bool) -> Vec<u32> {
        let (start, end) = times;
        let filed = self.places.get(&unit).and_then(|&(process, start)| {
            let filed = self.lines.get(&process)?.units.get(&(start, unit))?;
            Some((process, start, *filed))
        });
        let (mut told, mut counted) = (None, false);
        if let Some((there, from, before)) = filed {
            if (there, from, before.end, before.bare) == (process, start, end, bare) {
                return Vec::new();
            }
            let grows = start <= from && end >= before.end && bare >= before.bare;
            if there != process || !grows {
                self.forget(unit);
            } else if let Some(line) = self.lines.get_mut(&process) {
                line.units.remove(&(from, unit));
                counted = before.bare;
            }
            told = before.told.filter(|_| there == process);
        }
        self.places.insert(unit, (process, start));
        let line = self.lines.entry(process).or_default();
        line.units.insert((start, unit), Filed { end, bare, told });
        let mut moved = line.grow(start, end, bare && !counted);
        moved.retain(|&u| u != unit);
        moved
    }

    /// Forgets a unit that got a key, or is another's now. What that says of others is told by
    /// [`Processes::settle`].
    pub fn forget(&mut self, unit: u32) {
        if let Some((process, start, end)) = self.drop(unit)
            && let Some(line) = self.lines.get(&process)
            && line.is_missed((start, unit), end)
        {
            self.shrunk.insert(process);
        }
    }

    /// Forgets a unit that goes with all of its session: its process, start and end. The others
    /// stay together as they are.
    pub fn drop(&mut self, unit: u32) -> Option<(u64, u64, u64)> {
        let (process, start) = self.places.remove(&unit)?;
        let line = self.lines.get_mut(&process)?;
        let gone = line.units.remove(&(start, unit))?;
        if let Some(stretch) = line.stretch(start)
            && let Some(stretch) = line.stretches.get_mut(&stretch)
            && gone.bare
        {
            stretch.bare = stretch.bare.saturating_sub(1);
            if stretch.bare == 0 {
                self.shrunk.insert(process);
            }
        }
        if line.units.is_empty() {
            self.lines.remove(&process);
        }
        Some((process, start, gone.end))
    }

    /// Makes the stretches anew of processes that something left or shrank in: once, however much
    /// it was. Gives units whose session that changes.
    pub fn settle(&mut self) -> Vec<u32> {
        let shrunk = std::mem::take(&mut self.shrunk);
        let lines = shrunk.iter().filter_map(|p| {
            let line = self.lines.get_mut(p)?;
            line.stretches.clear();
            let units: Vec<_> = line.units.iter().map(|(k, f)| (k.0, *f)).collect();
            for (start, filed) in units {
                line.grow(start, filed.end, filed.bare);
            }
            Some(line.misled(0..=u64::MAX))
        });
        lines.collect::<Vec<_>>().concat()
    }

    /// What names the process session that a unit is of; `None` where nothing there is a bare call.
    fn session(&mut self, unit: u32) -> Option<(u64, u64)> {
        let (process, start) = *self.places.get(&unit)?;
        let line = self.lines.get_mut(&process)?;
        let name = line.name(line.stretch(start)?);
        line.units.get_mut(&(start, unit))?.told = name;
        Some((process, name?))
    }
}

impl Line {
    /// The stretch that a start lies in.
    fn stretch(&self, start: u64) -> Option<u64> {
        let before = self.stretches.range(..=start).next_back();
        before.map(|(&first, _)| first)
    }

    /// A stretch's name: its start, which for the first of a process is no matter, so that what
    /// comes before it renames nothing. None without a bare call.
    fn name(&self, first: u64) -> Option<u64> {
        let bare = self.stretches.get(&first)?.bare > 0;
        let earlier = self.stretches.range(..first).next().is_some();
        bare.then_some(if earlier { first } else { 0 })
    }

    /// Lets the stretches hold a unit; units that were told of another stretch than they are in now.
    fn grow(&mut self, start: u64, end: u64, bare: bool) -> Vec<u32> {
        let near = |end: u64, start: u64| start <= end.saturating_add(SILENCE_NS);
        let mut grown = Stretch {
            end,
            bare: usize::from(bare),
        };
        let before = self.stretch(start);
        let before = before.filter(|f| self.stretches.get(f).is_some_and(|s| near(s.end, start)));
        let first = before.unwrap_or(start);
        let mut held: Vec<u64> = Vec::new();
        for (&next, stretch) in self.stretches.range(first..) {
            if Some(next) != before && !near(grown.end, next) {
                break;
            }
            grown.end = grown.end.max(stretch.end);
            grown.bare += stretch.bare;
            held.push(next);
        }
        let earliest = self.stretches.keys().next().copied();
        let touched = earliest.into_iter().chain(held.iter().copied());
        let named: Vec<_> = touched.map(|first| (first, self.name(first))).collect();
        for next in held {
            self.stretches.remove(&next);
        }
        self.stretches.insert(first, grown);
        let renamed = named.iter().filter_map(|&(first, name)| {
            let now = self.stretch(first)?;
            let end = self.stretches.get(&now)?.end;
            (self.name(now) != name).then_some((first, end))
        });
        let renamed = renamed.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        renamed.map_or_else(Vec::new, |(from, to)| self.misled(from..=to))
    }

    /// Units that start then and were told of another stretch than they are in.
    fn misled(&self, starts: RangeInclusive<u64>) -> Vec<u32> {
        let units = self
            .units
            .range((*starts.start(), 0)..=(*starts.end(), u32::MAX));
        let (mut at, mut name) = (None, None);
        let wrong = units.filter(|((start, _), filed)| {
            let stretch = self.stretch(*start);
            if stretch != at {
                (at, name) = (stretch, stretch.and_then(|first| self.name(first)));
            }
            filed.told != name
        });
        wrong.map(|((_, unit), _)| *unit).collect()
    }

    /// Whether the units around the gap that one left may be another stretch without it. What is
    /// missed in vain costs time, and nothing else.
    fn is_missed(&self, gone: (u64, u32), end: u64) -> bool {
        let before = self.units.range(..gone).next_back();
        let after = self.units.range(gone..).next();
        let Some((_, before)) = before else {
            return true;
        };
        match after {
            Some(((start, _), after)) => {
                *start > before.end.saturating_add(SILENCE_NS) || end > before.end.max(after.end)
            }
            None => end > before.end,
        }
    }
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
            let told = |p: &mut Processes| units.map(|u| p.session(u.0));
            let before = told(&mut processes);
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

    proptest::proptest! {
        #[test]
        fn any_history_leaves_what_its_set_says(
            steps in proptest::collection::vec((0..6u32, 0..24u64, 0..8u64, 0..3u8, proptest::bool::ANY), 1..24),
        ) {
            let quarter = SILENCE_NS / 2;
            let mut processes = Processes::default();
            let mut told: HashMap<u32, Option<(u64, u64)>> = HashMap::new();
            let mut set: BTreeMap<u32, (u64, u64, bool)> = BTreeMap::new();
            for (unit, start, took, kind, settles) in steps {
                let (start, end) = (start * quarter, (start + took) * quarter);
                let mut again = Vec::new();
                if kind == 0 {
                    processes.forget(unit);
                    set.remove(&unit);
                    told.remove(&unit);
                } else {
                    again = processes.file(unit, 7, (start, end), kind == 1);
                    set.insert(unit, (start, end, kind == 1));
                    again.push(unit);
                }
                if settles {
                    again.extend(processes.settle());
                }
                for unit in again {
                    told.insert(unit, processes.session(unit));
                }
            }
            for unit in processes.settle() {
                told.insert(unit, processes.session(unit));
            }
            let fresh: Vec<_> = set.iter().map(|(&u, &(s, e, b))| (u, s, e, b)).collect();
            let mut got: Vec<_> = told.into_iter().collect();
            got.sort_unstable();
            proptest::prop_assert_eq!(sessions(&fresh), got);
        }
    }
}
