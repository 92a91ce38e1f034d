//! What a plugin does under strain: much at once, much in a row, large, or dropped.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use provd_proto::{MAX_MESSAGE_BYTES, v1};

use super::answers::unsound;
use super::files::configurable;
use super::samples::Sample;
use super::subject::{Subject, said};
use super::{Checked, Finding, failed};
use crate::plugin_host::workbench::{Caller, Code, Refusal};

/// Calls a server has under way at most.
const AT_ONCE: usize = 32;
/// Calls that are dropped together.
const DROPPED: usize = 8;
/// How long the first of them are waited for, and the last.
const FIRST_PATIENCE: Duration = Duration::from_micros(100);
const LAST_PATIENCE: Duration = Duration::from_secs(2);
/// Calls until memory is as large as it should become, then those that may not make it larger, in rounds.
const WARMING: usize = 1500;
const ROUND: usize = 1500;
const ROUNDS: usize = 2;
/// What those may add, in bytes and in descriptors.
const MEMORY: u64 = 8 * 1024 * 1024;
const DESCRIPTORS: usize = 8;
/// What a message has beside its largest field.
const FRAME: usize = 64 * 1024;

/// One call of each kind about a device.
async fn round(caller: &Caller, sample: &Sample, number: usize) -> (&'static str, Result<(), Refusal>) {
    let device = Some(sample.device.clone());
    let raw_config = Some(sample.raw_config.clone());
    let http = v1::HttpRequest {
        method: "GET".to_owned(),
        path: "/x/y.cfg".to_owned(),
        ..v1::HttpRequest::default()
    };
    let request =
        Some(v1::Request { ip: "192.0.2.100".to_owned(), kind: Some(v1::request::Kind::Http(http)) });
    match number % 8 {
        0 => ("Describe", caller.describe().await.map(drop)),
        1 => ("Extract", caller.extract(v1::ExtractRequest { request }).await.map(drop)),
        2 => (
            "Associate",
            caller.associate(v1::AssociateRequest { info: sample.device.info.clone() }).await.map(drop),
        ),
        3 => (
            "ConfigureCommon",
            caller.configure_common(v1::ConfigureCommonRequest { raw_config }).await.map(drop),
        ),
        4 => ("Configure", caller.configure(sample.request()).await.map(drop)),
        5 => ("Deconfigure", caller.deconfigure(v1::DeconfigureRequest { device }).await.map(drop)),
        6 => {
            ("Synchronize", caller.synchronize(v1::SynchronizeRequest { device, raw_config }).await.map(drop))
        }
        _ => ("ServeFile", caller.serve_file(v1::ServeFileRequest { device, request }).await.map(drop)),
    }
}

/// The first device there is; one of which nothing is known, if there is none.
async fn any_sample(subject: &Subject) -> Result<Sample, Finding> {
    let nobody = || Sample {
        name: "nobody".to_owned(),
        is_own: false,
        device: v1::Device::default(),
        raw_config: v1::RawConfig::default(),
    };
    Ok(subject.samples().await?.devices.first().cloned().unwrap_or_else(nobody))
}

pub(super) async fn deadlines(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let sample = any_sample(subject).await?;
    let mut slowest = ("", Duration::ZERO);
    for number in 0..8 {
        let began = Instant::now();
        let (call, answer) = round(trial.caller(), &sample, number).await;
        if let Some(refusal) = answer.err().filter(|refusal| refusal.code == Code::DeadlineExceeded) {
            return failed(format!("{call}: {refusal}"));
        }
        if began.elapsed() > slowest.1 {
            slowest = (call, began.elapsed());
        }
    }
    Ok(format!("the slowest was {} with {} ms", slowest.0, slowest.1.as_millis()))
}

pub(super) async fn sizes(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let sample = any_sample(subject).await?;
    let padded = |bytes: usize| {
        let document_json = format!("{{\"X_padding\":\"{}\"}}", "x".repeat(bytes));
        let raw_config = Some(v1::RawConfig { document_json, ..v1::RawConfig::default() });
        v1::ConfigureRequest { device: Some(sample.device.clone()), raw_config }
    };
    let largest = trial.caller().configure(padded(MAX_MESSAGE_BYTES - FRAME)).await;
    let is_about_size = |code| matches!(code, Code::ResourceExhausted | Code::OutOfRange);
    if let Err(refusal) = &largest
        && (unsound(&largest).is_some() || is_about_size(refusal.code))
    {
        return failed(format!("a message of 8 MiB: {refusal}"));
    }
    // A field 1000 of so many bytes, which it would have to skip.
    let length = MAX_MESSAGE_BYTES + FRAME;
    let mut message = vec![0xc2, 0x3e];
    message.extend(varint(length));
    message.resize(message.len() + length, b'x');
    let larger = trial.caller().raw("Configure", message).await;
    trial.caller().describe().await.map_err(said("Describe after a message of more than 8 MiB"))?;
    let larger =
        larger.err().map_or("answered".to_owned(), |refusal| format!("refused as {:?}", refusal.code));
    Ok(format!("8 MiB taken, more is {larger}"))
}

/// A number as protobuf writes it: seven bits a byte, the lowest first, all but the last marked.
fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

pub(super) async fn concurrency(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let alone = configurable(subject).await;
    let Ok(alone) = alone else {
        let sample = any_sample(subject).await?;
        let answers = join_all((0..AT_ONCE).map(|number| round(trial.caller(), &sample, number))).await;
        let unanswered = answers.iter().find_map(|(call, answer)| Some((call, unsound(answer)?)));
        return match unanswered {
            Some((call, refusal)) => failed(format!("{call}, one of {AT_ONCE} at once: {refusal}")),
            None => Ok(format!("{AT_ONCE} calls of 8 kinds")),
        };
    };
    let turns: Vec<_> = alone.iter().cycle().take(AT_ONCE).collect();
    let answers = join_all(turns.iter().map(|(sample, _)| trial.caller().configure(sample.request()))).await;
    for ((sample, expected), answer) in turns.into_iter().zip(answers) {
        let answer =
            answer.map_err(said(&format!("Configure of {}, one of {AT_ONCE} at once", sample.name)))?;
        if answer != *expected {
            return failed(format!("{} gets other files while others are configured", sample.name));
        }
    }
    Ok(format!("{AT_ONCE} devices configured at once"))
}

pub(super) async fn cancellation(subject: &Subject) -> Checked {
    let trial = subject.fresh().await?;
    let sample = any_sample(subject).await?;
    trial.caller().describe().await.map_err(said("Describe"))?;
    let (_, before) = trial.holds();
    let (mut patience, mut dropped) = (FIRST_PATIENCE, 0);
    // From before they arrived to after they were answered, however fast this machine is.
    while patience < LAST_PATIENCE {
        let call = || tokio::time::timeout(patience, trial.caller().configure(sample.request()));
        let late = join_all((0..DROPPED).map(|_| call())).await.into_iter().filter(Result::is_err).count();
        if late == 0 {
            break;
        }
        dropped += late;
        patience *= 2;
    }
    let expected = subject.shared().await?.caller().configure(sample.request()).await;
    let answer = trial.caller().configure(sample.request()).await;
    if answer != expected {
        let answer = answer.err().map_or("another answer".to_owned(), |refusal| refusal.to_string());
        return failed(format!("after {dropped} dropped calls, Configure: {answer}"));
    }
    let (_, after) = trial.holds();
    if after > before + DESCRIPTORS {
        return failed(format!("{dropped} dropped calls left {} descriptors open", after - before));
    }
    Ok(format!("{dropped} calls dropped"))
}

pub(super) async fn leaks(subject: &Subject) -> Checked {
    let trial = subject.fresh().await?;
    let sample = any_sample(subject).await?;
    many(trial.caller(), &sample, WARMING).await?;
    let (memory, descriptors) = trial.holds();
    if memory == 0 {
        return Err(Finding::Skipped("the kernel does not tell what it holds".to_owned()));
    }
    for _ in 0..ROUNDS {
        many(trial.caller(), &sample, ROUND).await?;
    }
    let (memory_after, descriptors_after) = trial.holds();
    let grown = memory_after.saturating_sub(memory);
    let calls = ROUNDS * ROUND;
    if grown > MEMORY {
        return failed(format!("{calls} calls added {} KiB of memory", grown / 1024));
    }
    if descriptors_after > descriptors + DESCRIPTORS {
        return failed(format!("{calls} calls left {} descriptors open", descriptors_after - descriptors));
    }
    Ok(format!("{calls} calls added {} KiB to {} KiB", grown / 1024, memory / 1024))
}

/// So many calls, eight at a time.
async fn many(caller: &Caller, sample: &Sample, calls: usize) -> Result<(), Finding> {
    for first in (0..calls).step_by(8) {
        let answers = join_all((first..first + 8).map(|number| round(caller, sample, number))).await;
        let is_lost = |refusal: &Refusal| matches!(refusal.code, Code::DeadlineExceeded | Code::Unavailable);
        let refusals = answers.into_iter().filter_map(|(call, answer)| Some((call, answer.err()?)));
        if let Some((call, refusal)) = refusals.into_iter().find(|(_, refusal)| is_lost(refusal)) {
            return failed(format!("{call}: {refusal}"));
        }
    }
    Ok(())
}

pub(super) async fn log(subject: &Subject) -> Checked {
    let trial = subject.fresh().await?;
    let mut secrets = vec!["checked-secret".to_owned()];
    for sample in &subject.samples().await?.devices {
        // What it answers is other checks' business.
        let _ = trial.caller().configure(sample.request()).await;
        secrets.extend(passwords(&sample.raw_config.document_json));
    }
    if trial.told_its_token() {
        return failed("it writes the token it was given");
    }
    let lines = trial.lines();
    let is_told = |secret: &String| lines.iter().any(|line| line.contains(secret.as_str()));
    // A short password may be part of any word.
    if secrets.iter().filter(|secret| secret.len() >= 5).any(is_told) {
        return failed("it writes a password of a raw config it was given");
    }
    Ok(format!("{} lines", lines.len()))
}

/// All values of keys that hold passwords.
fn passwords(document: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![serde_json::from_str(document).unwrap_or_default()]);
    while let Some(value) = open.pop() {
        if let serde_json::Value::Object(members) = value {
            for (name, member) in members {
                match member {
                    serde_json::Value::String(text) if name.contains("password") => found.push(text),
                    member => open.push(member),
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_protobuf_does() {
        assert_eq!(varint(5), [5]);
        assert_eq!(varint(300), [0xac, 0x02]);
        assert_eq!(varint(1 << 21), [0x80, 0x80, 0x80, 0x01]);
    }

    #[test]
    fn passwords_are_found_wherever_they_are() {
        let document = r#"{"admin_password": "a", "sip_lines": {"1": {"password": "b", "username": "c"}}}"#;
        let mut found = passwords(document);
        found.sort();
        assert_eq!(found, ["a", "b"]);
        assert!(passwords("no JSON").is_empty());
    }
}
