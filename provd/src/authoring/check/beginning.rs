//! From the folder to a process that serves: what a plugin is, says of itself, and lets in.

use std::path::Path;
use std::time::Instant;

use futures_util::future::join_all;
use provd_proto::v1;

use super::subject::{Subject, said};
use super::{Checked, Finding, failed};
use crate::packages::{Engine, is_program};
use crate::plugin_host::workbench::{Caller, Code, Refusal};

/// How often health is asked while calls run.
const HEALTH_CHECKS: usize = 5;
/// Calls that run meanwhile.
const MEANWHILE: usize = 16;
/// Field 1000 of a message, a text, as a later revision might have it.
const LATER_FIELD: &[u8] = &[0xc2, 0x3e, 0x05, b'l', b'a', b't', b'e', b'r'];
/// Field 2 of a `DescribeRequest`, the minor revision, as 999.
const LATER_REVISION: &[u8] = &[0x10, 0xe7, 0x07];

/// The folder and its `plugin.toml`, which was read before.
pub(super) async fn manifest(subject: &Subject) -> Checked {
    if let Some(link) = subject.links.first() {
        return failed(format!(
            "{} is a link, so it is not installed: put the file itself there",
            link.display()
        ));
    }
    let manifest = subject.tried.manifest();
    if manifest.description.is_empty() {
        return failed("plugin.toml has no `description`: one line for an administrator");
    }
    let program = match &manifest.engine {
        Engine::Declarative => return Ok(format!("declarative, with {} plugins", manifest.ids.len())),
        Engine::Python => return has(subject, "plugin.py"),
        Engine::WazoProvd => return has(subject, "entry.py"),
        Engine::Program(command) => command.first().map(String::as_str).unwrap_or_default(),
    };
    let path = subject.tried.folder().join(program);
    if !program.contains('/') || Path::new(program).is_absolute() {
        return Ok(format!(
            "runs `{program}`, which is not in its folder: it must be wherever this is installed"
        ));
    }
    let content = tokio::fs::read(&path).await;
    match content {
        Ok(content) if is_program(&content) => Ok(format!("runs `{program}`")),
        Ok(_) => failed(format!("`{program}` is neither a script that begins with #! nor an ELF program")),
        Err(error) => failed(format!("`{program}`: {error}")),
    }
}

fn has(subject: &Subject, program: &str) -> Checked {
    if subject.tried.folder().join(program).is_file() {
        return Ok(format!("Python runs `{program}`"));
    }
    failed(format!("`{program}` is not there"))
}

pub(super) async fn start(subject: &Subject) -> Checked {
    let began = Instant::now();
    match subject.workbench.start(&subject.tried).await {
        Ok(_) => Ok(format!("ready after {} ms", began.elapsed().as_millis())),
        Err(why) => failed(why),
    }
}

pub(super) async fn by_hand(subject: &Subject) -> Checked {
    let ended = subject.workbench.start_by_hand(&subject.tried).await;
    let ended = ended.map_err(|error| Finding::Failed(format!("it could not be started: {error}")))?;
    let Some((end, lines)) = ended else { return failed("it still runs after 5 s") };
    let told = lines.iter().any(|line| line.to_lowercase().contains("plugin"));
    match end.as_str() {
        "exit code 2" if told => Ok("exit code 2, and it says that it is a plugin".to_owned()),
        "exit code 2" => failed("it ends without saying that it is a plugin"),
        _ => failed(format!("it ends with {end}")),
    }
}

pub(super) async fn token(subject: &Subject) -> Checked {
    let trial = subject.fresh().await?;
    for (which, token) in [("no token", None), ("another token", Some("0123456789abcdef"))] {
        let stranger = trial.stranger(token).await;
        let stranger = stranger.map_err(|error| Finding::Failed(format!("no second connection: {error}")))?;
        for (call, answer) in every_call(&stranger).await {
            match answer {
                Err(refusal) if refusal.code == Code::Unauthenticated => {}
                Err(refusal) => return failed(format!("{call} with {which}: {refusal}")),
                Ok(()) => return failed(format!("{call} with {which} was answered")),
            }
        }
    }
    // Also Drain was called; had it been obeyed, nothing would be served any more.
    trial.caller().describe().await.map_err(said("Describe with the token, after calls without"))?;
    Ok("9 calls, with no token and with another".to_owned())
}

async fn every_call(caller: &Caller) -> Vec<(&'static str, Result<(), Refusal>)> {
    vec![
        ("Describe", caller.describe().await.map(drop)),
        ("Extract", caller.extract(v1::ExtractRequest::default()).await.map(drop)),
        ("Associate", caller.associate(v1::AssociateRequest::default()).await.map(drop)),
        ("ConfigureCommon", caller.configure_common(v1::ConfigureCommonRequest::default()).await.map(drop)),
        ("Configure", caller.configure(v1::ConfigureRequest::default()).await.map(drop)),
        ("Deconfigure", caller.deconfigure(v1::DeconfigureRequest::default()).await.map(drop)),
        ("Synchronize", caller.synchronize(v1::SynchronizeRequest::default()).await.map(drop)),
        ("ServeFile", caller.serve_file(v1::ServeFileRequest::default()).await.map(drop)),
        ("Drain", caller.drain(v1::DrainRequest {}).await.map(drop)),
    ]
}

pub(super) async fn health(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let caller = trial.caller();
    let sample = subject.samples().await?.devices.first();
    let request = sample.map(super::samples::Sample::request).unwrap_or_default();
    let calls = join_all((0..MEANWHILE).map(|_| caller.configure(request.clone())));
    let checks = async {
        for _ in 0..HEALTH_CHECKS {
            match caller.is_serving().await {
                Ok(true) => {}
                Ok(false) => return failed("it says that it does not serve"),
                Err(refusal) => return failed(format!("health: {refusal}")),
            }
        }
        Ok(format!("{HEALTH_CHECKS} times, while {MEANWHILE} calls ran"))
    };
    tokio::join!(checks, calls).0
}

pub(super) async fn describe(subject: &Subject) -> Checked {
    // Whatever else makes it unusable is found when it is started.
    let trial = subject.shared().await?;
    let description = trial.caller().describe().await.map_err(said("Describe"))?;
    let stated = &subject.tried.manifest().version;
    if description.version != *stated {
        return failed(format!("it says version `{}`, its plugin.toml `{stated}`", description.version));
    }
    Ok(format!(
        "{} models, {} filters, {} patterns of sensitive files",
        description.supported_devices.len(),
        description.filters.len(),
        description.sensitive_filenames.len()
    ))
}

pub(super) async fn stable(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let first = trial.caller().describe().await.map_err(said("Describe"))?;
    let again = trial.caller().describe().await.map_err(said("Describe"))?;
    let another = subject.fresh().await?.caller().describe().await.map_err(said("Describe"))?;
    if again != first {
        return failed("the second call gave another answer than the first");
    }
    if another != first {
        return failed("a second process gave another answer than the first");
    }
    Ok("3 equal answers of 2 processes".to_owned())
}

pub(super) async fn later_revisions(subject: &Subject) -> Checked {
    let trial = subject.shared().await?;
    let caller = trial.caller();
    for (method, later) in [("Describe", LATER_FIELD), ("Describe", LATER_REVISION), ("Extract", LATER_FIELD)]
    {
        let (known, unknown) =
            (caller.raw(method, Vec::new()).await, caller.raw(method, later.to_vec()).await);
        match (known, unknown) {
            (Ok(known), Ok(unknown)) if known != unknown => {
                return failed(format!(
                    "{method} answers otherwise when a field is there that it cannot know"
                ));
            }
            (Ok(_), Err(refusal)) => {
                return failed(format!("{method} with a field it cannot know: {refusal}"));
            }
            _ => {}
        }
    }
    match caller.raw("OfALaterRevision", Vec::new()).await {
        Err(refusal) if refusal.code == Code::Unimplemented => {
            Ok("unknown fields make no difference, an unknown method is UNIMPLEMENTED".to_owned())
        }
        Err(refusal) => failed(format!("a method it cannot know: {refusal}")),
        Ok(_) => failed("a method it cannot know was answered"),
    }
}
