//! What an administrator's DHCP server needs.

use serde_json::json;

use crate::api::testing::{Api, PLUGIN};

#[tokio::test]
async fn hints_come_with_the_addresses_that_they_mean() {
    let api = Api::new().await;
    let shown = api.get("/pg_mgr/dhcp_hints").await.json();
    assert_eq!(shown["http"], "http://192.0.2.1:8667");
    let hint = json!({
        "vendor_classes": [],
        "vendor_class_prefixes": ["AastraIPPhone"],
        "mac_prefixes": ["00:08:5d"],
        "options": {"43": {"2": "{http}/Aastra", "3": false}},
    });
    assert_eq!(shown["plugins"], json!({PLUGIN: [hint], "yealink": null}));
}
