//! Plugins in other languages than Rust: their runtimes do with what is left to them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use provd_tests::{Home, Python};

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
    let python = Python::with("grpcio==1.76.0\n").await?;
    let asked = ["-c", "import sys; print(sys.prefix, sys.base_prefix, sep=',')"];
    let prefixes = python
        .run("python", Duration::from_secs(30), |command| {
            command.args(asked);
        })
        .await?;
    let home = Home::with_families(&[])?.argument(format!("--sandbox-readable={}", prefixes.trim()));
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

/// An interpreter may have to compile its libraries first.
fn take_longer(folder: &Path) -> Result<()> {
    let path = folder.join("plugin.toml");
    let manifest = fs::read_to_string(&path)?.replace("\"2s\"", "\"30s\"");
    Ok(fs::write(path, manifest)?)
}
