//! provd beside servers that only serve files: nginx over HTTP; tftpd-hpa, atftpd and dnsmasq over TFTP. All are asked in one
//! run, in turn, for the same bytes; what counts is the median of ratios, and whether it meets its goal.
//!
//! `tests/bench/run`, or `cargo bench -p provd-tests --bench peers -- --help`. Run by anything but `cargo bench`, it only
//! makes sure that it works.

mod arguments;
mod families;
mod finding;
mod fleet;
mod machine;
mod peers;
mod picture;
mod report;
mod rows;
mod sample;
mod site;
mod tftp;
mod tftp_site;
mod wrk;

use std::fs;

use anyhow::{Context as _, Result, bail};
use provd_tests::usage;

use arguments::Arguments;
use finding::Finding;
use report::Baseline;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::from_command_line();
    let nothing = arguments.only.iter().find(|part| !rows::ROWS.iter().any(|row| row.name().contains(*part)));
    if let Some(part) = nothing {
        bail!("no row has `{part}` in its name; `--list` names them");
    }
    let rows = rows::ROWS.into_iter().filter(|row| arguments.want(row.name()));
    if arguments.list {
        rows.for_each(|row| println!("{}", row.name()));
        return Ok(());
    }
    if let Some(folder) = &arguments.folder {
        std::env::set_current_dir(folder).with_context(|| folder.display().to_string())?;
    }
    // Before anything takes its time.
    let baseline = arguments.baseline.as_deref().map(Baseline::read).transpose()?;
    let plan = arguments.plan();
    let facts = machine::facts();
    let machine = machine::in_words(&facts);
    println!("{machine}\n{} rounds of {:?} each", plan.rounds, plan.duration);
    if plan.is_glimpse {
        println!("Only a glimpse, to see that everything works: the verdicts mean nothing");
    }
    peers::tell_missing();
    let mut findings: Vec<Finding> = Vec::new();
    for row in rows {
        eprintln!("{} …", row.name());
        findings.extend(row.measure(&plan).await.context(row.name())?);
    }
    report::print(&findings, baseline.as_ref());
    if let Some(path) = &arguments.json {
        let document = report::document(&facts, &findings, baseline.as_ref());
        fs::write(path, format!("{document:#}\n")).with_context(|| path.display().to_string())?;
    }
    if let Some(path) = &arguments.picture {
        fs::write(path, picture::draw(&findings, &machine)).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
