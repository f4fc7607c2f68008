//! The pictures of `screenshots/`, from real recordings: `cargo run --example screenshots` draws
//! them anew, with `--check` it says which would change.

#![expect(clippy::print_stderr, reason = "an example that says what it does")]

mod scenes;
mod svg;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let check = std::env::args().nth(1).as_deref() == Some("--check");
    let folder = folder();
    let changed = changed(&folder)?;
    for (name, text) in &changed {
        if check {
            eprintln!("{name} is not what would be drawn");
        } else {
            std::fs::write(folder.join(name), text)?;
            eprintln!("{name}: {} kB", text.len() / 1000);
        }
    }
    let failed = check && !changed.is_empty();
    Ok(ExitCode::from(u8::from(failed)))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots")
}

/// The pictures that are not in the folder as they would be drawn.
fn changed(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut changed = scenes::all()?;
    changed.retain(|(name, text)| {
        std::fs::read_to_string(folder.join(name)).ok().as_deref() != Some(text)
    });
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_show_what_the_program_draws() {
        let changed = changed(&folder()).expect("the corpus can be read");
        let names: Vec<&str> = changed.iter().map(|(name, _)| name.as_str()).collect();
        assert!(
            names.is_empty(),
            "look at what changed, then `cargo run --example screenshots`: {names:?}"
        );
    }

    #[test]
    fn pictures_are_small_and_there_is_none_besides() {
        let mut names: Vec<String> = Vec::new();
        for (name, text) in scenes::all().expect("the corpus can be read") {
            assert!(text.len() < 300_000, "{name}: {} bytes", text.len());
            assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
            names.push(name);
        }
        let files = std::fs::read_dir(folder()).expect("the folder is there");
        for file in files.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            assert!(names.contains(&name), "{name} is drawn by nobody");
        }
    }
}
