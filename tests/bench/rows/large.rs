//! A file of 100 MB, as fast as one connection takes it, and what that costs in memory.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use provd_tests::Handset;

use super::Row;
use crate::arguments::Plan;
use crate::finding::{Finding, Goal};
use crate::sample::{Sample, Side, float};
use crate::site::{self, Site};
use crate::usage;

/// A firmware.
pub(crate) struct Large;

const PATH: &str = "/Aastra/large.bin";
const ROOM: usize = 256 * 1024;

#[async_trait(?Send)]
impl Row for Large {
    fn name(&self) -> &'static str {
        "large"
    }

    async fn measure(&self, plan: &Plan) -> Result<Vec<Finding>> {
        let size = if plan.is_glimpse { 4_000_000 } else { 100_000_000 };
        let site = Site::new(1, &[]).await?;
        site.share(&site::phone().path()).await?;
        let content = vec![0x5A; size];
        site.home.serve_file("aastra-3.2.2.1136", PATH.trim_start_matches('/'), &content)?;
        let mut sides = vec![(Side::of_bytes("provd"), site.server.http())];
        if let Some(nginx) = &site.nginx {
            nginx.put(PATH, &content)?;
            sides.push((Side::of_bytes("nginx"), nginx.address()));
        }
        let before = usage::resident(site.server.process())?;
        usage::forget_peak(site.server.process())?;
        let mut memory = Vec::new();
        let expected = content.len() as u64;
        for _ in 0..plan.rounds {
            for (side, server) in &mut sides {
                let server = *server;
                let sample = tokio::task::spawn_blocking(move || download(expected, server));
                side.samples.push(sample.await??);
            }
            memory.push(float(usage::peak(site.server.process())?.saturating_sub(before)) / 1e6);
        }
        let sides: Vec<Side> = sides.into_iter().map(|(side, _)| side).collect();
        let megabytes = size / 1_000_000;
        Ok(vec![
            Finding::ratio(format!("file of {megabytes} MB"), Goal::AtLeast(0.9), &sides[0], &sides[1..]),
            Finding::of(format!("memory for a file of {megabytes} MB"), "MB", Goal::AtMost(10.0), memory),
        ])
    }
}

/// Reads all of it and keeps nothing. On a thread of its own, without a runtime in between.
fn download(expected: u64, server: SocketAddr) -> Result<Sample> {
    let agent = site::phone().user_agent(Handset::FIRMWARE);
    let request =
        format!("GET {PATH} HTTP/1.1\r\nHost: {server}\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n");
    let began = Instant::now();
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(request.as_bytes())?;
    let mut buffer = vec![0; ROOM];
    let read = stream.read(&mut buffer)?;
    ensure!(buffer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&buffer[..read.min(200)]));
    let head = buffer[..read].windows(4).position(|end| end == b"\r\n\r\n").context("a head in pieces")? + 4;
    let mut received = (read - head) as u64;
    loop {
        match stream.read(&mut buffer)? {
            0 => break,
            read => received += read as u64,
        }
    }
    let elapsed = began.elapsed();
    ensure!(received == expected, "{received} of {expected} bytes");
    Ok(Sample { rate: float(received) / elapsed.as_secs_f64(), ..Sample::default() })
}
