//! The real server, as a process.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::served::wire::{Request, ask};

/// What a server says once it can be asked, before its address.
const LISTENS: &str = "listening on http://";

/// The operator's key.
const ADMIN: &str = "the-key-of-the-benchmarks";

/// A program that serves. It ends with this.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts `clawrk-server` on the store in a folder, with its defaults but for these settings.
    /// Its log goes to a file beside the store, as that of a service would.
    ///
    /// # Errors
    /// What the system says, or that it does not listen.
    pub fn start(program: &Path, folder: &Path, settings: &[(&str, &str)]) -> io::Result<Server> {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env(
                "CLAWRK_STORE",
                format!("sled:{}", folder.join("store").display()),
            )
            .env("CLAWRK_LISTEN", "127.0.0.1:0")
            .env("CLAWRK_ADMIN_KEY", ADMIN)
            .envs(settings.iter().copied())
            .stderr(File::create(folder.join("log"))?);
        Server::run(command)
    }

    /// Starts any program that says where it listens.
    ///
    /// # Errors
    /// What the system says, or that it does not listen.
    pub fn run(mut command: Command) -> io::Result<Server> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        for line in child
            .stdout
            .take()
            .into_iter()
            .flat_map(|out| BufReader::new(out).lines())
        {
            if let Some(address) = line?.strip_prefix(LISTENS) {
                let address = address.parse().map_err(io::Error::other)?;
                return Ok(Server { child, address });
            }
        }
        child.kill()?;
        Err(io::Error::other("the server does not listen"))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Makes a user. Gives the key.
    ///
    /// # Errors
    /// What the system says, or that the server refused.
    pub fn user(&self, id: &str) -> io::Result<String> {
        let request = Request {
            method: "POST",
            path: "/api/admin/users",
            key: ADMIN,
            body: &format!("{{\"id\":\"{id}\"}}"),
        };
        text(&ask(self.address, &request)?.json()?, "api_key")
    }

    /// Makes a job. Gives its id.
    ///
    /// # Errors
    /// What the system says, or that the server refused.
    pub fn job(&self, key: &str, prompt: &str) -> io::Result<String> {
        let request = Request {
            method: "POST",
            path: "/api/jobs",
            key,
            body: &serde_json::json!({ "prompt": prompt }).to_string(),
        };
        text(&ask(self.address, &request)?.json()?, "id")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(json: &Value, name: &str) -> io::Result<String> {
    let text = json.get(name).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| io::Error::other(format!("no `{name}` in {json}")))
}
