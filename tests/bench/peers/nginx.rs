//! nginx as a static file server on a port of its own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use provd_tests::eventually;
use provd_tests::process::Process;
use tokio::net::TcpStream;

use super::Running;

/// A running nginx.
#[derive(Debug)]
pub(crate) struct Nginx {
    running: Running,
    address: SocketAddr,
    files: PathBuf,
}

impl Nginx {
    /// Starts it, if there is one.
    pub(crate) async fn start(root: &Path) -> Result<Option<Nginx>> {
        let Some(program) = super::find("nginx") else { return Ok(None) };
        let folder = root.join("nginx");
        let files = folder.join("files");
        fs::create_dir_all(&files)?;
        // Free a moment ago; nothing else on this machine takes ports that are not given to it.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let path = folder.join("nginx.conf");
        fs::write(&path, configuration(&folder, address))?;
        let mut command = Command::new(program);
        command.arg("-p").arg(&folder).arg("-c").arg(&path).args(["-e", "stderr"]).stdin(Stdio::null());
        let nginx = Nginx { running: Running(command.spawn().context("nginx")?), address, files };
        eventually("nginx to listen", || async { Ok(TcpStream::connect(address).await.ok()) }).await?;
        Ok(Some(nginx))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its master process.
    pub(crate) fn process(&self) -> Result<Process> {
        self.running.process().context("nginx has ended")
    }

    /// Lets it serve these bytes.
    pub(crate) fn put(&self, path: &str, content: &[u8]) -> Result<()> {
        super::put(&self.files, path, content)
    }
}

/// As an administrator sets it up who wants files served fast: a worker per processor, `sendfile`, open files cached, no
/// log of each request.
fn configuration(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    // Workers of a master that is root would become another user, who may not read the files.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    format!(
        "daemon off;\n{user}\nworker_processes auto;\npid {folder}/nginx.pid;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
         access_log off;\n\
         sendfile on;\n\
         tcp_nopush on;\n\
         open_file_cache max=1000;\n\
         keepalive_requests 1000000000;\n\
         client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi;\nuwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n\
         server {{ listen {address}; root {folder}/files; }}\n\
         }}\n"
    )
}
