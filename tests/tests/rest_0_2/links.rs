//! §2: the documents that lead to others, from the base down.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{document, exactly, status};
use crate::request::{get, request};
use crate::section::Checking;

/// A path, and what it leads to, in order.
type Leading = (&'static str, &'static [(&'static str, &'static str)]);

const DOCUMENTS: [Leading; 5] = [
    (
        "",
        &[
            ("dev", "/dev_mgr"),
            ("cfg", "/cfg_mgr"),
            ("pg", "/pg_mgr"),
            ("status", "/status"),
            ("srv.configure", "/configure"),
        ],
    ),
    (
        "/dev_mgr",
        &[
            ("dev.synchronize", "/dev_mgr/synchronize"),
            ("dev.reconfigure", "/dev_mgr/reconfigure"),
            ("dev.dhcpinfo", "/dev_mgr/dhcpinfo"),
            ("dev.devices", "/dev_mgr/devices"),
        ],
    ),
    ("/cfg_mgr", &[("cfg.configs", "/cfg_mgr/configs"), ("cfg.autocreate", "/cfg_mgr/autocreate")]),
    (
        "/pg_mgr",
        &[
            ("srv.install", "/pg_mgr/install"),
            ("pg.plugins", "/pg_mgr/plugins"),
            ("pg.reload", "/pg_mgr/reload"),
        ],
    ),
    (
        "/pg_mgr/install",
        &[
            ("srv.install.install", "/pg_mgr/install/install"),
            ("srv.install.uninstall", "/pg_mgr/install/uninstall"),
            ("srv.install.installed", "/pg_mgr/install/installed"),
            ("srv.install.installable", "/pg_mgr/install/installable"),
            ("srv.install.upgrade", "/pg_mgr/install/upgrade"),
            ("srv.install.update", "/pg_mgr/install/update"),
        ],
    ),
];

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    for (path, links) in DOCUMENTS {
        let expected = links.iter().map(|(rel, href)| json!({"rel": rel, "href": format!("/0.2{href}")}));
        let expected = exactly(json!({"links": expected.collect::<Vec<Value>>()}));
        checking.check(format!("§2 GET {path}: its links"), get(path), expected).await?;
    }
    let rule = "§1 links begin with /0.2 even behind a proxy";
    let proxied =
        get("").header("X-Forwarded-Prefix", "/api/provd").header("X-Forwarded-Host", "pbx.example.org");
    checking.check(rule, proxied, document().at("/links/0/href", "/0.2/dev_mgr")).await?;
    checking.check("§1 clients ping the base", request("HEAD", ""), status(200)).await?;
    let expected = exactly(json!({"rest_api": "ok", "bus_consumer": {"status": "ok"}}));
    checking.check("§2 GET /status", get("/status"), expected).await?;
    follow(checking).await
}

/// Goes wherever links lead. What only takes a POST says all the same that it is there.
async fn follow(checking: &mut Checking) -> Result<()> {
    let (mut seen, mut unread) = (BTreeSet::new(), vec!["/0.2".to_owned()]);
    while let Some(href) = unread.pop() {
        let there = status(200).or(status(405));
        let answer = checking.check("§2 no link leads to nothing", get(&href), there).await?;
        for found in links_in(&answer.json()) {
            checking.holds("§1 links begin with /0.2", found.starts_with("/0.2/"), &found);
            if seen.insert(found.clone()) {
                unread.push(found);
            }
        }
    }
    for needed in
        ["/0.2/cfg_mgr/autocreate", "/0.2/pg_mgr/plugins/aastra-3.2.2.1136/info", "/0.2/configure/NAT"]
    {
        checking.holds("§2 links lead to everything", seen.contains(needed), needed);
    }
    Ok(())
}

/// All links in a document, however deep.
fn links_in(document: &Value) -> Vec<String> {
    match document {
        Value::Object(entries) => {
            let own = entries.get("href").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(entries.values().flat_map(links_in)).collect()
        }
        Value::Array(items) => items.iter().flat_map(links_in).collect(),
        _ => Vec::new(),
    }
}
