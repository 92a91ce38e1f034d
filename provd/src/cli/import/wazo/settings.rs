//! The other server's settings: `config.yml`, what the folder `conf.d` says over it, and the base raw config beside them. They are
//! read for what belongs to documents; how a server runs is for an administrator to decide, and told.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::report::{Problem, SettingLine};

const MAIN: &str = "config.yml";
const FURTHER: &str = "conf.d";
const BASE: &str = "base_raw_config.json";

/// Settings that have another name here, and which. SECRETS are in none of them.
const NAMES: [(&str, &str); 11] = [
    ("general.advertised_http_url", "advertised_url"),
    ("general.tftp_port", "tftp, with an address before the port"),
    (
        "general.http_proxied_trusted_proxies_count",
        "trusted_proxies; 0 if phones reach provd without a proxy",
    ),
    ("general.http_auth_strategy", "[identification] http_auth_strategy"),
    ("general.retriever", "[identification] retriever"),
    ("general.updater", "[identification] updater"),
    ("general.info_extractor", "nothing: all plugins are asked"),
    ("general.sync_service_type", "[synchronization] way: sip needs no Asterisk; ami for asterisk_ami"),
    ("rest_api.ip", "api, with a port behind the address"),
    ("rest_api.port", "api, with an address before the port"),
    ("auth.host", "[access] verifier = \"wazo-auth\", and [access.wazo_auth]"),
];

/// All settings that are stated.
#[derive(Debug, Default)]
pub(super) struct Settings {
    stated: Map<String, Value>,
    /// What is in every raw config there.
    pub(super) base_raw_config: Map<String, Value>,
}

impl Settings {
    /// Reads them; nothing if there is no folder.
    pub(super) fn read(folder: Option<&Path>, problems: &mut Vec<Problem>) -> Settings {
        let Some(folder) = folder else { return Settings::default() };
        let mut stated = Map::new();
        for file in files(folder) {
            match yaml(&file) {
                Ok(document) => complete(&mut stated, document),
                Err(why) => problems.push(Problem::refused("setting", &file.display().to_string(), why)),
            }
        }
        let mut settings = Settings { stated, ..Settings::default() };
        let base = settings.base_file(folder);
        match object(&base) {
            Ok(Some(document)) => settings.base_raw_config = document,
            Ok(None) => {}
            Err(why) => problems.push(Problem::refused("setting", &base.display().to_string(), why)),
        }
        settings
    }

    /// The text of a setting, if it is stated.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        match self.value(path)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// What is below a setting, if it is stated.
    pub(super) fn object(&self, path: &str) -> Map<String, Value> {
        self.value(path).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// What each stated one is here, but for those that say what holds anyway.
    pub(super) fn lines(&self) -> Vec<SettingLine> {
        let line = |(there, here): &(&str, &str)| {
            let value = self.text(there).filter(|value| value != "default")?;
            Some(SettingLine { there: format!("{there} = {value}"), here: (*here).to_owned() })
        };
        let mut lines: Vec<SettingLine> = NAMES.iter().filter_map(line).collect();
        for plugin in self.object("plugin_config").keys() {
            let here =
                "nothing: a package of firmware that needs an account is brought by `provd firmware import`";
            lines.push(SettingLine { there: format!("plugin_config.{plugin}"), here: here.to_owned() });
        }
        lines
    }

    fn value(&self, path: &str) -> Option<&Value> {
        let (section, name) =
            path.split_once('.').map_or((path, None), |(section, name)| (section, Some(name)));
        let section = self.stated.get(section)?;
        name.map_or(Some(section), |name| section.get(name))
    }

    /// The file is named as it is on the other machine: here it is beside the settings.
    fn base_file(&self, folder: &Path) -> PathBuf {
        let stated = self.text("general.base_raw_config_file").map(PathBuf::from);
        let name = stated.as_deref().and_then(Path::file_name);
        let beside = folder.join(name.unwrap_or(BASE.as_ref()));
        stated.filter(|stated| !beside.exists() && stated.exists()).unwrap_or(beside)
    }
}

/// What counts most comes first.
fn files(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder.join(FURTHER)).into_iter().flatten().flatten();
    let is_read = |path: &PathBuf| {
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        !is_hidden && path.extension().is_some_and(|end| end == "yml")
    };
    let mut files: Vec<PathBuf> = listed.map(|entry| entry.path()).filter(is_read).collect();
    files.sort();
    files.push(folder.join(MAIN));
    files
}

/// The parser's own words may show a line of the file, and so a password.
fn yaml(path: &Path) -> Result<Map<String, Value>, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let parsed = serde_saphyr::from_str::<Value>(&text).map_err(|error| match error.location() {
        Some(at) => format!("this is not YAML, at line {}, character {}", at.line(), at.column()),
        None => "this is not YAML".to_owned(),
    })?;
    match parsed {
        Value::Object(document) => Ok(document),
        Value::Null => Ok(Map::new()),
        _ => Err("expected sections, each with its settings".to_owned()),
    }
}

fn object(path: &Path) -> Result<Option<Map<String, Value>>, String> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| error.to_string())?,
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        format!("this is no JSON object, at line {}, character {}", error.line(), error.column())
    })
}

/// Adds what is not stated yet, section by section.
fn complete(stated: &mut Map<String, Value>, further: Map<String, Value>) {
    for (key, value) in further {
        match (stated.get_mut(&key), value) {
            (None, value) => drop(stated.insert(key, value)),
            (Some(Value::Object(stated)), Value::Object(further)) => complete(stated, further),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(files: &[(&str, &str)]) -> (Settings, Vec<Problem>) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FURTHER)).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mut problems = Vec::new();
        (Settings::read(Some(folder.path()), &mut problems), problems)
    }

    #[test]
    fn what_is_in_the_folder_counts_more_than_the_file() {
        let (settings, problems) = read(&[
            (
                "config.yml",
                "general:\n  tftp_port: 69\n  retriever: secure\n  updater: default\nproxy:\n  http: http://p\n",
            ),
            ("conf.d/2.yml", "general:\n  tftp_port: 71\n"),
            ("conf.d/1.yml", "general:\n  tftp_port: 70\nplugin_config:\n  zenitel:\n    password: secret\n"),
            ("conf.d/.3.yml", "general:\n  tftp_port: 72\n"),
            ("conf.d/4.txt", "general:\n  tftp_port: 73\n"),
            ("base_raw_config.json", r#"{"X_comment": "a", "ntp_ip": "192.0.2.1"}"#),
        ]);
        assert_eq!(problems, []);
        assert_eq!(settings.text("general.tftp_port").as_deref(), Some("70"));
        assert_eq!(Value::Object(settings.object("proxy")), json!({"http": "http://p"}));
        assert_eq!(settings.base_raw_config["ntp_ip"], "192.0.2.1");
        let lines = settings.lines();
        let there: Vec<&str> = lines.iter().map(|line| line.there.as_str()).collect();
        assert_eq!(there, ["general.tftp_port = 70", "general.retriever = secure", "plugin_config.zenitel"]);
    }

    #[test]
    fn the_base_raw_config_is_beside_the_settings_whatever_its_name() {
        let stated = "general:\n  base_raw_config_file: /nonexistent/other.json\n";
        let (settings, problems) = read(&[("config.yml", stated), ("other.json", r#"{"ntp_ip": "a"}"#)]);
        assert_eq!((settings.base_raw_config.len(), problems), (1, vec![]));
    }

    #[test]
    fn what_is_wrong_is_told_without_what_is_there() {
        let (_, problems) = read(&[
            ("config.yml", "auth:\n  password: \"secret\n"),
            ("base_raw_config.json", r#"{"admin_password": "secret"#),
        ]);
        let told = format!("{problems:?}");
        assert!(problems.len() == 2 && told.contains("not YAML") && !told.contains("secret"), "{told}");
        let mut problems = Vec::new();
        assert!(Settings::read(None, &mut problems).base_raw_config.is_empty() && problems.is_empty());
    }
}
