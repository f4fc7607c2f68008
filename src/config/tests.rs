//! What is read is what was written, and what is wrong is told with its place.
#![expect(clippy::unwrap_used, reason = "test")]

use super::*;
use proptest::prelude::*;

fn told(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn an_empty_file_changes_nothing() {
    assert_eq!(read("").unwrap(), Config::default());
    assert_eq!(
        read("# nothing\n[screen]\n[keys]\n").unwrap(),
        Config::default()
    );
}

#[test]
fn every_setting_is_read() {
    let text = r#"
[screen]
theme = "light"
ascii = true
mouse = false
legend = false
internals = true
wall_clock = true
columns = ["acme.team"]
tick = "1s"
[receive]
grpc = "9000"
http = ["[::]:4318", 9001]
max_memory = "1GiB"
content = "hash"
redact = ["sk-[a-z]+"]
record = "all.spanfall"
record_size = "64MiB"
forward = "http://localhost:14318"
allow_origin = ["https://a.example"]
allow_host = ["host.docker.internal"]
token = "a \"b\""
[cost]
prices = "mine.json"
budget = 0.10
session_budget = 2
[notices]
bell = true
osc9 = true
on = ["error", "waiting"]
[findings]
silence = ["silence", "cache-lost"]
[keys]
up = ["ctrl-u", "ctrl-w"]
quit = []
"#;
    let config = read(text).unwrap();
    let usual = Config::default();
    for setting in settings::SETTINGS {
        let (now, before) = ((setting.write)(&config), (setting.write)(&usual));
        assert!(now.is_some() && now != before, "{}", setting.name);
    }
    assert_eq!(config.receive.max_memory, Bytes(1 << 30));
    assert_eq!(config.receive.http[1], Listen::Loopback(9001));
    assert_eq!(config.cost.budget, Some(PicoUsd(100_000_000_000)));
    assert_eq!(config.screen.tick, Duration::from_secs(1));
    assert_eq!(config.notices.on, [Occasion::Error, Occasion::Waiting]);
    assert_eq!(read(&print(&config)).unwrap(), config);
}

#[test]
fn what_is_printed_is_read_again() {
    let usual = print(&Config::default());
    assert_eq!(read(&usual).unwrap(), Config::default());
    // A comment is a setting as it would be written: without the mark it is read too.
    let plain: String = usual
        .lines()
        .map(|l| match l.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{l}\n"),
        })
        .collect();
    let config = read(&plain).unwrap();
    assert_eq!((config.screen, config.keys), Default::default());
    assert_eq!(config.cost.budget, parse_usd("5").ok());
}

#[test]
fn mistakes_are_told_with_their_place_and_the_next_step() {
    for (text, expected) in [
        (
            "[screen]\n  thmee = 1",
            "2:3: [screen] has no `thmee`; did you mean `theme`?",
        ),
        ("theme = \"x\"", "1:1: `theme` stands below [screen]"),
        (
            "[cost]\ntheme = 1",
            "2:1: [cost] has no `theme`; it stands below [screen]",
        ),
        (
            "[scren]",
            "1:2: there is no [scren]; did you mean `screen`?",
        ),
        (
            "screen = 1",
            "1:1: expected the table [screen] with its settings below",
        ),
        (
            "[screen]\nascii = \"é\" # no",
            "2:9: ascii: expected true or false, not \"é\"",
        ),
        (
            "[screen]\ntick = \"1ms\"",
            "2:8: tick: expected a time from \"20ms\" to \"10s\", not \"1ms\"",
        ),
        (
            "[receive]\nhttp = [\"4318\", \"x:1\"]",
            "2:17: http: expected an address",
        ),
        (
            "[receive]\nmax_memory = -1",
            "2:14: max_memory: expected a size",
        ),
        (
            "[findings]\nsilence = [\"silence\", \"cash-lost\"]",
            "2:23: silence: there is no rule `cash-lost`; did you mean `cache-lost`?",
        ),
        (
            "[receive]\ncontent = \"no\"",
            "2:11: content: expected \"show\" or \"hash\" or \"off\", not \"no\"",
        ),
        (
            "[cost]\nbudget = -1.0",
            "2:10: budget: expected an amount of USD like 5 or 0.25, not -1.0",
        ),
        (
            "[notices]\non = [\"bell\"]",
            "2:7: on: expected \"turn-done\"",
        ),
        (
            "[keys]\nnext-eror = \"x\"",
            "2:1: there is no action `next-eror`; did you mean `next-error`?",
        ),
        ("[keys]\nup = [\"k\", \"kk\"]", "2:12: `kk` is no key"),
        ("[keys]\nup = 1.5", "2:6: expected a list of keys"),
        ("[keys]\npause = \"ctrl-c\"", "2:9: `ctrl-c` always quits"),
        (
            "[keys]\npause = \"j\"",
            "2:9: `j` is already a key of `down`; give that other keys too, or none: down = []",
        ),
        (
            "[keys]\npause = \"ctrl-w\"\nhelp = [\"ctrl-w\"]",
            "3:9: `ctrl-w` is already a key of `pause`",
        ),
    ] {
        let told = told(text);
        assert!(told.starts_with(expected), "{text}\n{told}\n{expected}");
    }
    assert!(told("[screen]\nascii = tru").starts_with("2:9: "));
    assert!(told("[screen]\nascii = true\nascii = true").starts_with("3:1: "));
}

#[test]
fn a_key_moves_when_its_old_place_is_given_up() {
    let config = read("[keys]\npause = [\"j\", \"j\"]\ndown = \"down\"").unwrap();
    let bound = config.keys.find("j".parse().unwrap()).unwrap();
    assert_eq!(bound.name(), "pause");
}

#[test]
fn paths_are_meant_from_the_files_folder() {
    let settled = |prices: &str| {
        let mut config = Config::default();
        config.cost.prices = Some(prices.into());
        config.settle(Path::new("/etc/x"), Some(Path::new("/me")));
        config.cost.prices.unwrap()
    };
    assert_eq!(settled("p.json"), Path::new("/etc/x/p.json"));
    assert_eq!(settled("/p.json"), Path::new("/p.json"));
    assert_eq!(settled("~/p.json"), Path::new("/me/p.json"));
}

/// Text that looks like a file of settings, with anything in it.
fn nearly_toml() -> impl Strategy<Value = String> {
    let names: Vec<String> = settings::SETTINGS
        .iter()
        .map(|s| s.name.to_owned())
        .chain(["screen", "keys", "up", "a.b", "é", ""].map(str::to_owned))
        .collect();
    let values = prop_oneof![
        Just("true".to_owned()),
        Just("[\"up\", 1, [], {a = 1}]".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        "\\PC{0,8}".prop_map(|t| format!("{t:?}")),
        "\\PC{0,8}",
    ];
    let line = (any::<bool>(), proptest::sample::select(names), values);
    let line = line.prop_map(|(table, name, value)| {
        if table {
            format!("[{name}]")
        } else {
            format!("{name} = {value}")
        }
    });
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in prop_oneof![any::<String>(), nearly_toml()]) {
        match read(&text) {
            Ok(config) => prop_assert_eq!(read(&print(&config)).unwrap(), config),
            Err(error) => {
                let line = text.split('\n').nth(error.line - 1);
                prop_assert!(line.is_some_and(|l| error.column <= l.chars().count() + 1), "{}", error);
                prop_assert!(!error.why.is_empty() && !error.why.contains('\n'));
            }
        }
    }
}

#[test]
fn queries_are_saved_by_name_and_may_use_those_above() {
    let text = "[queries]\nslow = \"dur>2s\"\nbad-tools = 'kind:tool  (status:error or @slow)'\n";
    let config = read(text).unwrap();
    let all: Vec<_> = config
        .queries
        .iter()
        .map(|(n, q)| format!("{n} = {q}"))
        .collect();
    assert_eq!(
        all,
        [
            "slow = dur>2s",
            "bad-tools = kind:tool (status:error or @slow)"
        ]
    );
    assert_eq!(
        read(&print(&config)).unwrap(),
        config,
        "printed and read again"
    );
    assert_eq!(read(&print(&Config::default())).unwrap(), Config::default());
}

#[test]
fn a_query_that_is_none_is_told_with_its_place() {
    let told = |text: &str| told(&format!("[queries]\n{text}\n"));
    let wrong = "a = \"tool:bash dur>2\"";
    assert!(
        told(wrong).starts_with("2:20: a: expected a time like 2s"),
        "{}",
        told(wrong)
    );
    assert!(told("a = \"@b\"\nb = \"x\"").starts_with("2:6: a: expected a saved query"));
    // Where the text is escaped its own columns are not those of the file: the value is pointed at.
    assert!(told("a = \"\\\"x\\\" dur>\"").starts_with("2:5: a: expected a time"));
    assert!(told("\"a b\" = \"x\"").contains("cannot be a name"));
    assert!(told("a = 3").starts_with("2:5: expected a query in quotes"));
}
