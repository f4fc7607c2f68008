//! What the person is called for: what has just happened, seen from what was there before. Never
//! for what was over before the screen began: recordings, and late spans of old turns.

use crate::config::{Config, Occasion};
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{SessionState, SessionSummary, TurnSummary};
use crate::model::usage::PicoUsd;
use crate::ui::pane::Tone;
use crate::ui::text;
use rustc_hash::FxHashMap;

/// At most one call in so long, ms; what happens meanwhile is said with the next.
const PACE_MS: u64 = 1_000;
/// Turns and sessions that are remembered although they may be gone.
const REMEMBERED: usize = 1_000;

/// One thing to call the person for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What kind of thing.
    pub occasion: Occasion,
    /// One line.
    pub text: String,
}

/// What was seen of a turn.
#[derive(Clone, Copy, Default)]
struct Turn {
    done: bool,
    errors: u64,
}

/// What was seen of a session.
#[derive(Clone, Copy, Default)]
struct Session {
    /// Nothing of it has changed while this has not.
    mark: (u64, usize, bool),
    /// Failures outside of turns.
    errors: u64,
    cost: PicoUsd,
    over: bool,
    waiting: Option<u64>,
}

/// What is watched for, what was there at the last look, and what waits to be said.
#[derive(Default)]
pub struct Watch {
    /// When the screen began, ns since the epoch.
    since: u64,
    on: Vec<Occasion>,
    budget: Option<PicoUsd>,
    session_budget: Option<PicoUsd>,
    turns: FxHashMap<NodeId, Turn>,
    sessions: FxHashMap<SessionId, Session>,
    over: bool,
    unsaid: Vec<Notice>,
    /// The program's clock when something was said last, ms.
    said: Option<u64>,
}

impl Watch {
    /// Watches from now on, ns since the epoch. A budget that is used up is told even to who asked
    /// for no call.
    pub fn new(config: &Config, since: u64) -> Self {
        let notices = &config.notices;
        let calls = notices.bell || notices.osc9;
        let wanted = |o: &Occasion| calls || *o == Occasion::Budget;
        Self {
            since,
            on: notices.on.iter().copied().filter(wanted).collect(),
            budget: config.cost.budget,
            session_budget: config.cost.session_budget,
            ..Self::default()
        }
    }

    /// There is nothing that it would tell.
    fn is_idle(&self) -> bool {
        let budgets = self.budget.is_some() || self.session_budget.is_some();
        !self.on.iter().any(|o| *o != Occasion::Budget || budgets)
    }

    /// Looks at all sessions and at what all has cost, and gives what is new.
    pub fn look(&mut self, sessions: &[SessionSummary], spent: PicoUsd) -> Vec<Notice> {
        let mut notices = Vec::new();
        if self.is_idle() {
            return notices;
        }
        let mut spends = false;
        let since = self.since;
        for session in sessions.iter().filter(|s| s.end >= since) {
            let before = self.sessions.get(&session.id).copied().unwrap_or_default();
            let running = session.state == SessionState::Running;
            let mark = (session.last_arrival, session.evidence, running);
            if before.mark != mark {
                let now = self.look_at(session, before, &mut notices);
                spends |= now.cost > before.cost;
                self.sessions.insert(session.id, Session { mark, ..now });
            }
        }
        match self.budget {
            // Told when it is spent on, not when an old recording is opened.
            Some(budget) if spent >= budget => {
                if spends && !self.over {
                    self.over = true;
                    notices.push(passed("budget passed", spent, budget));
                }
            }
            _ => self.over = false,
        }
        self.forget(sessions);
        notices.retain(|n| self.on.contains(&n.occasion));
        notices
    }

    fn look_at(
        &mut self,
        session: &SessionSummary,
        before: Session,
        notices: &mut Vec<Notice>,
    ) -> Session {
        let running = session.state == SessionState::Running;
        let mut outside = session.figures.errors;
        for (turn, next) in session.turns.iter().zip(1..) {
            outside = outside.saturating_sub(turn.figures.errors);
            if turn.end.is_some_and(|end| end < self.since) {
                continue;
            }
            // One that goes on after a pause has an end for a moment.
            let last = next == session.turns.len();
            let done = turn.end.is_some() && !(last && running);
            self.look_at_turn(turn, done, notices);
        }
        if outside > before.errors {
            notices.push(failed(&session.title, outside - before.errors));
        }
        let waiting = session.waiting.filter(|since| *since >= self.since);
        if waiting.is_some() && waiting != before.waiting {
            let text = format!("waits for you: {}", session.title);
            notices.push(notice(Occasion::Waiting, &text));
        }
        let cost = session.figures.cost.unwrap_or_default();
        let over = self.session_budget.filter(|budget| cost >= *budget);
        if let Some(budget) = over.filter(|_| !before.over) {
            let what = format!("budget of a session passed: {}", session.title);
            notices.push(passed(&what, cost, budget));
        }
        Session {
            mark: before.mark,
            errors: outside.max(before.errors),
            cost,
            over: over.is_some(),
            waiting,
        }
    }

    fn look_at_turn(&mut self, turn: &TurnSummary, done: bool, notices: &mut Vec<Notice>) {
        let known = self.turns.get(&turn.node);
        let before = known.or_else(|| self.turns.get(&turn.alias));
        let before = before.copied().unwrap_or_default();
        let errors = turn.figures.errors;
        if errors > before.errors {
            notices.push(failed(&turn.title, errors - before.errors));
        }
        if done && !before.done {
            let took = turn.end.unwrap_or_default().saturating_sub(turn.start);
            let cost = turn.figures.cost.map(|c| format!(" · {}", text::money(c)));
            let (took, cost) = (text::duration(took), cost.unwrap_or_default());
            let text = format!("done: {} · {took}{cost}", turn.title);
            notices.push(notice(Occasion::TurnDone, &text));
        }
        let now = Turn {
            done: done || before.done,
            errors: errors.max(before.errors),
        };
        self.turns.insert(turn.node, now);
    }

    /// Forgets what is gone, now and then.
    fn forget(&mut self, sessions: &[SessionSummary]) {
        let turns = || sessions.iter().flat_map(|s| &s.turns);
        let count: usize = sessions.iter().map(|s| s.turns.len()).sum();
        if self.turns.len() > REMEMBERED + 2 * count {
            let here: FxHashMap<_, _> = turns()
                .filter_map(|t| Some((t.node, *self.turns.get(&t.node)?)))
                .collect();
            self.turns = here;
        }
        if self.sessions.len() > REMEMBERED + 2 * sessions.len() {
            let here = sessions.iter();
            self.sessions = here
                .filter_map(|s| Some((s.id, *self.sessions.get(&s.id)?)))
                .collect();
        }
    }

    /// Keeps what is to be said until [`Watch::say`].
    pub fn note(&mut self, sessions: &[SessionSummary], spent: PicoUsd) {
        let new = self.look(sessions, spent);
        self.unsaid.extend(new);
    }

    /// What is to be said now, in one line; `clock` is the program's, ms.
    pub fn say(&mut self, clock: u64) -> Option<(Tone, String)> {
        let early = self.said.is_some_and(|said| clock < said + PACE_MS);
        if early || self.unsaid.is_empty() {
            return None;
        }
        let mut all = std::mem::take(&mut self.unsaid);
        all.sort_by_key(|n| rank(n.occasion));
        self.said = Some(clock);
        let tone = match all.first()?.occasion {
            Occasion::Waiting => Tone::Warning,
            Occasion::Budget | Occasion::Error => Tone::Error,
            Occasion::TurnDone => Tone::Running,
        };
        let more = match all.len() - 1 {
            0 => String::new(),
            n => format!(" · and {n} more"),
        };
        Some((tone, format!("{}{more}", all.swap_remove(0).text)))
    }
}

/// What needs the person most comes first.
fn rank(occasion: Occasion) -> u8 {
    match occasion {
        Occasion::Waiting => 0,
        Occasion::Budget => 1,
        Occasion::Error => 2,
        Occasion::TurnDone => 3,
    }
}

fn notice(occasion: Occasion, text: &str) -> Notice {
    /// More than notifications show.
    const LONGEST: usize = 120;
    let text = text::cut(&text::sanitize(text), LONGEST, text::Cut::End, "…");
    Notice { occasion, text }
}

fn failed(title: &str, errors: u64) -> Notice {
    let count = match errors {
        1 => String::new(),
        n => format!("{n} times "),
    };
    notice(Occasion::Error, &format!("failed {count}in: {title}"))
}

fn passed(what: &str, spent: PicoUsd, budget: PicoUsd) -> Notice {
    let (spent, budget) = (text::money(spent), text::money(budget));
    let text = format!("{what} · {spent} of {budget}");
    notice(Occasion::Budget, &text)
}

/// What is written to the terminal to call the person; `tmux` is around the program.
pub fn words(bell: bool, osc9: bool, text: &str, tmux: bool) -> Vec<u8> {
    let mut words = String::new();
    if osc9 {
        // Begins with a letter: some terminals take a number here for another command.
        let plain: String = text.chars().filter(|c| !c.is_control()).collect();
        let sequence = format!("\x1b]9;spanfall: {plain}\x1b\\");
        words = if tmux {
            super::clipboard::through_tmux(&sequence)
        } else {
            sequence
        };
    }
    if bell {
        words.push('\x07');
    }
    words.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Notices;
    use crate::model::figures::Figures;
    use std::sync::Arc;

    const START: u64 = 1_000;

    fn watch(on: &[Occasion], budgets: [Option<u64>; 2]) -> Watch {
        let mut config = Config {
            notices: Notices {
                bell: true,
                osc9: false,
                on: on.to_vec(),
            },
            ..Config::default()
        };
        [config.cost.budget, config.cost.session_budget] = budgets.map(|b| b.map(PicoUsd));
        Watch::new(&config, START)
    }

    fn turn(id: u64, end: Option<u64>, errors: u64) -> Arc<TurnSummary> {
        Arc::new(TurnSummary {
            node: NodeId(id),
            alias: NodeId(id),
            title: format!("prompt {id}").into(),
            start: 900,
            end,
            figures: Figures {
                errors,
                ..Figures::default()
            },
        })
    }

    fn session(id: u64, turns: Vec<Arc<TurnSummary>>, arrival: u64) -> SessionSummary {
        let mut figures = Figures::default();
        figures.errors = turns.iter().map(|t| t.figures.errors).sum();
        SessionSummary {
            id: SessionId(id),
            key_name: "session.id".into(),
            key: "k".into(),
            title: "title".into(),
            emitter: "e".into(),
            state: SessionState::Idle,
            start: 0,
            end: turns.iter().filter_map(|t| t.end).max().unwrap_or(2_000),
            last_arrival: arrival,
            joined_midway: false,
            cycles: 0,
            content_dropped: false,
            turns,
            figures,
            measured: None,
            evidence: 1,
            waiting: None,
        }
    }

    fn texts(notices: &[Notice]) -> Vec<&str> {
        notices.iter().map(|n| n.text.as_str()).collect()
    }

    #[test]
    fn a_turn_is_done_once_and_only_if_it_ends_while_we_watch() {
        let mut watch = watch(&Occasion::ALL, [None; 2]);
        let mut look = |turns, arrival| {
            let all = [session(1, turns, arrival)];
            let notices = watch.look(&all, PicoUsd(0));
            notices.into_iter().map(|n| n.text).collect::<Vec<_>>()
        };
        let old = || turn(1, Some(999), 3);
        assert!(look(vec![old()], 1).is_empty(), "over before");
        assert!(look(vec![old(), turn(2, None, 0)], 2).is_empty(), "runs");
        let ended = || turn(2, Some(1_500), 0);
        assert_eq!(look(vec![old(), ended()], 3), ["done: prompt 2 · <1ms"]);
        // A late span of the old turn, and the same picture once more.
        assert!(look(vec![turn(1, Some(999), 4), ended()], 4).is_empty());
        let mut again = (*ended()).clone();
        (again.node, again.alias) = (NodeId(9), NodeId(2));
        assert!(look(vec![old(), again.into()], 5).is_empty(), "known as 2");
    }

    #[test]
    fn the_last_turn_of_a_running_session_may_go_on() {
        let mut watch = watch(&Occasion::ALL, [None; 2]);
        let mut runs = session(1, vec![turn(1, Some(1_500), 0)], 1);
        runs.state = SessionState::Running;
        assert!(watch.look(&[runs.clone()], PicoUsd(0)).is_empty());
        // Nothing came: silence alone ends it.
        runs.state = SessionState::Idle;
        assert_eq!(watch.look(&[runs], PicoUsd(0)).len(), 1);
    }

    #[test]
    fn failures_are_told_in_turns_and_outside() {
        let mut watch = watch(&[Occasion::Error], [None; 2]);
        let with = |errors, outside, arrival| {
            let mut session = session(1, vec![turn(1, Some(1_500), errors)], arrival);
            session.figures.errors += outside;
            [session]
        };
        let first = watch.look(&with(1, 0, 1), PicoUsd(0));
        assert_eq!(texts(&first), ["failed in: prompt 1"]);
        let more = watch.look(&with(3, 1, 2), PicoUsd(0));
        assert_eq!(
            texts(&more),
            ["failed 2 times in: prompt 1", "failed in: title"]
        );
        assert!(watch.look(&with(3, 1, 3), PicoUsd(0)).is_empty());
    }

    #[test]
    fn who_waits_is_told_once_and_not_of_a_wait_from_before() {
        let mut watch = watch(&[Occasion::Waiting], [None; 2]);
        let mut look = |waiting, arrival| {
            let mut session = session(1, vec![turn(1, None, 0)], arrival);
            session.waiting = waiting;
            watch.look(&[session], PicoUsd(0)).len()
        };
        assert_eq!(look(Some(999), 1), 0);
        assert_eq!(look(Some(1_200), 2), 1);
        assert_eq!(look(Some(1_200), 3), 0);
        assert_eq!(look(None, 4), 0);
        assert_eq!(look(Some(1_900), 5), 1);
    }

    #[test]
    fn budgets_are_told_when_they_are_spent_and_not_by_old_recordings() {
        let mut watch = watch(&[Occasion::Budget], [Some(100), Some(50)]);
        let spent = |id, cost, end, arrival| {
            let mut session = session(id, vec![turn(1, Some(end), 0)], arrival);
            session.figures.cost = Some(PicoUsd(cost));
            session
        };
        let opened = spent(1, 200, 900, 1);
        assert!(
            watch
                .look(std::slice::from_ref(&opened), PicoUsd(200))
                .is_empty()
        );
        let live = spent(2, 10, 1_100, 2);
        let told = watch.look(&[opened.clone(), live], PicoUsd(210));
        assert_eq!(told.len(), 1);
        let live = spent(2, 60, 1_100, 3);
        let told = watch.look(&[opened, live], PicoUsd(260));
        assert!(texts(&told)[0].starts_with("budget of a session passed: title"));
        // All was cleared: the budget is whole again.
        assert!(watch.look(&[], PicoUsd(0)).is_empty());
        let told = watch.look(&[spent(3, 120, 1_200, 4)], PicoUsd(120));
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn without_calls_only_a_budget_is_told() {
        let mut config = Config::default();
        assert!(Watch::new(&config, 0).is_idle());
        config.cost.budget = Some(PicoUsd(1));
        assert_eq!(Watch::new(&config, 0).on, [Occasion::Budget]);
    }

    #[test]
    fn several_are_said_as_one_and_the_gravest_leads() {
        let mut watch = watch(&Occasion::ALL, [None; 2]);
        assert_eq!(watch.say(0), None);
        watch.unsaid = vec![
            notice(Occasion::TurnDone, "done: a"),
            notice(Occasion::Error, "failed in: b"),
        ];
        let told = (Tone::Error, "failed in: b · and 1 more".to_owned());
        assert_eq!(watch.say(500), Some(told));
        watch.unsaid = vec![notice(Occasion::TurnDone, "done: c")];
        assert_eq!(watch.say(1_499), None);
        let told = (Tone::Running, "done: c".to_owned());
        assert_eq!(watch.say(1_500), Some(told));
    }

    #[test]
    fn no_text_can_say_more_to_a_terminal_than_a_text() {
        let bad = notice(Occasion::Error, "a\x1b]52;c;eA==\x07b\u{9c}c\n");
        let words = words(true, true, &bad.text, false);
        let inner = words.strip_prefix(b"\x1b]9;spanfall: a");
        let inner = inner.and_then(|w| w.strip_suffix(b"\x1b\\\x07"));
        let inner = inner.map(String::from_utf8_lossy);
        assert!(inner.is_some_and(|t| !t.chars().any(char::is_control)));
    }

    #[test]
    fn tmux_passes_a_notification_on_and_hears_the_bell_itself() {
        assert_eq!(words(true, false, "x", true), b"\x07");
        assert_eq!(
            words(true, true, "x", true),
            b"\x1bPtmux;\x1b\x1b]9;spanfall: x\x1b\x1b\\\x1b\\\x07"
        );
        assert!(words(false, false, "x", false).is_empty());
    }
}
