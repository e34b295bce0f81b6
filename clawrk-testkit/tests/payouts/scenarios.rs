//! What happens to an exchange in the course of its life.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::Call;
use clawrk_core::engine::Resolution;
use clawrk_core::money::Cents;
use clawrk_core::policy::PayoutBudget;
use clawrk_core::record::{Alarm, PayoutStatus, Wait};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::transfer;
use clawrk_testkit::books::{Fault, Standing, Target};
use clawrk_testkit::faults::{Fault as Crash, Op};
use clawrk_testkit::run::block_on;

use super::world::{HOUR, MINUTE, Process, World, user};

/// A copy of the store as it is, as a backup is.
fn copy(memory: &Arc<MemoryStore>) -> Arc<MemoryStore> {
    let mut lines = Vec::new();
    let watch = &mut |_| {};
    block_on(transfer::export(memory.as_ref(), &mut lines, watch)).unwrap();
    let copied = MemoryStore::new();
    let from = &mut Cursor::new(lines);
    block_on(transfer::import(&copied, from, watch)).unwrap();
    Arc::new(copied)
}

fn restored(world: &mut World, memory: Arc<MemoryStore>) -> Process {
    world.memory = memory;
    world.start()
}

fn status(world: &World) -> (PayoutStatus, Option<Wait>) {
    let payout = world.payout();
    (payout.status, payout.wait)
}

#[test]
fn what_is_owed_is_paid_once_and_by_itself() {
    let mut world = World::new(1, 3);
    let process = world.start();
    world.run(&process, 10);
    let paid = world.payouts();
    assert!(paid.iter().all(|it| it.status == PayoutStatus::Paid));
    assert_eq!(world.truth().sums["usd"], 300);
    assert_eq!(world.listed(&process), paid);
    world.judge();
}

#[test]
fn a_wrong_clock_sends_nothing_and_says_so_until_it_is_right() {
    let mut world = World::new(15, 1);
    for (back, forward) in [(2, 0), (0, 48)] {
        world.ours.jump_back(back * HOUR);
        world.ours.advance(forward * HOUR);
        let process = world.start();
        world.run(&process, 5);
        let waits = world.payout();
        assert_eq!((waits.status, waits.attempts), (PayoutStatus::Owed, 0));
        let pause = block_on(process.engine.outbox(Call::by_admin()))
            .unwrap()
            .pause
            .unwrap();
        assert!(pause.cause.contains("clocks here and at"), "{pause:?}");
        assert!(pause.cause.contains("set the clock"), "{pause:?}");
        world.mend_clock();
    }
    let process = world.start();
    world.run(&process, 2);
    assert_eq!(status(&world), (PayoutStatus::Paid, None), "at once");
    world.judge();
}

#[test]
fn a_clock_two_days_ahead_proves_nothing_of_what_is_on_its_way() {
    let mut world = World::new(16, 1);
    {
        let mut books = world.stripe.books();
        books.plan(Target::send(), Fault::HangsDoneLater(5 * HOUR));
    }
    let process = world.start();
    world.tick(&process);
    assert_eq!(status(&world).0, PayoutStatus::Unknown);
    world.ours.advance(48 * HOUR);
    world.run(&process, 20);
    assert_eq!(world.payout().attempts, 1);
    assert!(
        world.truth().sums.is_empty(),
        "nothing has come through yet"
    );
    world.mend_clock();
    world.run(&process, 400);
    assert_eq!(status(&world).0, PayoutStatus::Paid);
    world.judge();
}

#[test]
fn a_second_process_sends_nothing_while_the_first_ones_lease_lasts() {
    let mut world = World::new(2, 1);
    let undone = Fault::HangsUndone;
    world.stripe.books().plan(Target::send(), undone);
    let (first, second) = (world.start(), world.start());
    let mut hangs = Box::pin(first.engine.tick(10));
    let _ = clawrk_testkit::run::poll_once(hangs.as_mut());
    assert_eq!(status(&world).0, PayoutStatus::Sending);
    world.tick(&second);
    world.advance(Duration::from_secs(80));
    world.tick(&second);
    assert_eq!(status(&world).0, PayoutStatus::Sending, "the lease lasts");
    world.advance(Duration::from_secs(20));
    world.tick(&second);
    assert_eq!(status(&world).0, PayoutStatus::Unknown, "never owed");
    world.run(&second, 10);
    assert_eq!(status(&world).0, PayoutStatus::Paid);
    // The first one hears at last that its time is over, and writes nothing.
    let before = world.payout();
    assert!(clawrk_testkit::run::poll_once(hangs.as_mut()).is_ready());
    assert_eq!(world.payout(), before);
    assert_eq!(world.payout().attempts, 1);
    world.judge();
}

#[test]
fn a_copy_from_before_the_attempt_finds_the_transfer_and_sends_nothing() {
    for marked in [false, true] {
        let mut world = World::new(3, 1);
        let old = copy(&world.memory);
        let process = world.start();
        world.run(&process, 10);
        world.advance(HOUR);
        let process = restored(&mut world, old);
        if marked {
            let unknown = block_on(process.engine.mark_restored(Call::by_admin())).unwrap();
            assert_eq!(unknown, 1);
            assert_eq!(status(&world).0, PayoutStatus::Unknown);
        }
        world.run(&process, 40);
        assert_eq!(status(&world).0, PayoutStatus::Paid);
        // A copy that nobody has spoken of is found out.
        let alarm = (!marked).then_some(Alarm::StoreBehindStripe);
        assert_eq!(world.stop(&process), alarm);
        world.judge();
    }
}

#[test]
fn a_copy_from_before_verify_stops_the_outbox_and_pays_nothing_twice() {
    let mut world = World::new(4, 0);
    let process = world.start();
    let (alice, bob) = (user("alice"), user("bob"));
    let engine = &process.engine;
    let job = block_on(engine.create_job(&alice, "Sum up RFC 9110"))
        .unwrap()
        .id;
    block_on(engine.accept_job(&bob, &job)).unwrap();
    let output = Some("An output of more than twenty characters.");
    block_on(engine.submit_output(&bob, &job, output)).unwrap();
    // So that the copy knows who it is at the provider.
    world.tick(&process);
    let old = copy(&world.memory);
    block_on(engine.verify_job(&alice, &job)).unwrap();
    world.run(&process, 10);
    assert_eq!(world.truth().sums["usd"], 100);

    let process = restored(&mut world, old);
    // Whoever has looked at something else has not looked at what is found only now.
    let filled = process
        .engine
        .resume_outbox(Call::by_admin(), Some("the balance was filled"));
    block_on(filled).unwrap();
    world.tick(&process);
    assert_eq!(world.stop(&process), Some(Alarm::StoreBehindStripe));
    block_on(process.engine.verify_job(&alice, &job)).unwrap();
    for _ in 0..10 {
        world.advance(HOUR);
        world.tick(&process);
    }
    assert_eq!(status(&world), (PayoutStatus::Owed, Some(Wait::Stopped)));
    let resumed = process
        .engine
        .resume_outbox(Call::by_admin(), Some("a copy"));
    assert!(block_on(resumed).unwrap().running);
    world.run(&process, 20);
    assert_eq!(status(&world).0, PayoutStatus::Paid);
    assert_eq!(world.truth().sums["usd"], 100);
    world.judge();
}

#[test]
fn a_copy_from_before_the_result_asks_again_with_the_same_key() {
    let mut world = World::new(5, 1);
    world.stripe.books().plan(Target::send(), Fault::Hangs);
    let process = world.start();
    let mut hangs = Box::pin(process.engine.tick(10));
    let _ = clawrk_testkit::run::poll_once(hangs.as_mut());
    let old = copy(&world.memory);
    drop(hangs);
    let process = restored(&mut world, old);
    world.run(&process, 20);
    let paid = world.payout();
    assert_eq!((paid.status, paid.attempts), (PayoutStatus::Paid, 1));
    world.judge();
}

#[test]
fn what_was_sent_from_one_account_is_never_sent_from_another() {
    let mut world = World::new(6, 1);
    world
        .stripe
        .books()
        .plan(Target::send(), Fault::HangsUndone);
    let test = world.start();
    world.tick(&test);
    assert_eq!(status(&world).0, PayoutStatus::Unknown);
    let other = world.start_with(world.other_account());
    for _ in 0..60 {
        world.tick(&other);
        world.advance(HOUR);
    }
    assert_eq!(
        status(&world),
        (PayoutStatus::Unknown, Some(Wait::OtherAccount))
    );
    assert!(world.truth().sums.is_empty());
    let test = world.start();
    for _ in 0..60 {
        world.tick(&test);
        world.advance(HOUR);
    }
    let paid = world.payout();
    assert_eq!(paid.status, PayoutStatus::Paid, "{paid:#?}");
    assert_eq!(paid.attempts, 2, "the key was too old: absence was proven");
    world.judge();
}

#[test]
fn an_empty_balance_is_probed_with_one_payout_and_then_all_are_paid() {
    let mut world = World::new(7, 3);
    world.stripe.books().test().set_balance("usd", 0);
    let process = world.start();
    for _ in 0..5 {
        world.tick(&process);
        world.advance(MINUTE);
    }
    let waiting = world.payouts();
    let poor = |it: &clawrk_core::engine::PayoutDetail| it.wait == Some(Wait::PlatformBalance);
    assert!(waiting.iter().all(poor), "{waiting:#?}");
    let state = block_on(process.engine.outbox(Call::by_admin())).unwrap();
    assert!(state.running && state.circuit.is_some());
    let before: u32 = waiting.iter().map(|it| it.attempts).sum();
    world.advance(15 * MINUTE);
    for _ in 0..3 {
        world.tick(&process);
    }
    let after: u32 = world.payouts().iter().map(|it| it.attempts).sum();
    assert_eq!(after, before + 1, "one is tried");
    assert!(
        world.payouts()[0].attempts > waiting[0].attempts,
        "the oldest"
    );

    world.stripe.books().test().set_balance("usd", 1_000);
    world.run(&process, 30);
    assert!(
        world
            .payouts()
            .iter()
            .all(|it| it.status == PayoutStatus::Paid)
    );
    world.judge();
}

#[test]
fn an_account_that_is_restricted_is_waited_for() {
    let mut world = World::new(8, 1);
    let account = world.account.clone();
    let stand = |world: &World, standing| {
        let mut books = world.stripe.books();
        books.test().set_standing(&account, standing);
    };
    stand(&world, Standing::Restricted);
    let process = world.start();
    for _ in 0..30 {
        world.tick(&process);
        world.advance(20 * MINUTE);
    }
    assert_eq!(status(&world), (PayoutStatus::Owed, Some(Wait::Account)));
    stand(&world, Standing::Complete);
    for _ in 0..40 {
        world.tick(&process);
        world.advance(20 * MINUTE);
    }
    assert_eq!(status(&world).0, PayoutStatus::Paid);
    world.judge();
}

#[test]
fn a_budget_of_cents_is_kept_to_the_cent() {
    let mut world = World::new(9, 3);
    world.policy.payout_budget = PayoutBudget::Cents(Cents::new(250));
    let process = world.start();
    for _ in 0..20 {
        world.tick(&process);
        world.advance(20 * MINUTE);
    }
    assert_eq!(world.truth().sums["usd"], 200);
    let owed = world.payouts().remove(2);
    assert_eq!(
        (owed.status, owed.wait),
        (PayoutStatus::Owed, Some(Wait::Budget))
    );
    let state = block_on(process.engine.outbox(Call::by_admin())).unwrap();
    assert_eq!(state.budget_left_cents, Some(Cents::new(50)));
    world.policy.payout_budget = PayoutBudget::Cents(Cents::new(300));
    let process = world.start();
    world.run(&process, 20);
    assert_eq!(world.truth().sums["usd"], 300);
    world.judge();
}

#[test]
fn without_receipts_nothing_is_sent_where_they_are_the_budget() {
    let mut world = World::new(10, 1);
    world.policy.payout_budget = PayoutBudget::Receipts;
    let process = world.start();
    for _ in 0..20 {
        world.tick(&process);
        world.advance(HOUR);
    }
    assert_eq!(status(&world), (PayoutStatus::Owed, Some(Wait::Budget)));
    assert!(world.truth().sums.is_empty());
    assert!(world.audit(&process).ok());
}

#[test]
fn a_key_that_is_not_accepted_stops_everything_until_the_operator_resumes() {
    let mut world = World::new(11, 2);
    world
        .stripe
        .books()
        .plan(Target::send(), Fault::Unauthorized);
    let process = world.start();
    world.tick(&process);
    assert_eq!(world.stop(&process), Some(Alarm::Unauthorized));
    let sends = world.truth().sums;
    for _ in 0..10 {
        let progress = world.tick(&process).unwrap();
        assert!(progress.next.is_none_or(|next| next > world.now()), "spins");
        world.advance(HOUR);
    }
    assert_eq!(world.truth().sums, sends, "nothing is sent");
    let resumed = process
        .engine
        .resume_outbox(Call::by_admin(), Some("mended"));
    block_on(resumed).unwrap();
    world.run(&process, 20);
    assert_eq!(world.truth().sums["usd"], 200);
    world.judge();
}

#[test]
fn an_operator_settles_what_nobody_else_can() {
    let mut world = World::new(12, 2);
    {
        let mut books = world.stripe.books();
        let declined = Fault::Declined {
            status: 402,
            code: "some_new_code".to_owned(),
        };
        books.plan(Target::send(), declined);
        books.plan(Target::send(), Fault::HangsUndone);
    }
    let process = world.start();
    world.tick(&process);
    let (declined, unknown) = (world.payouts().remove(0), world.payouts().remove(1));
    assert_eq!(declined.status, PayoutStatus::Declined);
    assert_eq!(unknown.status, PayoutStatus::Unknown);
    let admin = Call::by_admin;
    let note = || "looked".to_owned();

    let absent = Resolution::Absent { note: note() };
    let refused = block_on(process.engine.resolve_payout(admin(), declined.id, &absent));
    assert_eq!(refused.unwrap_err().code().as_str(), "wrong_status");
    let off = Resolution::WrittenOff { note: note() };
    let refused = block_on(process.engine.resolve_payout(admin(), unknown.id, &off));
    assert_eq!(refused.unwrap_err().code().as_str(), "wrong_status");
    let paid = Resolution::Paid {
        transfer: "tr_nothing".to_owned(),
    };
    let refused = block_on(process.engine.resolve_payout(admin(), unknown.id, &paid));
    assert_eq!(refused.unwrap_err().code().as_str(), "transfer_mismatch");

    let told = block_on(process.engine.resolve_payout(admin(), unknown.id, &absent)).unwrap();
    assert_eq!(told.status, PayoutStatus::Owed);
    assert_eq!(told.note.as_deref(), Some("looked"));
    assert!(told.proof.unwrap().by_operator);
    let told = block_on(process.engine.resolve_payout(admin(), declined.id, &off)).unwrap();
    assert_eq!(told.status, PayoutStatus::WrittenOff);
    world.run(&process, 20);
    assert_eq!(world.truth().sums["usd"], 100);
    world.judge();
}

#[test]
fn a_crash_after_the_second_attempt_was_committed_does_not_send_a_third() {
    let mut world = World::new(13, 1);
    let declined = Fault::Declined {
        status: 402,
        code: "some_new_code".to_owned(),
    };
    world.stripe.books().plan(Target::send(), declined);
    let process = world.start();
    world.tick(&process);
    let id = world.payout().id;
    let retried = process.engine.retry_payout(Call::by_admin(), id, None);
    assert_eq!(block_on(retried).unwrap().status, PayoutStatus::Owed);
    process.store.fail(Op::Commit, 1, Crash::CrashAfter);
    world.tick(&process);
    let sent = world.payout();
    assert_eq!((sent.status, sent.attempts), (PayoutStatus::Sending, 2));
    let process = world.start();
    world.run(&process, 20);
    let paid = world.payout();
    assert_eq!((paid.status, paid.attempts), (PayoutStatus::Paid, 2));
    world.judge();
}

#[test]
fn the_destination_of_an_attempt_stays_and_the_next_one_has_the_new_account() {
    let mut world = World::new(14, 1);
    world
        .stripe
        .books()
        .plan(Target::send(), Fault::NotConnected);
    let process = world.start();
    world.tick(&process);
    let old = world.account.clone();
    world.stripe.books().test().deauthorize(&old);
    let process = world.start();
    for _ in 0..10 {
        world.advance(HOUR);
        world.tick(&process);
    }
    let declined = world.payout();
    assert_eq!(declined.attempts, 1, "sent as it was");
    assert!(world.truth().sums.is_empty());
    assert_ne!(declined.status, PayoutStatus::Paid);
    assert!(world.audit(&process).ok());
}
