//! Rules out of messages, against requests.

use provd_proto::v1::{
    ExtractionCondition, ExtractionRule, Header, HttpRequest, RequestPart, TftpRequest, request,
};

use super::*;

fn condition(part: RequestPart, pattern: &str) -> ExtractionCondition {
    ExtractionCondition { part: part.into(), pattern: pattern.to_owned(), ..ExtractionCondition::default() }
}

fn rule(kind: RequestKind, conditions: Vec<ExtractionCondition>) -> ExtractionRule {
    ExtractionRule { kind: kind.into(), conditions, ..ExtractionRule::default() }
}

fn of(rules: Vec<ExtractionRule>) -> ExtractionRules {
    let model_aliases = BTreeMap::from([("51i".to_owned(), "6751i".to_owned())]);
    ExtractionRules { rules, model_aliases }
}

fn vendor(name: &str) -> DeviceInfo {
    DeviceInfo { vendor: Some(name.to_owned()), ..DeviceInfo::default() }
}

fn http(path: &str, agent: &str) -> request::Kind {
    let headers = vec![Header { name: "user-agent".to_owned(), value: agent.to_owned() }];
    request::Kind::Http(HttpRequest { path: path.to_owned(), headers, ..HttpRequest::default() })
}

#[test]
fn groups_and_constants_are_facts_in_their_one_spelling() {
    let agent = condition(RequestPart::UserAgent, r"^Acme(?<model>\w+) (?<mac>\S+) (?<version>\S*)");
    let rules =
        of(vec![ExtractionRule { facts: Some(vendor("Acme")), ..rule(RequestKind::Http, vec![agent]) }]);
    let rules = Rules::compile(&rules).unwrap();
    let info = rules.extract(&http("/", "Acme51i 00-08-5D-00-00-01 ")).unwrap();
    assert_eq!(info.mac.as_deref(), Some("00:08:5d:00:00:01"));
    assert_eq!((info.vendor.as_deref(), info.model.as_deref()), (Some("Acme"), Some("6751i")));
    assert_eq!(info.version, None, "an empty fact is not stated");
    let no_address = rules.extract(&http("/", "Acme51i zz 1")).unwrap();
    assert_eq!(no_address, DeviceInfo::default(), "what cannot be a MAC address is of no phone");
}

#[test]
fn a_rule_that_leaves_it_to_the_plugin_counts_only_where_it_matches() {
    let any = rule(RequestKind::Http, vec![condition(RequestPart::Path, "^/acme/")]);
    let asking = rule(RequestKind::Http, vec![condition(RequestPart::Path, "special")]);
    let all = of(vec![
        ExtractionRule { facts: Some(vendor("Acme")), ..any },
        ExtractionRule { ask: true, ..asking },
    ]);
    let rules = Rules::compile(&all).unwrap();
    assert_eq!(rules.extract(&http("/acme/a", "")).unwrap().vendor.as_deref(), Some("Acme"));
    assert_eq!(rules.extract(&http("/acme/special", "")), Err(Ask));
    let tftp = request::Kind::Tftp(TftpRequest { filename: "special".to_owned() });
    assert_eq!(rules.extract(&tftp).unwrap(), DeviceInfo::default());
    assert_eq!(rules.message(), all);
}

#[test]
fn rules_that_mean_nothing_are_refused() {
    let path = || condition(RequestPart::Path, "a");
    let option = ExtractionCondition { dhcp_option: 255, ..condition(RequestPart::DhcpOption, "a") };
    for (refused, why) in [
        (rule(RequestKind::Unspecified, vec![path()]), "without a kind"),
        (rule(RequestKind::Http, vec![]), "without a condition"),
        (rule(RequestKind::Http, vec![condition(RequestPart::Unspecified, "a")]), "no part"),
        (rule(RequestKind::Dhcp, vec![path()]), "has no REQUEST_PART_PATH"),
        (rule(RequestKind::Http, vec![condition(RequestPart::Header, "a")]), "without its name"),
        (rule(RequestKind::Dhcp, vec![option]), "no DHCP option 255"),
        (rule(RequestKind::Http, vec![condition(RequestPart::Path, "(")]), "`(`"),
        (rule(RequestKind::Http, vec![condition(RequestPart::Path, "(?:a{1000}){1000}")]), "not usable"),
    ] {
        let error = Rules::compile(&of(vec![refused])).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}
