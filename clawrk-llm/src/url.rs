//! Where a model is asked.

use reqwest::Url;

use crate::name::Provider;
use crate::setting::InvalidSetting;

/// The address of a server, without the path of a request.
pub(crate) fn parse(provider: Provider, text: &str) -> Result<Url, InvalidSetting> {
    let wrong = |url: &str, why| InvalidSetting::Url {
        provider,
        url: url.to_owned(),
        why,
    };
    // Not repeated: there is no telling which part of it is a password.
    let url = Url::parse(text).map_err(|_| wrong("", "it must look like https://host:port"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "",
            "it holds a name or a password, which the key is there for",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("", "it must have neither ? nor #"));
    }
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong(
            text,
            "it must begin with https:// or http:// and name a host",
        ));
    }
    Ok(url)
}

/// The address of a request to such a server.
pub(crate) fn with_path(mut url: Url, path: &str) -> Url {
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{base}/{path}"));
    url
}

/// Whether what is sent there can be read by nobody on the way.
pub(crate) fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || is_this_machine(url)
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|it: std::net::IpAddr| it.is_loopback())
}

/// Whether OpenAI itself answers there, or Azure with its models.
pub(crate) fn is_openai(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    ["openai.com", "openai.azure.com"].iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_put_behind_the_address_whether_or_not_it_ends_in_a_slash() {
        for (base, whole) in [
            ("http://a.test", "http://a.test/v1/messages"),
            ("http://a.test/", "http://a.test/v1/messages"),
            ("http://a.test/proxy/", "http://a.test/proxy/v1/messages"),
        ] {
            let url = parse(Provider::Anthropic, base).unwrap();
            assert_eq!(with_path(url, "v1/messages").as_str(), whole);
        }
    }

    #[test]
    fn openai_is_known_by_its_host() {
        for (url, is) in [
            ("https://api.openai.com/v1", true),
            ("https://eu.api.openai.com/v1", true),
            ("https://mine.openai.azure.com/openai/v1", true),
            ("https://notopenai.com", false),
            ("https://api.openai.com.test", false),
            ("http://localhost:8000/v1", false),
        ] {
            assert_eq!(is_openai(&Url::parse(url).unwrap()), is, "{url}");
        }
    }
}
