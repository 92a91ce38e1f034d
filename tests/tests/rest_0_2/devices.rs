//! §2 and §4: documents of devices, created, read, replaced and deleted. What configures them is `device_life`.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{created, document, done, exactly, refused, status};
use crate::request::{delete, get, post, put};
use crate::section::Checking;

const DEVICES: &str = "/dev_mgr/devices";
const UNKNOWN: &str = "/dev_mgr/devices/unknown";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    creation(checking).await?;
    identifiers(checking).await?;
    fields(checking).await?;
    servers_own(checking).await?;
    replacement(checking).await?;
    refused_replacement(checking).await?;
    deletion(checking).await?;
    reconfiguration(checking).await
}

fn device(document: &Value) -> Value {
    json!({"device": document})
}

async fn creation(checking: &mut Checking) -> Result<()> {
    checking.check("§2 GET devices: a list", get(DEVICES), exactly(json!({"devices": []}))).await?;
    let sent = json!({
        "id": "whole", "mac": "00:08:5d:23:74:29", "ip": "192.0.2.7", "sn": "S-1", "uuid": "u-1",
        "vendor": "Aastra", "model": "6731i", "version": "3.2.2.1136", "plugin": "not-installed",
        "config": "not-there", "description": "Front desk", "added": "by hand",
        "remote_state_sip_username": "ap1234567", "options": {"switchboard": true}, "X_any": [1, {"deep": null}],
        "unknown_key": "kept",
    });
    checking
        .check("§2 POST devices: 201, id, Location", post(DEVICES, &device(&sent)), created(DEVICES, "whole"))
        .await?;
    let Some(keys) = sent.as_object() else { return Ok(()) };
    let expected = keys.iter().fold(document(), |expected, (key, value)| {
        let (pointer, value) = (format!("/device/{key}"), value.clone());
        expected.and(format!("{value} at {pointer}"), move |answer| {
            answer.json().pointer(&pointer) == Some(&value)
        })
    });
    checking
        .check("§4 every key is stored as sent, unknown ones too", get("/dev_mgr/devices/whole"), expected)
        .await?;
    let rule = "§4 references to unknown plugins and configs are allowed";
    checking.check(rule, get("/dev_mgr/devices/whole"), document().at("/device/configured", false)).await?;
    let listed = document().that("/devices", "the same document as alone", move |devices| {
        devices.as_array().is_some_and(|all| all.len() == 1 && all[0]["X_any"] == json!([1, {"deep": null}]))
    });
    checking.check("§2 GET devices: whole documents", get(DEVICES), listed).await?;
    for nothing in
        [json!({}), json!({"id": "nulls", "mac": null, "ip": null, "vendor": null, "config": null})]
    {
        checking.check("§4 nothing is required", post(DEVICES, &device(&nothing)), status(201)).await?;
    }
    let expected = document().at("/device/mac", Value::Null).at("/device/vendor", Value::Null);
    checking.check("§4 null is no value", get("/dev_mgr/devices/nulls"), expected).await?;
    Ok(())
}

async fn identifiers(checking: &mut Checking) -> Result<()> {
    let made = status(201).that("/id", "32 hexadecimal digits", |id| {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        id.as_str().is_some_and(|id| id.len() == 32 && id.bytes().all(digit))
    });
    let answer =
        checking.check("§4 id: else 32 hex digits", post(DEVICES, &device(&json!({}))), made).await?;
    let id = answer.json()["id"].as_str().unwrap_or("?").to_owned();
    let rule = "§2 Location leads to what was created";
    checking.holds(
        rule,
        answer.header("location") == format!("/0.2{DEVICES}/{id}"),
        answer.header("location"),
    );
    checking.check(rule, get(answer.header("location")), document().at("/device/id", id)).await?;
    checking.ask(post(DEVICES, &device(&json!({"id": "twice"})))).await?;
    let again = device(&json!({"id": "twice", "description": "another"}));
    checking.check("§2 a duplicate id: 400", post(DEVICES, &again), refused(400)).await?;
    let rule = "§2 what was refused changes nothing";
    checking.check(rule, get("/dev_mgr/devices/twice"), document().nothing_at("/device/description")).await?;
    for id in ["a/b", "/", "../escape"] {
        let rule = "§2 an id that is no file name: 400";
        checking.check(rule, post(DEVICES, &device(&json!({"id": id}))), refused(400)).await?;
    }
    for wrong in [json!([]), json!("text"), json!(null), json!(3)] {
        checking.check("§2 device not an object: 400", post(DEVICES, &device(&wrong)), refused(400)).await?;
    }
    Ok(())
}

async fn fields(checking: &mut Checking) -> Result<()> {
    for mac in ["", "00:08:5d:23:74", "00:08:5d:23:74:2g", "00:08:5d:23:74:29:00", "mac"] {
        let refusal = post(DEVICES, &device(&json!({"mac": mac})));
        checking.check("§4 mac is null or xx:xx:xx:xx:xx:xx", refusal, refused(400).saying("mac")).await?;
    }
    for mac in [json!(1), json!([]), json!(true)] {
        checking.check("§4 mac is text", post(DEVICES, &device(&json!({"mac": mac}))), refused(400)).await?;
    }
    // A server may refuse this spelling, or understand it; to store it would hide the device from requests.
    checking.ask(post(DEVICES, &device(&json!({"id": "upper", "mac": "00:08:5D:AB:CD:EF"})))).await?;
    let rule = "§4 mac is in lower case";
    let expected = document().at("/device/mac", "00:08:5d:ab:cd:ef").or(refused(404));
    checking.check(rule, get("/dev_mgr/devices/upper"), expected).await?;
    for ip in ["10.0.0", "10.0.0.256", "10.0.0.0.1", "somewhere", "10.0.0.-1"] {
        let refusal = post(DEVICES, &device(&json!({"ip": ip})));
        checking.check("§4 ip is four integers 0-255 with dots", refusal, refused(400).saying("ip")).await?;
    }
    for ip in [json!(null), json!(""), json!("0.0.0.0"), json!("255.255.255.255")] {
        let accepted = post(DEVICES, &device(&json!({"ip": ip})));
        checking.check("§4 ip is null, empty or an address", accepted, status(201)).await?;
    }
    for key in ["config", "model", "plugin", "description", "vendor", "version"] {
        for wrong in [json!([]), json!({}), json!(["text"])] {
            let refusal = post(DEVICES, &device(&json!({key: wrong})));
            let rule = format!("§4 {key} is text or null; lists and objects are refused");
            checking.check(rule, refusal, refused(400).saying(key)).await?;
        }
        let id = format!("number-{key}");
        let accepted = post(DEVICES, &device(&json!({"id": id, key: 7960})));
        checking.check(format!("§4 {key}: numbers pass"), accepted, created(DEVICES, &id)).await?;
        let read = checking.ask(get(format!("{DEVICES}/{id}"))).await?.json();
        let value = &read["device"][key];
        checking.holds(format!("§4 {key}: the number is kept"), *value == 7960 || *value == "7960", value);
    }
    Ok(())
}

/// What only the server decides.
async fn servers_own(checking: &mut Checking) -> Result<()> {
    let claims = json!({"id": "claims", "configured": true, "is_new": false});
    checking.ask(post(DEVICES, &device(&claims))).await?;
    let read = || get("/dev_mgr/devices/claims");
    let rule = "§4 configured is ignored in input, and false on creation";
    checking.check(rule, read(), document().at("/device/configured", false)).await?;
    let rule = "§4 is_new is ignored in input, and true while no tenant has claimed it";
    checking.check(rule, read(), document().at("/device/is_new", true)).await?;
    let is_uuid = |text: &Value| text.as_str().is_some_and(|text| text.len() == 36 && text.contains('-'));
    checking
        .check("§4 tenant_uuid is there", read(), document().that("/device/tenant_uuid", "a UUID", is_uuid))
        .await?;
    let mut sent = checking.ask(read()).await?.json();
    sent["device"]["configured"] = json!(true);
    sent["device"]["is_new"] = json!(false);
    checking.check("§4 PUT of what was read", put("/dev_mgr/devices/claims", &sent), done()).await?;
    let expected = document().at("/device/configured", false).at("/device/is_new", true);
    checking.check("§4 configured and is_new are ignored in PUT too", read(), expected).await?;
    Ok(())
}

async fn replacement(checking: &mut Checking) -> Result<()> {
    let path = "/dev_mgr/devices/replaced";
    let before = json!({"id": "replaced", "description": "before", "X_gone": 1, "model": "6731i"});
    checking.ask(post(DEVICES, &device(&before))).await?;
    let after = device(&json!({"id": "replaced", "model": "6739i", "X_new": 2}));
    checking.check("§2 PUT a device: 204", put(path, &after), done()).await?;
    let expected = document().at("/device/model", "6739i").at("/device/X_new", 2);
    checking.check("§4 PUT replaces", get(path), expected).await?;
    let expected = document().nothing_at("/device/X_gone").nothing_at("/device/description");
    checking.check("§4 PUT: omitted fields vanish", get(path), expected).await?;
    let elsewhere = device(&json!({"id": "elsewhere", "description": "whose?"}));
    checking.check("§4 id: on PUT taken from the URL", put(path, &elsewhere), done()).await?;
    let expected = document().at("/device/id", "replaced").at("/device/description", "whose?");
    checking.check("§4 id: the body's does not count", get(path), expected).await?;
    checking.check("§4 id: nothing else is made", get("/dev_mgr/devices/elsewhere"), refused(404)).await?;
    checking.check("§4 PUT without an id", put(path, &device(&json!({}))), done()).await?;
    checking.check("§4 PUT keeps the id", get(path), document().at("/device/id", "replaced")).await?;
    let read = checking.ask(get(path)).await?;
    checking.ask(put(path, &read.json())).await?;
    checking.check("§4 an equal document changes nothing", get(path), exactly(read.json())).await?;
    Ok(())
}

async fn refused_replacement(checking: &mut Checking) -> Result<()> {
    let path = "/dev_mgr/devices/kept";
    checking.ask(post(DEVICES, &device(&json!({"id": "kept", "description": "kept"})))).await?;
    for wrong in [json!({"mac": "x"}), json!({"ip": "x"}), json!({"vendor": []}), json!({"plugin": {}})] {
        let request = put(path, &device(&wrong));
        checking.check("§2 PUT of an invalid device is an error", request, refused(400)).await?;
        let rule = "§2 PUT that is refused changes nothing";
        checking.check(rule, get(path), document().at("/device/description", "kept")).await?;
        let rule = "§2 PUT: 404 unknown comes before validation";
        checking.check(rule, put(UNKNOWN, &device(&wrong)), refused(404)).await?;
    }
    let known = put(UNKNOWN, &device(&json!({"description": "sound"})));
    checking.check("§2 PUT of an unknown device: 404", known, refused(404)).await?;
    checking.check("§2 PUT creates nothing", get(UNKNOWN), refused(404)).await?;
    Ok(())
}

async fn deletion(checking: &mut Checking) -> Result<()> {
    checking.ask(post(DEVICES, &device(&json!({"id": "deleted"})))).await?;
    let path = "/dev_mgr/devices/deleted";
    checking.check("§2 DELETE a device: 204", delete(path), done()).await?;
    checking.check("§2 GET a deleted device: 404", get(path), refused(404)).await?;
    checking.check("§2 DELETE a device twice: 404", delete(path), refused(404)).await?;
    checking.check("§2 GET an unknown device: 404", get(UNKNOWN), refused(404)).await?;
    let again = post(DEVICES, &device(&json!({"id": "deleted"})));
    checking.check("§2 the id of a deleted device is free", again, created(DEVICES, "deleted")).await?;
    Ok(())
}

async fn reconfiguration(checking: &mut Checking) -> Result<()> {
    checking.ask(post(DEVICES, &device(&json!({"id": "bare"})))).await?;
    let path = "/dev_mgr/reconfigure";
    let rule = "§2 reconfigure: 204 even if configuring fails";
    checking.check(rule, post(path, &json!({"id": "bare"})), done()).await?;
    let rule = "§2 reconfigure of an unknown device: 400";
    checking.check(rule, post(path, &json!({"id": "unknown"})), refused(400)).await?;
    for path in [path, "/dev_mgr/synchronize"] {
        let rule = format!("§2 {path} without an id: 400 Missing \"id\" key");
        checking.check(&rule, post(path, &json!({})), refused(400).text("Missing \"id\" key")).await?;
        checking.check(&rule, post(path, &json!({"ID": "bare"})), refused(400)).await?;
        checking.check(&rule, post(path, &json!({"id": 1})), refused(400)).await?;
    }
    Ok(())
}
