//! The statements of the request path are answered from an index, without sorting; those of upkeep read little more than
//! what they are to delete.

use sqlx::{AssertSqlSafe, Row as _};

use super::Fixture;
use crate::provisioning::store::AuditFilter;
use crate::storage::{audit, configs, devices, files};

async fn plan(fixture: &Fixture, sql: &str) -> String {
    let explain = AssertSqlSafe(format!("explain query plan {sql}"));
    let rows = sqlx::query(explain).fetch_all(&mut *fixture.database.read().await.unwrap()).await.unwrap();
    let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
    steps.join("; ")
}

#[tokio::test]
async fn each_is_one_search_of_one_index() {
    let fixture = Fixture::new().await;
    for (sql, expected) in [
        (devices::BY_ID, "SEARCH devices USING INDEX sqlite_autoindex_devices_1 (id=?)"),
        (devices::BY_MAC, "SEARCH devices USING INDEX devices_by_mac (mac=?)"),
        (devices::BY_MACS, "SEARCH devices USING INDEX devices_by_mac (mac=?)"),
        (devices::BY_SN, "SEARCH devices USING INDEX devices_by_sn (sn=?)"),
        (devices::BY_UUID, "SEARCH devices USING INDEX devices_by_uuid (uuid=?)"),
        (devices::BY_IP, "SEARCH devices USING INDEX devices_by_ip (ip=?)"),
        (devices::BY_IP_WITHOUT_MAC, "SEARCH devices USING INDEX devices_by_ip_without_mac (ip=?)"),
        (
            files::BY_MAC,
            "SEARCH devices USING INDEX devices_by_mac (mac=?); \
             SEARCH device_files USING INDEX sqlite_autoindex_device_files_1 (device=?)",
        ),
        (
            files::BY_MACS,
            "SEARCH devices USING INDEX devices_by_mac (mac=?); \
             SEARCH device_files USING INDEX sqlite_autoindex_device_files_1 (device=?)",
        ),
        (
            files::DEVICE.one,
            "SEARCH device_files USING INDEX sqlite_autoindex_device_files_1 (device=? AND canonical=?)",
        ),
        (
            files::COMMON.one,
            "SEARCH common_files USING INDEX sqlite_autoindex_common_files_1 (plugin=? AND canonical=?)",
        ),
        (
            configs::CHECK_REVISION,
            "SCAN CONSTANT ROW; SCALAR SUBQUERY 1; SEARCH configs USING INDEX sqlite_autoindex_configs_1 (id=?)",
        ),
        (devices::KNOWN_BY_MAC, "SEARCH devices USING INDEX devices_by_mac (mac=?)"),
        (devices::KNOWN_BY_SN, "SEARCH devices USING INDEX devices_by_sn (sn=?)"),
        (devices::KNOWN_BY_UUID, "SEARCH devices USING INDEX devices_by_uuid (uuid=?)"),
        (devices::COUNT_CREATED, "SEARCH devices USING COVERING INDEX devices_by_origin (origin=?)"),
    ] {
        assert_eq!(plan(&fixture, sql).await, expected);
    }
}

#[tokio::test]
async fn upkeep_looks_only_at_what_it_may_delete() {
    let fixture = Fixture::new().await;
    let expired = plan(&fixture, devices::EXPIRED).await;
    assert!(expired.starts_with("SEARCH devices USING INDEX provisional_devices (created<?)"), "{expired}");
    let ages = plan(&fixture, audit::AGES).await;
    assert_eq!(ages.matches("SEARCH audit USING COVERING INDEX").count(), 2, "{ages}");
    assert!(ages.contains("SEARCH audit USING INDEX sqlite_autoindex_audit_1"), "{ages}");
}

#[tokio::test]
async fn what_is_asked_of_the_audit_is_not_sorted() {
    let fixture = Fixture::new().await;
    let about = AuditFilter { subject: Some("a".to_owned()), ..AuditFilter::default() };
    let by_subject = "SEARCH audit USING INDEX audit_by_subject (subject=?)";
    for (filter, expected) in [
        (AuditFilter::default(), "SCAN audit USING INDEX sqlite_autoindex_audit_1"),
        (AuditFilter { kind: Some("device".to_owned()), ..about.clone() }, by_subject),
        (about, by_subject),
    ] {
        assert_eq!(plan(&fixture, audit::query(&filter).sql().as_str()).await, expected);
    }
}

#[tokio::test]
async fn a_number_for_a_new_record_is_found_without_reading_the_others() {
    let fixture = Fixture::new().await;
    for (table, column) in
        [("configs", "seq"), ("devices", "seq"), ("waiting_devices", "seq"), ("audit", "number")]
    {
        let plan = plan(&fixture, &format!("select coalesce(max({column}), 0) + 1 from {table}")).await;
        assert!(plan.starts_with(&format!("SEARCH {table} USING COVERING INDEX")), "{plan}");
    }
}
