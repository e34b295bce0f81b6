//! A bank of the host's own, and how it carries out what the exchange decides.
//!
//! It keeps everything in memory. One that is asked over a network is written the same way: what
//! matters is that each key happens once, and that an error never says more than is known.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clawrk::payments::{
    ConnectedAccount, DeclineClass, Failure, Lines, Mode, NewAccount, NewCheckout, NewCustomer,
    NewLink, Owner, Payments, PaymentsError, SendTransfer, Transfer, TransferTerms, Transfers,
    TransfersPage, WebhookError, WebhookEvent,
};
use clawrk::{Cents, Timestamp, async_trait};
use serde::{Deserialize, Serialize};

/// How many transfers a page of their list has.
const PAGE_ROWS: usize = 10;

/// The version of the bank's requests. A request that was drafted in an older one is still known by
/// it when it is sent again.
const VERSION: &str = "1";

/// Where owners of accounts confirm them.
const CONFIRM: &str = "https://bank.example/confirm/";

/// The bank.
pub(crate) struct Bank(Mutex<Vault>);

/// What the bank keeps.
#[derive(Default)]
struct Vault {
    /// What was asked under each key, and answered.
    done: HashMap<String, Done>,
    customers: Vec<NewCustomer>,
    /// The accounts, and whether their owners have confirmed them.
    accounts: HashMap<String, bool>,
    /// Oldest first.
    transfers: Vec<Transfer>,
    /// What the exchange has here.
    balance: Cents,
    /// The time at the bank.
    now: Option<Timestamp>,
    /// Whether the next transfer is made, and its answer never arrives.
    loses_answer: bool,
}

/// What was done under a key.
#[derive(Clone)]
struct Done {
    request: String,
    answer: Answer,
}

/// An answer that is given again, whatever has become of the world since.
#[derive(Clone)]
enum Answer {
    Made(String),
    Sent(Result<Transfer, PaymentsError>),
}

/// A transfer as it is asked for.
#[derive(Serialize, Deserialize)]
struct Order {
    amount: Cents,
    currency: String,
    destination: String,
    group: String,
    payout: String,
    store: String,
}

impl Bank {
    /// A bank in which the exchange has so much.
    pub(crate) fn new(balance: Cents) -> Bank {
        let vault = Vault {
            balance,
            ..Vault::default()
        };
        Bank(Mutex::new(vault))
    }

    /// Somebody pays so much into the exchange's account.
    #[cfg(test)]
    fn pay_in(&self, amount: Cents) {
        let mut vault = self.vault();
        vault.balance = vault.balance.checked_add(amount).unwrap_or(vault.balance);
    }

    /// What the exchange has.
    pub(crate) fn balance(&self) -> Cents {
        self.vault().balance
    }

    /// The time at the bank: what it makes carries it.
    pub(crate) fn set_time(&self, now: Timestamp) {
        self.vault().now = Some(now);
    }

    /// The owner of an account opens the page on which it is confirmed.
    pub(crate) fn confirm(&self, url: &str) {
        let account = url.strip_prefix(CONFIRM).unwrap_or_default();
        if let Some(confirmed) = self.vault().accounts.get_mut(account) {
            *confirmed = true;
        }
    }

    /// The next transfer is made, and its answer is lost on the way.
    pub(crate) fn lose_next_answer(&self) {
        self.vault().loses_answer = true;
    }

    /// What an account was sent, transfer by transfer.
    pub(crate) fn received(&self, account: &str) -> Vec<Cents> {
        let vault = self.vault();
        let sent = vault.transfers.iter().filter(|t| t.destination == account);
        sent.map(|transfer| transfer.amount).collect()
    }

    /// Nothing below leaves the vault half changed, so a panic elsewhere did no harm to it.
    fn vault(&self) -> MutexGuard<'_, Vault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault {
    /// What was answered under this key. Another request under it is an error, and neither is done
    /// again.
    fn recall(&self, key: &str, request: &str) -> Result<Option<Answer>, PaymentsError> {
        match self.done.get(key) {
            None => Ok(None),
            Some(done) if done.request == request => Ok(Some(done.answer.clone())),
            Some(_) => Err(error(
                Failure::KeyReused,
                format!("{key} is another request"),
            )),
        }
    }

    fn remember(&mut self, key: &str, request: String, answer: Answer) {
        self.done.insert(key.to_owned(), Done { request, answer });
    }

    /// Makes something under a key, once.
    fn make(
        &mut self,
        key: &str,
        request: String,
        make: impl FnOnce(&mut Vault) -> String,
    ) -> Result<String, PaymentsError> {
        match self.recall(key, &request)? {
            Some(Answer::Made(id)) => Ok(id),
            Some(Answer::Sent(_)) => Err(error(Failure::KeyReused, format!("{key} is a transfer"))),
            None => {
                let id = make(self);
                self.remember(key, request, Answer::Made(id.clone()));
                Ok(id)
            }
        }
    }

    /// Carries a transfer out, or says why not; then nothing was done.
    fn transfer(&mut self, body: &str) -> Result<Transfer, PaymentsError> {
        let order: Order = serde_json::from_str(body)
            .map_err(|wrong| declined(DeclineClass::Person, "unreadable", wrong.to_string()))?;
        match self.accounts.get(&order.destination) {
            Some(true) => {}
            Some(false) => return Err(declined(DeclineClass::Account, "not_confirmed", "")),
            None => return Err(declined(DeclineClass::Account, "no_such_account", "")),
        }
        let left = self.balance.units().checked_sub(order.amount.units());
        let Some(left) = left.filter(|left| *left >= 0) else {
            return Err(declined(DeclineClass::Platform, "balance_insufficient", ""));
        };
        self.balance = Cents::new(left);
        let transfer = Transfer {
            id: format!("tr_{}", self.transfers.len() + 1),
            amount: order.amount,
            currency: order.currency,
            destination: order.destination,
            mode: Mode::Test,
            group: Some(order.group),
            payout: Some(order.payout),
            store: Some(order.store),
            reversed: Cents::ZERO,
            created_at: self.now.unwrap_or(Timestamp::MIN),
        };
        self.transfers.push(transfer.clone());
        Ok(transfer)
    }
}

#[async_trait]
impl Payments for Bank {
    fn mode(&self) -> Mode {
        Mode::Test
    }

    fn api_version(&self) -> &str {
        VERSION
    }

    async fn platform(&self) -> Result<String, PaymentsError> {
        Ok("the-exchange".to_owned())
    }

    async fn create_customer(&self, customer: &NewCustomer) -> Result<String, PaymentsError> {
        let request = format!("customer {} of {}", customer.user, customer.store);
        self.vault().make(&customer.key, request, |vault| {
            vault.customers.push(customer.clone());
            format!("cus_{}", vault.customers.len())
        })
    }

    /// This bank sells nothing; what it will not do, it declines.
    async fn create_checkout(&self, _: &NewCheckout) -> Result<String, PaymentsError> {
        Err(declined(DeclineClass::Person, "nothing_for_sale", ""))
    }

    async fn create_account(&self, account: &NewAccount) -> Result<String, PaymentsError> {
        let request = format!("account {} of {}", account.user, account.store);
        self.vault().make(&account.key, request, |vault| {
            let id = format!("acct_{}", vault.accounts.len() + 1);
            vault.accounts.insert(id.clone(), false);
            id
        })
    }

    async fn create_link(&self, link: &NewLink) -> Result<String, PaymentsError> {
        match self.vault().accounts.contains_key(&link.account) {
            true => Ok(format!("{CONFIRM}{}", link.account)),
            false => Err(unknown(&link.account)),
        }
    }

    async fn account(&self, id: &str) -> Result<ConnectedAccount, PaymentsError> {
        let confirmed = self.vault().accounts.get(id).copied();
        let confirmed = confirmed.ok_or_else(|| unknown(id))?;
        Ok(ConnectedAccount {
            id: id.to_owned(),
            can_receive: confirmed,
            can_pay_out: confirmed,
            gone: false,
        })
    }

    /// The same terms always make the same text, and nothing else goes into it.
    fn draft(&self, terms: &TransferTerms) -> String {
        let order = Order {
            amount: terms.amount,
            currency: terms.currency.clone(),
            destination: terms.destination.clone(),
            group: terms.group.clone(),
            payout: terms.payout.clone(),
            store: terms.store.clone(),
        };
        // A struct of texts and a number can always be written.
        serde_json::to_string(&order).unwrap_or_default()
    }

    async fn send_transfer(&self, send: &SendTransfer) -> Result<Transfer, PaymentsError> {
        let mut vault = self.vault();
        let request = format!("transfer {}: {}", send.api_version, send.body);
        match vault.recall(&send.key, &request)? {
            Some(Answer::Sent(answer)) => return answer,
            Some(Answer::Made(_)) => {
                return Err(error(Failure::KeyReused, format!("{} is none", send.key)));
            }
            None => {}
        }
        let answer = vault.transfer(&send.body);
        vault.remember(&send.key, request, Answer::Sent(answer.clone()));
        if std::mem::take(&mut vault.loses_answer) {
            // Whoever asks over a network and hears nothing cannot know what was done.
            return Err(error(Failure::Unknown, "the answer was lost".to_owned()));
        }
        answer
    }

    async fn transfer(&self, id: &str) -> Result<Transfer, PaymentsError> {
        let vault = self.vault();
        let found = vault.transfers.iter().find(|transfer| transfer.id == id);
        found.cloned().ok_or_else(|| unknown(id))
    }

    async fn transfers(
        &self,
        which: &Transfers,
        after: Option<&str>,
    ) -> Result<TransfersPage, PaymentsError> {
        let vault = self.vault();
        let wanted = |transfer: &&Transfer| match which {
            Transfers::Group(group) => transfer.group.as_ref() == Some(group),
            Transfers::Since(since) => transfer.created_at >= *since,
        };
        let newest_first: Vec<_> = vault.transfers.iter().rev().filter(wanted).collect();
        let begin = match after {
            None => 0,
            Some(after) => {
                let place = newest_first
                    .iter()
                    .position(|transfer| transfer.id == after);
                place.ok_or_else(|| unknown(after))? + 1
            }
        };
        let rest = newest_first.get(begin..).unwrap_or_default();
        Ok(TransfersPage {
            items: rest.iter().take(PAGE_ROWS).copied().cloned().collect(),
            more: rest.len() > PAGE_ROWS,
            // In one process there is one clock.
            at: None,
        })
    }

    async fn customer(&self, id: &str) -> Result<Owner, PaymentsError> {
        let vault = self.vault();
        let number = id
            .strip_prefix("cus_")
            .and_then(|number| number.parse().ok());
        let customer = number.and_then(|number: usize| vault.customers.get(number.checked_sub(1)?));
        let customer = customer.ok_or_else(|| unknown(id))?;
        Ok(Owner {
            user: Some(customer.user.to_string()),
            store: Some(customer.store.clone()),
            customer: Some(id.to_owned()),
            tier: None,
        })
    }

    async fn subscription(&self, id: &str) -> Result<Owner, PaymentsError> {
        Err(unknown(id))
    }

    async fn invoice_lines(&self, id: &str, _: Option<&str>) -> Result<Lines, PaymentsError> {
        Err(unknown(id))
    }

    /// This bank tells nothing by itself: whatever claims to come from it does not.
    fn read_webhook(&self, _: &[u8], _: &str, _: Timestamp) -> Result<WebhookEvent, WebhookError> {
        Err(WebhookError::NoSecret)
    }
}

/// No more than that it is a bank: what is in it is nobody's business.
impl fmt::Debug for Bank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bank").finish_non_exhaustive()
    }
}

fn error(failure: Failure, detail: String) -> PaymentsError {
    PaymentsError {
        failure,
        detail,
        request_id: None,
    }
}

fn declined(class: DeclineClass, code: &str, detail: impl Into<String>) -> PaymentsError {
    let code = code.to_owned();
    error(Failure::Declined { class, code }, detail.into())
}

fn unknown(id: &str) -> PaymentsError {
    error(Failure::NotFound, format!("there is no {id}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use clawrk::UserId;

    use super::*;

    fn terms(payout: &str, cents: i64) -> TransferTerms {
        TransferTerms {
            amount: Cents::new(cents),
            currency: "usd".to_owned(),
            destination: "acct_1".to_owned(),
            group: format!("job of {payout}"),
            payout: payout.to_owned(),
            job: format!("job of {payout}"),
            store: "here".to_owned(),
        }
    }

    fn send(bank: &Bank, key: &str, terms: &TransferTerms) -> SendTransfer {
        SendTransfer {
            key: key.to_owned(),
            body: bank.draft(terms),
            api_version: bank.api_version().to_owned(),
        }
    }

    /// A bank with 10 dollars and an account.
    async fn bank() -> (Bank, NewAccount) {
        let bank = Bank::new(Cents::new(1_000));
        let account = NewAccount {
            key: "acct:bob:1".to_owned(),
            user: UserId::new("bob").unwrap(),
            store: "here".to_owned(),
        };
        assert_eq!(bank.create_account(&account).await.unwrap(), "acct_1");
        (bank, account)
    }

    async fn confirmed() -> (Bank, NewAccount) {
        let (bank, account) = bank().await;
        bank.confirm(&format!("{CONFIRM}acct_1"));
        (bank, account)
    }

    fn failure<T: fmt::Debug>(answer: Result<T, PaymentsError>) -> Failure {
        answer.unwrap_err().failure
    }

    #[tokio::test]
    async fn a_key_happens_once_and_stands_for_one_request() {
        let (bank, mut account) = confirmed().await;
        assert_eq!(bank.create_account(&account).await.unwrap(), "acct_1");
        account.user = UserId::new("mallory").unwrap();
        let other = bank.create_account(&account).await;
        assert_eq!(failure(other), Failure::KeyReused);

        let first = send(&bank, "po:1", &terms("po", 300));
        let sent = bank.send_transfer(&first).await.unwrap();
        assert_eq!(bank.send_transfer(&first).await.unwrap(), sent);
        let more = send(&bank, "po:1", &terms("po", 301));
        assert_eq!(failure(bank.send_transfer(&more).await), Failure::KeyReused);
        assert_eq!(bank.received("acct_1"), [Cents::new(300)]);
        assert_eq!(bank.balance(), Cents::new(700));
    }

    #[tokio::test]
    async fn a_lost_answer_is_in_doubt_and_given_again() {
        let (bank, _) = confirmed().await;
        bank.lose_next_answer();
        let order = send(&bank, "po:1", &terms("po", 300));
        assert_eq!(failure(bank.send_transfer(&order).await), Failure::Unknown);
        assert_eq!(bank.send_transfer(&order).await.unwrap().id, "tr_1");
        assert_eq!(bank.received("acct_1").len(), 1);
    }

    #[tokio::test]
    async fn what_is_declined_was_not_done_and_stays_declined_under_its_key() {
        let (bank, _) = bank().await;
        let order = send(&bank, "po:1", &terms("po", 300));
        let not_confirmed = Failure::Declined {
            class: DeclineClass::Account,
            code: "not_confirmed".to_owned(),
        };
        assert_eq!(failure(bank.send_transfer(&order).await), not_confirmed);
        bank.confirm(&format!("{CONFIRM}acct_1"));
        assert_eq!(failure(bank.send_transfer(&order).await), not_confirmed);
        let again = send(&bank, "po:2", &terms("po", 300));
        assert_eq!(bank.send_transfer(&again).await.unwrap().id, "tr_1");

        let dear = send(&bank, "dear:1", &terms("dear", 701));
        let short = Failure::Declined {
            class: DeclineClass::Platform,
            code: "balance_insufficient".to_owned(),
        };
        assert_eq!(failure(bank.send_transfer(&dear).await), short);
        bank.pay_in(Cents::new(1));
        let dear = send(&bank, "dear:2", &terms("dear", 701));
        assert!(bank.send_transfer(&dear).await.is_ok());
        assert_eq!(bank.balance(), Cents::ZERO);
    }

    #[tokio::test]
    async fn lists_are_paged_newest_first() {
        let (bank, _) = confirmed().await;
        for number in 1..=25 {
            bank.set_time(Timestamp::from_millis(number));
            let order = send(&bank, &format!("po{number}:1"), &terms("po", 1));
            bank.send_transfer(&order).await.unwrap();
        }
        for (which, expected) in [
            (Transfers::Group("job of po".to_owned()), 25),
            (Transfers::Since(Timestamp::from_millis(6)), 20),
            (Transfers::Group("another".to_owned()), 0),
        ] {
            let (mut ids, mut more) = (Vec::<String>::new(), true);
            while more {
                let after = ids.last().map(String::as_str);
                let page = bank.transfers(&which, after).await.unwrap();
                assert!(page.items.len() <= PAGE_ROWS);
                ids.extend(page.items.into_iter().map(|transfer| transfer.id));
                more = page.more;
            }
            let all = (1..=25).rev().map(|number| format!("tr_{number}"));
            assert_eq!(ids, all.take(expected).collect::<Vec<_>>());
        }
        let lost = bank.transfers(&Transfers::Since(Timestamp::MIN), Some("tr_99"));
        assert_eq!(failure(lost.await), Failure::NotFound);
    }
}
