//! Putting jobs together from their records.

use crate::engine::Engine;
use crate::engine::transition::corrupt;
use crate::error::Error;
use crate::job::{Brief, Job, JobRecord, Verification};
use crate::record::{Body, Record, Text, TextRecord};
use crate::store::{Key, Part};

impl Engine {
    /// The job as everybody outside sees it.
    pub(crate) async fn view(&self, job: &JobRecord) -> Result<Job, Error> {
        let mut views = self.views(&[job]).await?;
        views
            .pop()
            .ok_or_else(|| corrupt("job", format!("job {} is something else", job.id)))
    }

    /// The job as everybody outside will see it, with a text that is not written yet.
    pub(crate) async fn view_with(&self, job: &JobRecord, new: Option<Text>) -> Result<Job, Error> {
        let new = new.map(|text| Body::Text(TextRecord { job: job.id, text }));
        let new = new.map(|body| Record::new(1, body));
        let is_new = |key: &Key| new.as_ref().is_some_and(|new| new.key() == *key);
        let stored: Vec<Key> = text_keys(job).filter(|key| !is_new(key)).collect();
        let mut stored = match stored.is_empty() {
            true => Vec::new(),
            false => self.read("job", &stored).await?,
        }
        .into_iter();
        let texts = text_keys(job).map(|key| match is_new(&key) {
            true => new.clone(),
            false => stored.next().flatten(),
        });
        let texts: Vec<_> = texts.collect();
        assemble(job, &mut texts.into_iter())
    }

    /// These jobs, their texts read at once. Texts never change, so a job is whole whenever its
    /// record is read.
    pub(crate) async fn views(&self, jobs: &[&JobRecord]) -> Result<Vec<Job>, Error> {
        let keys: Vec<Key> = jobs.iter().flat_map(|job| text_keys(job)).collect();
        let mut texts = self.read("job", &keys).await?.into_iter();
        jobs.iter().map(|job| assemble(job, &mut texts)).collect()
    }
}

/// The keys of the texts that belong to a job as it stands.
fn text_keys(job: &JobRecord) -> impl Iterator<Item = Key> + use<> {
    let output = job.state.has_output().then_some(Part::Output(job.attempt));
    let verdict = job.judged_attempt.map(Part::Verdict);
    let id = job.id;
    [Some(Part::Brief), output, verdict]
        .into_iter()
        .flatten()
        .map(move |part| Key::Text(id, part))
}

/// Puts a job together from the texts under its [`text_keys`].
fn assemble(
    job: &JobRecord,
    texts: &mut impl Iterator<Item = Option<Record>>,
) -> Result<Job, Error> {
    let missing = |what: &str| corrupt("job", format!("the {what} of job {} is missing", job.id));
    let brief = brief(texts.next().flatten()).ok_or_else(|| missing("prompt"))?;
    let output = match job.state.has_output() {
        true => Some(output(texts.next().flatten()).ok_or_else(|| missing("output"))?),
        false => None,
    };
    let verification = match job.judged_attempt {
        Some(_) => {
            let verdict = verdict(texts.next().flatten()).ok_or_else(|| missing("verdict"))?;
            // A job that is offered again is seen by everybody, and its last output is not.
            Some(match output {
                Some(_) => verdict,
                None => verdict.without_quotes(),
            })
        }
        None => None,
    };
    Ok(Job::new(job, brief, output, verification))
}

fn text(record: Option<Record>) -> Option<Text> {
    match record?.body {
        Body::Text(TextRecord { text, .. }) => Some(text),
        _ => None,
    }
}

fn brief(record: Option<Record>) -> Option<Brief> {
    match text(record)? {
        Text::Brief {
            prompt,
            title,
            intent,
            criteria,
        } => Some(Brief {
            prompt,
            title,
            intent,
            criteria,
        }),
        _ => None,
    }
}

pub(crate) fn output(record: Option<Record>) -> Option<String> {
    match text(record)? {
        Text::Output { output, .. } => Some(output),
        _ => None,
    }
}

fn verdict(record: Option<Record>) -> Option<Verification> {
    match text(record)? {
        Text::Verdict { verification, .. } => Some(verification),
        _ => None,
    }
}
