//! Parameters of the server that administrators set over REST: their names and descriptions, what each takes, how it
//! reads back. Where they are kept, and who obeys them, is not known here.

mod check;

use serde_json::Value;
use thiserror::Error;

/// Language and country of what is described to administrators.
pub const LOCALE: &str = "locale";
/// Whether phones are behind NAT.
pub const NAT: &str = "NAT";
/// The secret in the URLs of a tenant's phones. SECRET.
pub const PROVISIONING_KEY: &str = "provisioning_key";
/// Where plugins are downloaded from.
pub const PLUGIN_SERVER: &str = "plugin_server";
/// Proxy for downloads over HTTP.
pub const HTTP_PROXY: &str = "http_proxy";
/// Proxy for downloads over HTTPS.
pub const HTTPS_PROXY: &str = "https_proxy";

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name, which is also its identifier.
    pub name: &'static str,
    /// Whether each tenant has its own value.
    pub is_per_tenant: bool,
    english: &'static str,
    french: &'static str,
    /// What it takes, for people.
    expected: &'static str,
    takes: fn(&str) -> bool,
    /// Whether empty text takes the value away, as null does.
    may_be_empty: bool,
    /// Whether it reads back as a number.
    is_number: bool,
}

/// All parameters, in the order they are listed.
pub static PARAMETERS: [Parameter; 7] = [
    Parameter {
        english: "URL of the repository that plugins are downloaded from",
        french: "URL du dépôt d'où les plugins sont téléchargés",
        expected: "a URL with scheme and host, such as http://provd.example.org/plugins/1/stable, or null",
        takes: check::is_url,
        ..text(PLUGIN_SERVER)
    },
    Parameter {
        english: "Proxy for downloads over HTTP, as http://[user:password@]host:port",
        french: "Proxy pour les téléchargements en HTTP, sous la forme http://[utilisateur:mot de passe@]hôte:port",
        expected: "scheme and host without a path, such as http://proxy.example.org:3128, or null",
        takes: check::is_proxy,
        ..text(HTTP_PROXY)
    },
    Parameter {
        english: "Proxy for downloads over FTP, as http://[user:password@]host:port",
        french: "Proxy pour les téléchargements en FTP, sous la forme http://[utilisateur:mot de passe@]hôte:port",
        expected: "scheme and host without a path, such as http://proxy.example.org:3128, or null",
        takes: check::is_proxy,
        ..text("ftp_proxy")
    },
    Parameter {
        english: "Proxy for downloads over HTTPS, as host:port",
        french: "Proxy pour les téléchargements en HTTPS, sous la forme hôte:port",
        expected: "host and port without a scheme, such as proxy.example.org:3128, or null",
        takes: check::is_no_url,
        ..text(HTTPS_PROXY)
    },
    Parameter {
        english: "Language of descriptions, such as fr_FR",
        french: "Langue des descriptions, par exemple fr_FR",
        expected: "a language such as fr, with or without a country such as fr_FR, or null",
        takes: check::is_locale,
        may_be_empty: true,
        ..text(LOCALE)
    },
    Parameter {
        english: "Whether phones are behind NAT, so that several may have one address: 1 everywhere, 0 nowhere",
        french: "Téléphones derrière un NAT, où plusieurs peuvent avoir la même adresse : 1 partout, 0 nulle part",
        expected: "\"0\", \"1\" or null",
        takes: check::is_switch,
        is_number: true,
        ..text(NAT)
    },
    Parameter {
        is_per_tenant: true,
        english: "Secret in the URLs of this tenant's phones, 8 to 256 characters; no other tenant may have the same",
        french: "Secret dans les URL des téléphones de ce tenant, de 8 à 256 caractères, propre à ce tenant",
        expected: "8 to 256 of the characters A-Z, a-z, 0-9, -, $, ~ and ., or null",
        takes: check::is_key,
        may_be_empty: true,
        ..text(PROVISIONING_KEY)
    },
];

/// What parameters have in common unless they say otherwise.
const fn text(name: &'static str) -> Parameter {
    Parameter {
        name,
        is_per_tenant: false,
        english: "",
        french: "",
        expected: "",
        takes: check::is_url,
        may_be_empty: false,
        is_number: false,
    }
}

/// A value a parameter does not take. The value itself, which may be a secret, is not told.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{name}: expected {expected}")]
pub struct InvalidParameter {
    name: &'static str,
    expected: &'static str,
}

impl Parameter {
    /// The parameter of this name.
    pub fn named(name: &str) -> Option<&'static Parameter> {
        PARAMETERS.iter().find(|parameter| parameter.name == name)
    }

    /// What it is for, in the language of a locale where there is a translation, else in English.
    pub fn description(&self, locale: Option<&str>) -> &'static str {
        let language = locale.and_then(|locale| locale.split('_').next());
        if language == Some("fr") { self.french } else { self.english }
    }

    /// What is to be stored for a value that was sent; nothing if the parameter is to have none.
    pub fn read(&self, sent: &Value) -> Result<Option<String>, InvalidParameter> {
        match sent {
            Value::Null => Ok(None),
            Value::String(text) if text.is_empty() && self.may_be_empty => Ok(None),
            Value::String(text) if (self.takes)(text) => Ok(Some(text.clone())),
            _ => Err(InvalidParameter { name: self.name, expected: self.expected }),
        }
    }

    /// What is shown for a value that was stored.
    pub fn shown(&self, stored: Option<&str>) -> Value {
        match stored {
            Some(text) if self.is_number => text.parse::<i64>().map_or(Value::Null, Value::from),
            stored => stored.map_or(Value::Null, Value::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(name: &str, sent: &Value) -> Result<Option<String>, InvalidParameter> {
        Parameter::named(name).unwrap().read(sent)
    }

    #[test]
    fn the_order_is_the_one_clients_know() {
        let names = PARAMETERS.iter().map(|parameter| parameter.name);
        let expected =
            ["plugin_server", "http_proxy", "ftp_proxy", "https_proxy", "locale", "NAT", "provisioning_key"];
        assert!(names.eq(expected));
        assert!(PARAMETERS.iter().all(|one| one.is_per_tenant == (one.name == PROVISIONING_KEY)));
    }

    #[test]
    fn each_takes_what_it_can_mean() {
        let long = "k".repeat(256);
        for (name, taken) in [
            (PLUGIN_SERVER, &["http://h", "https://h:8/a/b?c", "ftp://u:p@h/", "file+x://h"] as &[&str]),
            (
                "http_proxy",
                &["http://h", "http://u:p@h:3128", "socks5://192.0.2.1:1", "http://[2001:db8::1]:8"],
            ),
            ("ftp_proxy", &["http://h", "ftp://h:2121"]),
            ("https_proxy", &["h", "h:3128", "192.0.2.1:8080", "/h", "http:h", "http://", "any text at all"]),
            (LOCALE, &["fr", "fr_FR", "deu", "deu_CHE", "fr_CHE"]),
            (NAT, &["0", "1"]),
            (PROVISIONING_KEY, &["12345678", "aZ0-$~.x", "........", &long]),
        ] {
            for text in taken {
                assert_eq!(read(name, &json!(text)), Ok(Some((*text).to_owned())), "{name}");
            }
            assert_eq!(read(name, &Value::Null), Ok(None), "{name}");
        }
    }

    #[test]
    fn each_refuses_what_it_cannot_mean() {
        let long = "k".repeat(257);
        for (name, refused) in [
            (
                PLUGIN_SERVER,
                &["", "h", "//h/a", "http:/h", "http://", "http:///a", "1x://h", "://h"] as &[&str],
            ),
            (
                "http_proxy",
                &["", "h:3128", "http://h/", "http://h/a", "http://", "//h", "http://h?a", "http://h#a"],
            ),
            ("ftp_proxy", &["", "h", "ftp://h/"]),
            ("https_proxy", &["", "http://h", "https://h:8/a", "x://h"]),
            (
                LOCALE,
                &["f", "FR", "fr_fr", "fr_", "fr_F", "fr_FRAN", "frfr", "fr-FR", "fr_FR.UTF-8", "français"],
            ),
            (NAT, &["", "2", "00", "true", " 1"]),
            (
                PROVISIONING_KEY,
                &["1234567", "1234 678", "1234/678", "1234_678", "1234%678", "clé-clé-clé", &long],
            ),
        ] {
            for text in refused {
                assert!(read(name, &json!(text)).is_err(), "{name}: {text}");
            }
            for value in [json!(0), json!(1), json!(true), json!(1.5), json!(["1"]), json!({"value": "1"})] {
                assert!(read(name, &value).is_err(), "{name}: {value}");
            }
        }
    }

    #[test]
    fn empty_text_takes_away_only_where_it_always_did() {
        for parameter in &PARAMETERS {
            let taken_away = parameter.read(&json!("")) == Ok(None);
            assert_eq!(
                taken_away,
                [LOCALE, PROVISIONING_KEY].contains(&parameter.name),
                "{}",
                parameter.name
            );
        }
    }

    #[test]
    fn a_refusal_tells_what_to_send_but_not_what_was_sent() {
        let error = read(PROVISIONING_KEY, &json!("my key")).unwrap_err().to_string();
        assert!(
            error.starts_with("provisioning_key: expected 8 to 256") && !error.contains("my key"),
            "{error}"
        );
    }

    #[test]
    fn nat_is_sent_as_text_and_read_back_as_a_number() {
        let nat = Parameter::named(NAT).unwrap();
        assert_eq!((nat.shown(Some("1")), nat.shown(Some("0"))), (json!(1), json!(0)));
        let locale = Parameter::named(LOCALE).unwrap();
        assert_eq!((locale.shown(Some("fr")), locale.shown(None)), (json!("fr"), Value::Null));
    }

    #[test]
    fn descriptions_follow_the_locale() {
        for parameter in &PARAMETERS {
            let english = parameter.description(None);
            assert!(
                [Some("en_US"), Some("de"), Some("frr")]
                    .iter()
                    .all(|one| parameter.description(*one) == english)
            );
            for french in ["fr", "fr_FR", "fr_CA"] {
                assert_ne!(parameter.description(Some(french)), english);
            }
        }
    }
}
