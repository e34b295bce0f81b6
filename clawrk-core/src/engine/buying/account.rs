//! Connected accounts as they are at the provider.
//!
//! News of an account are never believed: they say that it changed, not in which order. Two of the
//! same second cannot be told apart by their times, and a late one would undo a newer one. So they
//! only mark the account for a look, which asks the provider what is true now.

use crate::engine::Engine;
use crate::engine::buying::{failed, put_user};
use crate::engine::outside::{LOOKS_MAX, backoff};
use crate::error::Error;
use crate::payments::{ConnectedAccount, Failure};
use crate::record::{AccountLook, AccountStatus, ConnectedRecord, EarlierAccount, UserRecord};
use crate::time::Timestamp;

/// The most accounts before the present one that are kept with a user. Their links are kept for
/// ever.
const EARLIER_MAX: usize = 20;

/// What the provider says of a user's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is so far.
    Is(AccountStatus),
    /// The provider does not have it any more, and the user has it no more.
    Gone,
    /// Somebody changed the user meanwhile: what was said may be older than that.
    Changed,
}

impl Engine {
    /// Asks the provider about the account of a user, whose record is of that version, and stores
    /// what has changed. An account that can receive money needs no further look, and what waits
    /// for it is sent; any other one that is looked at is looked at again.
    ///
    /// # Errors
    /// [`Error::Payments`].
    pub(crate) async fn ask_account(
        &self,
        op: &'static str,
        version: u64,
        record: UserRecord,
    ) -> Result<Asked, Error> {
        let Some(account) = record.account.as_ref() else {
            return Ok(Asked::Gone);
        };
        let found = self.payments()?.account(&account.id);
        let found = match self.ask("account", found).await {
            Ok(found) => Some(found).filter(|found| !found.gone),
            Err(error) if error.failure == Failure::NotFound => None,
            Err(error) => return Err(failed(op, error)),
        };
        let now = self.inner.clock.now();
        let after = match &found {
            Some(found) => seen(record.clone(), found),
            None => retired(record.clone(), now),
        };
        if after != record {
            if !self.rewrite_user(op, version, after.clone()).await? {
                return Ok(Asked::Changed);
            }
            tell(&record, &after);
            if receives(&after) && !receives(&record) {
                self.sweep_soon().await?;
            }
        }
        Ok(match after.account {
            Some(account) => Asked::Is(account.status),
            None => Asked::Gone,
        })
    }

    /// Takes a look at an account that is due. The look is put off first, so that nobody else takes
    /// it, and that one which fails is taken again.
    pub(crate) async fn look_at_account(
        &self,
        version: u64,
        mut record: UserRecord,
    ) -> Result<bool, Error> {
        let Some((account, look)) = with_look(&mut record) else {
            return Ok(false);
        };
        let tries = look.tries.saturating_add(1);
        let due_at = self.inner.clock.now().after(backoff(look.tries));
        account.look = (tries < LOOKS_MAX).then_some(AccountLook { due_at, tries });
        if tries == LOOKS_MAX {
            tracing::error!(
                account = account.id,
                "an account is not asked about any more"
            );
        }
        let mut batch = self.batch()?;
        put_user(&mut batch, version, record.clone());
        if self.commit_repeatable(&batch).await? {
            self.ask_account("tick", version + 1, record).await?;
        }
        Ok(true)
    }
}

fn with_look(record: &mut UserRecord) -> Option<(&mut ConnectedRecord, AccountLook)> {
    let account = record.account.as_mut()?;
    let look = account.look?;
    Some((account, look))
}

/// Marks a user's account for a look now. None where it is marked already.
pub(super) fn marked(mut record: UserRecord, now: Timestamp) -> Option<UserRecord> {
    let account = record.account.as_mut()?;
    if account.look.is_some_and(|look| look.due_at <= now) {
        return None;
    }
    account.look = Some(AccountLook {
        due_at: now,
        tries: 0,
    });
    Some(record)
}

/// The user, once the provider was seen to have the account like this.
fn seen(mut record: UserRecord, found: &ConnectedAccount) -> UserRecord {
    if let Some(account) = record.account.as_mut() {
        account.can_receive = found.can_receive;
        account.status = match found.is_active() {
            true => AccountStatus::Active,
            false => AccountStatus::Pending,
        };
        account.look = account.look.filter(|_| !found.can_receive);
    }
    record
}

fn receives(record: &UserRecord) -> bool {
    let account = record.account.as_ref();
    account.is_some_and(|account| account.can_receive)
}

/// The user, once the provider was seen to have the account no more. The next one is made under a
/// new key.
fn retired(mut record: UserRecord, now: Timestamp) -> UserRecord {
    if let Some(account) = record.account.take() {
        record.accounts = record.accounts.saturating_add(1);
        let more = record.earlier_accounts.len() + 1;
        let dropped = more.saturating_sub(EARLIER_MAX);
        record.earlier_accounts.drain(..dropped);
        record.earlier_accounts.push(EarlierAccount {
            id: account.id,
            gone_at: now,
        });
        record.bank = None;
    }
    record
}

fn tell(before: &UserRecord, after: &UserRecord) {
    let status = |record: &UserRecord| record.account.as_ref().map(|account| account.status);
    let (user, was, is) = (&before.id, status(before), status(after));
    if was != is {
        tracing::info!(%user, ?was, ?is, "a connected account has changed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{CommitId, UserId};

    const NOW: Timestamp = Timestamp::from_millis(10_000);

    fn connected(id: usize) -> UserRecord {
        let user = UserId::new("ann").unwrap();
        let mut record = UserRecord::new(user, None, NOW, CommitId::from_bits(1));
        record.account = Some(ConnectedRecord {
            id: format!("acct_{id}"),
            status: AccountStatus::Active,
            can_receive: true,
            created_at: NOW,
            look: None,
        });
        record
    }

    #[test]
    fn earlier_accounts_are_bounded_and_the_latest_are_kept() {
        let mut record = connected(0);
        for id in 1..=EARLIER_MAX + 3 {
            record = retired(record, NOW);
            record.account = connected(id).account;
        }
        let earlier = &record.earlier_accounts;
        assert_eq!(earlier.len(), EARLIER_MAX);
        assert_eq!(earlier[0].id, "acct_3");
        assert_eq!(
            earlier[EARLIER_MAX - 1].id,
            format!("acct_{}", EARLIER_MAX + 2)
        );
    }

    #[test]
    fn a_look_is_marked_once_and_again_when_it_was_put_off() {
        let marked_once = marked(connected(1), NOW).unwrap();
        assert_eq!(marked(marked_once.clone(), NOW), None);
        let mut put_off = marked_once;
        let later = NOW.after(backoff(0));
        if let Some(account) = put_off.account.as_mut() {
            account.look = Some(AccountLook {
                due_at: later,
                tries: 1,
            });
        }
        let again = marked(put_off, NOW).unwrap().account.unwrap().look;
        assert_eq!(again.map(|look| (look.due_at, look.tries)), Some((NOW, 0)));
    }
}
