//! What a client asks a list for, as a query string. Nothing is sent for what is not asked.

use serde_json::Value;

/// Which documents, which fields of them, in which order, how many.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Selector; absent: all.
    pub search: Option<Value>,
    /// Only these fields; none: all.
    pub fields: Vec<String>,
    /// How many to leave out.
    pub offset: u64,
    /// At most so many; 0: all.
    pub limit: u64,
    /// Sorted by this key, and which way.
    pub order: Option<(String, Direction)>,
    /// Further parameters, such as `recurse`.
    pub further: Vec<(String, String)>,
}

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

impl Listing {
    /// All that a selector finds.
    pub fn by(search: Value) -> Listing {
        Listing { search: Some(search), ..Listing::default() }
    }

    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        let mut parameters: Vec<(&str, String)> = Vec::new();
        if let Some(search) = &self.search {
            parameters.push(("q", search.to_string()));
        }
        if !self.fields.is_empty() {
            parameters.push(("fields", self.fields.join(",")));
        }
        parameters.extend((self.offset > 0).then(|| ("skip", self.offset.to_string())));
        parameters.extend((self.limit > 0).then(|| ("limit", self.limit.to_string())));
        if let Some((key, direction)) = &self.order {
            let direction = if *direction == Direction::Ascending { "ASC" } else { "DESC" };
            parameters.extend([("sort", key.clone()), ("sort_ord", direction.to_owned())]);
        }
        let parameters = parameters.into_iter().map(|(key, value)| (key.to_owned(), value));
        parameters.chain(self.further.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_sent_for_what_is_not_asked() {
        assert!(Listing::default().parameters().is_empty());
    }

    #[test]
    fn everything_is_sent_as_0_2_spells_it() {
        let listing = Listing {
            search: Some(json!({"mac": null})),
            fields: vec!["id".to_owned(), "options.a".to_owned()],
            offset: 2,
            limit: 3,
            order: Some(("ip".to_owned(), Direction::Descending)),
            further: vec![("recurse".to_owned(), "True".to_owned())],
        };
        let parameters: Vec<String> =
            listing.parameters().iter().map(|(key, value)| format!("{key}={value}")).collect();
        let expected =
            r#"q={"mac":null}&fields=id,options.a&skip=2&limit=3&sort=ip&sort_ord=DESC&recurse=True"#;
        assert_eq!(parameters.join("&"), expected);
    }
}
