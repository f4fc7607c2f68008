//! What is looked for in the session in view. Every node is asked, a slice between two keys; what
//! was found last is shown until the next look is over, so that typing never waits.

use super::Picture;
use crate::model::ids::{NodeId, SessionId};
use crate::model::node::{SessionSummary, Tree};
use crate::query::{
    self, Census, Pass, Plan, Query, QueryError, Saved, Scene, Seen, Subject, parse, without_last,
};
use rustc_hash::FxHashSet;

/// What a slice may cost, see [`Pass::advance`]: a few milliseconds.
pub(super) const SLICE: usize = 40_000;
/// Queries that are remembered.
const REMEMBERED: usize = 100;
/// What runs is asked anew so often, ns, where its time matters.
const MOVES: u64 = 1_000_000_000;

/// What was asked of which nodes; another is asked anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    session: SessionId,
    tree: u64,
    query: u64,
    findings: u64,
    clock: u64,
}

/// The query, what it found, and what there is to be found.
#[derive(Debug, Default)]
pub struct Search {
    text: String,
    query: Query,
    plan: Option<Plan>,
    /// Words to mark, in lower case.
    words: Vec<String>,
    /// Changes with the query.
    version: u64,
    error: Option<QueryError>,
    pass: Option<(Version, Pass)>,
    /// What `found` is of.
    shown: Option<Version>,
    found: FxHashSet<NodeId>,
    /// Changes with `found`.
    pub(super) found_version: u64,
    pub(super) saved: Saved,
    /// Queries that were asked, the latest last.
    history: Vec<String>,
    census: Option<((SessionId, u64), Option<Subject>, Census)>,
    counted: Option<((SessionId, u64), Option<Subject>)>,
    seen: Seen,
    percent: Option<usize>,
}

impl Search {
    /// Nothing is asked yet; these queries can be asked by name.
    pub(super) fn with(saved: Saved) -> Self {
        Self {
            saved,
            ..Self::default()
        }
    }

    /// Nothing is asked: everything is shown.
    pub fn is_empty(&self) -> bool {
        self.plan.is_none()
    }

    /// The text of the query, as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with the text; what was asked before it is still shown.
    pub fn error(&self) -> Option<&QueryError> {
        self.error.as_ref()
    }

    /// How much of the session has been asked, in percent, while that goes on.
    pub fn percent(&self) -> Option<usize> {
        self.percent
    }

    /// Values and keys seen in the session.
    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Byte ranges of a text that match a word of the query.
    pub fn spans(&self, text: &str) -> Vec<(usize, usize)> {
        query::spans(text, self.words.iter().map(String::as_str))
    }

    /// The nodes that match, of the session in view; `None` when everything is shown.
    pub(super) fn found(&self) -> Option<&FxHashSet<NodeId>> {
        self.plan.as_ref().map(|_| &self.found)
    }

    /// Asks for something else. Of a text whose last term is not finished the rest is asked; of any
    /// other that is no query nothing is, and what was asked before stays.
    pub(super) fn ask(&mut self, text: String) {
        let asked = match parse(&text, &self.saved) {
            Ok(query) => {
                self.error = None;
                Some(query)
            }
            Err(error) => {
                let before = without_last(&text);
                let unfinished = error.at >= before.len();
                self.error = Some(error);
                parse(before, &self.saved).ok().filter(|_| unfinished)
            }
        };
        self.text = text;
        let Some(query) = asked.filter(|q| *q != self.query) else {
            return;
        };
        self.plan = Plan::of(&query);
        let words = query.words().into_iter();
        self.words = words.map(|w| w.to_lowercase()).collect();
        self.query = query;
        self.version += 1;
        self.pass = None;
        if self.plan.is_none() {
            self.found_version += u64::from(self.shown.is_some());
            (self.shown, self.percent) = (None, None);
            self.found.clear();
        }
    }

    /// Remembers what was asked.
    pub(super) fn remember(&mut self) {
        let text = self.text.trim();
        if text.is_empty() {
            return;
        }
        self.history.retain(|t| t != text);
        self.history.push(text.to_owned());
        let more = self.history.len().saturating_sub(REMEMBERED);
        self.history.drain(..more);
    }

    /// What was asked so many queries ago; none is what is being typed.
    pub(super) fn remembered(&self, ago: usize) -> Option<&str> {
        let at = self.history.len().checked_sub(ago)?;
        self.history.get(at).map(String::as_str)
    }

    /// Not everything is asked yet, or counted: another [`super::Action::Data`] goes on.
    pub(super) fn is_searching(&self) -> bool {
        self.percent.is_some() || self.census.is_some()
    }

    /// Asks one slice more of the session's nodes. What a change overtakes is ended, and then asked
    /// anew.
    pub(super) fn advance(&mut self, picture: &Picture, session: SessionId, tree: &Tree) {
        let (Some(plan), Some(summary)) = (&self.plan, of(picture, session)) else {
            return;
        };
        let clock = if plan.moves { picture.now / MOVES } else { 0 };
        let now = Version {
            session,
            tree: picture.tree_version,
            query: self.version,
            findings: picture.findings_version,
            clock,
        };
        if self.pass.is_none() && self.shown == Some(now) {
            self.percent = None;
            return;
        }
        let scene = scene(picture, summary, tree);
        let same = |v: &Version| v.session == now.session && v.query == now.query;
        let begun = self.pass.take().filter(|(version, _)| same(version));
        let (version, mut pass) = begun.unwrap_or_else(|| (now, Pass::new(&scene)));
        if !pass.advance(plan, &scene, SLICE) {
            self.percent = Some(pass.percent(plan, tree.nodes.len()));
            self.pass = Some((version, pass));
            return;
        }
        let matches = pass.into_matches().into_iter().zip(&tree.nodes);
        let found: FxHashSet<_> = matches.filter(|(m, _)| *m).map(|(_, n)| n.id).collect();
        if self.shown.is_none_or(|v| !same(&v)) || found != self.found {
            self.found_version += 1;
        }
        self.found = found;
        self.shown = Some(version);
        self.percent = (version != now).then_some(0);
    }

    /// Counts what there is in one slice more of the session, for completion: all of it, and the
    /// values of one attribute.
    pub(super) fn count(
        &mut self,
        picture: &Picture,
        session: SessionId,
        tree: &Tree,
        of_key: Option<&Subject>,
    ) {
        let Some(summary) = of(picture, session) else {
            return;
        };
        let now = (session, picture.tree_version);
        let of_key = of_key.cloned();
        if self.census.is_none() && self.counted.as_ref() == Some(&(now, of_key.clone())) {
            return;
        }
        let scene = scene(picture, summary, tree);
        let begun = self.census.take();
        let begun = begun.filter(|((s, _), key, _)| *s == session && *key == of_key);
        let (version, key, mut census) = begun.unwrap_or_else(|| {
            (
                now,
                of_key.clone(),
                Census::new(&scene, of_key.clone(), None),
            )
        });
        if census.advance(&scene, SLICE) {
            self.seen = census.into_seen();
            self.counted = Some((version, key));
        } else {
            self.census = Some((version, key, census));
        }
    }

    /// Counting is over, whether it came to its end or not.
    pub(super) fn stop_counting(&mut self) {
        self.census = None;
    }
}

/// The summary of a session.
pub(super) fn of<'a>(picture: &Picture<'a>, session: SessionId) -> Option<&'a SessionSummary> {
    picture.sessions.iter().find(|s| s.id == session)
}

/// A session as it is asked.
pub(super) fn scene<'a>(
    picture: &Picture<'a>,
    session: &'a SessionSummary,
    tree: &'a Tree,
) -> Scene<'a> {
    Scene {
        session,
        nodes: &tree.nodes,
        findings: picture.findings,
        contents: picture.contents,
        now: picture.now,
    }
}
