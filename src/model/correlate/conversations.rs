//! Conversations: agents that are told by log records name one on all that they say, and little
//! else. All of a session is one unit then, and a piece's conversation says whose prompt, agent
//! or model call it is about.

use super::pieces::{Forest, Piece};
use crate::model::evidence::{Field, Op};
use crate::model::ids::TraceId;
use std::collections::HashMap;

/// The conversations of a unit; nothing in units whose dialects know none.
#[derive(Default)]
pub struct Conversations {
    of: Vec<Option<u64>>,
    /// Conversations that began as a sub-agent's, and the one each began in.
    pub agents: HashMap<u64, Option<u64>>,
}

impl Conversations {
    /// Whose each piece is: as it says itself, as others of its prompt, as its parent's, as others
    /// of its trace, as the unit's first.
    pub fn new(forest: &Forest<'_>) -> Self {
        let own = |p: &Piece<'_>| p.number(Field::Conversation);
        let Some(first) = forest.pieces.iter().find_map(own) else {
            return Self::default();
        };
        let prompts = forest.pieces.iter();
        let prompts = prompts.filter_map(|p| Some((p.number(Field::TurnKey)?, own(p)?)));
        let prompts: HashMap<u64, u64> = prompts.collect();
        let of_prompt = |p: &Piece<'_>| prompts.get(&p.number(Field::TurnKey)?).copied();
        let of = |p: &Piece<'_>| own(p).or_else(|| of_prompt(p));
        let mut of: Vec<Option<u64>> = forest.pieces.iter().map(of).collect();
        for &i in &forest.order {
            let up = forest.pieces[i].parent;
            of[i] = of[i].or_else(|| up.and_then(|up| of[up]));
        }
        let mut traces: HashMap<TraceId, u64> = HashMap::new();
        for (p, of) in forest.pieces.iter().zip(&of) {
            if let Some(of) = of {
                traces.entry(p.evidence.trace).or_insert(*of);
            }
        }
        for (p, of) in forest.pieces.iter().zip(&mut of) {
            let beside = || traces.get(&p.evidence.trace).copied();
            *of = of.or_else(beside).or(Some(first));
        }
        let mut agents: HashMap<u64, Option<u64>> = HashMap::new();
        for (agent, home) in forest.pieces.iter().filter_map(begun) {
            let known = agents.entry(agent).or_default();
            *known = known.or(home);
        }
        Self { of, agents }
    }

    /// The unit holds whole sessions.
    pub fn told(&self) -> bool {
        !self.of.is_empty()
    }

    /// The conversation of a piece.
    pub fn of(&self, piece: usize) -> Option<u64> {
        self.of.get(piece).copied().flatten()
    }

    /// It is of a sub-agent's conversation.
    pub fn is_agents(&self, piece: usize) -> bool {
        self.of(piece).is_some_and(|c| self.agents.contains_key(&c))
    }

    /// The conversation of a group: what any of its pieces says of itself goes first.
    pub fn of_group(&self, forest: &Forest<'_>, pieces: &[usize], anchor: usize) -> Option<u64> {
        let told = |&i: &usize| forest.pieces[i].number(Field::Conversation);
        pieces.iter().find_map(told).or_else(|| self.of(anchor))
    }
}

/// A sub-agent's conversation that a piece tells of, and the one that it began in.
fn begun(p: &Piece<'_>) -> Option<(u64, Option<u64>)> {
    let own = p.number(Field::Conversation);
    match p.op {
        Op::Agent | Op::AgentStart => {
            let agent = p.number(Field::AgentId)?;
            Some((agent, own.filter(|&own| own != agent)))
        }
        _ => Some((own?, Some(p.number(Field::ParentSession)?))),
    }
}
