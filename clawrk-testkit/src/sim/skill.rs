//! A skill that does what the prompt says.

use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::skill::{Skill, SkillContext, SkillError};

use super::HOUR;
use crate::clock::VirtualClock;

/// Fails, takes long, takes too long, or gives output that passes or does not.
#[derive(Debug)]
pub(super) struct Work(pub(super) VirtualClock);

#[async_trait]
impl Skill for Work {
    fn name(&self) -> &str {
        "work"
    }

    fn description(&self) -> &str {
        "Does what the prompt says."
    }

    fn credit_cost(&self) -> u32 {
        3
    }

    async fn run(&self, intent: &str, context: &SkillContext) -> Result<String, SkillError> {
        let says = |word: &str| intent.split(' ').any(|said| said == word);
        if says("fail") {
            return Err(SkillError::new("as asked for"));
        }
        if says("nap") {
            let awake = self.0.now().after(Duration::from_secs(5));
            self.0.sleep(awake).await;
        }
        if says("oversleep") {
            self.0.sleep(context.deadline.after(HOUR)).await;
        }
        Ok(if says("short") {
            "not enough".to_owned()
        } else {
            "An output that is long enough to pass".to_owned()
        })
    }
}
