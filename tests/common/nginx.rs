//! nginx, as it comes, for the files of one test.
#![allow(dead_code)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The server; ended with the test.
pub(crate) struct Nginx {
    server: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Nginx {
    /// Serves what is put into [`Nginx::root`]; below `/moved/` it is elsewhere, below `/slow/` it comes at 64 KiB a second.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("files")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let temporary =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|what| format!("{what}_temp_path tmp;"));
        let configuration = format!(
            "daemon off; master_process off; pid nginx.pid; error_log error.log; events {{}}
             http {{
                 {}
                 access_log access.log combined;
                 log_format unused '$request';
                 types {{ application/vnd.apple.mpegurl m3u8; application/dash+xml mpd; video/mp4 mp4 m4s; video/mp2t ts; }}
                 server {{
                     listen 127.0.0.1:{port};
                     root files;
                     location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
                     location /slow/ {{ alias files/; limit_rate 64k; }}
                 }}
             }}",
            temporary.join(" ")
        );
        let path = folder.path().join("nginx.conf");
        fs::write(&path, configuration).unwrap();
        let server = Command::new("/usr/sbin/nginx")
            .arg("-p")
            .arg(folder.path())
            .args(["-e", "error.log", "-c"])
            .arg(&path)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the network tests need nginx (Debian: apt install nginx-light)");
        let nginx = Self { server, folder, port };
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return nginx;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!(
            "nginx does not start: {}",
            fs::read_to_string(nginx.folder.path().join("error.log")).unwrap_or_default()
        );
    }

    /// What is served lies here.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// Copies all files of a folder there.
    pub(crate) fn serve(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), self.root().join(entry.file_name())).unwrap();
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// What was asked of it, a line each.
    pub(crate) fn asked(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
