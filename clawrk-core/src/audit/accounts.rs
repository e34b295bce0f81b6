//! Balances: each is the sum of its account's entries, and no user owes.

use crate::audit::ViolationKind;
use crate::audit::look::{Auditor, CHUNK_ROWS, Pages};
use crate::error::Error;
use crate::ledger::Account;
use crate::record::{AccountRecord, Body, EntryRecord, Kind, Record};
use crate::store::{Index, Key};

impl Auditor<'_> {
    /// Checks every account that has a balance.
    pub(super) async fn accounts(&mut self) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(Kind::Account));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                if let Body::Account(account) = &record.body {
                    self.audit.accounts += 1;
                    self.account(record.version, account).await?;
                }
            }
        }
        Ok(())
    }

    /// Folds the entries 1 to `count`, which do not change any more.
    async fn account(&mut self, count: u64, account: &AccountRecord) -> Result<(), Error> {
        let mut sum = 0;
        let mut from = 1;
        while from <= count {
            let to = count.min(from.saturating_add(CHUNK_ROWS as u64 - 1));
            let key = |number| Key::Entry(account.account.clone(), number);
            let keys: Vec<Key> = (from..=to).map(key).collect();
            let found = self.read(&keys).await?;
            for (key, record) in keys.into_iter().zip(found) {
                match entry(record) {
                    Some(entry) => self.fold(&mut sum, key, &entry),
                    None => self.audit.add(
                        ViolationKind::EntryMissing,
                        key,
                        format!("the account counts {count} entries"),
                    ),
                }
            }
            from = to.saturating_add(1);
        }
        self.balance(account, sum);
        Ok(())
    }

    fn fold(&mut self, sum: &mut i128, key: Key, entry: &EntryRecord) {
        *sum += i128::from(entry.delta);
        if entry.balance.map(i128::from) != Some(*sum) {
            let detail = format!("says {:?}, the entries sum up to {sum}", entry.balance);
            self.audit.add(ViolationKind::RunningBalance, key, detail);
        } else if *sum < 0 && has_floor(&entry.account) {
            let detail = format!("leaves a balance of {sum}");
            self.audit.add(ViolationKind::NegativeBalance, key, detail);
        }
    }

    fn balance(&mut self, account: &AccountRecord, sum: i128) {
        let key = Key::Account(account.account.clone());
        let balance = account.balance;
        if i128::from(balance) != sum {
            let detail = format!("says {balance}, the entries sum up to {sum}");
            self.audit.add(ViolationKind::Balance, key.clone(), detail);
        }
        if balance < 0 && has_floor(&account.account) {
            let detail = format!("is {balance}");
            self.audit.add(ViolationKind::NegativeBalance, key, detail);
        }
    }
}

/// Whether an account may never fall below zero. The budget may, where it is not what limits
/// payouts, and for money that is found to be gone.
fn has_floor(account: &Account) -> bool {
    *account != Account::Budget
}

/// The entry of a record that is one.
pub(super) fn entry(record: Option<Record>) -> Option<EntryRecord> {
    match record?.body {
        Body::Entry(entry) => Some(entry),
        _ => None,
    }
}
