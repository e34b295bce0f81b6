//! The fault matrix: what can go wrong with a send, with the process, with time, with the news of
//! a transfer and with a listing, each with each.

use std::collections::BTreeMap;
use std::time::Duration;

use clawrk_core::record::{Alarm, PayoutStatus};
use clawrk_testkit::books::{Fault, Target};
use clawrk_testkit::faults::{Fault as Crash, Op};
use clawrk_testkit::run::block_on;

use super::world::{HOUR, MINUTE, Process, World};

/// Where the process ends: at that commit of the outbox, before or after it, or in a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Never,
    Commit(u64, Crash),
    Listing,
}

/// What passes between the first process and the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    Hour,
    TwentyTwo,
    Thirty,
    /// The exchange's clock goes back.
    Back,
    /// Two days pass.
    Forward,
    /// The exchange's clock goes two days forward, and no time passes.
    Ahead,
}

/// When `transfer.created` comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    Before,
    After,
    Twice,
    Never,
}

/// How the provider lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Fresh,
    Stale,
    ThreePages,
    PageTwoFails,
}

/// How many commits of the outbox a process may end at: more than it takes to send a payout.
const COMMITS: u64 = 6;

pub(crate) fn ends() -> Vec<End> {
    let mut ends = vec![End::Never, End::Listing];
    for nth in 1..=COMMITS {
        ends.push(End::Commit(nth, Crash::CrashBefore));
        ends.push(End::Commit(nth, Crash::CrashAfter));
    }
    ends
}

pub(crate) const TIMES: [Time; 6] = [
    Time::Hour,
    Time::TwentyTwo,
    Time::Thirty,
    Time::Back,
    Time::Forward,
    Time::Ahead,
];

pub(crate) const NEWS: [News; 4] = [News::Before, News::After, News::Twice, News::Never];

pub(crate) const LISTINGS: [Listing; 4] = [
    Listing::Fresh,
    Listing::Stale,
    Listing::ThreePages,
    Listing::PageTwoFails,
];

/// One cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) fault: Fault,
    pub(crate) end: End,
    pub(crate) time: Time,
    pub(crate) news: News,
    pub(crate) listing: Listing,
}

/// The provider lists like that from now on.
fn lists(world: &World, listing: Listing) {
    let mut books = world.stripe.books();
    match listing {
        Listing::Fresh => {}
        Listing::Stale => books.set_stale(5 * MINUTE),
        Listing::ThreePages => books.set_page_max(1),
        Listing::PageTwoFails => {
            books.set_page_max(1);
            books.plan(Target::list().skip(1), Fault::Error);
        }
    }
}

/// Has the transfers' events delivered that there are.
fn tell(world: &World, process: &Process) {
    let now = world.theirs_now();
    let posts = world.stripe.books().deliveries(now);
    for post in posts {
        let taken = process
            .engine
            .receive_webhook(post.body.as_bytes(), &post.signature);
        if let Err(error) = block_on(taken) {
            // Its time is not that of a clock that is wrong. It comes again.
            assert_eq!(error.code().as_str(), "webhook_invalid");
            assert!(world.is_clock_wrong(), "{error}");
            world.stripe.books().refused(&post);
        }
    }
}

fn tell_again(world: &World, process: &Process) {
    let mut books = world.stripe.books();
    let events: Vec<String> = books
        .test()
        .events()
        .map(|event| event.id.clone())
        .collect();
    for event in events {
        books.test().resend(&event);
    }
    drop(books);
    tell(world, process);
}

/// Goes through a cell. Gives where the payout ended.
pub(crate) fn go(seed: u64, cell: &Cell) -> PayoutStatus {
    let mut world = World::new(seed, 1);
    if cell.listing != Listing::Fresh {
        world.decoys(3);
    }
    lists(&world, cell.listing);
    world
        .stripe
        .books()
        .plan(Target::send(), cell.fault.clone());

    let first = world.start();
    match cell.end {
        End::Never => {}
        End::Commit(nth, crash) => first.store.fail(Op::Commit, nth, crash),
        End::Listing => {
            let hangs = Target::list().skip(1);
            world.stripe.books().plan(hangs, Fault::Hangs);
        }
    }
    world.tick_dropped(&first, cell.end == End::Listing);
    drop(first);
    if cell.news == News::Before || cell.news == News::Twice {
        let process = world.start();
        world.advance(Duration::from_secs(2));
        tell(&world, &process);
    }
    match cell.time {
        Time::Hour => world.advance(HOUR),
        Time::TwentyTwo => world.advance(22 * HOUR),
        Time::Thirty => world.advance(30 * HOUR),
        Time::Back => world.ours.jump_back(2 * HOUR),
        Time::Forward => world.advance(48 * HOUR),
        Time::Ahead => world.ours.advance(48 * HOUR),
    }
    let second = world.start();
    match world.is_clock_wrong() {
        // It would not come to rest.
        true => world.run(&second, 20),
        false => world.run_operated(&second),
    }
    world.mend_clock();
    if cell.news != News::Never {
        tell(&world, &second);
        if cell.news == News::Twice {
            tell_again(&world, &second);
        }
    }
    world.run_operated(&second);
    world.judge();
    let stop = world.stop(&second);
    assert!(
        stop.is_none_or(|stop| stop == Alarm::Unauthorized),
        "{stop:?}"
    );
    world.payout().status
}

#[test]
fn no_cell_of_the_matrix_pays_twice_or_loses_anything() {
    let mut cells = Vec::new();
    for fault in Fault::all() {
        for end in ends() {
            for time in TIMES {
                for news in NEWS {
                    for listing in LISTINGS {
                        cells.push(Cell {
                            fault: fault.clone(),
                            end,
                            time,
                            news,
                            listing,
                        });
                    }
                }
            }
        }
    }
    assert_eq!(cells.len(), Fault::all().len() * 14 * TIMES.len() * 4 * 4);
    let counted = super::spread(&cells, |seed, cell| go(seed, cell).as_str());
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    for status in counted {
        *sums.entry(status).or_default() += 1;
    }
    println!("{} cells: {sums:?}", cells.len());
    // What is declined for good is, and what is not what was asked for is with a person.
    assert!(sums["paid"] > cells.len() * 8 / 10, "{sums:?}");
    assert!(sums["declined"] > 0 && sums["unknown"] > 0, "{sums:?}");
}
