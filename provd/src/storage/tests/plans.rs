//! The statements of the request path are answered from an index, without sorting.

use sqlx::{AssertSqlSafe, Row as _};

use super::Fixture;
use crate::storage::{devices, files};

async fn plan(fixture: &Fixture, sql: &str) -> String {
    let explain = AssertSqlSafe(format!("explain query plan {sql}"));
    let rows = sqlx::query(explain).fetch_all(&fixture.database.reader).await.unwrap();
    let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
    steps.join("; ")
}

#[tokio::test]
async fn each_is_one_search_of_one_index() {
    let fixture = Fixture::new().await;
    for (sql, expected) in [
        (devices::BY_ID, "SEARCH devices USING INDEX sqlite_autoindex_devices_1 (id=?)"),
        (devices::BY_MAC, "SEARCH devices USING INDEX devices_by_mac (mac=?)"),
        (devices::BY_SN, "SEARCH devices USING INDEX devices_by_sn (sn=?)"),
        (devices::BY_UUID, "SEARCH devices USING INDEX devices_by_uuid (uuid=?)"),
        (devices::BY_IP, "SEARCH devices USING INDEX devices_by_ip (ip=?)"),
        (devices::BY_IP_WITHOUT_MAC, "SEARCH devices USING INDEX devices_by_ip_without_mac (ip=?)"),
        (
            files::DEVICE.one,
            "SEARCH device_files USING INDEX sqlite_autoindex_device_files_1 (device=? AND canonical=?)",
        ),
        (
            files::COMMON.one,
            "SEARCH common_files USING INDEX sqlite_autoindex_common_files_1 (plugin=? AND canonical=?)",
        ),
    ] {
        assert_eq!(plan(&fixture, sql).await, expected);
    }
}
