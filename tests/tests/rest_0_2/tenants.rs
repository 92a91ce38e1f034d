//! §1, §2 and §4: whose devices a request is about.

use anyhow::Result;
use serde_json::json;

use crate::expected::{document, done, refused, status};
use crate::request::{Request, delete, get, post, put, query};
use crate::section::Checking;

const DEVICES: &str = "/dev_mgr/devices";
/// A tenant, one below it, and one that has nothing to do with them.
const OURS: &str = "5a7e0f5c-0000-4000-8000-000000000001";
const BELOW: &str = "5a7e0f5c-0000-4000-8000-000000000002";
const THEIRS: &str = "5a7e0f5c-0000-4000-8000-000000000003";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    for (uuid, parent) in [(OURS, None), (BELOW, Some(OURS)), (THEIRS, None)] {
        let mut tenant = json!({"tenant": {"uuid": uuid, "name": uuid}});
        if let Some(parent) = parent {
            tenant["tenant"]["parent_uuid"] = json!(parent);
        }
        checking.ask(post("/tenants", &tenant)).await?.ok()?;
    }
    creation(checking).await?;
    lists(checking).await?;
    reading(checking).await?;
    changing(checking).await?;
    claiming(checking).await?;
    unbound(checking).await?;
    tokens(checking).await
}

fn at(id: &str) -> String {
    format!("{DEVICES}/{id}")
}

/// A device of each tenant, named after it.
async fn creation(checking: &mut Checking) -> Result<()> {
    for (id, tenant) in [("ours", OURS), ("below", BELOW), ("theirs", THEIRS)] {
        let body = json!({"device": {"id": id, "tenant_uuid": THEIRS, "is_new": true}});
        let rule = "§4 tenant_uuid: on creation the request's";
        checking.check(rule, post(DEVICES, &body).tenant(tenant), status(201)).await?;
        let expected = document().at("/device/tenant_uuid", tenant).at("/device/is_new", false);
        checking.check(rule, get(at(id)), expected).await?;
    }
    checking.ask(post(DEVICES, &json!({"device": {"id": "new"}}))).await?.ok()?;
    let expected = document().at("/device/is_new", true);
    checking.check("§4 is_new: true while it is the master tenant's", get(at("new")), expected).await?;
    Ok(())
}

async fn lists(checking: &mut Checking) -> Result<()> {
    let list = |parameters: &[(&str, &str)]| query(DEVICES, parameters);
    for (rule, request, ids) in [
        ("a tenant lists its own", get(DEVICES).tenant(OURS), "ours"),
        ("a tenant below lists its own", get(DEVICES).tenant(BELOW), "below"),
        ("without the header: the token's tenant", get(DEVICES), "new"),
        ("recurse: and those below", list(&[("recurse", "true")]).tenant(OURS), "ours below"),
        ("recurse: True too", list(&[("recurse", "True")]).tenant(OURS), "ours below"),
        ("recurse: not those above", list(&[("recurse", "true")]).tenant(BELOW), "below"),
        ("recurse: exactly that", list(&[("recurse", "TRUE")]).tenant(OURS), "ours"),
        ("recurse: exactly that", list(&[("recurse", "1")]).tenant(OURS), "ours"),
        (
            "recurse: the first counts",
            list(&[("recurse", "false"), ("recurse", "true")]).tenant(OURS),
            "ours",
        ),
        (
            "recurse: the first counts",
            list(&[("recurse", "true"), ("recurse", "false")]).tenant(OURS),
            "ours below",
        ),
        ("recurse: the master sees all", list(&[("recurse", "true")]), "ours below theirs new"),
        (
            "tenant_uuid in q is the request's",
            list(&[("q", &json!({"tenant_uuid": THEIRS}).to_string())]).tenant(OURS),
            "ours",
        ),
        ("q selects within", list(&[("q", r#"{"id":"theirs"}"#)]).tenant(OURS), ""),
        (
            "limits count within",
            list(&[("recurse", "true"), ("skip", "1"), ("limit", "5")]).tenant(OURS),
            "below",
        ),
    ] {
        checking.check(format!("§3 {rule}"), request, document().ids("/devices", ids)).await?;
    }
    Ok(())
}

async fn reading(checking: &mut Checking) -> Result<()> {
    for (id, tenant, is_seen) in [
        ("ours", OURS, true),
        ("below", OURS, true),
        ("theirs", OURS, false),
        ("new", OURS, false),
        ("ours", BELOW, false),
        ("below", BELOW, true),
        ("theirs", THEIRS, true),
    ] {
        let expected = if is_seen { document().at("/device/id", id) } else { refused(404) };
        let rule = format!("§4 GET one: visible tenants, always recursive: {id}");
        checking.check(rule, get(at(id)).tenant(tenant), expected).await?;
    }
    for id in ["ours", "below", "theirs", "new"] {
        checking.check("§4 GET one: the master sees all", get(at(id)), document()).await?;
    }
    Ok(())
}

async fn changing(checking: &mut Checking) -> Result<()> {
    for (id, tenant) in [("ours", THEIRS), ("ours", BELOW), ("theirs", OURS)] {
        let id_of = json!({"id": id});
        for (rule, request, expected) in [
            ("PUT: 404", put(at(id), &json!({"device": {"id": id}})), 404),
            ("DELETE: 404", delete(at(id)), 404),
            ("synchronize: 404", post("/dev_mgr/synchronize", &id_of), 404),
            ("reconfigure: 400", post("/dev_mgr/reconfigure", &id_of), 400),
        ] {
            let rule = format!("§4 a device of another tenant, {rule}");
            checking.check(rule, request.tenant(tenant), refused(expected)).await?;
        }
    }
    for (id, tenant) in [("ours", OURS), ("below", BELOW), ("below", OURS)] {
        let rule = "§4 its owner and those above may change a device";
        let mut read = checking.ask(get(at(id)).tenant(tenant)).await?.json();
        let owner = read["device"]["tenant_uuid"].clone();
        read["device"]["description"] = json!(tenant);
        checking.check(rule, put(at(id), &read).tenant(tenant), done()).await?;
        let expected = document().at("/device/description", tenant).at("/device/tenant_uuid", owner.clone());
        checking.check("§4 a device that is sent back stays whose it is", get(at(id)), expected).await?;
        let without = json!({"device": {"description": "without tenant"}});
        checking
            .check("§4 PUT without tenant_uuid is no crash", put(at(id), &without).tenant(tenant), done())
            .await?;
        let rule = "§4 PUT without tenant_uuid: it stays whose it is";
        checking.check(rule, get(at(id)), document().at("/device/tenant_uuid", owner)).await?;
        let id_of = json!({"id": id});
        let rule = "§4 its owner and those above may reconfigure and synchronize a device";
        checking.check(rule, post("/dev_mgr/reconfigure", &id_of).tenant(tenant), done()).await?;
        checking.check(rule, post("/dev_mgr/synchronize", &id_of).tenant(tenant), status(201)).await?;
    }
    Ok(())
}

async fn claiming(checking: &mut Checking) -> Result<()> {
    let claim = put(at("new"), &json!({"device": {"id": "new", "tenant_uuid": THEIRS}}));
    checking.check("§4 a new device accepts PUT from any tenant", claim.tenant(OURS), done()).await?;
    let expected = document().at("/device/tenant_uuid", OURS).at("/device/is_new", false);
    checking
        .check("§4 PUT of a new device: it becomes the request's tenant's", get(at("new")), expected)
        .await?;
    let again = put(at("new"), &json!({"device": {"id": "new"}})).tenant(THEIRS);
    checking.check("§4 a claimed device is not new", again, refused(404)).await?;
    checking.check("§4 DELETE by its new owner", delete(at("new")).tenant(OURS), done()).await?;
    checking.check("§4 DELETE by a tenant above", delete(at("below")).tenant(OURS), done()).await?;
    checking.check("§4 DELETE by the master", delete(at("theirs")), done()).await?;
    Ok(())
}

/// What has no tenant.
async fn unbound(checking: &mut Checking) -> Result<()> {
    let config = json!({"config": {"id": "everybodys", "parent_ids": [], "raw_config": {}}});
    checking.ask(post("/cfg_mgr/configs", &config).tenant(OURS)).await?.ok()?;
    let rule = "§1 only devices and provisioning_key are tenant-bound: configs are not";
    checking.check(rule, get("/cfg_mgr/configs/everybodys").tenant(THEIRS), document()).await?;
    checking.check(rule, delete("/cfg_mgr/configs/everybodys").tenant(THEIRS), done()).await?;
    let rule = "§1 only devices and provisioning_key are tenant-bound: plugins are not";
    checking.check(rule, get("/pg_mgr/plugins").tenant(THEIRS), document()).await?;
    let lease =
        json!({"dhcp_info": {"op": "commit", "ip": "192.0.2.9", "mac": "00:1b:54:00:00:09", "options": []}});
    checking.ask(post("/dev_mgr/dhcpinfo", &lease).tenant(OURS)).await?.ok()?;
    let found = query(DEVICES, &[("q", r#"{"mac":"00:1b:54:00:00:09"}"#)]);
    let expected = document().at("/devices/0/is_new", true);
    checking.check("§6 a device made by a lease is the master tenant's", found, expected).await?;
    Ok(())
}

/// Tokens that belong to a tenant.
async fn tokens(checking: &mut Checking) -> Result<()> {
    let made = json!({"token": {"name": "ours", "permissions": ["provd.#"], "tenant_uuid": OURS}});
    let answer = checking.ask(post("/tokens", &made)).await?.ok()?.json();
    let secret = answer["token"].as_str().unwrap_or_default();
    let ask = |tenant: Option<&str>| -> Request {
        let request = get(DEVICES).token(secret);
        tenant.map_or(request.clone(), |tenant| request.tenant(tenant))
    };
    checking
        .check("§1 Wazo-Tenant absent: the token's tenant", ask(None), document().ids("/devices", "ours"))
        .await?;
    checking.check("§1 the token's own tenant", ask(Some(OURS)), document().ids("/devices", "ours")).await?;
    checking.check("§1 a tenant below the token's", ask(Some(BELOW)), document().ids("/devices", "")).await?;
    for other in [THEIRS, "5a7e0f5c-0000-4000-8000-00000000dead", "no-uuid", ""] {
        let rule = "§1 a tenant not covered by the token: 401";
        checking.check(rule, ask(Some(other)), refused(401).text("Unauthorized")).await?;
    }
    let created = post(DEVICES, &json!({"device": {"id": "by-token"}})).token(secret);
    checking.check("§4 created with a tenant's token", created, status(201)).await?;
    let expected = document().at("/device/tenant_uuid", OURS);
    checking.check("§4 tenant_uuid: that of the token", get(at("by-token")), expected).await?;
    Ok(())
}
