//! What a session's tokens and money went to, against what really happened.

use crate::corpus::{cases, store};
use spanfall::app::lore::Known;
use spanfall::model::figures::Figures;
use spanfall::model::usage::PicoUsd;
use spanfall::ui::ledger::Ledger;
use std::path::Path;

fn ledger_of(case: &str) -> Ledger {
    let known = Known::embedded().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut store = store(&known, &root.join(case));
    let id = store.sessions()[0].id;
    let (tree, _) = store.tree(id, &known).unwrap();
    Ledger::of(&tree)
}

/// The figures of `truth.json`: 44 tokens of fresh input, 38,232 written to the cache and 192,852 read
/// from it, 421 of output, in eleven calls; three of them (7, 8 and 9) by the sub-agent. Sonnet 4.5 is
/// 3 USD a million of input, 3.75 written, 0.30 read, 15 of output.
#[test]
fn a_session_is_broken_down_as_it_was_spent() {
    let ledger = ledger_of("cli/claude-code-one-process");
    let of = |f: &Figures| {
        (
            f.model_calls,
            f.usage.input,
            f.usage.cache_read,
            f.usage.output,
        )
    };
    assert_eq!(
        of(&ledger.total),
        (11, Some(44 + 38_232 + 192_852), Some(192_852), Some(421))
    );
    // 44 × 3 + 38,232 × 3.75 + 192,852 × 0.3 + 421 × 15 millionths; without a cache 231,128 × 3.
    assert_eq!(ledger.cache.one, PicoUsd(207_672_600_000));
    assert_eq!(ledger.cache.other, PicoUsd(699_699_000_000));
    assert_eq!(ledger.cache.calls, 11);
    assert_eq!(
        (ledger.reported.calls, ledger.reported.other),
        (11, ledger.cache.one)
    );

    let agents: Vec<_> = ledger
        .agents
        .iter()
        .map(|a| (a.name.as_str(), of(&a.figures)))
        .collect();
    let survey = (4 + 12_542) + (4 + 12_546 + 618) + (4 + 13_168 + 132);
    assert_eq!(
        agents,
        [
            (
                "main",
                (
                    8,
                    Some(231_128 - survey),
                    Some(192_852 - 12_546 - 13_168),
                    Some(360)
                )
            ),
            (
                "general-purpose",
                (3, Some(survey), Some(12_546 + 13_168), Some(61))
            ),
        ]
    );
    // The last call of the main agent: 4 + 98 + 24,870 tokens in, 44 out.
    assert_eq!(ledger.agents[0].context, Some(24_972 + 44));
    assert_eq!(ledger.agents[0].window, Some(200_000));

    let calls: Vec<u64> = ledger.turns.iter().map(|t| t.figures.model_calls).collect();
    assert_eq!(
        calls,
        [4, 6, 1],
        "the notification goes on with the second turn"
    );

    // Grep: the sub-agent's second call had 13,168 tokens of input, its first 12,546.
    let growth = ledger.growth.unwrap();
    assert_eq!((growth.by, growth.turn), (13_168 - 12_546, Some(2)));
    assert!(growth.tools.len() == 1 && growth.tools[0].starts_with("Grep "));
    let read = ledger.tools.iter().find(|t| t.part.name == "Read").unwrap();
    assert_eq!((read.runs, read.failed, read.shared), (2, 0, 0));
    assert_eq!(read.grew, Some((23_418 - 23_235) + (13_304 - 13_168)));
    let agent = ledger
        .tools
        .iter()
        .find(|t| t.part.name == "Agent")
        .unwrap();
    assert_eq!(agent.part.figures.model_calls, 3, "what the tool started");

    // The dearest call wrote most to the cache: 4 × 3 + 23,231 × 3.75 + 46 × 15 millionths.
    let dear = &ledger.calls[0].figures;
    assert_eq!(
        (dear.usage.cache_write, ledger.calls[0].turn),
        (Some(23_231), Some(1))
    );
    assert_eq!(ledger.calls.len(), 5);
    assert_eq!(ledger.dear_turns.len(), 3);
}

/// Tools of which two ran before one call: nobody knows what each of them added.
#[test]
fn tools_beside_each_other_share_a_growth() {
    let ledger = ledger_of("cli/vercel-ai6-json");
    let weather = ledger
        .tools
        .iter()
        .find(|t| t.part.name == "get_weather")
        .unwrap();
    assert!(weather.shared >= 2, "{weather:?}");
    assert_eq!(ledger.growth.unwrap().tools.len(), 2);
}

#[test]
fn every_breakdown_adds_up_to_the_session() {
    let known = Known::embedded().unwrap();
    let mut looked_at = 0;
    for case in cases() {
        let mut store = store(&known, &case);
        for session in store.sessions().to_vec() {
            let Some((tree, _)) = store.tree(session.id, &known) else {
                continue;
            };
            let ledger = Ledger::of(&tree);
            let of = |f: &Figures| {
                (
                    f.model_calls,
                    f.failed_calls,
                    f.usage,
                    f.cost,
                    f.unpriced_calls,
                )
            };
            let whole = of(&session.figures);
            let name = case.display();
            assert_eq!(of(&ledger.total), whole, "{name}");
            for parts in [&ledger.agents, &ledger.models] {
                let mut sum = Figures::default();
                parts.iter().for_each(|p| sum.add(&p.figures));
                assert_eq!(of(&sum), whole, "{name}");
            }
            assert_eq!(ledger.turns.len(), session.turns.len(), "{name}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 50, "{looked_at}");
}
