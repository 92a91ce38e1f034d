//! More documents than fit into a page: each comes once, in order, and no further than is asked for.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use super::{all, describe_device, device_ids, limited, query, sorted, with_devices};
use crate::domain::device::Device;
use crate::provisioning::find::{Finding, Mark, PAGE, Search};

const COUNT: usize = 2 * PAGE + 50;

#[tokio::test]
async fn every_document_comes_once_in_every_order() {
    let fixture = with_devices(COUNT).await;
    let ids = device_ids(&fixture, query(json!({}))).await;
    assert_eq!(ids, (0..COUNT).map(|number| number.to_string()).collect::<Vec<_>>());
    for key in ["id", "mac", "plugin", "model", "X_n", "missing"] {
        for descending in [false, true] {
            let found =
                all(&fixture, sorted(query(json!({})), key, descending), describe_device).await.unwrap();
            let ids: HashSet<_> = found.iter().map(|document| document["id"].as_str().unwrap()).collect();
            assert_eq!((found.len(), ids.len()), (COUNT, COUNT), "{key} {descending}");
            let texts = found.iter().map(|document| {
                document.get(key).map_or(String::new(), |value| {
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                })
            });
            let in_order =
                if descending { texts.is_sorted_by(|one, two| one >= two) } else { texts.is_sorted() };
            assert!(in_order, "{key} {descending}");
        }
    }
}

#[tokio::test]
async fn any_part_of_a_list_can_be_seen() {
    let fixture = with_devices(COUNT).await;
    for (key, descending) in [("", false), ("mac", false), ("mac", true), ("X_n", true)] {
        for selector in [json!({}), json!({"plugin": "odd"}), json!({"X_n": {"$ge": 0}})] {
            let order = |query| if key.is_empty() { query } else { sorted(query, key, descending) };
            let whole = device_ids(&fixture, order(query(selector.clone()))).await;
            for (skip, limit) in [(0, 1), (7, 50), (PAGE - 1, 2), (whole.len() - 3, PAGE), (whole.len(), 5)] {
                let part = device_ids(&fixture, limited(order(query(selector.clone())), skip, limit)).await;
                let end = (skip + limit).min(whole.len());
                assert_eq!(part, whole[skip..end], "{key} {descending} {selector} {skip} {limit}");
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_compared_is_known_before_an_answer_begins() {
    let fixture = with_devices(PAGE + 1).await;
    fixture.meddle("update devices set extra = '{\"X_n\":\"text\"}' where id = '200'").await;
    let begin = async |query| {
        Finding::begin(Arc::new(fixture.database.clone()), query, Box::new(describe_device)).await.map(drop)
    };
    assert!(begin(query(json!({"X_n": {"$ge": 0}}))).await.is_err());
    assert!(begin(query(json!({"X_n": {"$ge": 0}, "plugin": "odd"}))).await.is_ok(), "it is even");
}

#[tokio::test]
async fn devices_that_come_or_go_meanwhile_spoil_nothing() {
    let fixture = with_devices(COUNT).await;
    for key in ["", "X_n"] {
        let query = if key.is_empty() { query(json!({})) } else { sorted(query(json!({})), key, false) };
        let store = Arc::new(fixture.database.clone());
        let mut finding = Finding::<Device>::begin(store, query, Box::new(describe_device)).await.unwrap();
        let before = finding.next().await.unwrap().len();
        fixture.meddle("delete from devices where seq > 300").await;
        let mut after = 0;
        while let rest @ 1.. = finding.next().await.unwrap().len() {
            after += rest;
        }
        assert!(before == PAGE && after <= 100, "{key} {before} {after}");
    }
}

#[tokio::test]
async fn a_page_reads_no_more_than_is_asked_for() {
    let fixture = with_devices(20).await;
    let finder: &dyn crate::provisioning::find::Finder<Device> = &fixture.database;
    let search = Search { selector: query(json!({"plugin": "odd"})).selector, ..Search::default() };
    assert!(finder.is_exact(&search));
    let page = finder.page(&search, &Mark::first(&search), 2, 3).await.unwrap();
    let ids: Vec<_> = page.records.iter().map(|device| device.id.as_str()).collect();
    assert_eq!(ids, ["5", "7", "9"]);
    assert_eq!(page.next, Some(Mark::Without(10)));
}
