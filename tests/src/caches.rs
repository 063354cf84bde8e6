//! The caches that people put beside a site: Debian's Varnish and nginx, each a child process with its files in a folder that goes away with it.
//! Refuses the system's own configuration. Invariant: whatever is kept is gone when the handle is dropped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::origin::free_address;
use crate::process::Process;
use crate::wait;

/// How a cache treats visitors' cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it comes: Varnish keeps nothing for requests with cookies.
    Default,
    /// Looks answers up whatever cookies came, and whatever `Vary` says, as some networks do: only `private` is left to
    /// correct it.
    Careless,
}

/// A running cache.
pub struct Cache {
    /// Where it listens.
    pub address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Cache {
    /// Varnish in front of an address.
    pub async fn varnish(backend: SocketAddr, manner: Manner) -> Self {
        let lookup = if manner == Manner::Careless {
            // Only what may be read is looked up; the rest goes on as it does by default.
            "sub vcl_recv { if (req.method == \"GET\" || req.method == \"HEAD\") { return (hash); } }\n\
             sub vcl_backend_response { unset beresp.http.Vary; }"
        } else {
            ""
        };
        let text = format!(
            "vcl 4.1;\nbackend site {{ .host = \"{}\"; .port = \"{}\"; }}\n{lookup}\n\
             sub vcl_deliver {{ if (obj.hits > 0) {{ set resp.http.X-Kept = \"yes\"; }} }}\n",
            backend.ip(),
            backend.port()
        );
        let (folder, address) = (TempDir::new().expect("a temporary folder can be made"), free_address().await);
        let file = folder.path().join("site.vcl");
        std::fs::write(&file, text).expect("a temporary folder can be written");
        let mut command = Command::new(program("varnishd"));
        // In the foreground, without its own user, without a console.
        command.args(["-F", "-j", "none", "-T", "none", "-s", "malloc,16m", "-n"]).arg(folder.path().join("work"));
        command.arg("-f").arg(&file).arg("-a").arg(address.to_string());
        Self::started("varnishd", command, folder, address).await
    }

    /// nginx with `proxy_cache` in front of an address. It looks answers up whatever cookies came; that is its default.
    pub async fn nginx(backend: SocketAddr) -> Self {
        let (folder, address) = (TempDir::new().expect("a temporary folder can be made"), free_address().await);
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = temporary.iter().map(|kind| format!("{kind}_temp_path temp_{kind};\n")).collect();
        let text = format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{ worker_connections 64; }}\n\
             http {{\naccess_log off;\n{temporary}proxy_cache_path kept keys_zone=kept:1m;\n\
             server {{\nlisten {address};\nlocation / {{\nproxy_pass http://{backend};\nproxy_http_version 1.1;\n\
             proxy_set_header Host $http_host;\nproxy_cache kept;\nproxy_cache_revalidate on;\n\
             add_header X-Kept $upstream_cache_status always;\n}}\n}}\n}}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, text).expect("a temporary folder can be written");
        let mut command = Command::new(program("nginx"));
        command.arg("-e").arg("stderr").arg("-p").arg(folder.path()).arg("-c").arg(&file);
        Self::started("nginx", command, folder, address).await
    }

    /// The address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn started(name: &str, command: Command, folder: TempDir, address: SocketAddr) -> Self {
        let mut process = Process::start(name, command);
        let complaints = process.complaints.clone();
        wait::until(&format!("{name} listens"), || {
            let ended = process.has_ended();
            assert!(ended.is_none(), "{name} ended at start: {}", complaints.text());
            async move { tokio::net::TcpStream::connect(address).await.ok() }
        })
        .await;
        Self { address, _process: process, _folder: folder }
    }
}

/// Daemons lie in `sbin`, which is not on everybody's path.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let found = places.map(|folder: PathBuf| folder.join(name)).find(|file: &PathBuf| Path::is_file(file));
    found.unwrap_or_else(|| panic!("{name} is missing: run `make deps`"))
}
