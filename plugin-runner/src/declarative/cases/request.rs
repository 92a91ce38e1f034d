//! Cases about facts: which ones a request reveals, and how well targets support a phone of which some are known.

use std::collections::BTreeMap;

use provd_proto::v1::{
    AssociateRequest, DescribeRequest, DeviceInfo, ExtractRequest, Request, RequestFilter, RequestKind,
    Support, request,
};
use regex::Regex;

use super::Results;
use super::format::{self, AssociationCase, RequestCase};
use crate::Plugin;
use crate::declarative::engine::Engine;
use crate::declarative::facts::Fact;

/// The facts must be exactly those stated, and the filters must let the request through.
pub(super) async fn check_extraction(engine: &Engine, case: &RequestCase) -> Result<(), String> {
    let request = format::request(case.http.as_ref(), case.tftp.as_ref(), case.dhcp.as_ref())?;
    let answer = engine.extract(ExtractRequest { request: Some(request.clone()) }).await;
    let answer = answer.map_err(|error| format!("extracting failed: {error}"))?;
    let found = facts(&answer.info.unwrap_or_default());
    if found != case.facts {
        return Err(format!("expected {}\nfound    {}", shown(&case.facts), shown(&found)));
    }
    let description = engine.describe(DescribeRequest::default()).await.map_err(|error| error.to_string())?;
    if !case.facts.is_empty() && !description.filters.iter().any(|filter| passes(filter, &request)) {
        return Err("no filter lets the request through, so the plugin would never be asked".to_owned());
    }
    Ok(())
}

/// Every target named must give the level stated.
pub(super) async fn check_association(engines: &[Engine], case: &AssociationCase) -> Results {
    let mut info = DeviceInfo::default();
    for (fact, value) in &case.facts {
        *fact.of(&mut info) = Some(value.clone());
    }
    let mut results = Results::new();
    for (target, level) in &case.support {
        let Some(engine) = engines.iter().find(|engine| engine.id() == target) else {
            results.extend(super::no_such_target(Some(target)));
            continue;
        };
        let expected = Support::from(*level);
        let result = match engine.associate(AssociateRequest { info: Some(info.clone()) }).await {
            Ok(answer) if answer.support() == expected => Ok(()),
            Ok(answer) => Err(format!(
                "{}\nexpected {}\nfound    {}",
                shown(&case.facts),
                expected.as_str_name(),
                answer.support().as_str_name()
            )),
            Err(error) => Err(format!("associating failed: {error}")),
        };
        results.push((target.clone(), result));
    }
    results
}

fn facts(info: &DeviceInfo) -> BTreeMap<Fact, String> {
    let stated = |fact: Fact| Some((fact, fact.in_info(info)?.to_owned()));
    Fact::ALL.into_iter().filter_map(stated).collect()
}

fn shown(facts: &BTreeMap<Fact, String>) -> String {
    let facts: Vec<String> =
        facts.iter().map(|(fact, value)| format!("{} = {value:?}", fact.name())).collect();
    format!("{{ {} }}", facts.join(", "))
}

/// Whether the core would ask about a request, as `RequestFilter` of the contract says.
fn passes(filter: &RequestFilter, request: &Request) -> bool {
    let matches = |pattern: &str, value: &str| {
        pattern.is_empty() || Regex::new(pattern).is_ok_and(|regex| regex.is_match(value))
    };
    match &request.kind {
        Some(request::Kind::Http(http)) => {
            let agent = http.headers.iter().find(|header| header.name == "user-agent");
            filter.kind() == RequestKind::Http
                && matches(&filter.path, &http.path)
                && matches(&filter.user_agent, agent.map_or("", |agent| agent.value.as_str()))
        }
        Some(request::Kind::Tftp(tftp)) => {
            filter.kind() == RequestKind::Tftp && matches(&filter.path, &tftp.filename)
        }
        Some(request::Kind::Dhcp(dhcp)) => {
            let class = dhcp
                .options
                .get(&60)
                .map(|class| class.iter().map(|byte| char::from(*byte)).collect::<String>());
            let class = class.unwrap_or_default();
            filter.kind() == RequestKind::Dhcp && matches(&filter.vendor_class, class.trim_end_matches('\0'))
        }
        None => false,
    }
}
