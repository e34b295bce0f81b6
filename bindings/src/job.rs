//! A job and its verdict, from core's.

use crate::{CriterionVerdict, Job, Verification};

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
            criteria: verification
                .criteria
                .into_iter()
                .map(CriterionVerdict::from)
                .collect(),
            prompt_hash: verification.prompt_hash,
            input_tokens: verification.usage.map(|usage| usage.input_tokens),
            output_tokens: verification.usage.map(|usage| usage.output_tokens),
        }
    }
}

impl From<clawrk::CriterionVerdict> for CriterionVerdict {
    fn from(verdict: clawrk::CriterionVerdict) -> CriterionVerdict {
        CriterionVerdict {
            criterion: verdict.criterion,
            passed: verdict.passed,
            reason: verdict.reason,
            quote: verdict.quote,
        }
    }
}
