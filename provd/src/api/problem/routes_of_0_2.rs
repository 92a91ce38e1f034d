//! The paths that REST 0.2 has, whose errors its clients expect as text. Every other path is newer.

/// As routes are written, but with nameless parameters.
const PATHS: [&str; 41] = [
    "/0.2",
    "/0.2/status",
    "/0.2/dev_mgr",
    "/0.2/dev_mgr/devices",
    "/0.2/dev_mgr/devices/{}",
    "/0.2/dev_mgr/synchronize",
    "/0.2/dev_mgr/synchronize/{}",
    "/0.2/dev_mgr/reconfigure",
    "/0.2/dev_mgr/dhcpinfo",
    "/0.2/cfg_mgr",
    "/0.2/cfg_mgr/configs",
    "/0.2/cfg_mgr/configs/{}",
    "/0.2/cfg_mgr/configs/{}/raw",
    "/0.2/cfg_mgr/autocreate",
    "/0.2/configure",
    "/0.2/configure/{}",
    "/0.2/pg_mgr",
    "/0.2/pg_mgr/install",
    "/0.2/pg_mgr/install/install",
    "/0.2/pg_mgr/install/install/{}",
    "/0.2/pg_mgr/install/upgrade",
    "/0.2/pg_mgr/install/upgrade/{}",
    "/0.2/pg_mgr/install/update",
    "/0.2/pg_mgr/install/update/{}",
    "/0.2/pg_mgr/install/uninstall",
    "/0.2/pg_mgr/install/installed",
    "/0.2/pg_mgr/install/installable",
    "/0.2/pg_mgr/reload",
    "/0.2/pg_mgr/plugins",
    "/0.2/pg_mgr/plugins/{}",
    "/0.2/pg_mgr/plugins/{}/info",
    "/0.2/pg_mgr/plugins/{}/install",
    "/0.2/pg_mgr/plugins/{}/install/install",
    "/0.2/pg_mgr/plugins/{}/install/install/{}",
    "/0.2/pg_mgr/plugins/{}/install/uninstall",
    "/0.2/pg_mgr/plugins/{}/install/installed",
    "/0.2/pg_mgr/plugins/{}/install/installable",
    "/0.2/pg_mgr/plugins/{}/install/upgrade",
    "/0.2/pg_mgr/plugins/{}/configure",
    "/0.2/pg_mgr/plugins/{}/configure/{}",
    "/0.2/api/api.yml",
];

/// Whether 0.2 has the path of a route.
pub(in crate::api) fn contain(route: &str) -> bool {
    let nameless: Vec<&str> =
        route.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
    PATHS.contains(&nameless.join("/").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_parameters_do_not_matter() {
        for (route, is_old) in [
            ("/0.2/dev_mgr/devices/{id}", true),
            ("/0.2/pg_mgr/plugins/{plugin}/configure/{parameter}", true),
            ("/0.2/dev_mgr/devices/{id}/files", false),
            ("/0.2/operations/{number}", false),
            ("/health/live", false),
        ] {
            assert_eq!(contain(route), is_old, "{route}");
        }
    }
}
