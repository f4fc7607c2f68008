//! Where the time of a session or a turn went: part by part for programs, in a line for people.

use super::schema::{FiguresRow, ms};
use crate::model::time_budget::{Part, TimeBudget};
use serde::Serialize;

/// Where the time went: every instant counts to one part, so that they add up to `wall_ms`.
#[derive(Debug, Serialize)]
pub struct TimeRow {
    pub wall_ms: f64,
    pub gateway_ms: f64,
    pub queue_ms: f64,
    pub prefill_ms: f64,
    pub wait_prefill_ms: f64,
    pub retry_ms: f64,
    pub decode_ms: f64,
    pub not_split_ms: f64,
    pub tool_ms: f64,
    pub human_ms: f64,
    pub presumed_ms: f64,
    pub idle_ms: f64,
    #[serde(skip)]
    budget: TimeBudget,
}

impl From<&TimeBudget> for TimeRow {
    fn from(budget: &TimeBudget) -> Self {
        let of = |part| ms(budget.of(part));
        Self {
            wall_ms: ms(budget.wall()),
            gateway_ms: of(Part::Gateway),
            queue_ms: of(Part::Queue),
            prefill_ms: of(Part::Prefill),
            wait_prefill_ms: of(Part::WaitPrefill),
            retry_ms: of(Part::Retry),
            decode_ms: of(Part::Decode),
            not_split_ms: of(Part::NotSplit),
            tool_ms: of(Part::Tool),
            human_ms: of(Part::Human),
            presumed_ms: of(Part::Presumed),
            idle_ms: of(Part::Idle),
            budget: *budget,
        }
    }
}

impl TimeRow {
    /// `10.34s: wait+prefill 15% · decode 17% · tools 6% · you 60% · idle 2%`, of what has these
    /// figures. Where agents told of no model call, nobody was idle for sure.
    pub fn line(&self, figures: &FiguresRow) -> Option<String> {
        let untold = figures.agents > 0 && figures.model_calls + figures.running_calls == 0;
        let share = |(part, percent): (Part, u64)| match part {
            Part::Idle if untold => format!("not told {percent}%"),
            _ => format!("{} {percent}%", part.word()),
        };
        let shares: Vec<String> = self.budget.percents().into_iter().map(share).collect();
        (!shares.is_empty()).then(|| format!("{:.2}s: {}", self.wall_ms / 1e3, shares.join(" · ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::figures::Figures;
    use crate::model::ids::NodeId;
    use crate::model::node::{Node, NodeKind, State};
    use crate::model::time_budget::time_budget;

    #[test]
    fn people_are_told_shares_that_add_up() {
        let node = |kind, from, to| Node {
            start: from,
            end: Some(to),
            ..Node::missing(NodeId(from), kind, "n", State::Ok)
        };
        let nodes = [
            node(NodeKind::Agent, 1_000_000_000, 4_000_000_000),
            node(NodeKind::Tool, 2_000_000_000, 3_000_000_000),
        ];
        let row = TimeRow::from(&time_budget(&nodes, 0));
        let figures = |model_calls| Figures {
            agents: 1,
            model_calls,
            ..Figures::default()
        };
        let line = |calls| row.line(&(&figures(calls)).into());
        // A second of three is 33.3 %, two are 66.7.
        assert_eq!(line(1).as_deref(), Some("3.00s: tools 33% · idle 67%"));
        assert_eq!(line(0).as_deref(), Some("3.00s: tools 33% · not told 67%"));
        assert_eq!(
            TimeRow::from(&TimeBudget::default()).line(&(&figures(1)).into()),
            None
        );
    }
}
