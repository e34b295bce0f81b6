//! Verdicts of an exchange that asks a model.

use std::sync::Arc;

use clawrk::TokioClock;
use clawrk_core::Engine;
use clawrk_core::engine::EngineBuilder;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::Status;
use clawrk_core::model::{LanguageModel, ModelFailure, Request};
use clawrk_core::store::memory::MemoryStore;
use clawrk_testkit::models::{ScriptedModel, Turn, honest};
use tokio::runtime::Handle;

/// The fake knows by these words what to answer.
const ABOUT: &str = "Group commit is written about at some length here. ";

/// Jobs with outputs of one size, and an engine that has them judged.
pub(super) struct Bench {
    /// Has jobs made and handed in.
    maker: Engine,
    judge: Engine,
    store: Arc<MemoryStore>,
    sender: UserId,
    receiver: UserId,
    output: String,
}

impl Bench {
    pub(super) async fn new(model: Arc<dyn LanguageModel>, bytes: usize) -> Bench {
        let store = Arc::new(MemoryStore::new());
        let maker = ScriptedModel::by(|request| Turn::json(&honest(request)));
        let output = ABOUT.repeat(bytes.div_ceil(ABOUT.len()));
        let person = |id| UserId::new(id).expect("an id");
        let bench = Bench {
            maker: builder(&store).language_model(Arc::new(maker)).build(),
            judge: builder(&store).language_model(model).build(),
            store,
            sender: person("sender"),
            receiver: person("receiver"),
            output: output[..bytes].to_owned(),
        };
        bench.maker.user(&bench.sender).await.expect("a user");
        bench
    }

    /// A job with one criterion, and the output handed in.
    pub(super) async fn submitted(&self, n: usize) -> JobId {
        let maker = &self.maker;
        let prompt = format!("{n}: what a commit of it is");
        let job = maker.create_job(&self.sender, &prompt).await;
        let job = job.expect("a job");
        assert_eq!(job.criteria.lines().count(), 1, "{}", job.criteria);
        let accepted = maker.accept_job(&self.receiver, &job.id).await;
        accepted.expect("accepted");
        let submitted = maker.submit_output(&self.receiver, &job.id, Some(&self.output));
        submitted.await.expect("submitted");
        job.id
    }

    /// What a judge is asked about such a job.
    pub(super) async fn question(&self) -> Request {
        let job = self.submitted(0).await;
        let silent = ScriptedModel::new([Turn::fail(ModelFailure::Failed)]);
        let engine = builder(&self.store).language_model(Arc::new(silent.clone()));
        let judged = engine.build().verify_job(&self.sender, &job).await;
        judged.expect_err("a verdict of a silent model");
        silent.requests().remove(0)
    }

    /// Has it judged; it passes.
    pub(super) async fn judge(&self, job: &JobId) {
        let judged = self.judge.verify_job(&self.sender, job).await;
        assert_eq!(judged.expect("a verdict").status, Status::Verified);
    }
}

fn builder(store: &Arc<MemoryStore>) -> EngineBuilder {
    let clock = Arc::new(TokioClock::new(Handle::current()));
    Engine::builder(Arc::clone(store) as _, clock)
}
