//! Parameters of the server, as existing clients set them.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::testing::{Answered, Api, OTHER, TENANT};

async fn put(api: &Api, name: &str, value: Value) -> Answered {
    api.put(&format!("/configure/{name}"), json!({"param": {"value": value}})).await
}

async fn value(api: &Api, name: &str) -> Value {
    api.get(&format!("/configure/{name}")).await.json()["param"]["value"].clone()
}

async fn as_tenant(api: &Api, tenant: &str, key: Value) -> u16 {
    let body = json!({"param": {"value": key}});
    api.call_as(tenant, Method::PUT, "/configure/provisioning_key", Some(body)).await.status.as_u16()
}

#[tokio::test]
async fn all_are_listed_in_their_order_with_links() {
    let api = Api::new().await;
    let listed = api.get("/configure").await.json();
    let params = listed["params"].as_array().unwrap();
    let ids: Vec<_> = params.iter().map(|param| param["id"].as_str().unwrap()).collect();
    let expected =
        ["plugin_server", "http_proxy", "ftp_proxy", "https_proxy", "locale", "NAT", "provisioning_key"];
    assert_eq!(ids, expected);
    for param in params {
        let id = param["id"].as_str().unwrap();
        let links = json!([{"rel": "srv.configure.param", "href": format!("/0.2/configure/{id}")}]);
        assert_eq!(param["links"], links);
        assert_eq!(param["value"], value(&api, id).await);
    }
}

#[tokio::test]
async fn what_is_set_is_read_back_until_it_is_taken_away() {
    let api = Api::new().await;
    for (name, sent, read, unset) in [
        (
            "plugin_server",
            "http://provd.example.org/stable",
            json!("http://provd.example.org/stable"),
            Value::Null,
        ),
        ("http_proxy", "http://proxy:3128", json!("http://proxy:3128"), Value::Null),
        ("ftp_proxy", "http://proxy:3128", json!("http://proxy:3128"), Value::Null),
        ("https_proxy", "proxy:3128", json!("proxy:3128"), Value::Null),
        ("locale", "fr_FR", json!("fr_FR"), Value::Null),
        ("NAT", "1", json!(1), json!(0)),
        ("provisioning_key", "a-secret-key", json!("a-secret-key"), Value::Null),
    ] {
        assert_eq!(value(&api, name).await, unset, "{name}");
        let answered = put(&api, name, json!(sent)).await;
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (204, ""), "{name}");
        assert_eq!(value(&api, name).await, read, "{name}");
        assert_eq!(put(&api, name, Value::Null).await.status, 204);
        assert_eq!(value(&api, name).await, unset, "{name}");
    }
}

#[tokio::test]
async fn what_means_nothing_is_refused_and_changes_nothing() {
    let api = Api::new().await;
    assert_eq!(put(&api, "NAT", json!("1")).await.status, 204);
    for (name, sent) in [
        ("NAT", json!(0)),
        ("NAT", json!("")),
        ("plugin_server", json!("")),
        ("http_proxy", json!("http://proxy/")),
        ("https_proxy", json!("http://proxy")),
        ("locale", json!(1)),
        ("provisioning_key", json!(["a-secret-key"])),
        ("provisioning_key", json!("short")),
    ] {
        let answered = put(&api, name, sent.clone()).await;
        assert_eq!(answered.status, 400, "{name}: {sent}");
        assert!(answered.body.starts_with(&format!("{name}: expected ")), "{answered:?}");
    }
    assert_eq!(value(&api, "NAT").await, 1);
}

#[tokio::test]
async fn both_keys_must_be_there_and_the_name_must_be_one() {
    let api = Api::new().await;
    for (body, said) in [
        (json!({}), "Missing \"param\" key\n"),
        (json!({"value": "1"}), "Missing \"param\" key\n"),
        (json!({"param": {}}), "Missing \"value\" key\n"),
        (json!({"param": "1"}), "param: expected an object\n"),
    ] {
        let answered = api.put("/configure/NAT", body).await;
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (400, said));
    }
    for name in ["nat", "tenants", "parameters", "base_raw_config", ""] {
        let path = format!("/configure/{name}");
        assert_eq!(api.get(&path).await.status, 404, "{name}");
        assert_eq!(put(&api, name, json!("1")).await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn a_key_is_a_tenants_own_and_no_other_tenants() {
    let api = Api::new().await;
    assert_eq!(as_tenant(&api, TENANT, json!("key-of-tenant")).await, 204);
    assert_eq!(value(&api, "provisioning_key").await, Value::Null, "the master tenant has none");
    assert_eq!(as_tenant(&api, OTHER, json!("key-of-tenant")).await, 400);
    assert_eq!(as_tenant(&api, "", json!("key-of-tenant")).await, 400);
    assert_eq!(as_tenant(&api, TENANT, json!("key-of-tenant")).await, 204, "it is its own");
    assert_eq!(as_tenant(&api, OTHER, json!("another-key")).await, 204);
    let own = api.call_as(OTHER, Method::GET, "/configure/provisioning_key", None).await.json();
    assert_eq!(own["param"]["value"], "another-key");

    assert_eq!(as_tenant(&api, TENANT, json!("")).await, 204);
    assert_eq!(as_tenant(&api, OTHER, json!("key-of-tenant")).await, 204, "nobody has it any more");
    let body = json!({"param": {"value": "de"}});
    assert_eq!(api.call_as(TENANT, Method::PUT, "/configure/locale", Some(body)).await.status, 204);
    assert_eq!(value(&api, "locale").await, "de", "the others are everybody's");
}

#[tokio::test]
async fn descriptions_follow_the_locale() {
    let api = Api::new().await;
    let described = async || api.get("/configure").await.json()["params"][4]["description"].clone();
    assert_eq!(described().await, "Language of descriptions, such as fr_FR");
    assert_eq!(put(&api, "locale", json!("fr_CA")).await.status, 204);
    assert_eq!(described().await, "Langue des descriptions, par exemple fr_FR");
    assert_eq!(put(&api, "locale", json!("")).await.status, 204);
    assert_eq!(described().await, "Language of descriptions, such as fr_FR");
}
