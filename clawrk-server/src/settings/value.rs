//! How the texts of settings are read. Each refusal says what would be right.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use clawrk::{OnRejected, Timeout, Visibility};
use clawrk_http::Jwts;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

pub(crate) fn text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// A text that need not be there.
pub(crate) fn optional(text: &str) -> Result<Option<String>, String> {
    Ok(Some(text)
        .filter(|text| !text.is_empty())
        .map(str::to_owned))
}

pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("`{text}` is no address; write one like 127.0.0.1:3000");
    let mut addresses = text.to_socket_addrs().map_err(|_| wrong())?;
    addresses.next().ok_or_else(wrong)
}

pub(crate) fn jwt_secret(text: &str) -> Result<Option<Secret>, String> {
    let least = Jwts::SECRET_BYTES_MIN;
    match text.len() {
        0 => Ok(None),
        bytes if bytes < least => Err(format!(
            "has {bytes} bytes; at least {least} are needed, or it could be guessed from any token"
        )),
        _ => Ok(Some(Secret(text.to_owned()))),
    }
}

pub(crate) fn admin_key(text: &str) -> Result<Option<Secret>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(Secret(text.to_owned())));
    }
    Err("must be visible ASCII characters without spaces, as it is sent as a bearer token".into())
}

pub(crate) fn log_format(text: &str) -> Result<LogFormat, String> {
    one_of(
        text,
        &[("text", LogFormat::Text), ("json", LogFormat::Json)],
    )
}

/// None for `auto`: on while Stripe is configured.
pub(crate) fn credits(text: &str) -> Result<Option<bool>, String> {
    one_of(
        text,
        &[("on", Some(true)), ("off", Some(false)), ("auto", None)],
    )
}

pub(crate) fn on_rejected(text: &str) -> Result<OnRejected, String> {
    let choices = [
        ("refund", OnRejected::Refund),
        ("keep", OnRejected::Keep),
        ("requeue", OnRejected::Requeue),
    ];
    one_of(text, &choices)
}

pub(crate) fn visibility(text: &str) -> Result<Visibility, String> {
    let choices = [
        ("participants", Visibility::Participants),
        ("everyone", Visibility::Everyone),
    ];
    one_of(text, &choices)
}

pub(crate) fn timeout(text: &str) -> Result<Timeout, String> {
    match text {
        "auto" => Ok(Timeout::Auto),
        "off" => Ok(Timeout::Off),
        text => duration(text)
            .map(Timeout::After)
            .map_err(|cause| format!("{cause}, `auto` or `off`")),
    }
}

/// A number with its unit, or several one after the other: `90s`, `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration; write one like 7d, 72h, 30m, 60s, 500ms");
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(digits);
        let end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let millis = number.checked_mul(millis_of(unit).ok_or_else(wrong)?);
        let part = Duration::from_millis(millis.ok_or_else(wrong)?);
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = tail;
    }
    if total.is_zero() {
        Err(wrong())
    } else {
        Ok(total)
    }
}

fn millis_of(unit: &str) -> Option<u64> {
    match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    }
}

/// Bytes, also as `KiB` or `MiB`.
pub(crate) fn size(text: &str, max: usize) -> Result<usize, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(digits) => text.split_at(digits),
        None => (text, ""),
    };
    let unit = match unit.trim() {
        "" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        _ => None,
    };
    let bytes = number
        .parse::<usize>()
        .ok()
        .zip(unit)
        .and_then(|(n, unit)| n.checked_mul(unit));
    let bytes = bytes.filter(|bytes| (1..=max).contains(bytes));
    bytes.ok_or_else(|| {
        format!("`{text}` is no size; write bytes, or one like 32KiB or 1MiB, at most {max} bytes")
    })
}

pub(crate) fn number<T>(text: &str, min: T, max: T) -> Result<T, String>
where
    T: FromStr + PartialOrd + fmt::Display,
{
    let number = text
        .parse()
        .ok()
        .filter(|number| (&min..=&max).contains(&number));
    number.ok_or_else(|| format!("`{text}` is no whole number from {min} to {max}"))
}

pub(crate) fn currency(text: &str) -> Result<String, String> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}` is no currency; write its code in lower case, such as usd"
        ))
    }
}

/// How many in a second, or `off`.
pub(crate) fn rate(text: &str) -> Result<Option<NonZeroU32>, String> {
    if text == "off" {
        return Ok(None);
    }
    let rate = number(text, 1, 1_000_000).map_err(|cause| format!("{cause}, nor `off`"))?;
    Ok(NonZeroU32::new(rate))
}

pub(super) fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let chosen = choices.iter().find(|(name, _)| *name == text);
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        format!("`{text}` is none of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        let seconds = |text| duration(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("7d"), Ok(7 * 86_400));
        assert_eq!(seconds("1h30m"), Ok(5_400));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in [
            "",
            "7",
            "0s",
            "d",
            "-1s",
            "1.5h",
            "1w",
            "1 h",
            "99999999999999999999s",
        ] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
        assert!(timeout("never").unwrap_err().contains("`auto` or `off`"));
        assert_eq!(timeout("off"), Ok(Timeout::Off));
    }

    #[test]
    fn sizes_are_bounded() {
        assert_eq!(size("32KiB", 1 << 20), Ok(32 << 10));
        assert_eq!(size("1 MiB", 1 << 20), Ok(1 << 20));
        assert_eq!(size("77", 77), Ok(77));
        for wrong in ["", "0", "78", "KiB", "1KB", "-1", "1.5MiB"] {
            assert!(size(wrong, 77).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn numbers_addresses_and_keys_are_checked() {
        assert_eq!(number("3", 1, 3), Ok(3));
        assert!(number("4", 1, 3).is_err() && number::<u32>("x", 1, 3).is_err());
        assert!(address("127.0.0.1:0").is_ok() && address("[::1]:80").is_ok());
        for wrong in ["", "127.0.0.1", "127.0.0.1:99999", "300.1.1.1:80", ":80"] {
            assert!(address(wrong).is_err(), "{wrong:?}");
        }
        assert!(admin_key("a b").is_err() && admin_key("ü").is_err());
        let short = jwt_secret(&"Q".repeat(31)).unwrap_err();
        assert!(short.starts_with("has 31 bytes") && !short.contains("Q"));
        assert!(jwt_secret("").unwrap().is_none() && jwt_secret(&"Q".repeat(32)).is_ok());
        assert_eq!(rate("off"), Ok(None));
        assert_eq!(rate("25").unwrap().map(NonZeroU32::get), Some(25));
        assert!(rate("0").is_err() && rate("-1").unwrap_err().ends_with("nor `off`"));
        assert!(currency("USD").is_err() && currency("usd").is_ok());
    }
}
