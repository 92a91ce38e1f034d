//! What a request must be permitted to do: `provd.`, the words of its path and what its method does, as clients of 0.2 and
//! the policies of wazo-auth spell it.

use axum::http::Method;
use percent_encoding::percent_decode_str;

use crate::domain::access::Permission;

/// Beginning of all paths; not part of a permission.
const BASE: &str = "/0.2";
/// How a path's template ends if it leads to an operation, of whatever collection.
const OPERATION: &str = "/{number}";
/// How a path's template ends if it leads to a parameter, of the server or of a plugin.
const PARAMETER: &str = "/configure/{";

/// The permission for a method on a path that matched this template. A dot in a segment becomes `_`.
pub(super) fn needed(method: &Method, template: &str, path: &str) -> Permission {
    let action = action(method);
    if template.ends_with(OPERATION) {
        return Permission::Plain(format!("provd.operation.{action}"));
    }
    let path = path.strip_prefix(BASE).unwrap_or(path);
    let mut words = path.split('/').filter(|segment| !segment.is_empty()).map(word);
    if template.contains(PARAMETER) {
        let parameter = words.next_back().unwrap_or_default();
        return Permission::OfTenant("provd.configure", format!("{parameter}.{action}"));
    }
    let words = words.fold(String::new(), |words, word| words + &word + ".");
    Permission::Plain(format!("provd.{words}{action}"))
}

/// The permission to read a config.
pub(super) fn to_read_config(id: &str) -> String {
    format!("provd.cfg_mgr.configs.{}.read", id.replace('.', "_"))
}

fn word(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().replace('.', "_")
}

fn action(method: &Method) -> &'static str {
    match *method {
        Method::POST => "create",
        Method::PUT | Method::PATCH => "update",
        Method::DELETE => "delete",
        _ => "read",
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const TENANT: &str = "00000000-0000-0000-0000-000000000007";

    /// Method, template, path, and the permission without `provd.`.
    const TABLE: &[(&str, &str, &str, &str)] = &[
        ("GET", "/0.2", "/0.2", "read"),
        ("GET", "/0.2/status", "/0.2/status", "status.read"),
        ("GET", "/0.2/dev_mgr", "/0.2/dev_mgr", "dev_mgr.read"),
        ("GET", "/0.2/dev_mgr/devices", "/0.2/dev_mgr/devices", "dev_mgr.devices.read"),
        ("POST", "/0.2/dev_mgr/devices", "/0.2/dev_mgr/devices", "dev_mgr.devices.create"),
        ("GET", "/0.2/dev_mgr/devices/{id}", "/0.2/dev_mgr/devices/a", "dev_mgr.devices.a.read"),
        ("HEAD", "/0.2/dev_mgr/devices/{id}", "/0.2/dev_mgr/devices/a", "dev_mgr.devices.a.read"),
        ("PUT", "/0.2/dev_mgr/devices/{id}", "/0.2/dev_mgr/devices/a.b", "dev_mgr.devices.a_b.update"),
        ("DELETE", "/0.2/dev_mgr/devices/{id}", "/0.2/dev_mgr/devices/a%2Eb", "dev_mgr.devices.a_b.delete"),
        ("POST", "/0.2/dev_mgr/synchronize", "/0.2/dev_mgr/synchronize", "dev_mgr.synchronize.create"),
        ("POST", "/0.2/dev_mgr/reconfigure", "/0.2/dev_mgr/reconfigure", "dev_mgr.reconfigure.create"),
        ("POST", "/0.2/dev_mgr/dhcpinfo", "/0.2/dev_mgr/dhcpinfo", "dev_mgr.dhcpinfo.create"),
        ("GET", "/0.2/cfg_mgr", "/0.2/cfg_mgr", "cfg_mgr.read"),
        ("GET", "/0.2/cfg_mgr/configs", "/0.2/cfg_mgr/configs", "cfg_mgr.configs.read"),
        ("POST", "/0.2/cfg_mgr/configs", "/0.2/cfg_mgr/configs", "cfg_mgr.configs.create"),
        ("GET", "/0.2/cfg_mgr/configs/{id}", "/0.2/cfg_mgr/configs/c", "cfg_mgr.configs.c.read"),
        ("PUT", "/0.2/cfg_mgr/configs/{id}", "/0.2/cfg_mgr/configs/c", "cfg_mgr.configs.c.update"),
        ("DELETE", "/0.2/cfg_mgr/configs/{id}", "/0.2/cfg_mgr/configs/c", "cfg_mgr.configs.c.delete"),
        ("GET", "/0.2/cfg_mgr/configs/{id}/raw", "/0.2/cfg_mgr/configs/c/raw", "cfg_mgr.configs.c.raw.read"),
        ("POST", "/0.2/cfg_mgr/autocreate", "/0.2/cfg_mgr/autocreate", "cfg_mgr.autocreate.create"),
        ("GET", "/0.2/configure", "/0.2/configure", "configure.read"),
        ("GET", "/0.2/configure/{name}", "/0.2/configure/NAT", "configure.{tenant}.NAT.read"),
        ("PUT", "/0.2/configure/{name}", "/0.2/configure/NAT", "configure.{tenant}.NAT.update"),
        ("GET", "/0.2/pg_mgr", "/0.2/pg_mgr", "pg_mgr.read"),
        ("GET", "/0.2/pg_mgr/install", "/0.2/pg_mgr/install", "pg_mgr.install.read"),
        (
            "POST",
            "/0.2/pg_mgr/install/install",
            "/0.2/pg_mgr/install/install",
            "pg_mgr.install.install.create",
        ),
        (
            "POST",
            "/0.2/pg_mgr/install/upgrade",
            "/0.2/pg_mgr/install/upgrade",
            "pg_mgr.install.upgrade.create",
        ),
        ("POST", "/0.2/pg_mgr/install/update", "/0.2/pg_mgr/install/update", "pg_mgr.install.update.create"),
        (
            "POST",
            "/0.2/pg_mgr/install/uninstall",
            "/0.2/pg_mgr/install/uninstall",
            "pg_mgr.install.uninstall.create",
        ),
        (
            "GET",
            "/0.2/pg_mgr/install/installed",
            "/0.2/pg_mgr/install/installed",
            "pg_mgr.install.installed.read",
        ),
        (
            "GET",
            "/0.2/pg_mgr/install/installable",
            "/0.2/pg_mgr/install/installable",
            "pg_mgr.install.installable.read",
        ),
        ("POST", "/0.2/pg_mgr/reload", "/0.2/pg_mgr/reload", "pg_mgr.reload.create"),
        ("GET", "/0.2/pg_mgr/plugins", "/0.2/pg_mgr/plugins", "pg_mgr.plugins.read"),
        ("GET", "/0.2/pg_mgr/plugins/{plugin}", "/0.2/pg_mgr/plugins/p-1.2", "pg_mgr.plugins.p-1_2.read"),
        (
            "GET",
            "/0.2/pg_mgr/plugins/{plugin}/info",
            "/0.2/pg_mgr/plugins/p-1.2/info",
            "pg_mgr.plugins.p-1_2.info.read",
        ),
        (
            "GET",
            "/0.2/pg_mgr/plugins/{plugin}/install",
            "/0.2/pg_mgr/plugins/p/install",
            "pg_mgr.plugins.p.install.read",
        ),
        (
            "POST",
            "/0.2/pg_mgr/plugins/{plugin}/install/install",
            "/0.2/pg_mgr/plugins/p/install/install",
            "pg_mgr.plugins.p.install.install.create",
        ),
        (
            "POST",
            "/0.2/pg_mgr/plugins/{plugin}/install/uninstall",
            "/0.2/pg_mgr/plugins/p/install/uninstall",
            "pg_mgr.plugins.p.install.uninstall.create",
        ),
        (
            "GET",
            "/0.2/pg_mgr/plugins/{plugin}/install/installed",
            "/0.2/pg_mgr/plugins/p/install/installed",
            "pg_mgr.plugins.p.install.installed.read",
        ),
        (
            "GET",
            "/0.2/pg_mgr/plugins/{plugin}/install/installable",
            "/0.2/pg_mgr/plugins/p/install/installable",
            "pg_mgr.plugins.p.install.installable.read",
        ),
        (
            "GET",
            "/0.2/pg_mgr/plugins/{plugin}/configure",
            "/0.2/pg_mgr/plugins/p/configure",
            "pg_mgr.plugins.p.configure.read",
        ),
        (
            "PUT",
            "/0.2/pg_mgr/plugins/{plugin}/configure/{name}",
            "/0.2/pg_mgr/plugins/p/configure/a.b",
            "configure.{tenant}.a_b.update",
        ),
        ("GET", "/0.2/dev_mgr/synchronize/{number}", "/0.2/dev_mgr/synchronize/7", "operation.read"),
        ("DELETE", "/0.2/operations/{number}", "/0.2/operations/7", "operation.delete"),
        (
            "GET",
            "/0.2/pg_mgr/plugins/{plugin}/install/install/{number}",
            "/0.2/pg_mgr/plugins/p/install/install/7",
            "operation.read",
        ),
        // Beyond 0.2.
        ("GET", "/0.2/operations", "/0.2/operations", "operations.read"),
        (
            "GET",
            "/0.2/dev_mgr/devices/{id}/files/{*path}",
            "/0.2/dev_mgr/devices/a/files/b%2Fc/d.cfg",
            "dev_mgr.devices.a.files.b/c.d_cfg.read",
        ),
        ("DELETE", "/0.2/tokens/{id}", "/0.2/tokens/0a", "tokens.0a.delete"),
        ("GET", "/metrics", "/metrics", "metrics.read"),
    ];

    #[test]
    fn each_route_has_the_permission_that_clients_expect() {
        for (method, template, path, expected) in TABLE {
            let needed = needed(&method.parse().unwrap(), template, path);
            let expected = format!("provd.{expected}").replace("{tenant}", TENANT);
            assert_eq!(needed.of(Uuid::from_u128(7)), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_device_is_never_taken_for_a_parameter() {
        let path = "/0.2/dev_mgr/devices/configure";
        let needed = needed(&Method::GET, "/0.2/dev_mgr/devices/{id}", path);
        assert_eq!(needed, Permission::Plain("provd.dev_mgr.devices.configure.read".to_owned()));
    }
}
