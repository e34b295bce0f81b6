//! Tokens that let a browser without a bearer ask for a fresh link to one connected account.

use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::engine::hex;
use crate::engine::seal::{Seal, unhex};
use crate::id::UserId;
use crate::time::Timestamp;

/// How long after [`connect`](crate::Engine::connect) its link can be refreshed.
pub(super) const GOOD_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How much of a signature goes into a token. 128 bits are guessed by nobody.
const TAG_BYTES: usize = 16;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) user: UserId,
    pub(super) account: String,
    pub(super) expires_at: Timestamp,
}

impl Token {
    /// The token as text: time, length of the account's id, account, user, signature.
    pub(super) fn close(&self, seal: &Seal) -> String {
        let millis = u64::try_from(self.expires_at.as_millis()).unwrap_or(0);
        let account = self.account.as_bytes();
        let mut bytes = millis.to_be_bytes().to_vec();
        bytes.extend_from_slice(&(account.len() as u64).to_be_bytes());
        bytes.extend_from_slice(account);
        bytes.extend_from_slice(self.user.as_str().as_bytes());
        let tag = sign(seal, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&tag[..TAG_BYTES]);
        hex(&bytes)
    }

    /// What a text says that [`Token::close`] has made; none for every other. Compared in constant
    /// time, and read only after that.
    pub(super) fn open(seal: &Seal, text: &str) -> Option<Token> {
        let bytes = unhex(text)?;
        let (said, tag) = bytes.split_last_chunk::<TAG_BYTES>()?;
        sign(seal, said).verify_truncated_left(tag).ok()?;
        let (millis, rest) = said.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
        let (account, user) = rest.split_at_checked(length)?;
        let millis = i64::try_from(u64::from_be_bytes(*millis)).ok()?;
        Some(Token {
            user: UserId::new(str::from_utf8(user).ok()?).ok()?,
            account: str::from_utf8(account).ok()?.to_owned(),
            expires_at: Timestamp::from_millis(millis),
        })
    }
}

fn sign(seal: &Seal, bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac = seal.links();
    mac.update(bytes);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CommitId;

    fn token(user: &str, account: &str) -> Token {
        Token {
            user: UserId::new(user).unwrap(),
            account: account.to_owned(),
            expires_at: Timestamp::from_millis(1_735_689_600_000),
        }
    }

    fn seal(secret: u8) -> Seal {
        Seal::new(&[secret; 32], CommitId::from_bits(1))
    }

    #[test]
    fn a_token_is_read_back_by_its_exchange_alone() {
        let token = token("zoë|1", "acct_1");
        let text = token.close(&seal(7));
        assert_eq!(Token::open(&seal(7), &text), Some(token));
        assert_eq!(Token::open(&seal(8), &text), None);
    }

    #[test]
    fn no_other_text_is_a_token() {
        let seal = seal(7);
        let text = token("ann", "acct_1").close(&seal);
        for at in 0..text.len() {
            for digit in ('0'..='9').chain('a'..='g').chain(['A', '+', '\0']) {
                let mut forged = text.clone();
                forged.replace_range(at..=at, &digit.to_string());
                let opened = Token::open(&seal, &forged).is_some();
                assert_eq!(opened, forged == text, "{forged}");
            }
            assert_eq!(Token::open(&seal, &text[..at]), None);
            assert_eq!(Token::open(&seal, &text[at + 1..]), None);
        }
        for other in ["", "é", "00", &text.to_uppercase(), &format!("{text}00")] {
            assert_eq!(Token::open(&seal, other), None, "{other}");
        }
    }

    #[test]
    fn where_the_account_ends_is_signed_too() {
        let (seal, a, b) = (seal(7), token("bc", "a"), token("c", "ab"));
        assert!(a.close(&seal) != b.close(&seal));
        assert_eq!(Token::open(&seal, &b.close(&seal)), Some(b));
    }

    #[test]
    fn a_cursor_is_no_token() {
        use crate::record::Kind;
        use crate::store::{Cursor, Index};
        let seal = seal(7);
        let place = Cursor([vec![Kind::User as u8], vec![0; 40]].concat());
        let cursor = seal.close(&Index::All(Kind::User), &place);
        assert_eq!(Token::open(&seal, &cursor), None);
    }
}
