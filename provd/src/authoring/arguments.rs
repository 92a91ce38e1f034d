//! What can be said on the command line of what plugins' authors do: flags and their help, nothing of the doing.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What an author does with a plugin that no server runs.
#[derive(Debug, Subcommand)]
pub enum AuthoringCommand {
    /// Write a small plugin to begin with: complete, with its cases
    New(NewArguments),
    /// Serve phones with one plugin only, which is installed anew whenever its files change
    Run(RunArguments),
    /// Run the cases beside a plugin: requests and their facts, devices and their files
    Test(TestArguments),
    /// Check that a plugin keeps the contract, whatever language it is written in
    Check(CheckArguments),
    /// Print every key of plugin.toml and everything that templates know; with --json the schema by which editors check and
    /// complete plugin.toml
    Reference,
}

/// `provd plugin test`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  provd plugin test plugins/aastra
  provd plugin test plugins/aastra switchboard \"two lines\"
  provd plugin test plugins/aastra --accept && git diff

Exit codes: 0 all cases passed, 1 some did not, or there are none")]
pub struct TestArguments {
    /// Folder with a plugin.toml; its cases are in tests/*.toml
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Only cases whose names hold one of these texts
    #[arg(value_name = "CASE")]
    pub cases: Vec<String>,
    /// Expect from now on what came out: writes files, facts, support, warnings, triggers and errors into tests/
    #[arg(long)]
    pub accept: bool,
}

/// `provd plugin check`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  provd plugin check plugins/aastra
  provd plugin check aastra-3.2.2.1136_1.0.0.provd.tar.gz --report report.json

Exit codes: 0 the plugin keeps the contract, 1 it does not, 2 there is nothing to check")]
pub struct CheckArguments {
    /// Folder with a plugin.toml or with a plugin of wazo-provd, or a package
    #[arg(value_name = "DIR|PACKAGE")]
    pub plugin: PathBuf,
    /// Only these checks, by their ids
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// Write the JSON document into this file as well
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// `provd plugin new`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  provd plugin new acme
  provd plugin new acme --python
  provd plugin new acme --rust --sdk ~/src/provd --into plugins")]
pub struct NewArguments {
    /// Of the phone family, in lower case
    pub name: String,
    /// Made of data: a plugin.toml and templates (what happens without --python and --rust)
    #[arg(long, conflicts_with_all = ["python", "rust"])]
    pub declarative: bool,
    /// A program in Python
    #[arg(long, conflicts_with = "rust")]
    pub python: bool,
    /// A program in Rust
    #[arg(long, requires = "sdk")]
    pub rust: bool,
    /// Folder of provd's source, whose plugin-runner a program in Rust is built with
    #[arg(long, value_name = "DIR", requires = "rust")]
    pub sdk: Option<PathBuf>,
    /// Folder to make it in
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub into: PathBuf,
}

/// `provd plugin run`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  provd plugin run plugins/aastra
  provd plugin run plugins/aastra --http 127.0.0.1:8000 --tftp 127.0.0.1:6969 --show

It ends with Ctrl-C, and nothing of it stays.")]
pub struct RunArguments {
    /// Folder with a plugin.toml
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Address on which phones ask over HTTP; port 0 takes a free one [default: 0.0.0.0:8667]
    #[arg(long, value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// Address on which phones ask over TFTP [default: 0.0.0.0:69, or port 6969 where that is not permitted]
    #[arg(long, value_name = "ADDR")]
    pub tftp: Option<SocketAddr>,
    /// Print what is in generated files, their secrets masked
    #[arg(long)]
    pub show: bool,
}
