//! What a plugin makes of requests and facts, its own and others'.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use provd_proto::v1::{self, Support};

use super::subject::{Subject, said};
use super::{Checked, Finding, failed};
use crate::authoring::test::{Facts, facts_of};
use crate::domain::mac::Mac;
use crate::domain::request::{DhcpRequest, HttpRequest, Request, RequestKind, TftpRequest};
use crate::plugin_host::workbench::{Code, Described, Refusal, judge_info, request_message};

/// Address of what asks: reserved for documentation (RFC 5737).
const ASKING: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 100));

pub(super) async fn associate_own(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let description = trial.caller().describe().await.map_err(said("Describe"))?;
    let mut models = 0;
    for device in description.supported_devices.iter().filter(|device| device.vendor != "*") {
        let stated = |text: &String| (!text.is_empty() && text != "*").then(|| text.clone());
        let info = v1::DeviceInfo {
            vendor: stated(&device.vendor),
            model: stated(&device.model),
            version: stated(&device.version),
            ..v1::DeviceInfo::default()
        };
        let support = support(subject, info).await?;
        if support < Support::Probable {
            let name = format!("{} {} {}", device.vendor, device.model, device.version);
            return failed(format!("it names {name}, and supports it as {}", support.as_str_name()));
        }
        models += 1;
    }
    if models == 0 {
        return Err(Finding::Skipped("Describe names no models".to_owned()));
    }
    Ok(format!("{models} models"))
}

pub(super) async fn associate_foreign(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let nothing = support(subject, v1::DeviceInfo::default()).await?;
    if nothing >= Support::Probable {
        return failed(format!("a phone of which nothing is known: {}", nothing.as_str_name()));
    }
    let description = trial.caller().describe().await.map_err(said("Describe"))?;
    if description.supported_devices.iter().any(|device| device.vendor == "*") {
        return Ok("it is for phones of all vendors".to_owned());
    }
    let foreign = v1::DeviceInfo {
        vendor: Some("Nobody Inc.".to_owned()),
        model: Some("N-1".to_owned()),
        version: Some("0.0.1".to_owned()),
        ..v1::DeviceInfo::default()
    };
    let foreign = support(subject, foreign).await?;
    if foreign > Support::Improbable {
        return failed(format!("a phone of the vendor `Nobody Inc.`: {}", foreign.as_str_name()));
    }
    Ok(format!("{} and {}", foreign.as_str_name(), nothing.as_str_name()))
}

async fn support(subject: &Subject, info: v1::DeviceInfo) -> Result<Support, Finding> {
    let trial = subject.shared().await?;
    let asked = v1::AssociateRequest { info: Some(info) };
    let answer = trial.caller().associate(asked).await.map_err(said("Associate"))?;
    match answer.support() {
        Support::Unspecified => failed("Associate answers SUPPORT_UNSPECIFIED, or a level there is not"),
        support => Ok(support),
    }
}

pub(super) async fn extract_own(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let description = trial.caller().describe().await.map_err(said("Describe"))?;
    let described = Described::of(&description).map_err(Finding::Failed)?;
    let requests = &subject.samples().await?.requests;
    let mut revealing = 0;
    for (request, facts) in requests.iter().filter(|(_, facts)| !facts.is_empty()) {
        let found = extracted(subject, request).await?;
        if found != *facts {
            return failed(format!("{request}: other facts than its case states; see `provd plugin test`"));
        }
        if !described.concerns(request) {
            return failed(format!(
                "{request}: no filter lets it through, so the plugin would never be asked"
            ));
        }
        revealing += 1;
    }
    if revealing == 0 {
        return Err(Finding::Skipped("no case beside it says what a request reveals".to_owned()));
    }
    Ok(format!("{revealing} requests"))
}

pub(super) async fn extract_described(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let description = trial.caller().describe().await.map_err(said("Describe"))?;
    let described = Described::of(&description).map_err(Finding::Failed)?;
    if !described.has_rules() {
        return Ok("it describes none, and is asked about every request".to_owned());
    }
    let own = subject.samples().await?.requests.iter().map(|(request, _)| request.clone());
    let (mut read, mut asked) = (0, 0);
    for request in own.chain(foreign_requests()) {
        // What passes no filter is read by neither.
        if !described.concerns(&request) {
            continue;
        }
        let Some(info) = described.read(&request) else {
            asked += 1;
            continue;
        };
        let (by_rules, found) = (facts_of(info), extracted(subject, &request).await?);
        if by_rules != found {
            return failed(format!("{request}: by its rules {}, asked {}", named(&by_rules), named(&found)));
        }
        read += 1;
    }
    Ok(format!("{read} requests; {asked} more are left to Extract"))
}

fn named(facts: &Facts) -> String {
    let facts: Vec<String> = facts.iter().map(|(fact, value)| format!("{} `{value}`", fact.name())).collect();
    if facts.is_empty() { "nothing".to_owned() } else { facts.join(", ") }
}

pub(super) async fn extract_foreign(subject: &Subject) -> Checked {
    let requests = foreign_requests();
    for request in &requests {
        let found = extracted(subject, request).await?;
        if !found.is_empty() {
            let names: Vec<&str> = found.keys().map(|fact| fact.name()).collect();
            return failed(format!("{} {request}: it states {}", request.kind.protocol(), names.join(", ")));
        }
    }
    Ok(format!("{} requests", requests.len()))
}

async fn extracted(subject: &Subject, request: &Request) -> Result<Facts, Finding> {
    let trial = subject.shared().await?;
    let asked = v1::ExtractRequest { request: Some(request_message(request)) };
    let answer = match trial.caller().extract(asked).await {
        Ok(answer) => answer,
        Err(refusal) if refusal.code == Code::InvalidArgument => return Ok(Facts::new()),
        Err(refusal) => return failed(format!("{request}: {refusal}")),
    };
    let info = answer.info.unwrap_or_default();
    judge_info(info.clone()).map_err(|why| Finding::Failed(format!("{request}: {why}")))?;
    Ok(facts_of(info))
}

/// What reaches a server that no phone sent.
fn foreign_requests() -> Vec<Request> {
    let http = |path: &str, agent: &str| {
        RequestKind::Http(HttpRequest {
            method: "GET",
            path: path.to_owned(),
            query: String::new(),
            headers: [("user-agent", agent)].into(),
        })
    };
    let tftp = |filename: &str| RequestKind::Tftp(TftpRequest { filename: filename.to_owned() });
    let mut kinds = vec![
        http("/", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        http("/favicon.ico", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"),
        http("/.env", "zgrab/0.x"),
        http("/wp-login.php", "curl/8.14.1"),
        http("/", ""),
        tftp("pxelinux.0"),
        tftp("boot\\x64\\wdsnbp.com"),
        tftp(""),
    ];
    if let Some(mac) = Mac::from_octets([0, 0, 0x5e, 0, 0x53, 9]) {
        for class in ["MSFT 5.0", "android-dhcp-16", "PXEClient:Arch:00007:UNDI:003016"] {
            let options = BTreeMap::from([(60, class.as_bytes().to_vec())]);
            kinds.push(RequestKind::Dhcp(DhcpRequest { mac, options, only_phones: true }));
        }
    }
    kinds.into_iter().map(|kind| Request { ip: ASKING, kind }).collect()
}

pub(super) async fn codes(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let caller = trial.caller();
    let nobody =
        v1::Device { id: "nobody".to_owned(), document_json: "{}".to_owned(), ..v1::Device::default() };
    let unreadable =
        v1::RawConfig { document_json: "{\"sip_lines\":".to_owned(), ..v1::RawConfig::default() };
    let device = || Some(nobody.clone());
    let answers = [
        ("Extract without a request", caller.extract(v1::ExtractRequest::default()).await.map(drop)),
        ("Associate without facts", caller.associate(v1::AssociateRequest::default()).await.map(drop)),
        ("Configure of nobody", caller.configure(v1::ConfigureRequest::default()).await.map(drop)),
        (
            "Configure of a device of which nothing is known",
            caller.configure(v1::ConfigureRequest { device: device(), raw_config: None }).await.map(drop),
        ),
        (
            "Configure with a raw config that is no JSON",
            caller
                .configure(v1::ConfigureRequest { device: device(), raw_config: Some(unreadable.clone()) })
                .await
                .map(drop),
        ),
        (
            "ConfigureCommon with a raw config that is no JSON",
            caller
                .configure_common(v1::ConfigureCommonRequest { raw_config: Some(unreadable) })
                .await
                .map(drop),
        ),
        ("Synchronize nobody", caller.synchronize(v1::SynchronizeRequest::default()).await.map(drop)),
        (
            "Synchronize a device without an address",
            caller.synchronize(v1::SynchronizeRequest { device: device(), raw_config: None }).await.map(drop),
        ),
        ("ServeFile to nobody", caller.serve_file(v1::ServeFileRequest::default()).await.map(drop)),
    ];
    let mut refused = 0;
    for (call, answer) in answers {
        if let Some(refusal) = unsound(&answer) {
            return failed(format!("{call}: {refusal}"));
        }
        refused += usize::from(answer.is_err());
    }
    Ok(format!("9 calls, {refused} of them refused with their reason"))
}

/// A refusal that is none of those a plugin may give to bad input.
pub(super) fn unsound<T>(answer: &Result<T, Refusal>) -> Option<&Refusal> {
    let sound = [
        Code::InvalidArgument,
        Code::FailedPrecondition,
        Code::NotFound,
        Code::PermissionDenied,
        Code::Unimplemented,
        Code::OutOfRange,
        Code::ResourceExhausted,
    ];
    answer.as_ref().err().filter(|refusal| !sound.contains(&refusal.code))
}
