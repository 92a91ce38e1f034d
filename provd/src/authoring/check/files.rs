//! What a plugin generates and serves.

use provd_proto::v1;

use super::samples::Sample;
use super::subject::{Subject, said};
use super::{Checked, Finding, failed};
use crate::plugin_host::workbench::{Caller, Code, judge_configuration};

/// Devices that are configured again and again.
const DEVICES: usize = 6;

pub(super) async fn configure(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let own = subject.samples().await?.devices.iter().filter(|sample| sample.is_own);
    let mut files = Vec::new();
    for sample in own {
        let answer = trial.caller().configure(sample.request()).await;
        files.push(
            answer.map_err(|refusal| Finding::Failed(format!("{}: {refusal}", sample.name)))?.files.len(),
        );
    }
    if files.is_empty() {
        return Err(Finding::Skipped("no case beside it configures a device".to_owned()));
    }
    Ok(format!("{} devices, {} files", files.len(), files.iter().sum::<usize>()))
}

pub(super) async fn names(subject: &Subject) -> Checked {
    let mut files = 0;
    for (sample, answer) in configurable(subject).await? {
        let paths: Vec<&str> = answer.files.iter().map(|file| file.path.as_str()).collect();
        if !answer.trigger_path.is_empty() && !paths.contains(&answer.trigger_path.as_str()) {
            let why = format!("the trigger `{}` is none of its files", answer.trigger_path.escape_debug());
            return failed(format!("{}: {why}", sample.name));
        }
        files += paths.len();
        judge_configuration(answer).map_err(|why| Finding::Failed(format!("{}: {why}", sample.name)))?;
    }
    let trial = subject.shared().await?;
    let asked = v1::ConfigureCommonRequest {
        raw_config: Some(super::samples::raw_config_of(super::samples::raw_config())),
    };
    if let Ok(v1::ConfigureCommonResponse { files: common, warnings }) =
        trial.caller().configure_common(asked).await
    {
        files += common.len();
        let answer = v1::ConfigureResponse { files: common, warnings, trigger_path: String::new() };
        judge_configuration(answer).map_err(|why| Finding::Failed(format!("common files: {why}")))?;
    }
    Ok(format!("{files} files"))
}

pub(super) async fn stable(subject: &Subject) -> Checked {
    let first = configurable(subject).await?;
    let trial = subject.shared().await?;
    // In the other order: what one device leaves behind would show in the next.
    for (sample, answer) in first.iter().rev() {
        equal(trial.caller(), sample, answer, "the second time").await?;
    }
    let another = subject.fresh().await?;
    for (sample, answer) in first.iter().skip(1).chain(first.first()) {
        equal(another.caller(), sample, answer, "in another process").await?;
    }
    Ok(format!("{} devices, 3 times each", first.len()))
}

async fn equal(
    caller: &Caller,
    sample: &Sample,
    expected: &v1::ConfigureResponse,
    when: &str,
) -> Result<(), Finding> {
    let answer = caller.configure(sample.request()).await.map_err(said("Configure"))?;
    let differs = expected.files.iter().find(|file| !answer.files.contains(file));
    match differs {
        Some(file) => failed(format!("{}: {} is another {when}", sample.name, file.path.escape_debug())),
        None if answer != *expected => {
            failed(format!("{}: other files, warnings or trigger {when}", sample.name))
        }
        None => Ok(()),
    }
}

/// Devices that it configures, and what it generates for them.
pub(super) async fn configurable(
    subject: &Subject,
) -> Result<Vec<(&Sample, v1::ConfigureResponse)>, Finding> {
    let trial = subject.shared().await?;
    let mut configurable = Vec::new();
    let mut why = "no case beside it configures a device, and it names no models".to_owned();
    for sample in subject.samples().await?.devices.iter().take(DEVICES) {
        match trial.caller().configure(sample.request()).await {
            Ok(answer) => configurable.push((sample, answer)),
            Err(refusal) => why = format!("{}: {refusal}", sample.name),
        }
    }
    if configurable.is_empty() {
        return Err(Finding::Skipped(format!("nothing can be configured: {why}")));
    }
    Ok(configurable)
}

pub(super) async fn deconfigure(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let unknown = v1::Device { id: "never-known".to_owned(), ..v1::Device::default() };
    let known = subject.samples().await?.devices.first();
    if let Some(sample) = known {
        // Whether it can be configured is another check's business.
        let _ = trial.caller().configure(sample.request()).await;
    }
    let known = known.map(|sample| sample.device.clone());
    for (which, device) in
        [("a device", known.clone()), ("the same again", known), ("an unknown one", Some(unknown))]
    {
        let asked = v1::DeconfigureRequest { device };
        trial.caller().deconfigure(asked).await.map_err(said(&format!("Deconfigure of {which}")))?;
    }
    Ok("a device twice, and one it never knew".to_owned())
}

/// Whether an answer leaves it to provd to find a file of this name.
fn is_named(response: &v1::ServeFileResponse, name: &str) -> bool {
    use v1::serve_file_response::Answer;
    match &response.answer {
        Some(Answer::Generated(generated)) => generated.path.trim_start_matches('/') == name,
        Some(Answer::Served(served)) => served.path.trim_start_matches('/') == name,
        Some(Answer::Inline(_)) | None => false,
    }
}

pub(super) async fn serve_unknown(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let device = subject.samples().await?.devices.first().map(|sample| sample.device.clone());
    let name = "there/is/no/such-file.4711";
    let http =
        v1::HttpRequest { method: "GET".to_owned(), path: format!("/{name}"), ..v1::HttpRequest::default() };
    let kinds = [
        ("HTTP", v1::request::Kind::Http(http)),
        ("TFTP", v1::request::Kind::Tftp(v1::TftpRequest { filename: name.to_owned() })),
    ];
    for (protocol, kind) in kinds {
        let request = Some(v1::Request { ip: "192.0.2.100".to_owned(), kind: Some(kind) });
        match trial.caller().serve_file(v1::ServeFileRequest { device: device.clone(), request }).await {
            Err(refusal) if refusal.code == Code::NotFound => {}
            Err(refusal) => return failed(format!("over {protocol}: {refusal}")),
            // provd finds no such file, and says so to the phone.
            Ok(answer) if is_named(&answer, name) => {}
            Ok(_) => return failed(format!("over {protocol} it is answered with another file")),
        }
    }
    Ok("over HTTP and TFTP".to_owned())
}
