//! §2 and §4: documents of configs. What they amount to with their parents is `inheritance`, what may be in their
//! parameters `raw_configs`.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{created, document, done, exactly, refused, status};
use crate::request::{delete, get, post, put};
use crate::section::Checking;

const CONFIGS: &str = "/cfg_mgr/configs";
const UNKNOWN: &str = "/cfg_mgr/configs/None";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    creation(checking).await?;
    refused_creation(checking).await?;
    nulls(checking).await?;
    flags(checking).await?;
    replacement(checking).await?;
    deletion(checking).await?;
    autocreation(checking).await
}

fn config(document: &Value) -> Value {
    json!({"config": document})
}

async fn creation(checking: &mut Checking) -> Result<()> {
    let sent = json!({"id": "whole", "parent_ids": ["base", "none"], "raw_config": {"X_list": [null, {"a": null}],
        "X_null": null, "locale": "fr_FR"}, "role": "desk", "transient": true, "deletable": true, "label": "Büro",
        "X_type": "registrar", "displayname": null, "proxy_main": {"deep": [1, 2.5, true]}});
    let request = post(CONFIGS, &config(&sent));
    checking.check("§2 POST configs: 201, id, Location", request, created(CONFIGS, "whole")).await?;
    let rule = "§4 a config is stored verbatim, other keys too, no defaults added";
    let stored = exactly(config(&sent));
    checking.check(rule, get("/cfg_mgr/configs/whole"), stored).await?;
    let least = json!({"id": "least", "parent_ids": [], "raw_config": {}});
    checking
        .check("§4 only parent_ids and raw_config are required", post(CONFIGS, &config(&least)), status(201))
        .await?;
    checking.check(rule, get("/cfg_mgr/configs/least"), exactly(config(&least))).await?;
    let listed = document().that("/configs", "both documents, whole", move |configs| {
        configs.as_array().is_some_and(|all| all.contains(&sent) && all.contains(&least))
    });
    checking.check("§2 GET configs: whole documents", get(CONFIGS), listed).await?;
    let nameless = post(CONFIGS, &config(&json!({"parent_ids": [], "raw_config": {}})));
    let answer = checking.check("§2 POST configs without an id: 201", nameless, status(201)).await?;
    let id = answer.json()["id"].clone();
    let expected = document().at("/config/id", id);
    checking.check("§2 Location leads to what was created", get(answer.header("location")), expected).await?;
    Ok(())
}

async fn refused_creation(checking: &mut Checking) -> Result<()> {
    for (rule, wrong) in [
        ("parent_ids is required", json!({"raw_config": {}})),
        ("parent_ids is a list", json!({"parent_ids": "base", "raw_config": {}})),
        ("parent_ids is a list of strings", json!({"parent_ids": [1], "raw_config": {}})),
        ("raw_config is required", json!({"parent_ids": []})),
        ("raw_config is an object", json!({"parent_ids": [], "raw_config": []})),
        ("raw_config is not null", json!({"parent_ids": [], "raw_config": null})),
        ("transient is a boolean", json!({"parent_ids": [], "raw_config": {}, "transient": "perhaps"})),
        ("deletable is a boolean", json!({"parent_ids": [], "raw_config": {}, "deletable": []})),
        ("the id is a file name", json!({"id": "a/b", "parent_ids": [], "raw_config": {}})),
        ("a duplicate id", json!({"id": "whole", "parent_ids": [], "raw_config": {}})),
        ("not an object", json!([])),
        ("not an object", json!("text")),
    ] {
        let request = post(CONFIGS, &config(&wrong));
        checking.check(format!("§4 {rule}: 400"), request, refused(400)).await?;
    }
    let expected = document().at("/config/label", "Büro");
    checking.check("§2 what was refused changes nothing", get("/cfg_mgr/configs/whole"), expected).await?;
    Ok(())
}

async fn nulls(checking: &mut Checking) -> Result<()> {
    let raw_config = json!({"X_a": null, "X_b": {"c": null, "d": {"e": null}, "f": [null, {"g": null}]}});
    let cut = json!({"X_b": {"d": {}, "f": [null, {"g": null}]}});
    for (kind, expected, rule) in [
        ("device", &cut, "§4 X_type device: nulls leave objects at all depths, list items stay"),
        ("registrar", &raw_config, "§4 another X_type: nulls stay"),
    ] {
        let id = format!("nulls-{kind}");
        let sent = json!({"id": id, "parent_ids": [], "raw_config": raw_config, "X_type": kind});
        checking.ask(post(CONFIGS, &config(&sent))).await?.ok()?;
        let path = format!("{CONFIGS}/{id}");
        checking.check(rule, get(&path), document().at("/config/raw_config", expected.clone())).await?;
        checking.ask(put(&path, &config(&sent))).await?.ok()?;
        checking.check(rule, get(&path), document().at("/config/raw_config", expected.clone())).await?;
    }
    Ok(())
}

async fn flags(checking: &mut Checking) -> Result<()> {
    for (number, flag) in [json!("yes"), json!(1), json!("True"), json!("0"), json!(false)].iter().enumerate()
    {
        let sent =
            json!({"id": format!("flag-{number}"), "parent_ids": [], "raw_config": {}, "transient": flag});
        checking
            .check("§4 booleans are parsed leniently", post(CONFIGS, &config(&sent)), status(201))
            .await?;
    }
    for (number, flag) in [json!(false), json!(0)].iter().enumerate() {
        let path = format!("{CONFIGS}/bound-{number}");
        let sent =
            json!({"id": format!("bound-{number}"), "parent_ids": [], "raw_config": {}, "deletable": flag});
        checking.ask(post(CONFIGS, &config(&sent))).await?.ok()?;
        let rule = "§2 DELETE: 403 when deletable is present and falsy";
        checking.check(rule, delete(&path), refused(403)).await?;
        checking.check("§2 a refused DELETE deletes nothing", get(&path), document()).await?;
        let freed = json!({"parent_ids": [], "raw_config": {}, "deletable": true});
        checking.ask(put(&path, &config(&freed))).await?.ok()?;
        checking.check("§2 DELETE when deletable is true: 204", delete(&path), done()).await?;
    }
    for seeded in ["base", "defaultconfigdevice", "autoprov"] {
        let rule = format!("§2 the configs that are always there cannot be deleted: {seeded}");
        checking.check(rule, delete(format!("{CONFIGS}/{seeded}")), refused(403)).await?;
    }
    Ok(())
}

async fn replacement(checking: &mut Checking) -> Result<()> {
    let path = "/cfg_mgr/configs/replaced";
    let before =
        json!({"id": "replaced", "parent_ids": ["base"], "raw_config": {"X_a": 1}, "label": "before"});
    checking.ask(post(CONFIGS, &config(&before))).await?.ok()?;
    let after = json!({"id": "replaced", "parent_ids": [], "raw_config": {"X_b": 2}});
    checking.check("§2 PUT a config: 204", put(path, &config(&after)), done()).await?;
    checking.check("§2 PUT replaces the whole document", get(path), exactly(config(&after))).await?;
    let elsewhere = json!({"id": "elsewhere", "parent_ids": [], "raw_config": {"X_b": 3}});
    checking.check("§2 PUT with another id in the body", put(path, &config(&elsewhere)), done()).await?;
    checking.check("§2 PUT: the id is the URL's", get(path), document().at("/config/id", "replaced")).await?;
    checking.check("§2 PUT creates nothing", get("/cfg_mgr/configs/elsewhere"), refused(404)).await?;
    for wrong in [
        json!({"parent_ids": []}),
        json!({"raw_config": {}}),
        json!({"parent_ids": [], "raw_config": {"unknown": 1}}),
        json!({"parent_ids": [], "raw_config": {"ntp_enabled": true}}),
    ] {
        checking
            .check("§2 PUT of an invalid config is an error", put(path, &config(&wrong)), refused(400))
            .await?;
        let rule = "§2 PUT that is refused changes nothing";
        checking.check(rule, get(path), document().at("/config/raw_config/X_b", 3)).await?;
        let rule = "§2 PUT: 404 unknown comes first";
        checking.check(rule, put(UNKNOWN, &config(&wrong)), refused(404)).await?;
    }
    let null = config(&json!({"id": null}));
    checking.check("§2 PUT {\"id\":null} to configs/None: 404", put(UNKNOWN, &null), refused(404)).await?;
    let same = config(&json!({"id": "replaced", "parent_ids": [], "raw_config": {"X_b": 3}}));
    checking.check("§2 PUT of an equal document: 204", put(path, &same), done()).await?;
    Ok(())
}

async fn deletion(checking: &mut Checking) -> Result<()> {
    let path = "/cfg_mgr/configs/deleted";
    let sent = config(&json!({"id": "deleted", "parent_ids": [], "raw_config": {}}));
    checking.ask(post(CONFIGS, &sent)).await?.ok()?;
    checking.check("§2 DELETE a config: 204", delete(path), done()).await?;
    checking.check("§2 GET a deleted config: 404", get(path), refused(404)).await?;
    checking
        .check("§2 GET the raw of a deleted config: 404", get(format!("{path}/raw")), refused(404))
        .await?;
    checking.check("§2 DELETE a config twice: 404", delete(path), refused(404)).await?;
    checking.check("§2 DELETE an unknown config: 404", delete(UNKNOWN), refused(404)).await?;
    checking
        .check("§2 the id of a deleted config is free", post(CONFIGS, &sent), created(CONFIGS, "deleted"))
        .await?;
    Ok(())
}

async fn autocreation(checking: &mut Checking) -> Result<()> {
    let path = "/cfg_mgr/autocreate";
    let mut made = Vec::new();
    for body in [json!({}), json!(null), json!([1])] {
        let expected = status(201).that("/id", "the template's id and a UUID", |id| {
            let uuid = id.as_str().and_then(|id| id.strip_prefix("autoprov")).unwrap_or_default();
            uuid.len() == 36 && uuid.matches('-').count() == 4
        });
        let answer = checking.check("§2 autocreate: 201 for any JSON", post(path, &body), expected).await?;
        made.push(answer.json()["id"].as_str().unwrap_or("?").to_owned());
    }
    checking.holds("§4 autocreate: each another", made[0] != made[1] && made[1] != made[2], &made);
    let expected = document()
        .at("/config/parent_ids", json!(["autoprov"]))
        .at("/config/transient", true)
        .nothing_at("/config/role")
        .nothing_at("/config/deletable")
        .that("/config/raw_config/sip_lines/1", "the template's line", Value::is_object);
    let read = get(format!("{CONFIGS}/{}", made[0]));
    checking.check("§4 autocreate: what the new config is", read, expected).await?;
    checking
        .check("§2 autocreate: a body that is no JSON: 400", post(path, &json!({})).body("x"), refused(400))
        .await?;
    let template = checking.ask(get("/cfg_mgr/configs/autoprov")).await?.ok()?.json();
    let mut bare = template.clone();
    bare["config"]["raw_config"] = json!({});
    let rule = "§2 autocreate: a template without sip_lines.1 is an error that is answered";
    checking.ask(put("/cfg_mgr/configs/autoprov", &bare)).await?.ok()?;
    checking.check(rule, post(path, &json!({})), refused(400)).await?;
    bare["config"]["role"] = Value::Null;
    checking.ask(put("/cfg_mgr/configs/autoprov", &bare)).await?.ok()?;
    let rule = "§2 autocreate: no template is an error that is answered";
    checking.check(rule, post(path, &json!({})), refused(400)).await?;
    checking.ask(put("/cfg_mgr/configs/autoprov", &template)).await?.ok()?;
    checking.check("§4 autocreate: the role makes the template", post(path, &json!({})), status(201)).await?;
    Ok(())
}
