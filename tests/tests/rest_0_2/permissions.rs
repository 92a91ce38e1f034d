//! §2: which permission each method of each path needs.

use serde_json::json;

use crate::request::{Request, delete, get, post, put};

/// A device, a plugin and a config whose identifiers hold dots.
pub(crate) const DEVICE: &str = "a.b";

/// Each permission, and a request that needs it. `master` is the UUID of the master tenant, `operation` the path of one.
/// What a request asks for is harmless: most of it is refused later for another reason.
pub(crate) fn table(master: &str, operation: &str) -> Vec<(String, Request)> {
    let mut table = reading();
    table.extend(writing());
    table.extend(administering(master));
    table.push(("operation.read".to_owned(), get(operation)));
    table.push(("operation.delete".to_owned(), delete(operation)));
    table.into_iter().map(|(permission, request)| (format!("provd.{permission}"), request)).collect()
}

fn reading() -> Vec<(String, Request)> {
    let read = |permission: &str, path: &str| (format!("{permission}.read"), get(path));
    vec![
        ("read".to_owned(), get("")),
        read("status", "/status"),
        read("dev_mgr", "/dev_mgr"),
        read("dev_mgr.devices", "/dev_mgr/devices"),
        read("dev_mgr.devices.a_b", "/dev_mgr/devices/a.b"),
        read("cfg_mgr", "/cfg_mgr"),
        read("cfg_mgr.configs", "/cfg_mgr/configs"),
        read("cfg_mgr.configs.base", "/cfg_mgr/configs/base"),
        read("cfg_mgr.configs.base.raw", "/cfg_mgr/configs/base/raw"),
        read("configure", "/configure"),
        read("pg_mgr", "/pg_mgr"),
        read("pg_mgr.install", "/pg_mgr/install"),
        read("pg_mgr.install.installed", "/pg_mgr/install/installed"),
        read("pg_mgr.install.installable", "/pg_mgr/install/installable"),
        read("pg_mgr.plugins", "/pg_mgr/plugins"),
        read("pg_mgr.plugins.aastra-3_2_2_1136", "/pg_mgr/plugins/aastra-3.2.2.1136"),
        read("pg_mgr.plugins.aastra-3_2_2_1136.info", "/pg_mgr/plugins/aastra-3.2.2.1136/info"),
    ]
}

fn writing() -> Vec<(String, Request)> {
    let nothing = json!({});
    let create = |path: &str| (format!("{}.create", path[1..].replace('/', ".")), post(path, &nothing));
    let row = |permission: &str, request: Request| (permission.to_owned(), request);
    vec![
        create("/dev_mgr/devices"),
        create("/dev_mgr/synchronize"),
        create("/dev_mgr/reconfigure"),
        create("/dev_mgr/dhcpinfo"),
        create("/cfg_mgr/configs"),
        create("/cfg_mgr/autocreate"),
        create("/pg_mgr/install/install"),
        create("/pg_mgr/install/upgrade"),
        create("/pg_mgr/install/update"),
        create("/pg_mgr/install/uninstall"),
        create("/pg_mgr/reload"),
        row("dev_mgr.devices.a_b.update", put("/dev_mgr/devices/a.b", &json!({}))),
        row("dev_mgr.devices.none.delete", delete("/dev_mgr/devices/none")),
        row("cfg_mgr.configs.base.update", put("/cfg_mgr/configs/base", &json!({}))),
        row("cfg_mgr.configs.base.delete", delete("/cfg_mgr/configs/base")),
    ]
}

fn administering(master: &str) -> Vec<(String, Request)> {
    vec![
        (format!("configure.{master}.NAT.read"), get("/configure/NAT")),
        (format!("configure.{master}.NAT.update"), put("/configure/NAT", &json!({}))),
        (format!("configure.{master}.provisioning_key.read"), get("/configure/provisioning_key")),
    ]
}
