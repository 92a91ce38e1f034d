//! A plugin folder as a real process, started the way provd starts it: it answers on its socket, and ends with its stdin
//! or with SIGTERM.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a process that cannot be started is a failed test"
)]

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use provd_plugin_runner::{declarative, runtime};
use provd_proto::v1::plugin_client::PluginClient;
use provd_proto::v1::{DescribeRequest, DescribeResponse};
use provd_proto::{TOKEN_METADATA_KEY, environment as names};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tonic::transport::{Endpoint, Uri};
use tonic::{Code, Request, Status};

/// Says to `child` which folder it is to serve.
const FOLDER: &str = "TEST_PLUGIN_FOLDER";

/// No process takes this long but one that hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// Not a test of its own: the plugin process that the other tests start this program again for.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    runtime().unwrap().block_on(declarative::run(Path::new(&folder))).unwrap();
}

struct Plugin {
    process: Child,
    socket: PathBuf,
    _scratch: tempfile::TempDir,
}

impl Plugin {
    /// Starts the process and waits until it says that it serves.
    async fn start(folder: &Path) -> Plugin {
        let scratch = tempfile::tempdir().unwrap();
        let socket = scratch.path().join("plugin.sock");
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child"])
            .env_clear()
            .env(FOLDER, folder)
            .env(names::SOCKET, &socket)
            .env(names::ID, "tiny-1.0")
            .env(names::DIR, folder)
            .env(names::SCRATCH, scratch.path())
            .env(names::TOKEN, "secret")
            .env(names::API, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let serving = async {
            while let Some(line) = log.next_line().await.unwrap() {
                if line.starts_with('{') && line.contains("serving") {
                    return;
                }
            }
            panic!("the process ended before it served");
        };
        tokio::time::timeout(LIMIT, serving).await.unwrap();
        Plugin { process, socket, _scratch: scratch }
    }

    async fn describe(&self) -> Result<DescribeResponse, Status> {
        let socket = self.socket.clone();
        let connector = tower::service_fn(move |_: Uri| {
            let socket = socket.clone();
            async move { Ok::<_, std::io::Error>(TokioIo::new(UnixStream::connect(socket).await?)) }
        });
        let channel = Endpoint::from_static("http://plugin").connect_with_connector(connector).await.unwrap();
        let mut request = Request::new(DescribeRequest::default());
        request.metadata_mut().insert(TOKEN_METADATA_KEY, "secret".parse().unwrap());
        Ok(PluginClient::new(channel).describe(request).await?.into_inner())
    }

    async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(LIMIT, self.process.wait()).await.unwrap().unwrap()
    }
}

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/families/tiny")
}

#[tokio::test]
async fn a_plugin_lives_as_long_as_its_stdin() {
    let mut plugin = Plugin::start(&tiny()).await;
    assert_eq!(plugin.describe().await.unwrap().id, "tiny-1.0");
    drop(plugin.process.stdin.take());
    // `wait` would close stdin itself, so it is awaited only now.
    assert!(plugin.ended().await.success());
}

/// A thread of the runtime that read stdin would keep the process from ending while provd holds it open.
#[tokio::test]
async fn a_plugin_ends_with_sigterm_while_stdin_is_open() {
    let mut plugin = Plugin::start(&tiny()).await;
    plugin.describe().await.unwrap();
    let _held = plugin.process.stdin.take();
    let id = i32::try_from(plugin.process.id().unwrap()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), rustix::process::Signal::TERM)
        .unwrap();
    assert!(plugin.ended().await.success());
}

#[tokio::test]
async fn a_folder_that_does_not_load_is_explained_by_describe() {
    let empty = tempfile::tempdir().unwrap();
    let plugin = Plugin::start(empty.path()).await;
    let status = plugin.describe().await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(status.message().contains("plugin.toml"), "{status}");
}
