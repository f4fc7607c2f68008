//! "Did you mean": the known name that a mistaken one is nearest to.

/// A clause about the names that there are: the nearest, else all.
pub fn hint<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let lower = wrong.to_lowercase().replace('_', "-");
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.replace('_', "-"));
    let near = known.clone().map(|name| (distance(name), name));
    // One slip in three letters; more is another word.
    let near = near.filter(|(far, name)| *far <= (name.chars().count() / 3).max(1));
    match near.min_by_key(|(far, _)| *far) {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn slips_are_seen_through_and_other_words_are_not() {
        let known = ["theme", "max_memory", "next-error"];
        let hint = |wrong| hint(wrong, known.into_iter());
        assert_eq!(hint("thmee"), "did you mean `theme`?");
        assert_eq!(hint("max-memory"), "did you mean `max_memory`?");
        assert_eq!(hint("NextEror"), "did you mean `next-error`?");
        assert_eq!(hint("colour"), "there are theme, max_memory, next-error");
    }
}
