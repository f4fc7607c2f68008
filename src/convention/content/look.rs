//! Looking into a [`Value`] whose shape is the sender's business.

use crate::model::detail::Value;

/// The first of the keys that a map has with a value other than null.
pub fn field<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    let Value::Map(entries) = value else {
        return None;
    };
    let find = |key: &&str| {
        entries
            .iter()
            .find(|(name, value)| name == *key && *value != Value::Null)
    };
    keys.iter().find_map(find).map(|(_, value)| value)
}

/// The text of the first of the keys that holds a text which is not empty.
pub fn text<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| match field(value, &[key])? {
        Value::Text(text) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    })
}

/// A list's items, or those of an unfolded list with gaps: a map whose keys are indexes.
pub fn items(value: &Value) -> Option<Vec<&Value>> {
    let numeric = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
    match value {
        Value::List(items) => Some(items.iter().collect()),
        Value::Map(entries)
            if !entries.is_empty() && entries.iter().all(|(key, _)| numeric(key)) =>
        {
            Some(entries.iter().map(|(_, item)| item).collect())
        }
        _ => None,
    }
}
