//! What is left to a language model, or to fixed rules where there is none.

use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use crate::engine::within::{Lost, within};
use crate::engine::{Engine, limits};
use crate::error::Error;
use crate::job::{Brief, JobRecord, Verification};
use crate::judging;
use crate::mock;
use crate::model::{Answered, Frame, Limits, ModelError, ModelFailure};
use crate::skill::SkillModel;
use crate::structuring::{self, Structured};
use crate::time::Timestamp;

/// How long nobody is judged by `tick` after a model gave no answer: at first, and at last.
const PAUSE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(60 * 60));

/// What an engine knows of its model. It may be lost.
#[derive(Debug, Default)]
pub(crate) struct Mood {
    /// Since when nothing is judged by `tick`, in milliseconds; 0 while it is.
    since: AtomicI64,
    /// How often in a row there was no answer.
    failures: AtomicU32,
}

impl Mood {
    /// Whether `tick` leaves the model alone. A pause that has yet to begin is none: the clock went
    /// back.
    pub(crate) fn is_paused(&self, now: Timestamp) -> bool {
        let failures = self.failures.load(Ordering::Acquire);
        let since = Timestamp::from_millis(self.since.load(Ordering::Acquire));
        let factor = 1_u32.checked_shl(failures.saturating_sub(1).min(16));
        let pause = PAUSE
            .0
            .saturating_mul(factor.unwrap_or(u32::MAX))
            .min(PAUSE.1);
        failures > 0 && since <= now && now < since.after(pause)
    }

    pub(crate) fn note(&self, now: Timestamp, answered: bool) {
        if answered {
            self.failures.store(0, Ordering::Release);
        } else {
            self.since.store(now.as_millis(), Ordering::Release);
            self.failures.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Engine {
    /// The name of the language model; none where prompts are structured and outputs are judged by
    /// fixed rules.
    pub fn language_model(&self) -> Option<&str> {
        self.inner.model.as_deref().map(|model| model.name())
    }

    /// What is made of a prompt.
    pub(crate) async fn structured(&self, prompt: &str) -> Result<Structured, Error> {
        let skills = &self.inner.skills;
        let Some(model) = &self.inner.model else {
            let structured = mock::structure(skills, prompt);
            let none = || Error::Internal("no skill is registered".to_owned());
            return structured.ok_or_else(none);
        };
        let frame = Frame::new(self.inner.ids.as_ref())?;
        let asked = structuring::structure(model.as_ref(), self.limits(), skills, &frame, prompt);
        let Answered { value, usage, .. } = self.answered("create", asked).await?;
        tracing::debug!(
            usage.input_tokens,
            usage.output_tokens,
            "a prompt was structured"
        );
        Ok(value)
    }

    /// The verdict on what was handed in last.
    pub(crate) async fn judged(
        &self,
        op: &'static str,
        job: &JobRecord,
    ) -> Result<Verification, Error> {
        let job = self.view(job).await?;
        let output = job.output.unwrap_or_default();
        let Some(model) = &self.inner.model else {
            return Ok(mock::judge(&output));
        };
        // What was handed in before a model was configured may be longer.
        limits::text("output", &output, self.output_bytes_max())?;
        let brief = Brief {
            prompt: job.prompt,
            title: job.title,
            intent: job.intent,
            criteria: job.criteria,
        };
        let frame = Frame::new(self.inner.ids.as_ref())?;
        let asked = judging::judge(model.as_ref(), self.limits(), &frame, &brief, &output);
        self.answered(op, asked).await
    }

    /// The longest output that is taken, in bytes: where a language model judges, no more than it
    /// is shown, for it judges all of it.
    pub fn output_bytes_max(&self) -> usize {
        let policy = &self.inner.policy;
        match self.inner.model {
            None => policy.output_bytes_max,
            Some(_) => policy.output_bytes_max.min(policy.judged_bytes_max),
        }
    }

    /// The model as skills may ask it.
    pub(crate) fn skill_model(&self) -> Option<SkillModel> {
        let model = self.inner.model.clone()?;
        Some(SkillModel {
            model,
            limits: self.limits(),
            ids: self.inner.ids.clone(),
        })
    }

    fn limits(&self) -> Limits {
        let policy = &self.inner.policy;
        Limits {
            answer_tokens_max: policy.model_answer_tokens_max,
            tokens_max: policy.model_tokens_max,
        }
    }

    /// What a model answers, unless it takes too long. Why it gave no answer is logged, for whoever
    /// can do something about it.
    async fn answered<T>(
        &self,
        op: &'static str,
        asked: impl Future<Output = Result<T, ModelError>>,
    ) -> Result<T, Error> {
        let clock = self.inner.clock.as_ref();
        let until = clock.now().after(self.inner.policy.model_timeout);
        let answer = match within(clock, until, asked).await {
            Ok(answer) => answer,
            Err(Lost::Overdue) => {
                let limit = self.inner.policy.model_timeout.as_secs();
                let detail = format!("nothing came within {limit} seconds (model_timeout)");
                Err(ModelError::new(ModelFailure::TimedOut, detail))
            }
            Err(lost @ Lost::Panicked) => {
                Err(ModelError::new(ModelFailure::Failed, lost.to_string()))
            }
        };
        answer.map_err(|source| {
            let model = self.language_model().unwrap_or_default().to_owned();
            tracing::warn!(
                op, model, error = %source,
                "the language model gave no answer that can be used"
            );
            Error::Model { op, model, source }
        })
    }
}
