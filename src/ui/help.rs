//! Help: what each key is for, and how its sections lie in columns; shared by update (how far can
//! be scrolled) and draw, so that they cannot disagree.

use super::action::Action;
use super::keymap::TABLE;
use super::page::View;

/// Entries that say what the signs mean, and what the bars do.
pub const SIGNS: usize = 20;
/// The same of the phases of a bar.
pub const BARS: usize = 11;
/// Cells of a column at least.
const COLUMN: u16 = 59;

/// What the keys of a section are for, in the order of the sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Going from row to row and from panel to panel.
    Moving,
    /// Views.
    Views,
    /// Going to what stands out.
    Finding,
    /// Contents.
    Reading,
    /// The axis of time.
    Waterfall,
    /// Sessions, and two beside each other.
    Sessions,
    /// What is taken out of the program, or thrown away.
    Keeping,
    /// The program itself.
    Program,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Moving,
        Self::Views,
        Self::Finding,
        Self::Reading,
        Self::Waterfall,
        Self::Sessions,
        Self::Keeping,
        Self::Program,
    ];

    /// The title of the section.
    pub fn title(self) -> &'static str {
        match self {
            Self::Moving => "move",
            Self::Views => "views",
            Self::Finding => "find",
            Self::Reading => "read",
            Self::Waterfall => "time and waterfall",
            Self::Sessions => "sessions",
            Self::Keeping => "keep",
            Self::Program => "spanfall",
        }
    }

    /// What an action is for.
    pub fn of(action: &Action) -> Self {
        match action {
            Action::Up
            | Action::Down
            | Action::Left
            | Action::Right
            | Action::Enter
            | Action::Back
            | Action::Top
            | Action::Bottom
            | Action::PageUp
            | Action::PageDown
            | Action::NextPanel
            | Action::PreviousPanel
            | Action::NextTab
            | Action::PreviousTab => Self::Moving,
            Action::View(view) if *view != View::SetUp => Self::Views,
            Action::Filter
            | Action::NextMatch
            | Action::PreviousMatch
            | Action::NextError
            | Action::PreviousError
            | Action::NextFinding
            | Action::PreviousFinding
            | Action::DearestCall
            | Action::Leap(_)
            | Action::Alike
            | Action::Facets
            | Action::Jump => Self::Finding,
            Action::Read | Action::Form | Action::Tie(_) | Action::PinColumn => Self::Reading,
            Action::Clock
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::PanEarlier
            | Action::PanLater
            | Action::Fit
            | Action::WholeSession
            | Action::Gaps
            | Action::CriticalPath
            | Action::Legend => Self::Waterfall,
            Action::PreviousSession
            | Action::NextSession
            | Action::Follow
            | Action::Sort
            | Action::Mark
            | Action::Diff
            | Action::Pin
            | Action::Dismiss
            | Action::Recall
            | Action::Internals => Self::Sessions,
            Action::Copy | Action::Save | Action::Record | Action::Clear => Self::Keeping,
            _ => Self::Program,
        }
    }
}

/// How many columns there are on a screen so wide.
pub fn columns(width: u16) -> u16 {
    (width / COLUMN).clamp(1, 3)
}

/// Lines of the longest column on a screen so wide.
pub(super) fn lines(width: u16) -> usize {
    let sections = Purpose::ALL.map(|purpose| {
        let own = TABLE.iter().filter(|b| Purpose::of(&b.action) == purpose);
        vec![(); own.count() + 1]
    });
    let signs = [vec![(); SIGNS + 1], vec![(); BARS + 1]];
    let all = sections.into_iter().chain(signs).collect();
    let columns = spread(all, columns(width).into());
    columns.iter().map(Vec::len).max().unwrap_or(0)
}

/// Sections one below the other in so many columns, as low as can be: none is split, and an empty
/// line stands between two.
pub fn spread<T: Clone + Default>(sections: Vec<Vec<T>>, many: usize) -> Vec<Vec<T>> {
    let all: usize = sections.iter().map(|s| s.len() + 1).sum();
    let takes = |height: usize| {
        let (mut columns, mut used) = (1, 0);
        for section in &sections {
            let gap = usize::from(used > 0);
            if used > 0 && used + gap + section.len() > height {
                (columns, used) = (columns + 1, section.len());
            } else {
                used += gap + section.len();
            }
        }
        columns <= many
    };
    let height = (1..all).find(|height| takes(*height)).unwrap_or(all);
    let mut columns: Vec<Vec<T>> = vec![Vec::new()];
    for section in sections {
        let used = columns.last().map_or(0, Vec::len);
        if used > 0 && used + 1 + section.len() > height {
            columns.push(Vec::new());
        }
        if let Some(column) = columns.last_mut() {
            if !column.is_empty() {
                column.push(T::default());
            }
            column.extend(section);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_does_is_said_in_a_column() {
        for binding in TABLE {
            let cells = binding.help.chars().count();
            assert!(cells <= 45, "{binding:?} takes {cells}: {}", binding.help);
        }
    }

    #[test]
    fn columns_are_as_low_as_can_be_and_lose_nothing() {
        let sections = || vec![vec![1; 4], vec![2; 3], vec![3; 5], vec![4]];
        assert_eq!(
            spread(sections(), 2),
            [vec![1, 1, 1, 1, 0, 2, 2, 2], vec![3, 3, 3, 3, 3, 0, 4],]
        );
        for many in 1..6 {
            let columns = spread(sections(), many);
            assert!(columns.len() <= many);
            let told = columns.into_iter().flatten().filter(|n| *n > 0);
            assert_eq!(told.count(), 13);
        }
    }
}
