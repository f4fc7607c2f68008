//! The terminal lent to the person's own pager and editor, scripts here: they have the keys and the
//! screen for themselves, a file that nobody else may read, and leave no trace.

use crate::SPANFALL;
use crate::WIDE;
use crate::harness::{Manner, Terminal};
use std::fs;
use std::path::{Path, PathBuf};

/// Says what it was given, reads a line from the terminal, and ends as that line says.
const SCRIPT: &str = r#"
here=$(dirname "$0")
echo "$1" > "$here/path"
ls -l "$1" | cut -c1-10 > "$here/mode"
cp "$1" "$here/given"
echo "having the terminal"
read line
echo "$line" > "$here/read"
case "$line" in fail) exit 3;; esac
"#;

/// One call, in whose prompt a sequence stands that names the window.
const CALL: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"chat m","startTimeUnixNano":"1795269744000000000","endTimeUnixNano":"1795269745000000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"look \\u001b]0;owned\\u0007 here\"}]}]"}}]}]}]}]}"#;

struct Lent {
    terminal: Terminal,
    folder: tempfile::TempDir,
}

impl Lent {
    /// On the call's row, with a script for pager and editor.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (script, calls) = (folder.path().join("own"), folder.path().join("calls.jsonl"));
        fs::write(&script, SCRIPT).unwrap();
        fs::write(&calls, CALL).unwrap();
        let own = format!("sh {}", script.display());
        let variables = [("PAGER", &*own), ("EDITOR", &*own), ("VISUAL", "")];
        let mut lent = Self {
            terminal: open(&variables, &calls),
            folder,
        };
        lent.terminal.keys("G");
        lent.terminal.wait_for("── chat m");
        lent
    }

    fn wrote(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// The file that was handed out.
    fn path(&self) -> PathBuf {
        Path::new(self.wrote("path").trim()).to_owned()
    }
}

fn open(variables: &[(&str, &str)], path: &Path) -> Terminal {
    let args = ["open", path.to_str().unwrap()];
    let terminal = Terminal::run_in(Manner::default(), variables, SPANFALL, &args, WIDE);
    terminal.wait_for("1 session");
    terminal
}

#[test]
fn a_pager_has_terminal_and_keys_for_itself_and_leaves_nothing() {
    let mut lent = Lent::new();
    lent.terminal.keys("|");
    lent.terminal.wait_for("having the terminal");
    lent.terminal
        .look(|screen| assert!(!screen.alternate_screen()));
    assert_eq!(lent.terminal.modes(), lent.terminal.modes_before());
    let path = lent.path();
    assert!(path.exists());
    assert_eq!(lent.wrote("mode").trim(), "-rw-------");
    let given = lent.wrote("given");
    assert!(given.contains("look ^[]0;owned^G here"), "{given:?}");
    // Keys that spanfall would act on, all of which the script reads; Ctrl-C does not end us.
    lent.terminal.keys("qq5?\n");
    let back = lent.terminal.wait_for("── chat m");
    assert_eq!(lent.wrote("read").trim(), "qq5?");
    assert!(!back.contains("Keys and signs"), "{back}");
    lent.terminal
        .look(|screen| assert!(screen.alternate_screen()));
    assert!(!path.exists());
    lent.terminal.keys("?");
    lent.terminal.wait_for("Keys and signs");
}

#[test]
fn from_our_pager_to_an_editor_with_the_text_as_it_is() {
    let mut lent = Lent::new();
    lent.terminal.keys("r");
    lent.terminal.wait_for("$EDITOR");
    for round in ["one", "two"] {
        lent.terminal.keys("\x05");
        lent.terminal.wait_for("having the terminal");
        assert!(lent.path().to_string_lossy().ends_with(".md"));
        let given = lent.wrote("given");
        assert!(given.contains("look \x1b]0;owned\x07 here"), "{given:?}");
        lent.terminal.keys(&format!("{round}\n"));
        lent.terminal.wait_for("esc back");
        assert_eq!(lent.wrote("read").trim(), round);
    }
}

#[test]
fn ctrl_c_is_for_the_one_who_has_the_terminal() {
    let mut lent = Lent::new();
    lent.terminal.keys("|");
    lent.terminal.wait_for("having the terminal");
    lent.terminal.keys("\x03");
    let back = lent.terminal.wait_for("$PAGER ended with");
    assert!(back.contains("chat m"), "{back}");
    assert!(!lent.path().exists());
}

#[test]
fn what_fails_or_is_not_set_is_said() {
    let mut lent = Lent::new();
    lent.terminal.keys("|");
    lent.terminal.wait_for("having the terminal");
    lent.terminal.keys("fail\n");
    lent.terminal.wait_for("$PAGER ended with exit status: 3");

    let calls = lent.folder.path().join("calls.jsonl");
    let none = [("PAGER", ""), ("EDITOR", ""), ("VISUAL", "")];
    let mut terminal = open(&none, &calls);
    terminal.keys("G");
    terminal.wait_for("── chat m");
    terminal.keys("|");
    terminal.wait_for("$PAGER is not set: `export PAGER=less`");
    terminal.keys("\x05");
    terminal.wait_for("$EDITOR is not set: `export EDITOR=vim`");
}

#[test]
fn ending_meanwhile_leaves_no_file() {
    let mut lent = Lent::new();
    lent.terminal.keys("|");
    lent.terminal.wait_for("having the terminal");
    let path = lent.path();
    lent.terminal.signal("TERM");
    let (status, _) = lent.terminal.wait_exit();
    assert_eq!(status.exit_code(), 143);
    assert!(!path.exists());
}
