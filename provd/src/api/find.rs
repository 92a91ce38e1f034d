//! What a client wants to see of a list, from the parameters of its request: `q`, `q64`, `fields`, `sort`, `sort_ord`,
//! `skip` and `limit`. Parameters that cannot be read are ignored; a selector that can be read must also make sense.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::problem::Problem;
use crate::domain::listing::{Fields, Listing, Sort};
use crate::domain::selector::Selector;
use crate::provisioning::find::{Owners, Query};

/// With or without padding at its end: clients do both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Fields a client may ask for: each is looked for in each document.
const MOST_FIELDS: usize = 1_000;

/// The first value of a parameter; later ones do not count.
pub(super) fn first<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Reads what is asked for. Other parameters are ignored.
pub(super) fn query(parameters: &[(String, String)]) -> Result<Query, Problem> {
    let selector = match sent_selector(parameters)? {
        Some(sent) => selector("q", sent)?,
        None => Selector::default(),
    };
    Ok(Query { selector, owners: Owners::All, listing: listing(parameters)? })
}

/// Reads a selector. `name` is what a client calls it.
pub(super) fn selector(name: &str, sent: Value) -> Result<Selector, Problem> {
    Selector::read(sent).map_err(|error| Problem::Invalid(format!("{name}: {error}")))
}

/// `q64` wins over `q`, even when it cannot be decoded.
fn sent_selector(parameters: &[(String, String)]) -> Result<Option<Value>, Problem> {
    let Some(encoded) = first(parameters, "q64") else {
        return first(parameters, "q").map_or(Ok(None), |text| json("q", text.as_bytes()));
    };
    // Both alphabets are in use, and a `+` that was not percent-encoded has become a space.
    let standard = encoded.replace('-', "+").replace('_', "/").replace(' ', "+");
    BASE64.decode(standard).map_or(Ok(None), |text| json("q64", &text))
}

/// What is no JSON is ignored. What only cannot be read is not: everything would be found instead.
fn json(name: &str, text: &[u8]) -> Result<Option<Value>, Problem> {
    match serde_json::from_slice(text) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.to_string().starts_with("recursion limit") => {
            Err(Problem::Invalid(format!("{name}: nested more than 127 deep")))
        }
        Err(_) => Ok(None),
    }
}

fn listing(parameters: &[(String, String)]) -> Result<Listing, Problem> {
    let fields = first(parameters, "fields").map(Fields::read);
    if fields.as_ref().is_some_and(|fields| fields.count() > MOST_FIELDS) {
        return Err(Problem::Invalid(format!("fields: more than {MOST_FIELDS}")));
    }
    let number = |name| first(parameters, name).and_then(integer);
    let descending = first(parameters, "sort_ord") == Some("DESC");
    Ok(Listing {
        fields,
        sort: first(parameters, "sort").map(|key| Sort { key: key.to_owned(), descending }),
        skip: number("skip").map_or(0, at_least_0),
        // 0 stands for no limit; a negative one lets nothing through.
        limit: number("limit").filter(|limit| *limit != 0).map(at_least_0),
    })
}

/// An integer; one of more digits than anybody has documents is the largest there is.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let farthest = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    is_integer.then(|| text.parse().unwrap_or(farthest))
}

fn at_least_0(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<Query, String> {
        let parameters: Vec<_> =
            parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        query(&parameters).map_err(|problem| problem.to_string())
    }

    fn selects(parameters: &[(&str, &str)], selector: Value) -> bool {
        read(parameters).unwrap().selector == Selector::read(selector).unwrap()
    }

    #[test]
    fn selectors_may_be_encoded() {
        // {"t":"é"}
        let encoded = ("q64", "eyJ0Ijoiw6kifQ==");
        assert!(selects(&[encoded], json!({"t": "é"})));
        assert!(selects(&[("q64", "eyJ0Ijoiw6kifQ"), ("q", r#"{"t": "z"}"#)], json!({"t": "é"})));
        assert!(selects(&[("q64", "!"), ("q", r#"{"t": "z"}"#)], json!({})));
        assert!(selects(&[("q", r#"{"t": 1}"#), ("q", r#"{"t": 2}"#)], json!({"t": 1})));
        assert!(selects(&[("q", "not JSON"), ("Q", "{")], json!({})));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        for (selector, said) in
            [("[]", "q: expected an object"), ("null", "q: expected"), (&deep, "q: nested")]
        {
            let refusal = read(&[("q", selector)]).unwrap_err();
            assert!(refusal.starts_with(said), "{refusal}");
        }
        assert!(read(&[("fields", &"a,".repeat(1_001))]).unwrap_err().starts_with("fields: more than 1000"));
    }

    #[test]
    fn numbers_count_only_if_they_are_integers() {
        let huge = "9".repeat(100);
        for (skip, limit, expected) in [
            ("1", "2", (1, Some(2))),
            (" 3 ", "+4", (3, Some(4))),
            ("-1", "-1", (0, Some(0))),
            ("x", "0", (0, None)),
            ("", "1.5", (0, None)),
            (&huge, "-", (usize::MAX / 2, None)),
        ] {
            let listing = read(&[("skip", skip), ("limit", limit)]).unwrap().listing;
            assert_eq!((listing.skip, listing.limit), expected, "{skip} {limit}");
        }
    }

    #[test]
    fn only_desc_in_capitals_turns_the_order() {
        for (order, descending) in [("DESC", true), ("desc", false), ("ASC", false), ("", false)] {
            let listing = read(&[("sort", "a.b"), ("sort_ord", order)]).unwrap().listing;
            assert_eq!(listing.sort, Some(Sort { key: "a.b".to_owned(), descending }));
        }
    }
}
