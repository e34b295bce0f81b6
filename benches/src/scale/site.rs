//! A folder with a big store.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clawrk_core::id::{JobId, UserId};

/// Jobs for each sender, on average.
const JOBS_OF_SENDER: usize = 100;
/// The fewest senders.
pub const SENDERS_MIN: usize = 10;

/// Senders for each receiver.
const SENDERS_OF_RECEIVER: usize = 10;

/// A store with the notes that its next user needs.
#[derive(Debug, Clone)]
pub struct Site {
    folder: PathBuf,
}

impl Site {
    /// The site in this folder, which is made where there is none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn at(folder: &Path) -> io::Result<Site> {
        fs::create_dir_all(folder)?;
        Ok(Site {
            folder: folder.to_owned(),
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the store itself.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// How many jobs it has.
    pub fn jobs(&self) -> usize {
        self.number("jobs")
    }

    /// How many senders have an account there.
    pub fn senders(&self) -> usize {
        self.number("senders")
    }

    fn number(&self, note: &str) -> usize {
        let text = fs::read_to_string(self.folder.join(note)).unwrap_or_default();
        text.trim().parse().unwrap_or_default()
    }

    /// Notes how many jobs and senders there are now.
    ///
    /// # Errors
    /// What the file system says.
    pub fn note(&self, jobs: usize, senders: usize) -> io::Result<()> {
        fs::write(self.folder.join("jobs"), jobs.to_string())?;
        fs::write(self.folder.join("senders"), senders.to_string())
    }

    /// Some jobs with their senders, chosen at random.
    ///
    /// # Errors
    /// What the file system says, or a note that is none.
    pub fn sample(&self) -> io::Result<Vec<(UserId, JobId)>> {
        let text = fs::read_to_string(self.folder.join("sample"))?;
        text.lines()
            .map(|line| {
                let (sender, job) = line.split_once(' ')?;
                Some((UserId::new(sender).ok()?, job.parse().ok()?))
            })
            .map(|row| row.ok_or_else(|| io::Error::other("the sample is damaged")))
            .collect()
    }

    /// Adds to the sample.
    ///
    /// # Errors
    /// What the file system says.
    pub fn add_to_sample(&self, jobs: &[(UserId, JobId)]) -> io::Result<()> {
        let path = self.folder.join("sample");
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        jobs.iter()
            .try_for_each(|(sender, job)| writeln!(file, "{sender} {job}"))
    }
}

/// How many senders a store of so many jobs has.
pub fn senders_for(jobs: usize) -> usize {
    (jobs / JOBS_OF_SENDER).max(SENDERS_MIN)
}

/// How many receivers there are for so many senders.
pub fn receivers_for(senders: usize) -> usize {
    (senders / SENDERS_OF_RECEIVER).max(SENDERS_MIN)
}

/// The sender with this number.
///
/// # Panics
/// Never: this is a valid id.
pub fn sender(number: usize) -> UserId {
    UserId::new(format!("sender-{number:06}")).expect("a valid id")
}

/// The receiver with this number.
///
/// # Panics
/// Never: this is a valid id.
pub fn receiver(number: usize) -> UserId {
    UserId::new(format!("receiver-{number:06}")).expect("a valid id")
}
