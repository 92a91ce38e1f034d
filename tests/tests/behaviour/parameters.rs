//! Parameters of the server, set over REST while phones ask.

use anyhow::Result;
use provd_tests::{Home, Server};
use serde_json::{Value, json};

const KEY: &str = "s3cret-k3y-of-all";
const DIGIUM: &str = "/Digium/000fd3054848.cfg";

async fn set(server: &Server, name: &str, value: Value) -> Result<u16> {
    let body = json!({"param": {"value": value}});
    Ok(server.api().put(&format!("/0.2/configure/{name}"), &body).await?.status)
}

async fn value(server: &Server, name: &str) -> Result<Value> {
    Ok(server.api().get(&format!("/0.2/configure/{name}")).await?.ok()?["param"]["value"].clone())
}

#[tokio::test]
async fn nat_holds_at_once_and_after_a_restart() -> Result<()> {
    let home = Home::with_families(&["digium"])?;
    let server = home.start().await?;
    let addresses = async |server: &Server, mac: &str| -> Result<usize> {
        let path = format!("/Digium/{mac}.cfg");
        assert_eq!(server.http_phone(3).get(&path).await?.status, 200);
        Ok(server.devices().await?.iter().filter(|device| device["ip"] == "127.0.0.3").count())
    };
    assert_eq!(addresses(&server, "000fd3054848").await?, 1);
    assert_eq!(addresses(&server, "000fd3054849").await?, 1, "it takes the address from the other");
    assert_eq!((set(&server, "NAT", json!("1")).await?, value(&server, "NAT").await?), (204, json!(1)));
    assert_eq!(addresses(&server, "000fd305484a").await?, 2, "they may share it now");
    assert!(server.stop().await?.success());

    let server = home.start().await?;
    assert_eq!(value(&server, "NAT").await?, 1);
    assert_eq!(addresses(&server, "000fd305484b").await?, 3);
    assert_eq!(set(&server, "NAT", json!("0")).await?, 204);
    assert_eq!(addresses(&server, "000fd305484c").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_parameter_outranks_the_settings_until_it_is_taken_away() -> Result<()> {
    let home = Home::with_families(&["digium"])?.argument("--nat=true");
    let server = home.start().await?;
    assert_eq!(value(&server, "NAT").await?, 1);
    assert_eq!((set(&server, "NAT", json!("0")).await?, value(&server, "NAT").await?), (204, json!(0)));
    assert_eq!((set(&server, "NAT", Value::Null).await?, value(&server, "NAT").await?), (204, json!(1)));
    Ok(())
}

#[tokio::test]
async fn phones_that_must_show_a_key_get_nothing_without_it_and_the_log_never_shows_it() -> Result<()> {
    let home = Home::with_families(&["digium"])?.argument("--http-auth-strategy=url_key");
    let server = home.start().await?;
    assert_eq!(server.http_phone(3).get(DIGIUM).await?.status, 404);
    assert_eq!(set(&server, "provisioning_key", json!(KEY)).await?, 204);
    let keyed = format!("/{KEY}{DIGIUM}");
    let file = server.http_phone(3).get(&keyed).await?;
    assert_eq!(file.status, 200);
    assert_eq!(server.http_phone(3).get(DIGIUM).await?.status, 404);
    assert_eq!(server.http_phone(3).get(&format!("/{KEY}x{DIGIUM}")).await?.status, 404);

    assert_eq!(set(&server, "provisioning_key", json!("another-secret")).await?, 204);
    assert_eq!(server.http_phone(3).get(&keyed).await?.status, 404, "the key was changed");
    assert_eq!(server.http_phone(3).get(&format!("/another-secret{DIGIUM}")).await?.status, 200);
    let requests = server.api().get("/0.2/requests").await?.text;
    for secret in [KEY, "another-secret"] {
        assert!(!server.log()?.contains(secret) && !requests.contains(secret));
    }
    server.logged(&["Invalid URL key. Denying request."]).await?;
    Ok(())
}
