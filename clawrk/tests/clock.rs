//! The tokio clock, by what it is for: a skill that never ends is given up in time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use clawrk::{
    Code, Engine, JobId, Policy, Skill, SkillContext, SkillError, Status, UserId, async_trait,
};

#[derive(Debug)]
struct Endless;

#[async_trait]
impl Skill for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn description(&self) -> &str {
        "Never gives output."
    }

    fn credit_cost(&self) -> u32 {
        1
    }

    async fn run(&self, _intent: &str, _context: &SkillContext) -> Result<String, SkillError> {
        std::future::pending().await
    }
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

async fn accepted(skill_timeout: Duration) -> (Engine, JobId) {
    let mut policy = Policy::default();
    policy.skill_timeout = skill_timeout;
    let builder = clawrk::builder("memory:").await.unwrap();
    let engine = builder.policy(policy).skill(Endless).build();
    let job = engine.create_job(&user("alice"), "endless").await.unwrap();
    engine.accept_job(&user("bob"), &job.id).await.unwrap();
    (engine, job.id)
}

#[tokio::test(start_paused = true)]
async fn waits_by_the_timer_of_its_runtime() {
    let (engine, job) = accepted(Duration::from_secs(3600)).await;
    let began = tokio::time::Instant::now();
    let failed = engine
        .submit_output(&user("bob"), &job, None)
        .await
        .unwrap_err();
    assert_eq!(failed.code(), Code::SkillFailed);
    let waited = began.elapsed().as_secs();
    assert!((3590..=3600).contains(&waited), "{waited}");
    let job = engine.job(&user("bob"), &job).await.unwrap();
    assert_eq!(job.status, Status::Accepted);
}

#[test]
fn waits_also_where_another_executor_polls() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let (engine, job) = runtime.block_on(accepted(Duration::from_millis(5)));
    let failed = pollster::block_on(engine.submit_output(&user("bob"), &job, None)).unwrap_err();
    assert_eq!(failed.code(), Code::SkillFailed);
}
