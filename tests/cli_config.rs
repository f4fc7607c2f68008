//! `spanfall config` and what a configuration does, as a program sees it: a file, the environment
//! and arguments in, text and exit code out.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs in a folder that is home, with nothing of ours in the environment but what is given.
fn spanfall(home: &Path, environment: &[(&str, &str)], args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spanfall"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SPANFALL_") {
            command.env_remove(name);
        }
    }
    command
        .env_remove("XDG_CONFIG_HOME")
        .env("HOME", home)
        .envs(environment.iter().copied());
    command.current_dir(home).args(args).output().unwrap()
}

fn printed(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What is said when nothing can be done: one line, exit code 2.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

/// Settings that are not as without a file.
fn changed(printed: &str) -> Vec<&str> {
    let lines = printed.lines();
    let settings = lines.filter(|l| !l.starts_with(['#', '[']) && !l.is_empty());
    settings.collect()
}

#[test]
fn without_a_file_all_is_as_usual_and_the_place_for_one_is_told() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".config/spanfall/config.toml");
    let path = printed(&spanfall(home.path(), &[], &["config", "--path"]));
    assert_eq!(Path::new(path.trim_end()), file);
    let usual = printed(&spanfall(home.path(), &[], &["config"]));
    assert!(usual.starts_with("# There is no "), "{usual}");
    assert_eq!(changed(&usual), [""; 0]);
    assert!(usual.contains("\n#max_memory = \"512MiB\"\n"), "{usual}");
    assert!(usual.contains("\n#next-error = [\"e\"] "), "{usual}");
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/spanfall");
    fs::create_dir_all(&folder).unwrap();
    let file = "[screen]\ntheme = \"a\"\n[receive]\nhttp = [1]\nmax_memory = \"1MiB\"\n[keys]\nquit = [\"Q\"]\n";
    fs::write(folder.join("config.toml"), file).unwrap();
    let environment = [("SPANFALL_THEME", "b"), ("SPANFALL_HTTP", "2,3")];
    let flags = ["config", "--theme", "c"];
    let all = printed(&spanfall(home.path(), &environment, &flags));
    assert!(all.starts_with("# Read from "), "{all}");
    let expected = [
        "theme = \"c\"",
        "http = [\"localhost:2\", \"localhost:3\"]",
        "max_memory = \"1MiB\"",
    ];
    assert_eq!(changed(&all)[..3], expected);
    assert!(changed(&all)[3].starts_with("quit = [\"Q\"] "), "{all}");

    // Saved and read again it is the same.
    fs::write(home.path().join("saved.toml"), &all).unwrap();
    let again = ["config", "--config", "saved.toml"];
    let again = printed(&spanfall(home.path(), &[], &again));
    assert_eq!(changed(&again), changed(&all));
    let named = [("SPANFALL_CONFIG", "saved.toml")];
    let again = printed(&spanfall(home.path(), &named, &["config"]));
    assert_eq!(changed(&again), changed(&all));
}

#[test]
fn a_mistake_is_told_with_its_place_before_anything_is_done() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("c.toml"), "[screen]\n  thmee = 1\n").unwrap();
    let expected = "spanfall: c.toml:2:3: [screen] has no `thmee`; did you mean `theme`?\n";
    for command in [
        &["config"][..],
        &["--headless"],
        &["price", "x"],
        &["report", "x"],
    ] {
        let args = [command, &["--config", "c.toml"]].concat();
        assert_eq!(refusal(&spanfall(home.path(), &[], &args)), expected);
    }
    let path = ["config", "--path", "--config", "c.toml"];
    assert_eq!(printed(&spanfall(home.path(), &[], &path)), "c.toml\n");
    let missing = refusal(&spanfall(home.path(), &[], &["--config", "none.toml"]));
    assert!(
        missing.contains("none.toml") && missing.contains("--config FILE"),
        "{missing}"
    );
    fs::write(home.path().join("c.toml"), b"\xff").unwrap();
    let args = ["config", "--config", "c.toml"];
    assert!(refusal(&spanfall(home.path(), &[], &args)).contains("UTF-8"));
}

/// The variables are there for the screen; other commands do not mind them.
#[test]
fn the_environment_is_no_argument_of_a_command() {
    let home = tempfile::tempdir().unwrap();
    let environment = [
        ("SPANFALL_TOKEN", "t"),
        ("SPANFALL_HTTP", "7"),
        ("SPANFALL_THEME", "dark"),
    ];
    printed(&spanfall(home.path(), &environment, &["env"]));
    printed(&spanfall(home.path(), &environment, &["price", "gpt-4o"]));
}

/// A path in the file is meant from the file's folder.
#[test]
fn prices_of_the_file_are_found_beside_it() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("d")).unwrap();
    fs::write(
        home.path().join("d/c.toml"),
        "[cost]\nprices = \"p.json\"\n",
    )
    .unwrap();
    let args = ["price", "x", "--config", "d/c.toml"];
    let told = refusal(&spanfall(home.path(), &[], &args));
    assert!(told.contains("d/p.json"), "{told}");
}

/// What a shell makes of the script is the shell's affair; that it is one for it, ours.
#[test]
fn completions_name_every_command_and_flag() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&spanfall(home.path(), &[], &["completions", shell]));
        for word in ["replay", "max-memory", "report", "config"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let unknown = spanfall(home.path(), &[], &["completions", "tcsh"]);
    assert_eq!(unknown.status.code(), Some(2));
    let script = home.path().join("spanfall.bash");
    let bash = printed(&spanfall(home.path(), &[], &["completions", "bash"]));
    fs::write(&script, bash).unwrap();
    let ask = "source ./spanfall.bash; COMP_WORDS=(spanfall op); COMP_CWORD=1; _spanfall spanfall op spanfall; echo ${COMPREPLY[*]}";
    let mut bash = Command::new("bash");
    let answer = bash.args(["-c", ask]).current_dir(home.path()).output();
    assert_eq!(printed(&answer.unwrap()), "open\n");
}

#[test]
fn the_manual_tells_of_commands_keys_and_files() {
    let home = tempfile::tempdir().unwrap();
    let page = printed(&spanfall(home.path(), &[], &["man"]));
    let told = [
        ".TH spanfall 1",
        "max\\-memory",
        ".SH KEYS",
        "\\fBshift\\-tab\\fR",
        "config.toml",
    ];
    for part in told {
        assert!(page.contains(part), "{part}\n{page}");
    }
    printed(&spanfall(home.path(), &[], &["man", "--to", "."]));
    assert_eq!(
        fs::read_to_string(home.path().join("spanfall.1")).unwrap(),
        page
    );
    let open = fs::read_to_string(home.path().join("spanfall-open.1")).unwrap();
    assert!(open.contains("replay"), "{open}");
    let missing = refusal(&spanfall(home.path(), &[], &["man", "--to", "none"]));
    assert!(missing.contains("none"), "{missing}");
}

/// What is known is the least that it cost: calls without a price are told, and do not fail it.
#[test]
fn a_limit_on_cost_fails_what_is_known_to_pass_it() {
    let report = |case: &str, max: &str| {
        let case = format!("{}/tests/corpus/{case}", env!("CARGO_MANIFEST_DIR"));
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let out = spanfall(home, &[], &["report", &case, "--max-cost", max]);
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    // Eleven calls, $0.2077 by the books.
    let whole = "cli/claude-code-one-process";
    assert_eq!(report(whole, "0.20"), (Some(1), String::new()));
    assert_eq!(report(whole, "0.21"), (Some(0), String::new()));
    // A model of one's own server has no price.
    let (code, told) = report("python/semconv-vllm", "0.01");
    assert_eq!(code, Some(0));
    assert!(told.contains("9 calls have no known price"), "{told}");
}
