//! nginx as a static file server on a port of its own, with a configuration of its own, ended with the run.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use provd_tests::eventually;
use tokio::net::TcpStream;

/// A running nginx.
pub(crate) struct Nginx {
    child: Child,
    address: SocketAddr,
    files: PathBuf,
}

impl Nginx {
    /// Starts it, if there is one on the PATH.
    pub(crate) async fn start(root: &Path) -> Result<Option<Nginx>> {
        let folder = root.join("nginx");
        let files = folder.join("files");
        fs::create_dir_all(&files)?;
        // Free a moment ago; nothing else on this machine takes ports that are not given to it.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let path = folder.join("nginx.conf");
        fs::write(&path, configuration(&folder, address))?;
        let started = Command::new("nginx")
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&path)
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("nginx"),
        };
        let nginx = Nginx { child, address, files };
        eventually("nginx to listen", || async { Ok(TcpStream::connect(address).await.ok()) }).await?;
        Ok(Some(nginx))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets it serve these bytes.
    pub(crate) fn put(&self, path: &str, content: &[u8]) -> Result<()> {
        let path = self.files.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        Ok(fs::write(path, content)?)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master is ours; it takes its workers along.
        let pid = self.child.id();
        if let Some(process) = provd_tests::process::Process::with_pid(pid) {
            let _ = process.signal(rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
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
