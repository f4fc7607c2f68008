//! How to make an agent export here: the agents, and the text of one, as `spanfall env` prints it.

use super::Picture;
use super::page::{PageLine, Target};
use super::pane::{Line, Tone};
use super::text;

/// Cells of an agent's name.
const NAME: usize = 14;

/// The agents, or the text of the one that was opened.
pub(super) fn lines(picture: &Picture, opened: Option<usize>, width: usize) -> Vec<PageLine> {
    match opened.and_then(|agent| picture.setups.get(agent)) {
        Some(setup) => setup
            .text
            .lines()
            .flat_map(|line| {
                let comment = line.starts_with('#');
                let tone = if comment { Tone::Secondary } else { Tone::Text };
                let wrapped = text::wrap(line, width).into_iter();
                wrapped.map(move |line| PageLine::from(Line::of(tone, line)))
            })
            .collect(),
        None => picture
            .setups
            .iter()
            .enumerate()
            .map(|(at, setup)| PageLine {
                line: Line::of(Tone::Text, format!("{:<NAME$}", setup.name))
                    .and(Tone::Secondary, setup.about.clone()),
                target: Some(Target::SetUp(at)),
            })
            .collect(),
    }
}
