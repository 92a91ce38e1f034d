//! How the process of a plugin is started: its command, its environment and the walls around it. Starting it is done elsewhere.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use provd_proto::environment;

use super::generation::Plan;
use super::process::Invocation;
use super::sandbox::{Belongings, Enclosure, Kernel};
use crate::packages::Engine;

/// Tells the host of plugins of wazo-provd that it is to hold several.
const SHARED: &str = "--shared";

type Environment = Vec<(&'static str, String)>;

impl Invocation {
    /// A process that is one plugin. Fails only if there is no room for what it needs.
    pub(super) fn of_plugin(plan: &Plan, socket: &Path, token: &str) -> io::Result<Invocation> {
        let command = command(plan);
        let is_python = matches!(plan.manifest.engine, Engine::Python | Engine::WazoProvd);
        let libraries = if is_python { Some(plan.python.libraries()?) } else { None };
        let mut environment = surroundings(plan, libraries.as_deref());
        environment.extend([
            (environment::SOCKET, text(socket)),
            (environment::ID, plan.id.clone()),
            (environment::DIR, text(&plan.folder)),
            (environment::OVERRIDES, text(&plan.overrides)),
            (environment::SCRATCH, text(&plan.scratch)),
            (environment::TOKEN, token.to_owned()),
        ]);
        let program = command.first().map_or(plan.program.as_path(), Path::new);
        let enclosure = enclosure(plan, socket, program, libraries);
        let (launcher, folder) = (plan.program.clone(), plan.folder.clone());
        Ok(Invocation { launcher, enclosure, command, environment, folder })
    }

    /// A process that is told later which plugins it holds, within walls for all of them.
    pub(super) fn of_family(plan: &Plan, enclosure: Enclosure) -> io::Result<Invocation> {
        let mut command = command(plan);
        command.push(SHARED.to_owned());
        let environment = surroundings(plan, Some(&plan.python.libraries()?));
        let (launcher, folder) = (plan.program.clone(), plan.folder.clone());
        Ok(Invocation { launcher, enclosure, command, environment, folder })
    }
}

/// The `PATH` that plugins get, and are looked for in.
pub(super) fn search_path() -> String {
    inherited("PATH", "/usr/local/bin:/usr/bin:/bin")
}

/// The program that runs a plugin, and its arguments.
pub(super) fn command(plan: &Plan) -> Vec<String> {
    match &plan.manifest.engine {
        Engine::Program(command) => within(&plan.folder, command),
        engine => plan
            .python
            .command(engine)
            .unwrap_or_else(|| vec![text(&plan.program), "plugin-runner".to_owned(), text(&plan.folder)]),
    }
}

/// What every process is given, whichever plugins it holds.
fn surroundings(plan: &Plan, libraries: Option<&Path>) -> Environment {
    let mut environment = vec![
        (environment::API, provd_proto::negotiation::API_MAJOR.to_string()),
        (environment::LOG, plan.log.clone()),
        ("TMPDIR", text(&plan.scratch)),
        ("PATH", search_path()),
        ("LANG", inherited("LANG", "C.UTF-8")),
        ("TZ", inherited("TZ", "UTC")),
    ];
    if let Some(libraries) = libraries {
        environment.push(("PYTHONPATH", text(libraries)));
        // The libraries are compiled, and the rest is run once.
        environment.push(("PYTHONDONTWRITEBYTECODE", "1".to_owned()));
        environment.push(("PYTHONUNBUFFERED", "1".to_owned()));
    }
    environment
}

/// The walls around a process that becomes this program.
fn enclosure(plan: &Plan, socket: &Path, program: &Path, libraries: Option<PathBuf>) -> Enclosure {
    let of_python = libraries.as_ref().map_or_else(Vec::new, |_| plan.python.readable());
    let libraries: Vec<PathBuf> = libraries.into_iter().chain(of_python).collect();
    let search = search_path();
    let own = Belongings {
        id: &plan.id,
        program,
        search: OsStr::new(&search),
        folder: &plan.folder,
        libraries: &libraries,
        overrides: std::slice::from_ref(&plan.overrides),
        scratch: std::slice::from_ref(&plan.scratch),
        socket_folder: socket.parent(),
    };
    Enclosure::new(Kernel::this(), &plan.sandbox, plan.manifest.needs, &own)
}

/// A program named by a relative path with a slash is in the plugin's own folder, else it is looked for in PATH.
fn within(folder: &Path, command: &[String]) -> Vec<String> {
    let mut command = command.to_vec();
    if let Some(program) = command.first_mut().filter(|program| program.contains('/')) {
        *program = text(&folder.join(&*program));
    }
    command
}

fn inherited(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
