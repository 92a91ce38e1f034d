//! Plugins in other languages than Rust: their runtimes do with what is left to them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::Result;
use provd_tests::{Home, Python, provd_binary};

const REQUIREMENTS: &str = "grpcio==1.76.0\n";

/// The least a plugin can be: it describes itself, serves, and writes to its scratch folder. Messages are encoded by hand,
/// for nothing but the library for gRPC is wanted here.
const PLUGIN: &str = r#"
import os, sys, tempfile, threading
from concurrent import futures
import grpc

id = os.environ["PROVD_PLUGIN_ID"].encode()
description = b"\x0a" + bytes([len(id)]) + id + b"\x12\x011"

class Calls(grpc.GenericRpcHandler):
    def service(self, call):
        answer = {"Describe": description, "Check": b"\x08\x01"}.get(call.method.rsplit("/")[-1], b"")
        return grpc.unary_unary_rpc_method_handler(lambda request, context: answer)

with tempfile.NamedTemporaryFile(delete=False) as file:
    file.write(b"done")
server = grpc.server(futures.ThreadPoolExecutor(8), handlers=[Calls()])
server.add_insecure_port("unix:" + os.environ["PROVD_PLUGIN_SOCKET"])
server.start()
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.wait_for_termination()
"#;

#[tokio::test]
async fn a_plugin_in_python_runs_within_the_walls() -> Result<()> {
    let python = Python::with(REQUIREMENTS).await?;
    let prefixes = prefixes(&python).await?;
    let home = Home::with_families(&[])?.argument(format!("--sandbox-readable={prefixes}"));
    let program = python.program("python").display().to_string();
    let folder = home.add_program("pythonic", &[&program, "plugin.py"])?;
    take_longer(&folder)?;
    fs::write(folder.join("plugin.py"), PLUGIN)?;
    let server = home.start().await?;
    server.ready("pythonic").await?;
    let written = fs::read_dir(home.data_dir().join("scratch/pythonic"))?.count();
    assert_eq!(written, 1, "temporary files are written to the scratch folder");
    Ok(())
}

/// Tries what is in the lists, and says what was not refused.
const EVASIONS: &str = r#"
import fcntl, mmap, os, resource, socket
pair = socket.socketpair()
evasions = {
    "shared memory": lambda: mmap.mmap(-1, 1 << 20),
    "memory that grows down": lambda: mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100),
    "zeroes": lambda: os.open("/dev/zero", os.O_RDWR),
    "files in memory": lambda: os.memfd_create("x"),
    "a longer stack": lambda: resource.setrlimit(resource.RLIMIT_STACK, (1 << 30, 1 << 30)),
    "signals from the kernel": lambda: fcntl.fcntl(pair[0], fcntl.F_SETOWN, os.getppid()),
}
mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for name, deed in evasions.items():
    try:
        deed()
        print(name)
    except (OSError, ValueError):
        pass
"#;

/// Within walls as of a kernel whose Landlock does not keep signals within.
#[tokio::test]
async fn limits_of_memory_and_signals_cannot_be_evaded() -> Result<()> {
    let python = Python::with(REQUIREMENTS).await?;
    let readable = format!("--execute={}", prefixes(&python).await?.replace(',', " --execute="));
    let walls = ["--seccomp", "--landlock=5", "--memory=1073741824"].into_iter().chain(readable.split(' '));
    let within = launched(&python, walls)?;
    let refused = String::from_utf8_lossy(&within.stderr).into_owned();
    if refused.contains("Landlock: ") {
        println!("NOT TESTED: {refused}");
        return Ok(());
    }
    assert!(within.status.success() && within.stdout.is_empty(), "{within:?}");
    let without = launched(&python, [])?;
    assert_eq!(
        String::from_utf8(without.stdout)?.lines().count(),
        6,
        "{}",
        String::from_utf8_lossy(&without.stderr)
    );
    Ok(())
}

fn launched<'a>(python: &Python, walls: impl IntoIterator<Item = &'a str>) -> Result<Output> {
    let parent = std::process::id().to_string();
    let mut launcher = Command::new(provd_binary()?);
    launcher.args(["plugin-launcher", &parent]).args(walls).arg("--");
    Ok(launcher.arg(python.program("python")).args(["-c", EVASIONS]).output()?)
}

/// Folders of an environment and of the interpreter it was made from, with a comma between them.
async fn prefixes(python: &Python) -> Result<String> {
    let asked = ["-c", "import sys; print(sys.prefix, sys.base_prefix, sep=',')"];
    let ask = |command: &mut tokio::process::Command| {
        command.args(asked);
    };
    Ok(python.run("python", Duration::from_secs(30), ask).await?.trim().to_owned())
}

/// An interpreter may have to compile its libraries first.
fn take_longer(folder: &Path) -> Result<()> {
    let path = folder.join("plugin.toml");
    let manifest = fs::read_to_string(&path)?.replace("\"2s\"", "\"30s\"");
    Ok(fs::write(path, manifest)?)
}
