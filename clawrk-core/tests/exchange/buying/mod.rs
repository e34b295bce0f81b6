//! Buying and connecting, with a provider that answers as it is told.

mod checkout;
mod connect;
mod damage;
mod invoices;
mod parked;
mod provider;
mod webhook;

use std::sync::Arc;

use clawrk_core::Engine;
use clawrk_core::id::UserId;
use clawrk_core::money::Cents;
use clawrk_core::payments::{Invoice, InvoiceLine, Mode, News, Owner, WebhookEvent};
use clawrk_core::policy::Policy;
use clawrk_core::record::{Body, InvoiceRecord, Linked, Record, UserRecord};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Key, Store};
use clawrk_core::time::Timestamp;

use crate::support::{ManualClock, with_credits};
use provider::{Provider, SIGNED};

/// An exchange that sells credits, and all that it depends on.
#[derive(Debug)]
struct Shop {
    clock: Arc<ManualClock>,
    provider: Arc<Provider>,
    store: Arc<dyn Store>,
    engine: Engine,
}

fn sells() -> Policy {
    let mut policy = with_credits();
    policy.app_url = "https://clawrk.example".to_owned();
    for plan in &mut policy.plans {
        // Team is not for sale.
        if plan.tier != "team" {
            plan.price_ids = vec![format!("price_{}", plan.tier), format!("old_{}", plan.tier)];
        }
    }
    policy
}

impl Shop {
    fn open() -> Shop {
        Shop::over(Arc::new(MemoryStore::new()))
    }

    fn over(store: Arc<dyn Store>) -> Shop {
        let clock = ManualClock::new();
        let provider = Arc::new(Provider::default());
        let engine = Engine::builder(Arc::clone(&store), clock.clone())
            .policy(sells())
            .payments(provider.clone())
            .build();
        Shop {
            clock,
            provider,
            store,
            engine,
        }
    }

    async fn record(&self, key: Key) -> Option<Record> {
        let mut found = self.store.read(&[key]).await.unwrap();
        found.pop().flatten()
    }

    async fn user(&self, user: &UserId) -> UserRecord {
        match self.record(Key::User(user.clone())).await.unwrap().body {
            Body::User(user) => user,
            other => panic!("{other:?}"),
        }
    }

    async fn link(&self, what: Linked, id: &str) -> Option<UserId> {
        let found = self.record(Key::Link(what, id.to_owned())).await;
        found.map(|record| match record.body {
            Body::Link(link) => link.user,
            other => panic!("{other:?}"),
        })
    }

    async fn invoice(&self, id: &str) -> InvoiceRecord {
        let found = self.record(Key::Invoice(id.to_owned())).await;
        match found.unwrap().body {
            Body::Invoice(invoice) => invoice,
            other => panic!("{other:?}"),
        }
    }

    /// Hands in an event, and gives its outcome.
    async fn tell(&self, event: &WebhookEvent) -> String {
        let body = serde_json::to_vec(event).unwrap();
        let received = self.engine.receive_webhook(&body, SIGNED).await.unwrap();
        assert_eq!(received.event, event.id);
        received.outcome
    }

    async fn credits(&self, user: &UserId) -> i64 {
        self.engine.user(user).await.unwrap().credits.units()
    }

    /// Ticks until nothing is due.
    async fn settle(&self) {
        while self.engine.tick(100).await.unwrap().done > 0 {}
    }
}

fn event(id: &str, news: News) -> WebhookEvent {
    WebhookEvent {
        id: id.to_owned(),
        kind: "some.type".to_owned(),
        mode: Mode::Test,
        account: None,
        created_at: Timestamp::from_millis(1_735_689_600_000),
        news,
    }
}

fn paid(id: &str, invoice: &Invoice) -> WebhookEvent {
    event(id, News::InvoicePaid(invoice.clone()))
}

fn completed(id: &str, user: Option<&str>, customer: &str) -> WebhookEvent {
    event(
        id,
        News::CheckoutCompleted(Owner {
            user: user.map(str::to_owned),
            customer: Some(customer.to_owned()),
            ..Owner::default()
        }),
    )
}

fn line(price: &str, net: i64) -> InvoiceLine {
    InvoiceLine {
        id: format!("il_{price}"),
        price: Some(price.to_owned()),
        quantity: 1,
        proration: false,
        net: Cents::new(net),
    }
}

/// An invoice for a month of Pro, of which no more is known than the customer.
fn pro(id: &str, customer: &str) -> Invoice {
    Invoice {
        id: id.to_owned(),
        owner: Owner {
            customer: Some(customer.to_owned()),
            ..Owner::default()
        },
        subscription: Some("sub_1".to_owned()),
        currency: "usd".to_owned(),
        paid: Cents::new(2_500),
        created_at: Timestamp::from_millis(1_735_689_600_000),
        lines: vec![line("price_pro", 2_500)],
        more_lines: false,
    }
}

/// The same, with the user that was noted with it.
fn pro_of(id: &str, user: &str) -> Invoice {
    let mut invoice = pro(id, "cus_x");
    invoice.owner.user = Some(user.to_owned());
    invoice
}
