//! A job and its verdict, from core's.

use crate::{Job, Verification};

impl From<clawrk::Job> for Job {
    fn from(job: clawrk::Job) -> Job {
        Job {
            id: job.id.to_string(),
            status: job.status.to_string(),
            prompt: job.prompt,
            title: job.title,
            intent: job.intent,
            skill: job.skill,
            criteria: job.criteria,
            sender: job.sender.to_string(),
            receiver: job.receiver.map(|user| user.to_string()),
            output: job.output,
            verification: job.verification.map(Verification::from),
            created_at: job.created_at.to_string(),
            updated_at: job.updated_at.to_string(),
        }
    }
}

impl From<clawrk::Verification> for Verification {
    fn from(verification: clawrk::Verification) -> Verification {
        let scores = verification.scores.into_iter().collect();
        Verification {
            passed: verification.passed,
            reasoning: verification.reasoning,
            scores: serde_json::Value::Object(scores).to_string(),
            model: verification.model,
        }
    }
}
