//! The verbs, waited for.

use std::time::Duration;

use super::Error;
use super::runtime::Runtime;
use crate::watch::Watch;
use crate::{
    ApiKey, Audit, Call, ConnectStatus, Credits, Entries, Event, Job, JobFilter, JobId, Jobs,
    KeyId, LoginCode, NewApiKey, NewUser, OutboxState, PageRequest, PayoutDetail, PayoutDetails,
    PayoutId, PayoutStatus, Payouts, Policy, Progress, Received, Resolution, SkillInfo, User,
    UserId, Users,
};

/// The exchange, for threads that may wait. Cheap to clone; all clones are the same exchange.
///
/// Each verb has the arguments and answers of its namesake in [`clawrk::Engine`](crate::Engine);
/// its errors are [`Error::Engine`], or [`Error::InsideAsync`] where it must not wait.
#[derive(Debug, Clone)]
pub struct Engine {
    engine: crate::Engine,
    runtime: Runtime,
}

impl Engine {
    pub(super) fn new(engine: crate::Engine, runtime: Runtime) -> Engine {
        Engine { engine, runtime }
    }

    /// The settings.
    pub fn policy(&self) -> &Policy {
        self.engine.policy()
    }

    /// The skills that jobs may ask for.
    pub fn skills(&self) -> Vec<SkillInfo> {
        self.engine.skills()
    }
}

macro_rules! verbs {
    ($(pub fn $verb:ident$(<$life:lifetime>)?($($name:ident: $of:ty),*) -> $answer:ty;)*) => {
        impl Engine {
            $(
                #[doc = concat!("[`Engine::", stringify!($verb), "`](crate::Engine::")]
                #[doc = concat!(stringify!($verb), "), waited for.")]
                ///
                /// # Errors
                /// Those of its namesake, and [`Error::InsideAsync`].
                pub fn $verb$(<$life>)?(&self, $($name: $of),*) -> Result<$answer, Error> {
                    let answer = self.runtime.wait(self.engine.$verb($($name),*));
                    answer.ok_or(Error::InsideAsync)?.map_err(Error::Engine)
                }
            )*
        }
    };
}

verbs! {
    pub fn create_job<'a>(call: impl Into<Call<'a>>, prompt: &str) -> Job;
    pub fn accept_job<'a>(call: impl Into<Call<'a>>, job: &JobId) -> Job;
    pub fn submit_output<'a>(call: impl Into<Call<'a>>, job: &JobId, output: Option<&str>) -> Job;
    pub fn verify_job<'a>(call: impl Into<Call<'a>>, job: &JobId) -> Job;
    pub fn cancel_job<'a>(call: impl Into<Call<'a>>, job: &JobId) -> Job;
    pub fn release_job<'a>(call: impl Into<Call<'a>>, job: &JobId) -> Job;
    pub fn job(viewer: &UserId, job: &JobId) -> Job;
    pub fn jobs(user: &UserId, filter: &JobFilter, page: &PageRequest) -> Jobs;
    pub fn board(skill: Option<&str>, page: &PageRequest) -> Jobs;
    pub fn events(viewer: &UserId, job: &JobId, after: u64) -> Vec<Event>;
    pub fn wait_events(
        viewer: &UserId, job: &JobId, after: u64, timeout: Duration
    ) -> Vec<Event>;
    pub fn user(id: &UserId) -> User;
    pub fn create_user(id: Option<&str>, name: Option<&str>) -> NewUser;
    pub fn users<'a>(call: impl Into<Call<'a>>, page: &PageRequest) -> Users;
    pub fn set_user_disabled<'a>(call: impl Into<Call<'a>>, id: &UserId, disabled: bool) -> User;
    pub fn is_disabled(user: &UserId) -> bool;
    pub fn keys(user: &UserId) -> Vec<ApiKey>;
    pub fn create_key(user: &UserId, name: Option<&str>) -> NewApiKey;
    pub fn revoke_key(user: &UserId, key: KeyId) -> ();
    pub fn create_login_code(user: &UserId) -> LoginCode;
    pub fn consume_login_code(code: &str) -> NewApiKey;
    pub fn authenticate(secret: &str) -> Option<UserId>;
    pub fn grant_credits<'a>(
        call: impl Into<Call<'a>>, user: &UserId, delta: Credits, reason: &str
    ) -> Credits;
    pub fn ledger(user: &UserId, page: &PageRequest) -> Entries;
    pub fn payouts(receiver: &UserId, page: &PageRequest) -> Payouts;
    pub fn all_payouts<'a>(
        call: impl Into<Call<'a>>, status: Option<PayoutStatus>, page: &PageRequest
    ) -> PayoutDetails;
    pub fn retry_payout<'a>(
        call: impl Into<Call<'a>>, id: PayoutId, note: Option<&str>
    ) -> PayoutDetail;
    pub fn resolve_payout<'a>(
        call: impl Into<Call<'a>>, id: PayoutId, resolution: &Resolution
    ) -> PayoutDetail;
    pub fn outbox<'a>(call: impl Into<Call<'a>>) -> OutboxState;
    pub fn resume_outbox<'a>(call: impl Into<Call<'a>>, note: Option<&str>) -> OutboxState;
    pub fn mark_restored<'a>(call: impl Into<Call<'a>>) -> u64;
    pub fn checkout<'a>(call: impl Into<Call<'a>>, tier: &str) -> String;
    pub fn connect<'a>(call: impl Into<Call<'a>>) -> String;
    pub fn connect_status(user: &UserId) -> ConnectStatus;
    pub fn refresh_connect(token: &str) -> String;
    pub fn receive_webhook(body: &[u8], signature: &str) -> Received;
    pub fn check_once<'a>(call: impl Into<Call<'a>>) -> ();
    pub fn check_money() -> ();
    pub fn ready() -> ();
    pub fn audit() -> Audit;
    pub fn audit_watched<'a>(watch: &'a mut Watch<'_>) -> Audit;
    pub fn tick(budget: usize) -> Progress;
    pub fn close() -> ();
}
