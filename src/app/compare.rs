//! Two runs side by side: `spanfall diff`, and on the screen.

use super::contents::Kept;
use super::load::load;
use super::lore::Known;
use super::screen::Screen;
use crate::cli::{Diff, Format};
use crate::config::Config;
use crate::diff::{Comparison, Run, compare, first_prompt_difference, run as steps_of};
use crate::model::ids::NodeId;
use crate::model::node::{SessionSummary, Tree};
use crate::model::store::Store;
use crate::query::{Contents, Scene};
use crate::report;
use crate::ui::marked::Mark;
use crate::ui::text;
use anyhow::{Context, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// One side: its recording, and the session of it that is compared.
struct Side {
    store: Store,
    tree: Arc<Tree>,
    run: Run,
}

/// Compares and writes; exit 1 if they parted and that was asked about.
pub fn run(args: &Diff, config: &Config, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let known = Known::with_prices(config.cost.prices.as_deref())?;
    let a = side(&args.a, "A", &known)?;
    let b = side(&args.b, "B", &known)?;
    let mut compared = compare(a.run.clone(), b.run.clone());
    let read = |second: bool, node: NodeId| {
        let side = if second { &b } else { &a };
        let node = side.tree.find(node).and_then(|at| side.tree.nodes.get(at));
        node.map_or_else(Vec::new, |node| Kept(&side.store).messages(node))
    };
    compared.prompt = first_prompt_difference(&compared, 0, usize::MAX, &read).and_then(Result::ok);
    write(&compared, [&args.a, &args.b], args.format, out)?;
    let apart = args.exit_code && compared.parted.is_some();
    Ok(ExitCode::from(u8::from(apart)))
}

fn write(
    compared: &Comparison,
    sources: [&str; 2],
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match format {
        Format::Text => out.write_all(report::diff_text(compared, sources).as_bytes())?,
        Format::Markdown => out.write_all(report::diff_markdown(compared, sources).as_bytes())?,
        Format::Json => {
            let report = report::diff(compared, sources);
            writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        }
    }
    Ok(())
}

/// Reads a side: a path as it is, or a path, `#` and a session of it.
fn side(given: &str, name: &str, known: &Known) -> anyhow::Result<Side> {
    let split = given
        .rsplit_once('#')
        .filter(|_| !Path::new(given).exists());
    let (path, wanted) = split.map_or((given, None), |(path, wanted)| (path, Some(wanted)));
    let (mut store, complaints) = load(&[PathBuf::from(path)], known)?;
    for complaint in complaints {
        writeln!(std::io::stderr(), "spanfall: {complaint}")?;
    }
    let mut sessions: Vec<SessionSummary> = store.sessions().to_vec();
    sessions.sort_by_key(|s| (s.start, s.id));
    let session = if let Some(wanted) = wanted {
        named(&sessions, wanted).with_context(|| format!("{name}: {path}"))?
    } else {
        let longest = longest(&sessions);
        longest.with_context(|| format!("{path} holds no session of an agent"))?
    };
    if wanted.is_none() && sessions.len() > 1 {
        let at = sessions
            .iter()
            .position(|s| s.id == session.id)
            .map_or(0, |i| i + 1);
        writeln!(
            std::io::stderr(),
            "spanfall: {name} is the longest of {} sessions, {path}#{at}; another is {path}#1, or # and its title, key or id",
            sessions.len()
        )?;
    }
    let (tree, _) = store
        .tree(session.id, known)
        .context("the session has no nodes")?;
    let scene = Scene {
        session,
        nodes: &tree.nodes,
        findings: &[],
        contents: &Kept(&store),
        now: session.last_arrival.max(session.end),
    };
    let run = steps_of(&scene, None);
    Ok(Side { store, tree, run })
}

/// The session with most steps, of equals the first.
fn longest(sessions: &[SessionSummary]) -> Option<&SessionSummary> {
    let steps = |s: &&SessionSummary| {
        let f = &s.figures;
        f.model_calls + f.running_calls + f.tool_calls
    };
    sessions.iter().rev().max_by_key(steps)
}

/// The session that is meant: by its place in time, its key, the start of its id, or a part of its
/// title.
fn named<'a>(sessions: &'a [SessionSummary], wanted: &str) -> anyhow::Result<&'a SessionSummary> {
    let lower = wanted.to_lowercase();
    let by_place = wanted
        .parse::<usize>()
        .ok()
        .and_then(|n| sessions.get(n.checked_sub(1)?));
    let of = |is: &dyn Fn(&SessionSummary) -> bool| -> Vec<&'a SessionSummary> {
        sessions.iter().filter(|s| is(s)).collect()
    };
    let by_key = of(&|s| *s.key == *wanted);
    let by_id = of(&|s| lower.len() >= 4 && format!("{:016x}", s.id.0).starts_with(&lower));
    let by_title = of(&|s| !lower.is_empty() && s.title.to_lowercase().contains(&lower));
    let found = [by_place.into_iter().collect(), by_key, by_id, by_title];
    match found
        .iter()
        .find(|f: &&Vec<_>| !f.is_empty())
        .map(Vec::as_slice)
    {
        Some([one]) => Ok(one),
        several => {
            let all: Vec<String> = (1..)
                .zip(sessions)
                .map(|(n, s)| format!("#{n} {}", short(&s.title)))
                .collect();
            let how = if several.is_some() {
                "several sessions are"
            } else {
                "no session is"
            };
            bail!("{how} called `{wanted}`; there are {}", all.join(", "))
        }
    }
}

fn short(title: &str) -> String {
    let title = text::cut(title, 40, text::Cut::End, "…");
    title.trim().to_owned()
}

/// Calls whose prompts are compared before keys are looked at again.
const CALLS: usize = 10;

/// Two runs side by side on the screen; their prompts are compared bit by bit.
pub struct Compared {
    pub(super) comparison: Comparison,
    trees: [Arc<Tree>; 2],
    /// The pair whose prompts are compared next.
    next: Option<usize>,
}

impl Screen {
    /// Compares two runs that were marked.
    pub(super) fn compare(&mut self, a: Mark, b: Mark) {
        let known = self.known.clone();
        let mut side = |mark: Mark| {
            let session = self
                .sessions()
                .iter()
                .find(|s| s.id == mark.session)?
                .clone();
            let (tree, _) = self.store.tree(mark.session, &*known)?;
            let scene = Scene {
                session: &session,
                nodes: &tree.nodes,
                findings: &[],
                contents: &Kept(&self.store),
                now: session.last_arrival.max(session.end),
            };
            let run = steps_of(&scene, mark.node);
            Some((run, tree))
        };
        self.compared = side(a)
            .zip(side(b))
            .map(|((a, left), (b, right))| Compared {
                comparison: compare(a, b),
                trees: [left, right],
                next: Some(0),
            });
    }

    /// Compares some more prompts of the two runs; true if there are more.
    pub(super) fn compare_on(&mut self) -> bool {
        let Some(mut compared) = self.compared.take() else {
            return false;
        };
        let from = compared.next.take();
        let (store, trees) = (&self.store, &compared.trees);
        let read = |second: bool, node: NodeId| {
            let tree = &trees[usize::from(second)];
            let node = tree.find(node).and_then(|at| tree.nodes.get(at));
            node.map_or_else(Vec::new, |node| Kept(store).messages(node))
        };
        let found =
            from.and_then(|from| first_prompt_difference(&compared.comparison, from, CALLS, &read));
        match found {
            Some(Ok(prompt)) => compared.comparison.prompt = Some(prompt),
            Some(Err(next)) => compared.next = Some(next),
            None => {}
        }
        let more = compared.next.is_some();
        self.compared = Some(compared);
        more
    }
}
