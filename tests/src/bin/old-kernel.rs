//! Becomes a program for which the kernel lacks something: `old-kernel landlock|seccomp PROGRAM ARGUMENT…`.
//!
//! System calls that are not there fail with ENOSYS, which is what an old kernel, or a container's filter, does.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

fn main() -> ExitCode {
    let Err(error) = run();
    eprintln!("old-kernel: {error:#}");
    ExitCode::FAILURE
}

fn run() -> Result<std::convert::Infallible> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [lacks, program, arguments @ ..] = arguments.as_slice() else {
        bail!("expected what is missing, a program and its arguments");
    };
    let calls: &[i64] = match lacks.as_str() {
        "landlock" => &[libc::SYS_landlock_create_ruleset],
        "seccomp" => &[libc::SYS_seccomp],
        "both" => &[libc::SYS_landlock_create_ruleset, libc::SYS_seccomp],
        _ => bail!("`{lacks}`: expected landlock, seccomp or both"),
    };
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect();
    let refusal = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refusal, architecture)?;
    apply_filter(&BpfProgram::try_from(filter)?).context("a filter of system calls")?;
    Err(Command::new(program).args(arguments).exec().into())
}
