//! How a plugin ends: drained, told to, left alone.

use std::time::Instant;

use futures_util::future::join_all;
use provd_proto::v1;

use super::samples::Sample;
use super::subject::{Subject, said};
use super::{Checked, Finding, failed};
use crate::plugin_host::workbench::{Code, Ended};

/// Calls that run when it is drained.
const RUNNING: usize = 16;

pub(super) async fn drain(subject: &Subject) -> Checked {
    let trial = subject.fresh().await?;
    let caller = trial.caller();
    let request = subject.samples().await?.devices.first().map(Sample::request).unwrap_or_default();
    let running = join_all((0..RUNNING).map(|_| caller.configure(request.clone())));
    let (answers, drained) = tokio::join!(running, caller.drain(v1::DrainRequest {}));
    drained.map_err(said("Drain"))?;
    let is_lost =
        |code| matches!(code, Code::Cancelled | Code::DeadlineExceeded | Code::Unknown | Code::Internal);
    // Those that came later are refused as unavailable.
    if let Some(refusal) = answers.into_iter().filter_map(Result::err).find(|refusal| is_lost(refusal.code)) {
        return failed(format!("a call that ran when it was drained: {refusal}"));
    }
    match caller.configure(request).await {
        Err(refusal) if refusal.code == Code::Unavailable => {}
        Err(refusal) => return failed(format!("a call after Drain: {refusal}, and not UNAVAILABLE")),
        Ok(_) => return failed("a call after Drain is answered all the same"),
    }
    caller.drain(v1::DrainRequest {}).await.map_err(said("a second Drain"))?;
    Ok(format!("while {RUNNING} calls ran, and again"))
}

pub(super) async fn stdin(subject: &Subject) -> Checked {
    let (trial, began) = (subject.fresh().await?, Instant::now());
    match trial.abandon().await {
        Some(Ended { how, .. }) => Ok(format!("{how} after {} ms", began.elapsed().as_millis())),
        None => failed("it still runs 5 s after"),
    }
}

pub(super) async fn sigterm(subject: &Subject) -> Checked {
    let (trial, began) = (subject.fresh().await?, Instant::now());
    match trial.terminate().await {
        Some(Ended { how, .. }) => Ok(format!("{how} after {} ms", began.elapsed().as_millis())),
        None => failed("it still runs 5 s after"),
    }
}

pub(super) async fn children(subject: &Subject) -> Checked {
    let trial = subject.fresh().await?;
    if let Some(sample) = subject.samples().await?.devices.first() {
        // Whether it can be configured is another check's business.
        let _ = trial.caller().configure(sample.request()).await;
    }
    match trial.abandon().await {
        Some(Ended { left_behind, .. }) if left_behind.is_empty() => Ok("none".to_owned()),
        Some(Ended { left_behind, .. }) => failed(format!("{} processes still run", left_behind.len())),
        None => Err(Finding::Skipped("it does not end by itself".to_owned())),
    }
}
