//! What is shown of the documents that were found: which of their fields, in which order, how many.

use serde_json::{Map, Value};

use super::selector::beneath;

/// What is shown of a list of documents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// Only these fields; absent: all.
    pub fields: Option<Fields>,
    /// In the order of a key; absent: in that of insertion.
    pub sort: Option<Sort>,
    /// So many are left out at the beginning.
    pub skip: usize,
    /// At most so many are shown.
    pub limit: Option<usize>,
}

/// An order by what documents show at a key. Equal ones stay in the order of insertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Dotted, to descend through objects.
    pub key: String,
    /// Whether the last comes first.
    pub descending: bool,
}

/// The key that is always shown.
const ID: &str = "id";

/// Which fields are shown; `id` always is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<String>);

impl Fields {
    /// Reads a list separated by commas. A field may be dotted.
    pub fn read(list: &str) -> Fields {
        let fields = list.split(',').map(str::trim).filter(|field| !field.is_empty());
        Fields(fields.map(str::to_owned).collect())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether all that a document has at this key is shown.
    pub fn show(&self, key: &str) -> bool {
        key == ID || self.0.iter().any(|field| field == key)
    }

    /// Whether something that a document has at this key, or in it, may be shown.
    fn may_show(&self, key: &str) -> bool {
        let beneath = |one: &str, two: &str| one.strip_prefix(two).is_some_and(|rest| rest.starts_with('.'));
        self.show(key) || self.0.iter().any(|field| beneath(field, key) || beneath(key, field))
    }

    /// Cuts a document to these fields. What it does not have is left out; nesting stays.
    pub fn cut(&self, document: &Map<String, Value>) -> Map<String, Value> {
        let mut cut = Map::new();
        for field in std::iter::once(ID).chain(self.0.iter().map(String::as_str)) {
            if let Some(value) = beneath(document, field) {
                insert(&mut cut, field, value.clone());
            }
        }
        cut
    }
}

impl Listing {
    /// What is shown of a document.
    pub fn cut(&self, document: Map<String, Value>) -> Map<String, Value> {
        match &self.fields {
            Some(fields) => fields.cut(&document),
            None => document,
        }
    }

    /// The order, unless nothing of what it is by is shown: then it has no effect.
    pub fn effective_sort(&self) -> Option<&Sort> {
        let may_show = |sort: &&Sort| self.fields.as_ref().is_none_or(|fields| fields.may_show(&sort.key));
        self.sort.as_ref().filter(may_show)
    }

    /// How many documents, from the first of their order on, must be known to show what is wanted.
    pub fn reach(&self) -> Option<usize> {
        self.limit.map(|limit| self.skip.saturating_add(limit))
    }
}

impl Sort {
    /// The text by which a document is sorted: numbers count as text too; what is missing or null comes first.
    pub fn text(&self, document: &Map<String, Value>) -> String {
        match beneath(document, &self.key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Bool(true)) => "True".to_owned(),
            Some(Value::Bool(false)) => "False".to_owned(),
            Some(value) => value.to_string(),
        }
    }
}

fn insert(document: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        document.insert(path.to_owned(), value);
        return;
    };
    let below = document.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(below) = below {
        insert(below, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Map<String, Value> {
        let document = json!({"id": "a", "n": 10, "o": {"x": 1, "y": 2}, "t": "z", "b": true, "z": null});
        document.as_object().unwrap().clone()
    }

    #[test]
    fn fields_keep_their_nesting() {
        for (fields, expected) in [
            ("o.x,missing,n", json!({"id": "a", "o": {"x": 1}, "n": 10})),
            ("o.x, o.y", json!({"id": "a", "o": {"x": 1, "y": 2}})),
            ("o,o.x", json!({"id": "a", "o": {"x": 1, "y": 2}})),
            ("n.x,t.x", json!({"id": "a"})),
            ("", json!({"id": "a"})),
        ] {
            assert_eq!(Value::Object(Fields::read(fields).cut(&document())), expected, "{fields}");
        }
    }

    #[test]
    fn what_is_not_shown_does_not_sort() {
        for (fields, key, sorts) in
            [("n", "n", true), ("o.x", "o", true), ("o", "o.x", true), ("t", "id", true), ("on", "o", false)]
        {
            let sort = Some(Sort { key: key.to_owned(), descending: false });
            let listing = Listing { fields: Some(Fields::read(fields)), sort, ..Listing::default() };
            assert_eq!(listing.effective_sort().is_some(), sorts, "{fields} {key}");
        }
    }

    #[test]
    fn everything_sorts_as_text() {
        for (key, expected) in
            [("n", "10"), ("t", "z"), ("b", "True"), ("z", ""), ("missing", ""), ("o.x", "1"), ("n.x", "")]
        {
            let sort = Sort { key: key.to_owned(), descending: false };
            assert_eq!(sort.text(&document()), expected, "{key}");
        }
    }
}
