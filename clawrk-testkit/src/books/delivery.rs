//! How events come to endpoints: late, in any order, and more than once.

use std::time::Duration;

use clawrk_core::payments::Mode;
use clawrk_core::time::Timestamp;

use super::book::Book;
use crate::rng::Rng;

/// How often an event is posted that no one takes.
const TRIES_MAX: u32 = 16;

/// How long until the second try; each further one takes twice as long.
const RETRY: Duration = Duration::from_secs(5 * 60);

/// How unreliable deliveries are. To begin with: not at all.
#[derive(Debug, Clone)]
pub(super) struct Courier {
    rng: Rng,
    delay_max: Duration,
    copies_max: usize,
}

impl Courier {
    pub(super) fn new(rng: Rng) -> Courier {
        Courier {
            rng,
            delay_max: Duration::ZERO,
            copies_max: 1,
        }
    }

    fn delay(&mut self) -> Duration {
        let millis = usize::try_from(self.delay_max.as_millis()).unwrap_or(usize::MAX - 1);
        let drawn = self.rng.below(millis + 1);
        Duration::from_millis(u64::try_from(drawn).unwrap_or(u64::MAX))
    }
}

/// An event that waits to be posted.
#[derive(Debug, Clone)]
pub(super) struct Post {
    due: Timestamp,
    event: String,
    endpoint: usize,
    attempt: u32,
}

/// An event to be posted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where to.
    pub url: String,
    /// The event's id.
    pub event: String,
    /// The event's type.
    pub kind: String,
    /// The body, to the byte.
    pub body: String,
    /// The header `Stripe-Signature`.
    pub signature: String,
    /// Which try it is, from 1.
    pub attempt: u32,
    endpoint: usize,
    /// The account and the mode whose event it is.
    pub(super) place: (String, Mode),
}

impl Book {
    /// From now on, each event is posted after up to `delay_max` (so also after later ones), and
    /// up to `copies_max` times.
    pub fn set_courier(&mut self, delay_max: Duration, copies_max: usize) {
        self.courier.delay_max = delay_max;
        self.courier.copies_max = copies_max.max(1);
    }

    /// Lets an event wait for its delivery. Gives how many endpoints it goes to.
    pub(super) fn post(&mut self, event: &str, connect: bool) -> usize {
        let mut endpoints = 0;
        for at in 0..self.endpoints.len() {
            if self.endpoints[at].connect != connect {
                continue;
            }
            endpoints += 1;
            for _ in 0..=self.courier.rng.below(self.courier.copies_max) {
                let post = Post {
                    due: self.time.after(self.courier.delay()),
                    event: event.to_owned(),
                    endpoint: at,
                    attempt: 1,
                };
                self.posts.push(post);
            }
        }
        endpoints
    }

    /// Posts an event once more to every endpoint that it concerns, as a person does on Stripe's
    /// pages.
    ///
    /// # Panics
    /// If there is no such event.
    pub fn resend(&mut self, event: &str) {
        let found = self.events.get(event).expect("an event of this book");
        let connect = found.account.is_some();
        self.post(event, connect);
    }

    /// What is to be posted now, signed now, in the order in which it fell due. It is given once:
    /// what is not taken has to be given back.
    pub(super) fn take_deliveries(&mut self) -> Vec<Delivery> {
        let now = self.time;
        let mut posts = std::mem::take(&mut self.posts);
        posts.sort_by_key(|post| post.due);
        let (due, later) = posts.into_iter().partition(|post| post.due <= now);
        self.posts = later;
        let due: Vec<Post> = due;
        due.iter().filter_map(|post| self.delivery(post)).collect()
    }

    fn delivery(&self, post: &Post) -> Option<Delivery> {
        let event = self.events.get(&post.event)?;
        let endpoint = &self.endpoints[post.endpoint];
        let shown = event.render_in(&endpoint.version, self.livemode());
        let body = serde_json::to_string_pretty(&shown).ok()?;
        Some(Delivery {
            url: endpoint.url.clone(),
            event: event.id.clone(),
            kind: event.kind.clone(),
            signature: endpoint.sign(self.now(), body.as_bytes(), self.livemode()),
            body,
            attempt: post.attempt,
            endpoint: post.endpoint,
            place: (self.platform.clone(), self.mode),
        })
    }

    /// When the next event is to be posted.
    pub fn next_delivery(&self) -> Option<Timestamp> {
        self.posts.iter().map(|post| post.due).min()
    }

    /// An endpoint did not take a delivery: it is tried again later, a bounded number of times.
    pub(super) fn try_again(&mut self, delivery: &Delivery) {
        if delivery.attempt >= TRIES_MAX {
            return;
        }
        let wait = RETRY * 2_u32.pow(delivery.attempt - 1);
        self.posts.push(Post {
            due: self.time.after(wait),
            event: delivery.event.clone(),
            endpoint: delivery.endpoint,
            attempt: delivery.attempt + 1,
        });
    }
}
