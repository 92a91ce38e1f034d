//! Lists are answered from the index that tells most, in its order; only where there is none everything is looked at.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::{Fixture, query, sorted};
use crate::provisioning::find::{Mark, Owners, Query, Search};
use crate::storage::find::{Cut, of_configs, of_devices};

fn search(query: Query) -> Search {
    Search { selector: query.selector, owners: query.owners, sort: query.listing.sort }
}

async fn plan(fixture: &Fixture, sql: &str) -> String {
    let rows = sqlx::query(AssertSqlSafe(format!("explain query plan {sql}")));
    let rows = rows.fetch_all(&mut *fixture.database.read().await.unwrap()).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect::<Vec<String>>().join("; ")
}

async fn of_device_page(fixture: &Fixture, query: Query, from: &Mark) -> String {
    let statement = of_devices(&search(query), Cut { from, skip: 0, most: 50 });
    plan(fixture, statement.sql().as_str()).await
}

fn tenants(selector: Value, unclaimed: bool) -> Query {
    Query { owners: Owners::Only { tenants: [Uuid::from_u128(1)].into(), unclaimed }, ..query(selector) }
}

#[tokio::test]
async fn a_condition_is_answered_from_its_index_in_order() {
    let fixture = Fixture::new().await;
    let scan = "SEARCH devices USING INDEX devices_by_seq (seq>?)";
    let by = |index: &str, column: &str| format!("SEARCH devices USING INDEX {index} ({column}=? AND seq>?)");
    let by_mac = by("devices_by_mac", "mac");
    for (selector, expected) in [
        (json!({}), scan.to_owned()),
        (json!({"mac": "00:08:5d:00:00:01"}), by_mac.clone()),
        (json!({"plugin": "p", "mac": "00:08:5d:00:00:01", "config": "c", "model": "m"}), by_mac.clone()),
        (json!({"mac": {"$exists": false}, "vendor": {"$ne": "v"}}), by_mac),
        (json!({"plugin": "p", "model": "m", "mac": {"$gt": "00"}}), by("devices_by_plugin", "plugin")),
        (json!({"config": "c", "plugin": {"$in": ["a", "b"]}}), by("devices_by_config", "config")),
        (json!({"ip": "192.0.2.1"}), by("devices_by_ip", "ip")),
        (json!({"description": {"$contains": "lobby"}}), scan.to_owned()),
        (json!({"mac": {"$gt": "00", "$lt": "01"}, "id": {"$ne": "a"}}), scan.to_owned()),
    ] {
        let plan = of_device_page(&fixture, query(selector.clone()), &Mark::Without(0)).await;
        assert_eq!(plan, expected, "{selector}");
    }
}

#[tokio::test]
async fn many_values_are_looked_up_one_by_one() {
    let fixture = Fixture::new().await;
    let plan = of_device_page(&fixture, query(json!({"id": {"$in": ["a", "b"]}})), &Mark::Without(0)).await;
    assert!(plan.starts_with("SEARCH devices USING INDEX sqlite_autoindex_devices_1 (id=?)"), "{plan}");
}

#[tokio::test]
async fn a_tenant_is_shown_its_own_without_looking_at_others() {
    let fixture = Fixture::new().await;
    for unclaimed in [false, true] {
        let plan =
            of_device_page(&fixture, tenants(json!({"model": "m"}), unclaimed), &Mark::Without(0)).await;
        let expected = "SEARCH devices USING INDEX devices_by_tenant (<expr>=? AND seq>?)";
        assert!(plan.starts_with(expected), "{plan}");
        let plan = of_device_page(&fixture, tenants(json!({"sn": "1"}), unclaimed), &Mark::Without(0)).await;
        assert_eq!(plan, "SEARCH devices USING INDEX devices_by_sn (sn=? AND seq>?)");
    }
}

#[tokio::test]
async fn an_order_is_that_of_an_index() {
    let fixture = Fixture::new().await;
    let (text, seq) = ("00:08:5d:00:00:01".to_owned(), 5);
    for (descending, from, expected) in [
        (false, Mark::Without(3), "(mac=? AND seq>?)"),
        (false, Mark::With, "(mac>?)"),
        (false, Mark::After(text.clone(), seq), "((mac,seq)>(?,?))"),
        (true, Mark::Equal(text.clone(), seq), "(mac=? AND seq>?)"),
        (true, Mark::Below(text), "(mac<?); USE TEMP B-TREE FOR LAST TERM OF ORDER BY"),
    ] {
        for asked in [query(json!({"plugin": "p"})), tenants(json!({}), true)] {
            let plan = of_device_page(&fixture, sorted(asked, "mac", descending), &from).await;
            assert_eq!(plan, format!("SEARCH devices USING INDEX devices_by_mac {expected}"));
        }
    }
    let few = sorted(query(json!({"config": "c"})), "mac", false);
    let plan = of_device_page(&fixture, few, &Mark::With).await;
    assert!(plan.starts_with("SEARCH devices USING INDEX devices_by_config (config=?)"), "{plan}");
}

#[tokio::test]
async fn configs_are_found_by_what_clients_ask_for() {
    let fixture = Fixture::new().await;
    for (selector, expected) in [
        (json!({"X_type": "registrar"}), "SEARCH configs USING INDEX configs_by_x_type (<expr>=? AND seq>?)"),
        (json!({"role": "autocreate"}), "SEARCH configs USING INDEX configs_by_role (role=? AND seq>?)"),
        (
            json!({"id": "a", "X_type": "device"}),
            "SEARCH configs USING INDEX sqlite_autoindex_configs_1 (id=?)",
        ),
        (json!({"label": "a"}), "SEARCH configs USING INDEX configs_by_seq (seq>?)"),
    ] {
        let statement =
            of_configs(&search(query(selector)), Cut { from: &Mark::Without(0), skip: 0, most: 50 });
        let plan = plan(&fixture, statement.sql().as_str()).await;
        assert!(plan.contains(expected), "{plan}");
    }
}
