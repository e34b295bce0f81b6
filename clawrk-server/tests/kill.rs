//! The server is killed again and again while eight clients write. What it acknowledged must be
//! there afterwards, and what was on its way must have happened once or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use support::{ADMIN, Answer, Client, Server, command};
use tokio::sync::Notify;

const KILLS: usize = 20;
const CLIENTS: usize = 8;
/// How many writes are acknowledged before each kill, at least.
const ACKNOWLEDGED: usize = 100;
const COST: i64 = 2;
const GRANT: i64 = 1_000;

/// A request that changes something, in a form that can be made again.
#[derive(Debug, Clone)]
struct Write {
    key: String,
    token: String,
    path: String,
    body: String,
}

impl Write {
    async fn send(&self, client: &Client, server: &str) -> Option<Answer> {
        let url = format!("{server}{}", self.path);
        client.once(&self.key, &self.token, &url, &self.body).await
    }

    /// Makes the request again.
    async fn resend(&self, client: &Client, server: &str) -> Answer {
        let sent = self.send(client, server).await;
        sent.expect("the server is gone")
    }
}

/// A client: it posts jobs, which the next client takes and hands in, and judges them.
#[derive(Debug)]
struct Person {
    number: usize,
    token: String,
    /// The next one, who does the work.
    receiver: String,
    /// The job that it is about and how many of its steps are done.
    job: Option<(String, usize)>,
    writes: usize,
    /// What the server said since it was started.
    acknowledged: Vec<(Write, Answer)>,
    /// What was on its way when the server was killed.
    doubtful: Option<Write>,
    /// Every job that was made, with its latest status.
    jobs: Vec<(String, &'static str)>,
}

/// What is done to a job after it was made, by whom, and what it is then.
const STEPS: [(&str, bool, &str); 3] = [
    ("accept", true, "accepted"),
    ("submit", true, "submitted"),
    ("verify", false, "verified"),
];

impl Person {
    fn next(&mut self) -> Write {
        self.writes += 1;
        let key = format!("{}-{}", self.number, self.writes);
        match &self.job {
            None => Write {
                body: format!(r#"{{"prompt": "Job {key}"}}"#),
                token: self.token.clone(),
                path: "/api/jobs".to_owned(),
                key,
            },
            Some((id, step)) => {
                let (verb, by_receiver, _) = STEPS[*step];
                let token = if by_receiver {
                    &self.receiver
                } else {
                    &self.token
                };
                let body = match (verb, self.writes % 2) {
                    ("submit", 0) => format!(r#"{{"output": "What came of {key}, in a line"}}"#),
                    _ => String::new(),
                };
                Write {
                    token: token.clone(),
                    path: format!("/api/jobs/{id}/{verb}"),
                    key,
                    body,
                }
            }
        }
    }

    /// Notes what the server said to a write.
    fn note(&mut self, write: Write, answer: Answer) {
        assert!(
            (200..300).contains(&answer.status),
            "{write:?}: {}",
            answer.text()
        );
        let job = answer.json();
        let (id, status) = (job["id"].as_str().unwrap(), job["status"].as_str().unwrap());
        let step = match self.job.take() {
            None => {
                assert_eq!(status, "queued");
                self.jobs.push((id.to_owned(), "queued"));
                0
            }
            Some((_, step)) => {
                assert_eq!(status, STEPS[step].2, "{write:?}");
                self.jobs.last_mut().unwrap().1 = STEPS[step].2;
                step + 1
            }
        };
        self.job = (step < STEPS.len()).then(|| (id.to_owned(), step));
        self.acknowledged.push((write, answer));
    }

    /// Writes until the server is gone.
    async fn work(
        mut self,
        server: String,
        count: Arc<AtomicUsize>,
        enough: Arc<Notify>,
    ) -> Person {
        let client = Client::new();
        loop {
            let write = self.next();
            match write.send(&client, &server).await {
                Some(answer) => self.note(write, answer),
                None => {
                    self.doubtful = Some(write);
                    return self;
                }
            }
            if count.fetch_add(1, Ordering::SeqCst) + 1 == ACKNOWLEDGED {
                enough.notify_one();
            }
        }
    }

    /// Finds everything that was acknowledged, and settles what was not.
    async fn settle(&mut self, client: &Client, server: &str) {
        for (write, first) in std::mem::take(&mut self.acknowledged) {
            let again = write.resend(client, server).await;
            assert!(again.replayed, "{write:?} was lost: {}", again.text());
            assert_eq!(again.body, first.body, "{write:?}");
        }
        if let Some(mut write) = self.doubtful.take() {
            let mut answer = write.resend(client, server).await;
            if answer.status == 409 {
                // The skill was running. Its run is lost, and its lease not yet over; output that
                // is handed in wins over it.
                assert_eq!(answer.json()["code"], "request_in_progress");
                write.key.push_str("-by-hand");
                write.body = r#"{"output": "What was made by hand instead"}"#.to_owned();
                answer = write.resend(client, server).await;
            }
            self.note(write, answer);
        }
        let jobs = client.get(&self.token, &format!("{server}/api/jobs")).await;
        let jobs = jobs.json();
        let found = jobs.as_array().unwrap().iter().rev();
        let found: Vec<_> = found
            .map(|job| (text(job, "id"), text(job, "status")))
            .collect();
        let known = self
            .jobs
            .iter()
            .map(|(id, status)| (id.clone(), (*status).to_owned()));
        assert_eq!(found, known.collect::<Vec<_>>());
    }

    /// The credits that must be left.
    fn credits(&self) -> i64 {
        GRANT - COST * i64::try_from(self.jobs.len()).unwrap()
    }
}

fn text(job: &Value, name: &str) -> String {
    job[name].as_str().unwrap().to_owned()
}

fn start(folder: &Path) -> Server {
    let mut command: Command = command();
    command
        .arg("--store")
        .arg(format!("sled:{}", folder.display()));
    command
        .env("CLAWRK_ADMIN_KEY", ADMIN)
        .env("CLAWRK_CREDITS", "on");
    Server::start(command)
}

async fn people(client: &Client, server: &Server) -> Vec<Person> {
    let mut tokens = Vec::new();
    for number in 0..CLIENTS {
        tokens.push(server.user(client, &format!("u{number}")).await);
        let url = server.url(&format!("/api/admin/users/u{number}/credits"));
        let body = format!(r#"{{"delta": {GRANT}, "reason": "gift"}}"#);
        assert_eq!(client.post(ADMIN, &url, &body).await.status, 200);
    }
    let person = |number: usize| Person {
        number,
        token: tokens[number].clone(),
        receiver: tokens[(number + 1) % CLIENTS].clone(),
        job: None,
        writes: 0,
        acknowledged: Vec::new(),
        doubtful: None,
        jobs: Vec::new(),
    };
    (0..CLIENTS).map(person).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new();
    let mut server = start(folder.path());
    let mut people = people(&client, &server).await;
    let (mut acknowledged, mut doubtful) = (0, 0);
    for kill in 0..KILLS {
        let (count, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let at = server.url("");
        let working = people
            .drain(..)
            .map(|person| tokio::spawn(person.work(at.clone(), count.clone(), enough.clone())));
        let working: Vec<_> = working.collect();
        enough.notified().await;
        server.kill();
        for person in working {
            people.push(person.await.unwrap());
        }
        let here: usize = people.iter().map(|person| person.acknowledged.len()).sum();
        assert!(here >= ACKNOWLEDGED, "{here}");
        acknowledged += here;
        doubtful += people
            .iter()
            .filter(|person| person.doubtful.is_some())
            .count();

        server = start(folder.path());
        let at = server.url("");
        for person in &mut people {
            person.settle(&client, &at).await;
            let url = format!("{at}/api/users/u{}", person.number);
            let user = client.get(&person.token, &url).await.json();
            assert_eq!(user["credits"], person.credits(), "after kill {kill}");
        }
        let audit = client
            .get(ADMIN, &server.url("/api/admin/audit"))
            .await
            .json();
        assert_eq!(audit["ok"], true, "after kill {kill}: {audit}");
        let jobs: usize = people.iter().map(|person| person.jobs.len()).sum();
        assert_eq!(audit["jobs"], jobs);
    }
    println!("{KILLS} kills, {acknowledged} acknowledged writes, {doubtful} on their way");
    assert!(
        doubtful >= KILLS,
        "{doubtful}: nothing was on its way when the server was killed"
    );
}
