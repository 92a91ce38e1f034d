//! §1: what holds for all paths, and in which order it is looked at.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::expected::{created, document, done, refused, status};
use crate::request::{MEDIA_TYPE, Request, delete, get, post, put, request};
use crate::section::Checking;

const DEVICES: &str = "/dev_mgr/devices";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    order(checking).await?;
    methods(checking).await?;
    other_origins(checking).await?;
    accepted_types(checking).await?;
    sent_types(checking).await?;
    bodies(checking).await?;
    documents(checking).await?;
    identifiers_in_paths(checking).await
}

/// Route, method, token, tenant, type, JSON, handler.
async fn order(checking: &mut Checking) -> Result<()> {
    let broken = || request("POST", DEVICES).body("no JSON").header("Content-Type", "text/html");
    for (rule, request, expected) in [
        ("an unknown route is 404 before the token", get("/nothing").anonymous(), 404),
        ("an unknown route is 404 whatever the body", post("/nothing", &json!({})).anonymous(), 404),
        ("a trailing slash is another path: 404", get("/0.2/"), 404),
        ("another version is 404", get("//0.1"), 404),
        ("an unknown plugin is 404 before the token", get("/pg_mgr/plugins/none").token("wrong"), 404),
        (
            "an unknown plugin's info is 404 before the token",
            get("/pg_mgr/plugins/none/info").anonymous(),
            404,
        ),
        (
            "an unknown plugin is 404 before Accept",
            get("/pg_mgr/plugins/none").header("Accept", "text/html"),
            404,
        ),
        ("the method comes before the token", delete(DEVICES).anonymous(), 405),
        ("the token comes before Content-Type", broken().token("wrong"), 401),
        ("the tenant comes before Content-Type", broken().tenant("nobody"), 401),
        ("the token comes before Accept", get(DEVICES).anonymous().header("Accept", "text/html"), 401),
        ("the token comes before what there is", get("/dev_mgr/devices/none").token("wrong"), 401),
        ("Content-Type comes before JSON", broken(), 415),
        ("Accept comes before the handler", get("/dev_mgr/devices/none").header("Accept", "text/html"), 406),
        ("JSON comes before the handler", request("PUT", "/dev_mgr/devices/none").body("no JSON"), 400),
        ("the handler comes last", get("/dev_mgr/devices/none"), 404),
    ] {
        checking.check(format!("§1 order: {rule}"), request, status(expected)).await?;
    }
    Ok(())
}

async fn methods(checking: &mut Checking) -> Result<()> {
    for (method, path, allowed) in [
        ("DELETE", DEVICES, "GET,HEAD,POST"),
        ("PUT", DEVICES, "GET,HEAD,POST"),
        ("GET", "/dev_mgr/synchronize", "POST"),
        ("POST", "/status", "GET,HEAD"),
        ("POST", "/dev_mgr/devices/x", "GET,HEAD,PUT,DELETE"),
    ] {
        let expected = refused(405).and(format!("Allow: {allowed}"), move |answer| {
            let listed = |list: &str| {
                let mut names: Vec<_> = list.split(',').map(|name| name.trim().to_owned()).collect();
                names.sort();
                names
            };
            listed(answer.header("allow")) == listed(allowed)
        });
        checking.check("§1 a method a path lacks: 405 with Allow", request(method, path), expected).await?;
    }
    for method in ["PATCH", "BREW"] {
        checking.check("§1 verbs nobody has: 501", request(method, DEVICES), status(501)).await?;
    }
    let read = checking.ask(get("")).await?;
    let length = read.text.len().to_string();
    let like = status(200).header("content-type", MEDIA_TYPE).header("content-length", &length);
    checking.check("§1 HEAD is as GET: the base", request("HEAD", ""), like).await?;
    for (rule, request, expected) in [
        ("an unknown path", request("HEAD", "/nothing"), 404),
        ("no token", request("HEAD", "").anonymous(), 401),
        ("an Accept that does not fit", request("HEAD", "").header("Accept", "text/html"), 406),
    ] {
        checking.check(format!("§1 HEAD is as GET: {rule}"), request, status(expected)).await?;
    }
    Ok(())
}

async fn other_origins(checking: &mut Checking) -> Result<()> {
    for (path, expected) in [("", 200), (DEVICES, 200), ("/nowhere", 200), ("/pg_mgr/plugins/none", 200)] {
        let request = request("OPTIONS", path).anonymous();
        checking.check("§1 OPTIONS anything: 200 without a token", request, status(expected)).await?;
    }
    for (rule, request) in [
        ("OPTIONS", request("OPTIONS", DEVICES).anonymous()),
        ("200", get("")),
        ("204", put("/cfg_mgr/configs/base", &json!({"config": {"parent_ids": [], "raw_config": {}}}))),
        ("401", get("").anonymous()),
        ("404", get("/nowhere")),
        ("405", delete(DEVICES)),
        ("406", get("").header("Accept", "text/html")),
        ("415", post(DEVICES, &json!({})).untyped()),
    ] {
        let rule = format!("§1 all answers say what other origins may: {rule}");
        let answer = checking.ask(request).await?;
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS"),
            ("access-control-allow-credentials", "false"),
            ("access-control-expose-headers", "Location"),
        ] {
            let said = answer.header(name).to_owned();
            // More may be told, but nothing less.
            let told = value.split(", ").all(|part| said.split(", ").any(|other| other == part));
            checking.holds(&rule, told, format!("{name}: {said}"));
        }
        let allowed = answer.header("access-control-allow-headers").to_lowercase();
        for name in ["origin", "x-requested-with", "accept", "content-type", "x-auth-token", "wazo-tenant"] {
            checking.holds(
                &rule,
                allowed.split(", ").any(|other| other == name),
                format!("{name} in {allowed}"),
            );
        }
    }
    Ok(())
}

async fn accepted_types(checking: &mut Checking) -> Result<()> {
    for (accept, expected) in [
        (MEDIA_TYPE, 200),
        ("application/*", 200),
        ("*/*", 200),
        ("text/html, */*;q=0.1", 200),
        ("application/vnd.proformatique.provd+json;q=0", 200),
        ("application/json, application/vnd.proformatique.provd+json", 200),
        ("application/json", 406),
        ("text/html", 406),
        ("text/*", 406),
        ("Application/Vnd.Proformatique.Provd+Json", 406),
    ] {
        let request = get("").header("Accept", accept);
        let expected = if expected == 200 { document() } else { refused(expected) };
        checking
            .check("§1 GET: Accept lists the type, application/* or */*, else 406", request, expected)
            .await?;
    }
    let body = json!({"device": {"id": "unaccepting"}});
    let unaccepting = |request: Request| request.header("Accept", "text/html");
    let rule = "§1 POST, PUT and DELETE never look at Accept";
    checking.check(rule, unaccepting(post(DEVICES, &body)), status(201)).await?;
    checking.check(rule, unaccepting(put("/dev_mgr/devices/unaccepting", &body)), status(204)).await?;
    checking.check(rule, unaccepting(delete("/dev_mgr/devices/unaccepting")), status(204)).await?;
    Ok(())
}

async fn sent_types(checking: &mut Checking) -> Result<()> {
    let body = json!({"config": {"parent_ids": [], "raw_config": {}}});
    for wrong in [
        "application/json",
        "application/vnd.proformatique.provd+json; charset=utf-8",
        "application/vnd.proformatique.provd+json;",
        "Application/vnd.proformatique.provd+json",
        "",
    ] {
        let rule = "§1 POST and PUT: Content-Type equals the type exactly, else 415";
        for request in [post("/cfg_mgr/configs", &body), put("/cfg_mgr/configs/base", &body)] {
            checking.check(rule, request.header("Content-Type", wrong), refused(415)).await?;
        }
    }
    let rule = "§1 no Content-Type: 415";
    checking.check(rule, post("/cfg_mgr/configs", &body).untyped(), refused(415)).await?;
    checking.check(rule, put("/cfg_mgr/configs/base", &body).untyped(), refused(415)).await?;
    let rule = "§1 a Content-Type on GET and DELETE is no error";
    let typed = |request: Request| request.header("Content-Type", MEDIA_TYPE);
    checking.check(rule, typed(get("/cfg_mgr/configs/base")), document()).await?;
    checking.check(rule, typed(delete("/dev_mgr/devices/none")), refused(404)).await?;
    Ok(())
}

async fn bodies(checking: &mut Checking) -> Result<()> {
    for (path, key) in
        [(DEVICES, "device"), ("/cfg_mgr/configs", "config"), ("/dev_mgr/dhcpinfo", "dhcp_info")]
    {
        for body in ["", " ", "no JSON", "{", "{'a': 1}", "\u{feff}{}"] {
            let request = request("POST", path).body(body);
            checking.check("§1 a body that is no JSON, or empty: 400", request, refused(400)).await?;
        }
        for body in [json!([]), json!(null), json!("text"), json!(1), json!({}), json!({"other": {}})] {
            let rule = "§1 the top level is an object that holds the key: else 400 that names it";
            checking.check(rule, post(path, &body), refused(400).saying(key)).await?;
        }
    }
    for (path, key) in [("/dev_mgr/devices/x", "device"), ("/cfg_mgr/configs/base", "config")] {
        checking.ask(post(DEVICES, &json!({"device": {"id": "x"}}))).await?;
        for body in [json!([]), json!({}), json!({key: []}), json!({key: "x"}), json!({key: null})] {
            checking
                .check("§1 PUT of what is no document: 400", put(path, &body), refused(400).saying(key))
                .await?;
        }
    }
    let lines: Map<String, Value> = (1..=1024)
        .map(|number| {
            (number.to_string(), json!({"username": "u", "password": "p".repeat(200), "display_name": "d"}))
        })
        .collect();
    let config = json!({"config": {"id": "large", "parent_ids": [], "raw_config": {"sip_lines": lines}}});
    let expected = created("/cfg_mgr/configs", "large");
    checking
        .check("§1 large bodies work: 1024 SIP lines", post("/cfg_mgr/configs", &config), expected)
        .await?;
    let expected = document().that("/config/raw_config/sip_lines", "1024 lines", |lines| {
        lines.as_object().is_some_and(|lines| lines.len() == 1024)
    });
    checking.check("§1 large documents are read back", get("/cfg_mgr/configs/large"), expected).await?;
    Ok(())
}

async fn documents(checking: &mut Checking) -> Result<()> {
    let device = json!({"device": {"id": "ascii", "description": "Büro 📞", "X_list": [1, {"a": null}]}});
    let expected = created(DEVICES, "ascii").header("content-type", MEDIA_TYPE);
    checking.check("§1 the body of 201 is JSON, and says so", post(DEVICES, &device), expected).await?;
    let expected = document()
        .saying(r#""description":"B\u00fcro \ud83d\udcde""#)
        .saying(r#""X_list":[1,{"a":null}]"#)
        .and("nothing but ASCII", |answer| answer.text.is_ascii());
    checking.check("§1 JSON is compact and in ASCII", get("/dev_mgr/devices/ascii"), expected).await?;
    checking.check("§1 204 has no Content-Type", delete("/dev_mgr/devices/ascii"), done()).await?;
    // JSON is YAML too.
    let expected = status(200).and("an OpenAPI 2 document that names the devices", |answer| {
        ["swagger", "2.0", "paths", "/dev_mgr/devices"].iter().all(|word| answer.text.contains(word))
    });
    checking
        .check("§1 GET /api/api.yml: 200 without a token", get("/api/api.yml").anonymous(), expected)
        .await?;
    for request in [get("").anonymous(), get("/dev_mgr/devices/none"), get("/cfg_mgr/configs/none/raw")] {
        let expected = refused(if request.to_string().contains("none") { 404 } else { 401 });
        checking.check("§1 errors are short text/plain", request, expected).await?;
    }
    Ok(())
}

async fn identifiers_in_paths(checking: &mut Checking) -> Result<()> {
    for (id, segment) in
        [("a b", "a%20b"), ("50%", "50%25"), ("é", "%C3%A9"), ("a+b", "a+b"), ("x?y", "x%3Fy")]
    {
        let rule = format!("§1 identifiers in paths are percent-decoded: {id}");
        checking.ask(post(DEVICES, &json!({"device": {"id": id}}))).await?.ok()?;
        let path = format!("{DEVICES}/{segment}");
        checking.check(&rule, get(&path), document().at("/device/id", id)).await?;
        checking.check(&rule, delete(&path), done()).await?;
    }
    let rule = "§1 segments are decoded one by one: %2F is no separator";
    checking.check(rule, get("/dev_mgr%2Fdevices"), status(404)).await?;
    checking.check(rule, get("/cfg_mgr/configs/base%2Fraw"), status(404)).await?;
    Ok(())
}
