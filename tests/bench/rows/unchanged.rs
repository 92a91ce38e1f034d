//! A phone that has the file already: 304 to the validator it was given, and HEAD.
//!
//! wrk waits for the body that an answer to HEAD only announces, so that HEAD is asked by a client of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use provd_tests::Handset;
use provd_tests::process::Process;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Row;
use crate::arguments::Plan;
use crate::finding::{Finding, Goal};
use crate::sample::{Sample, Side};
use crate::site::{self, Site, duel};
use crate::usage;
use crate::wrk::{CONNECTIONS, Wrk};

/// Longest head of an answer.
const HEAD: usize = 4096;

/// Nothing but heads.
pub(crate) struct Unchanged;

#[async_trait(?Send)]
impl Row for Unchanged {
    fn name(&self) -> &'static str {
        "unchanged"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let site = Site::new(1, &[]).await?;
        let path = site::phone().path();
        site.share(&path).await?;
        let not_modified = "known phone, warm, 304 (If-None-Match)".to_owned();
        let mut findings = Vec::new();
        if Wrk::is_there() {
            let ours = validator(site.server.http(), &path).await?;
            let mut contenders = vec![site.provd("provd", &path, &[&ours])?];
            if let Some(nginx) = &site.nginx {
                let theirs = validator(nginx.address(), &path).await?;
                contenders.extend(site.other(&path, &[&theirs])?);
            }
            findings.push(duel(plan, not_modified, Goal::AtLeast(1.0), &contenders).await?);
        } else {
            findings.push(Finding::left_out(not_modified, "no wrk"));
        }
        findings.push(head(plan, &site, &path).await?);
        Ok(findings)
    }
}

/// The header that a phone sends which has what this server has.
async fn validator(server: SocketAddr, path: &str) -> Result<String> {
    let head = exchange(&mut TcpStream::connect(server).await?, &request("HEAD", path, server)).await?;
    let tag = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("etag").then(|| value.trim().to_owned())
    });
    Ok(format!("If-None-Match: {}", tag.context("no ETag")?))
}

async fn head(plan: &Plan, site: &Site, path: &str) -> Result<Finding> {
    let mut sides = vec![(Side::new("provd"), site.server.http(), site.server.process())];
    if let Some(nginx) = &site.nginx {
        sides.push((Side::new("nginx"), nginx.address(), nginx.process()?));
    }
    for _ in 0..plan.rounds {
        for (side, server, process) in &mut sides {
            side.samples.push(ask_for_heads(plan, *server, *process, path).await?);
        }
    }
    let sides: Vec<Side> = sides.into_iter().map(|(side, ..)| side).collect();
    Ok(Finding::ratio("known phone, warm, HEAD", Goal::AtLeast(1.0), &sides[0], &sides[1..]))
}

async fn ask_for_heads(plan: &Plan, server: SocketAddr, process: Process, path: &str) -> Result<Sample> {
    let before = usage::worked(process);
    let began = Instant::now();
    let over = Arc::new(AtomicBool::new(false));
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (over, request) = (over.clone(), request("HEAD", path, server));
        connections.spawn(async move {
            let mut stream = TcpStream::connect(server).await?;
            stream.set_nodelay(true)?;
            let mut answered = 0;
            while !over.load(Ordering::Relaxed) {
                exchange(&mut stream, &request).await?;
                answered += 1;
            }
            anyhow::Ok(answered)
        });
    }
    tokio::time::sleep(plan.duration).await;
    over.store(true, Ordering::Relaxed);
    let answered = connections.join_all().await.into_iter().sum::<Result<u64>>()?;
    Ok(Sample::new(answered, began.elapsed(), usage::worked(process).saturating_sub(before)))
}

fn request(method: &str, path: &str, server: SocketAddr) -> String {
    let agent = site::phone().user_agent(Handset::FIRMWARE);
    format!("{method} {path} HTTP/1.1\r\nHost: {server}\r\nUser-Agent: {agent}\r\n\r\n")
}

/// An answer without a body.
async fn exchange(stream: &mut TcpStream, request: &str) -> Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = [0; HEAD];
    let mut filled = 0;
    while !buffer[..filled].ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut buffer[filled..]).await?;
        ensure!(read > 0, "the connection ended, or the head is too long");
        filled += read;
    }
    ensure!(buffer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&buffer[..filled]));
    Ok(String::from_utf8_lossy(&buffer[..filled]).into_owned())
}
