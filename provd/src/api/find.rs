//! Finding documents: which of them, which of their fields, in which order, how many at a time.
//!
//! Selectors compare top-level keys for equality; whatever else 0.2 knows is refused rather than ignored.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::problem::Problem;

/// With or without padding at its end: clients do both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a client wants to see of a list.
#[derive(Debug, Default)]
pub(super) struct Find {
    equal: Map<String, Value>,
    fields: Option<Vec<String>>,
    sort: Option<Sort>,
    skip: usize,
    limit: Option<usize>,
}

#[derive(Debug)]
struct Sort {
    key: String,
    descending: bool,
}

impl Find {
    /// The first value of a parameter; later ones do not count.
    pub(super) fn first<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
        parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads `q`, `q64`, `fields`, `sort`, `sort_ord`, `skip` and `limit`. What is no JSON, base64 or number is ignored,
    /// as are other parameters.
    pub(super) fn new(parameters: &[(String, String)]) -> Result<Find, Problem> {
        let number = |name| Find::first(parameters, name).and_then(|value| value.trim().parse::<i64>().ok());
        let descending = Find::first(parameters, "sort_ord") == Some("DESC");
        Ok(Find {
            equal: selector(parameters).map_or_else(|| Ok(Map::new()), |found| check_selector("q", found))?,
            fields: Find::first(parameters, "fields").map(field_list),
            sort: Find::first(parameters, "sort").map(|key| Sort { key: key.to_owned(), descending }),
            skip: number("skip").map_or(0, |skip| usize::try_from(skip).unwrap_or(0)),
            // 0 stands for no limit; a negative one lets nothing through.
            limit: number("limit")
                .filter(|limit| *limit != 0)
                .map(|limit| usize::try_from(limit).unwrap_or(0)),
        })
    }

    /// Finds by a selector alone. `name` is what a client calls it.
    pub(super) fn by(name: &str, selector: Value) -> Result<Find, Problem> {
        Ok(Find { equal: check_selector(name, selector)?, ..Find::default() })
    }

    /// Lets a key count as not selected by.
    pub(super) fn without(mut self, key: &str) -> Find {
        self.equal.shift_remove(key);
        self
    }

    /// Selects, cuts to fields, sorts, and cuts the list.
    pub(super) fn apply(&self, documents: impl Iterator<Item = Map<String, Value>>) -> Vec<Value> {
        let mut found: Vec<_> =
            documents.filter(|document| self.selects(document)).map(|document| self.cut(document)).collect();
        if let Some(sort) = &self.sort {
            found.sort_by_cached_key(|document| sort_text(value_at(document, &sort.key)));
            if sort.descending {
                reverse_stably(&mut found, &sort.key);
            }
        }
        let limit = self.limit.unwrap_or(usize::MAX);
        found.into_iter().skip(self.skip).take(limit).map(Value::Object).collect()
    }

    /// Whether a document is among those looked for.
    pub(super) fn selects(&self, document: &Map<String, Value>) -> bool {
        self.equal.iter().all(|(key, value)| document.get(key).is_some_and(|stored| equal(stored, value)))
    }

    fn cut(&self, document: Map<String, Value>) -> Map<String, Value> {
        let Some(fields) = &self.fields else {
            return document;
        };
        let mut cut = Map::new();
        for field in std::iter::once("id").chain(fields.iter().map(String::as_str)) {
            if let Some(value) = value_at(&document, field) {
                insert_at(&mut cut, field, value.clone());
            }
        }
        cut
    }
}

/// The selector: `q64` wins over `q`, even when it cannot be decoded.
fn selector(parameters: &[(String, String)]) -> Option<Value> {
    if let Some(encoded) = Find::first(parameters, "q64") {
        // Both alphabets are in use, and a `+` that was not percent-encoded has become a space.
        let standard = encoded.replace('-', "+").replace('_', "/").replace(' ', "+");
        return serde_json::from_slice(&BASE64.decode(standard).ok()?).ok();
    }
    serde_json::from_str(Find::first(parameters, "q")?).ok()
}

fn check_selector(name: &str, selector: Value) -> Result<Map<String, Value>, Problem> {
    let Value::Object(selector) = selector else {
        return Err(Problem::Invalid(format!("{name}: expected an object")));
    };
    for (key, operand) in &selector {
        let operators =
            operand.as_object().is_some_and(|operand| operand.keys().any(|name| name.starts_with('$')));
        if operators || key.starts_with('$') || key.contains('.') {
            let key = key.escape_debug();
            return Err(Problem::Invalid(format!(
                "{name}: `{key}`: only equality of top-level keys is supported, as in {{\"mac\": \"00:08:5d:23:74:29\"}}"
            )));
        }
    }
    Ok(selector)
}

fn field_list(fields: &str) -> Vec<String> {
    fields.split(',').map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned).collect()
}

/// Equality as 0.2 has it: of one type, except that 1, 1.0 and true are equal.
fn equal(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| equal(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(key, value)| two.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => {
            one == two
                || matches!((number(one), number(two)), (Some(one), Some(two)) if one.total_cmp(&two).is_eq())
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Number(number) => number.as_f64(),
        _ => None,
    }
}

fn value_at<'a>(document: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => document.get(path),
        Some((first, rest)) => value_at(document.get(first)?.as_object()?, rest),
    }
}

fn insert_at(document: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        document.insert(path.to_owned(), value);
        return;
    };
    let below = document.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(below) = below {
        insert_at(below, rest, value);
    }
}

/// Numbers sort as text; what is missing or null comes first.
fn sort_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// Turns a sorted list around, equal ones among themselves kept in order.
fn reverse_stably(sorted: &mut [Map<String, Value>], key: &str) {
    sorted.reverse();
    let same =
        |one: &Map<_, _>, two: &Map<_, _>| sort_text(value_at(one, key)) == sort_text(value_at(two, key));
    sorted.chunk_by_mut(same).for_each(<[_]>::reverse);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn documents() -> impl Iterator<Item = Map<String, Value>> {
        let documents = json!([
            {"id": "a", "n": 10, "o": {"x": 1, "y": 2}, "t": "z"},
            {"id": "b", "n": 9, "t": null, "list": [1, "x"]},
            {"id": "c", "n": true, "t": "é"},
            {"id": "d", "n": 1.0, "t": "z"},
        ]);
        documents
            .as_array()
            .unwrap()
            .clone()
            .into_iter()
            .map(|document| document.as_object().unwrap().clone())
    }

    fn found(parameters: &[(&str, &str)]) -> Result<Vec<Value>, String> {
        let parameters: Vec<_> =
            parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let find = Find::new(&parameters).map_err(|problem| problem.to_string())?;
        Ok(find.apply(documents()))
    }

    fn ids(parameters: &[(&str, &str)]) -> String {
        found(parameters).unwrap().iter().map(|document| document["id"].as_str().unwrap()).collect()
    }

    #[test]
    fn selectors_compare_for_equality() {
        for (selector, expected) in [
            ("{}", "abcd"),
            (r#"{"t": "z"}"#, "ad"),
            (r#"{"t": "z", "n": 10.0}"#, "a"),
            (r#"{"n": 1}"#, "cd"),
            (r#"{"n": "1"}"#, ""),
            (r#"{"list": [1.0, "x"]}"#, "b"),
            (r#"{"list": "x"}"#, ""),
            (r#"{"o": {"y": 2, "x": true}}"#, "a"),
            (r#"{"t": null}"#, "b"),
            (r#"{"missing": null}"#, ""),
            ("not JSON", "abcd"),
        ] {
            assert_eq!(ids(&[("q", selector)]), expected, "{selector}");
        }
    }

    #[test]
    fn selectors_may_be_encoded() {
        // {"t":"é"} and {"t":"z"}
        assert_eq!(ids(&[("q64", "eyJ0Ijoiw6kifQ==")]), "c");
        assert_eq!(ids(&[("q64", "eyJ0Ijoiw6kifQ"), ("q", r#"{"t": "z"}"#)]), "c");
        assert_eq!(ids(&[("q64", "!"), ("q", r#"{"t": "z"}"#)]), "abcd");
        assert_eq!(ids(&[("q", r#"{"t": "é"}"#), ("q", r#"{"t": "z"}"#)]), "c");
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for selector in ["[]", "1", r#"{"n": {"$gt": 1}}"#, r#"{"o.x": 1}"#, r#"{"$or": []}"#] {
            assert!(found(&[("q", selector)]).unwrap_err().starts_with("q: "), "{selector}");
        }
    }

    #[test]
    fn fields_keep_their_nesting() {
        let first = |fields| found(&[("fields", fields), ("limit", "1")]).unwrap().remove(0);
        assert_eq!(first("o.x,missing,n"), json!({"id": "a", "o": {"x": 1}, "n": 10}));
        assert_eq!(first("o.x, o.y"), json!({"id": "a", "o": {"x": 1, "y": 2}}));
        assert_eq!(first("n.x,t.x"), json!({"id": "a"}));
        assert_eq!(first(""), json!({"id": "a"}));
    }

    #[test]
    fn sorting_compares_text_and_is_stable() {
        assert_eq!(ids(&[("sort", "n"), ("sort_ord", "desc")]), "dabc");
        assert_eq!(ids(&[("sort", "t")]), "badc");
        assert_eq!(ids(&[("sort", "t"), ("sort_ord", "DESC")]), "cadb");
        assert_eq!(ids(&[("sort", "o.x"), ("sort_ord", "DESC")]), "abcd");
        assert_eq!(ids(&[("sort", "t"), ("fields", "n")]), "abcd");
    }

    #[test]
    fn lists_are_cut_after_sorting() {
        assert_eq!(ids(&[("skip", "1"), ("limit", "2")]), "bc");
        assert_eq!(ids(&[("sort", "t"), ("limit", "2")]), "ba");
        assert_eq!(ids(&[("limit", "0"), ("skip", "x")]), "abcd");
        assert_eq!(ids(&[("limit", "-1")]), "");
        assert_eq!(ids(&[("skip", "-1"), ("limit", "x")]), "abcd");
        assert_eq!(ids(&[("skip", "9")]), "");
    }
}
