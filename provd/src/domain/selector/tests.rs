use proptest::prelude::*;
use serde_json::json;

use super::*;

fn documents() -> Vec<Map<String, Value>> {
    let documents = json!([
        {"id": "a", "n": 10, "o": {"x": 1, "y": 2}, "t": "z", "lines": [{"u": "1"}, {"u": "2", "v": 3}, 4]},
        {"id": "b", "n": 9, "t": null, "list": [1, "x"], "lines": {"u": "1"}},
        {"id": "c", "n": true, "t": "é", "deep": {"lines": [{"u": ["x"]}], "list": [{"o": {"x": 1}}]}},
        {"id": "d", "n": 1.0, "t": "zz", "a.b": 1},
    ]);
    documents.as_array().unwrap().iter().map(|document| document.as_object().unwrap().clone()).collect()
}

fn found(selector: Value) -> Result<String, String> {
    let selector = Selector::read(selector).map_err(|why| why.to_string())?;
    let mut ids = String::new();
    for document in documents() {
        if selector.matches(&document).map_err(|why| why.to_string())? {
            ids += document["id"].as_str().unwrap();
        }
    }
    Ok(ids)
}

#[test]
fn a_plain_value_must_be_equal() {
    for (selector, expected) in [
        (json!({}), "abcd"),
        (json!({"t": "z"}), "a"),
        (json!({"t": "z", "n": 10.0}), "a"),
        (json!({"n": 1}), "cd"),
        (json!({"n": "1"}), ""),
        (json!({"list": [1.0, "x"]}), "b"),
        (json!({"list": "x"}), ""),
        (json!({"o": {"y": 2, "x": true}}), "a"),
        (json!({"o": {}}), ""),
        (json!({"t": null}), "b"),
        (json!({"missing": null}), ""),
    ] {
        assert_eq!(found(selector.clone()).as_deref(), Ok(expected), "{selector}");
    }
}

#[test]
fn dotted_keys_descend_and_the_last_part_looks_into_lists() {
    for (selector, expected) in [
        (json!({"o.x": 1}), "a"),
        (json!({"o.x.y": 1}), ""),
        (json!({"lines.u": "1"}), "ab"),
        (json!({"lines.u": "2"}), "a"),
        (json!({"deep.lines.u": ["x"]}), "c"),
        (json!({"deep.list.o.x": 1}), ""),
        (json!({"a.b": 1}), ""),
        (json!({"lines.u": {"$ne": "2"}}), "bcd"),
        (json!({"lines.v": {"$exists": true}}), "a"),
        (json!({"": 1, ".": 2, "..": 3}), ""),
    ] {
        assert_eq!(found(selector.clone()).as_deref(), Ok(expected), "{selector}");
    }
}

#[test]
fn operators_test_what_a_document_offers() {
    for (selector, expected) in [
        (json!({"n": {"$in": [10, 1]}}), "acd"),
        (json!({"n": {"$in": []}}), ""),
        (json!({"list": {"$in": [[1, "x"]]}}), "b"),
        (json!({"t": {"$nin": ["z", null]}}), "cd"),
        (json!({"o": {"$nin": [1]}}), "abcd"),
        (json!({"n": {"$ne": 1}}), "ab"),
        (json!({"missing": {"$ne": 1}}), "abcd"),
        (json!({"t": {"$contains": "z"}}), "ad"),
        (json!({"list": {"$contains": true}}), "b"),
        (json!({"o": {"$contains": "x"}}), "a"),
        (json!({"n": {"$contains": 1}}), ""),
        (json!({"n": {"$gt": 1, "$lt": 10}}), "b"),
        (json!({"n": {"$ge": 9.5}}), "a"),
        (json!({"n": {"$le": true}}), "cd"),
        (json!({"t": {"$gt": "z"}}), "cd"),
        (json!({"t": {"$exists": true}}), "abcd"),
        (json!({"o": {"$exists": false}}), "bcd"),
        (json!({"missing": {"$gt": 1}}), ""),
        (json!({"list": {"$gt": 1}}), ""),
    ] {
        assert_eq!(found(selector.clone()).as_deref(), Ok(expected), "{selector}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_what_to_write() {
    for (selector, said) in [
        (json!([]), "expected an object"),
        (json!({"n": {"$eq": 1}}), "`n`: there is no `$eq`: write the value itself"),
        (json!({"n": {"$gte": 1}}), "write $ge"),
        (json!({"n": {"$lte": 1}}), "write $le"),
        (json!({"$or": []}), "`$or` stands where a key of documents is expected: write $in"),
        (json!({"t": {"$regex": "z"}}), "write $contains"),
        (json!({"t": {"$contian": "z"}}), "did you mean $contains?"),
        (json!({"t": {"$": "z"}}), "there are $in $nin"),
        (json!({"n": {"$gt": 1, "x": 2}}), "`x` is no operator and stands beside one"),
        (json!({"n": {"$in": 1}}), "`n`: $in expects a list"),
        (json!({"n": {"$nin": {}}}), "$nin expects a list"),
        (json!({"n": {"$exists": "yes"}}), "$exists expects true or false"),
        (json!({"n": {"$gt": null}}), "$gt expects a number or text"),
        (json!({"k\n": {"$x": 1}}), "`k\\n`"),
    ] {
        let refusal = found(selector.clone()).unwrap_err();
        assert!(refusal.contains(said), "{selector}: {refusal}");
    }
}

#[test]
fn a_number_is_not_compared_with_text() {
    let refusal = found(json!({"n": {"$gt": "1"}})).unwrap_err();
    assert_eq!(refusal, "`n`: a document holds a number, which cannot be compared with text");
    assert_eq!(found(json!({"n": {"$gt": "1"}, "id": "x"})).as_deref(), Ok(""), "nobody else fits anyway");
}

#[test]
fn long_selectors_take_no_longer_than_their_length() {
    let many: Vec<Value> = (0..200_000).map(|number| json!(number)).collect();
    assert_eq!(found(json!({"n": {"$in": many}})).as_deref(), Ok("abcd"));
    let keys: Map<String, Value> = (0..=1_000).map(|key| (key.to_string(), json!({"$ne": 1}))).collect();
    assert!(found(Value::Object(keys)).unwrap_err().contains("more than 1000"));
    let key = "a.".repeat(1_000_000);
    assert_eq!(found(json!({key.clone(): 1})).as_deref(), Ok(""));
    assert!(found(json!({key: {"$x": 1}})).unwrap_err().len() < 300);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..3).prop_map(Value::from),
        prop_oneof![Just(0.0), Just(-0.0), Just(1.0), Just(1.5), any::<f64>()].prop_map(Value::from),
        prop_oneof![Just(u64::MAX), Just(1 << 53), Just((1 << 53) + 1)].prop_map(Value::from),
        "[a-c1:;]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec(("[ab]", inner), 0..3)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn values_are_equal_exactly_if_their_canonical_texts_are(one in values(), two in values()) {
        prop_assert_eq!(equal(&one, &two), canonical(&one) == canonical(&two));
        prop_assert!(equal(&one, &one));
    }
}
