//! A path that is typed, gone on with as a shell does.

use super::save::expand;
use std::path::Path;

/// Entries of a folder that are looked at.
const LOOKED_AT: usize = 10_000;

/// The path gone on with as far as there is only one way to; where there are several, the names
/// there are, folders with their slash. Hidden ones only where the name begins with a dot.
pub fn complete(typed: &str) -> (String, Vec<String>) {
    let (folder, begun) = typed.split_at(typed.rfind('/').map_or(0, |at| at + 1));
    let mut names = names(&expand(if folder.is_empty() { "." } else { folder }));
    names.retain(|name| name.starts_with(begun) && name.starts_with('.') == begun.starts_with('.'));
    names.sort_unstable();
    let Some(first) = names.first() else {
        return (typed.to_owned(), names);
    };
    let shared = names.iter().fold(first.as_str(), |shared, name| {
        let same = shared.char_indices().zip(name.chars());
        let same = same.take_while(|((_, a), b)| a == b).last();
        let end = same.map_or(0, |((at, a), _)| at + a.len_utf8());
        shared.get(..end).unwrap_or_default()
    });
    let path = format!("{folder}{shared}");
    if names.len() == 1 {
        names.clear();
    }
    (path, names)
}

/// The names in a folder; none where it cannot be read.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let named = entries.flatten().take(LOOKED_AT).filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let slash = if entry.path().is_dir() { "/" } else { "" };
        Some(format!("{name}{slash}"))
    });
    named.collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "test")]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_on_as_far_as_there_is_one_way() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["run-1.jsonl", "run-2.jsonl", "ünder", ".hidden"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("corpus")).unwrap();
        let here = |typed: &str| {
            let at = folder.path().display();
            let (path, names) = complete(&format!("{at}/{typed}"));
            let rest = path.strip_prefix(&format!("{at}/")).map(str::to_owned);
            (rest.unwrap(), names)
        };
        assert_eq!(here("c"), ("corpus/".to_owned(), vec![]));
        let runs = vec!["run-1.jsonl".to_owned(), "run-2.jsonl".to_owned()];
        assert_eq!(here("r"), ("run-".to_owned(), runs));
        assert_eq!(here("run-2"), ("run-2.jsonl".to_owned(), vec![]));
        assert_eq!(here("ü"), ("ünder".to_owned(), vec![]));
        assert_eq!(here("x"), ("x".to_owned(), vec![]));
        assert_eq!(here(".h"), (".hidden".to_owned(), vec![]));
        let all = here("").1;
        assert_eq!(all, ["corpus/", "run-1.jsonl", "run-2.jsonl", "ünder"]);
        assert_eq!(here("nowhere/a"), ("nowhere/a".to_owned(), vec![]));
    }
}
