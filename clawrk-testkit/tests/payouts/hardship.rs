//! What must not keep other payouts waiting, nor be sent beside itself.

use std::pin::pin;
use std::sync::Arc;

use clawrk_core::Call;
use clawrk_core::engine::Resolution;
use clawrk_core::id::PayoutId;
use clawrk_core::payments::{Payments, SendTransfer, TransferTerms};
use clawrk_core::record::{Alarm, Body, Kind, PayoutStatus, Record, Wait};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Index, Key, PageLimit, Store};
use clawrk_testkit::books::{Fault, Target};
use clawrk_testkit::run::{block_on, poll_once};

use super::world::{HOUR, MINUTE, Process, World, user};

/// How many records are put back at once.
const RECORDS: usize = 100;

/// Changes what is stored behind everybody's back.
fn damage(world: &mut World, change: impl FnOnce(&mut Vec<Record>)) {
    let mut records = Vec::new();
    for kind in Kind::ALL {
        let mut after = None;
        loop {
            let limit = PageLimit::rows(PageLimit::ROWS_MAX);
            let index = Index::All(kind);
            let page = block_on(world.memory.scan(&index, after.as_ref(), limit)).unwrap();
            records.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    change(&mut records);
    let store = MemoryStore::new();
    for some in records.chunks(RECORDS) {
        block_on(store.restore(some)).unwrap();
    }
    world.memory = Arc::new(store);
}

fn lose_attempt(world: &mut World, payout: PayoutId) {
    damage(world, |records| {
        records.retain(|record| record.key() != Key::Attempt(payout, 1));
    });
}

/// The status of all payouts, the oldest first.
fn all(world: &World) -> Vec<PayoutStatus> {
    world.payouts().iter().map(|it| it.status).collect()
}

fn ticks(world: &World, process: &Process, count: usize) {
    for _ in 0..count {
        world.tick(process);
        world.advance(MINUTE);
    }
}

#[test]
fn damaged_payouts_that_are_due_keep_nobody_waiting() {
    let mut world = World::new(31, 20);
    let ids: Vec<PayoutId> = world.payouts().iter().map(|it| it.id).collect();
    damage(&mut world, |records| {
        for record in records {
            if let Body::Payout(payout) = &mut record.body
                && ids[..19].contains(&payout.id)
            {
                // There is no such attempt.
                payout.attempt = 1;
            }
        }
    });
    let process = world.start();
    ticks(&world, &process, 3);
    assert_eq!(all(&world)[19], PayoutStatus::Paid);
}

#[test]
fn a_damaged_payout_that_waits_keeps_nobody_waiting() {
    let mut world = World::new(32, 3);
    world.stripe.books().test().set_balance("usd", 0);
    let process = world.start();
    ticks(&world, &process, 5);
    let oldest = world.payouts().remove(0);
    assert_eq!(oldest.wait, Some(Wait::PlatformBalance));
    assert_eq!(oldest.attempts, 1);
    lose_attempt(&mut world, oldest.id);
    world.stripe.books().test().set_balance("usd", 1_000);
    let process = world.start();
    ticks(&world, &process, 60);
    use PayoutStatus::{Owed, Paid};
    assert_eq!(all(&world), [Owed, Paid, Paid]);
}

#[test]
fn a_damaged_payout_that_the_provider_lists_keeps_nobody_waiting() {
    let mut world = World::new(33, 1);
    let process = world.start();
    ticks(&world, &process, 2);
    let paid = world.payout();
    assert_eq!(paid.status, PayoutStatus::Paid);
    lose_attempt(&mut world, paid.id);
    let process = world.start();
    block_on(world.verified(&process.engine, &user("alice"), &user("bob")));
    ticks(&world, &process, 3);
    assert_eq!(all(&world), [PayoutStatus::Paid, PayoutStatus::Paid]);
}

#[test]
fn an_account_that_is_declined_although_it_looks_fine_is_tried_less_and_less_often() {
    let mut world = World::new(34, 1);
    let declined = Fault::Declined {
        status: 403,
        code: "account_invalid".to_owned(),
    };
    let always = Target::send().times(1_000);
    world.stripe.books().plan(always, declined);
    let process = world.start();
    for _ in 0..24 * 12 {
        world.tick(&process);
        world.advance(5 * MINUTE);
    }
    let waits = world.payout();
    assert_eq!(
        (waits.status, waits.wait),
        (PayoutStatus::Owed, Some(Wait::Account))
    );
    assert!((5..=14).contains(&waits.attempts), "{}", waits.attempts);
    world.stripe.books().calm();
    for _ in 0..24 {
        world.tick(&process);
        world.advance(30 * MINUTE);
    }
    assert_eq!(world.payout().status, PayoutStatus::Paid);
    world.judge();
}

#[test]
fn an_operator_cannot_deny_what_is_just_being_sent_again() {
    let mut world = World::new(35, 1);
    {
        let mut books = world.stripe.books();
        books.plan(Target::send(), Fault::HangsUndone);
        books.plan(Target::send(), Fault::HangsDoneLater(5 * MINUTE));
    }
    let first = world.start();
    world.tick(&first);
    assert_eq!(world.payout().status, PayoutStatus::Unknown);
    world.advance(2 * MINUTE);
    let mut hangs = Box::pin(first.engine.tick(10));
    let _ = poll_once(hangs.as_mut());
    let second = world.start();
    let id = world.payout().id;
    let absent = Resolution::Absent {
        note: "nothing there".to_owned(),
    };
    let denied = second.engine.resolve_payout(Call::by_admin(), id, &absent);
    let denied = block_on(denied);
    world.tick(&second);
    drop(hangs);
    world.run(&second, 400);
    world.advance(10 * MINUTE);
    world.judge();
    assert_eq!(denied.unwrap_err().code().as_str(), "transfer_mismatch");
    assert_eq!(world.payout().status, PayoutStatus::Paid);
}

/// Has the transfers' events delivered that there are.
fn tell(world: &World, process: &Process) {
    world.advance(MINUTE);
    let posts = world.stripe.books().deliveries(world.theirs_now());
    for post in posts {
        let body = post.body.as_bytes();
        block_on(process.engine.receive_webhook(body, &post.signature)).unwrap();
    }
}

#[test]
fn a_second_transfer_that_the_operator_has_seen_stops_nothing_when_it_is_taken_back() {
    let mut world = World::new(36, 1);
    let process = world.start();
    ticks(&world, &process, 2);
    tell(&world, &process);
    let paid = world.payout();
    let store = {
        let books = world.truth();
        books.held[&paid.job.to_string()][0].transfer.clone()
    };
    assert_eq!(Some(&store), paid.transfer.as_ref());
    let meta = block_on(world.memory.read(&[Key::Meta])).unwrap().remove(0);
    let Body::Meta(meta) = meta.unwrap().body else {
        panic!("the meta record is something else");
    };
    let terms = TransferTerms {
        amount: paid.amount_cents,
        currency: "usd".to_owned(),
        destination: world.account.clone(),
        group: paid.job.to_string(),
        payout: paid.id.to_string(),
        job: paid.job.to_string(),
        store: meta.commit.to_string(),
    };
    let again = SendTransfer {
        key: "by hand".to_owned(),
        body: world.stripe.draft(&terms),
        api_version: world.stripe.api_version().to_owned(),
    };
    let second = block_on(world.stripe.send_transfer(&again)).unwrap();
    tell(&world, &process);
    assert_eq!(world.stop(&process), Some(Alarm::DoubleTransfer));

    let seen = process
        .engine
        .resume_outbox(Call::by_admin(), Some("seen; I take it back"));
    block_on(seen).unwrap();
    world.stripe.books().test().take_back(&second.id, None);
    tell(&world, &process);
    assert_eq!(world.stop(&process), None);
    ticks(&world, &process, 70);
    assert_eq!(world.stop(&process), None);
    world.judge();
}

#[test]
fn what_was_sent_with_another_key_is_found_behind_hundreds_that_are_in_doubt() {
    let mut world = World::new(37, 202);
    let ids: Vec<PayoutId> = world.payouts().iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), 100, "the world shows a page");
    damage(&mut world, |records| {
        let mut left = 201;
        for record in records {
            if let Body::Payout(payout) = &mut record.body
                && left > 0
            {
                left -= 1;
                payout.status = PayoutStatus::Unknown;
                payout.wait = Some(Wait::Person);
                payout.due_at = None;
            }
        }
    });
    world
        .stripe
        .books()
        .plan(Target::send(), Fault::HangsUndone);
    let last = |world: &World| {
        let index = Index::Payouts(PayoutStatus::Paid);
        let rows = PageLimit::rows(10);
        block_on(world.memory.scan(&index, None, rows))
            .unwrap()
            .rows
            .len()
    };
    let test = world.start();
    world.tick(&test);
    let other = world.start_with(world.other_account());
    for _ in 0..30 {
        world.tick(&other);
        world.advance(HOUR);
    }
    assert_eq!(last(&world), 0);
    let test = world.start();
    for _ in 0..60 {
        world.tick(&test);
        world.advance(HOUR);
    }
    assert_eq!(last(&world), 1);
}

#[test]
fn when_the_balance_is_filled_all_are_paid_at_once() {
    let mut world = World::new(38, 5);
    world.stripe.books().test().set_balance("usd", 0);
    let process = world.start();
    ticks(&world, &process, 5);
    world.stripe.books().test().set_balance("usd", 1_000);
    world.advance(6 * HOUR);
    let mut hung = 0;
    for _ in 0..5 {
        let mut tick = pin!(process.engine.tick(100));
        hung += usize::from(poll_once(tick.as_mut()).is_pending());
    }
    assert_eq!(hung, 0);
    assert_eq!(all(&world), [PayoutStatus::Paid; 5]);
}

#[test]
fn a_damaged_payout_keeps_no_other_from_being_marked_as_restored() {
    let mut world = World::new(39, 4);
    let never = Target::send().times(4);
    world.stripe.books().plan(never, Fault::NotConnected);
    let process = world.start();
    world.tick(&process);
    let damaged = world.payouts().remove(0).id;
    lose_attempt(&mut world, damaged);
    let process = world.start();
    let marked = block_on(process.engine.mark_restored(Call::by_admin()));
    let error = marked.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("1 payouts are damaged"), "{source}");
    assert!(source.contains(&damaged.to_string()), "{source}");
    use PayoutStatus::{Owed, Unknown};
    assert_eq!(all(&world), [Owed, Unknown, Unknown, Unknown]);
}

#[test]
fn a_lease_runs_out_also_while_everything_is_stopped() {
    let mut world = World::new(40, 2);
    {
        let mut books = world.stripe.books();
        books.plan(Target::send(), Fault::HangsUndone);
        books.plan(Target::send(), Fault::Unauthorized);
    }
    let process = world.start();
    world.tick_dropped(&process, true);
    let process = world.start();
    assert_eq!(world.stop(&process), Some(Alarm::Unauthorized));
    ticks(&world, &process, 5);
    assert!(
        !all(&world).contains(&PayoutStatus::Sending),
        "{:?}",
        all(&world)
    );
}
