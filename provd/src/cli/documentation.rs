//! What the command line says of itself to shells and readers: completion scripts and manual pages, from the same
//! definition as `--help`.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

/// `provd completion`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  provd completion bash > /etc/bash_completion.d/provd
  provd completion zsh > /usr/local/share/zsh/site-functions/_provd
  provd completion fish > ~/.config/fish/completions/provd.fish")]
pub struct CompletionCommand {
    /// The shell to write for
    shell: Shell,
}

/// `provd man`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  provd man | man -l -
  provd man --output /usr/local/share/man/man1 && man provd-device-list")]
pub struct ManCommand {
    /// Folder to write the pages of all commands into [default: the page of provd itself goes to standard output]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Writes the script that completes `program` in a shell to stdout.
pub fn complete(command: &CompletionCommand, mut program: Command) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut program, "provd", &mut script);
    exit_code(print(&script))
}

/// Writes manual pages of `program`.
pub fn write_manual(command: &ManCommand, program: Command) -> ExitCode {
    exit_code(match &command.output {
        None => page(&program).and_then(|page| print(&page)),
        Some(folder) => fs::create_dir_all(folder).and_then(|()| write_pages(program, folder)),
    })
}

/// A page for the program and for each command below it: `provd.1`, `provd-device.1`, `provd-device-list.1`, …
fn write_pages(mut program: Command, folder: &Path) -> io::Result<()> {
    // Gives each command its full name.
    program.build();
    write_page(&program, folder)
}

fn write_page(command: &Command, folder: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        write_page(below, folder)?;
    }
    Ok(())
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).manual("provd").render(&mut page)?;
    Ok(page)
}

fn print(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

fn exit_code(outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed as well, the exit code is all that can be said.
            let _ = writeln!(io::stderr(), "provd: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Command {
        let list = Command::new("list").about("List all phones");
        Command::new("provd")
            .subcommand(Command::new("device").subcommand(list))
            .subcommand(Command::new("x").hide(true))
    }

    #[test]
    fn each_command_has_a_page_but_hidden_ones() {
        let folder = tempfile::tempdir().unwrap();
        write_pages(program(), folder.path()).unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["provd-device-list.1", "provd-device.1", "provd.1"]);
        let page = fs::read_to_string(folder.path().join("provd-device-list.1")).unwrap();
        assert!(page.contains("List all phones") && page.contains("provd\\-device\\-list"), "{page}");
    }
}
