//! Server addresses as people type them: `piaille.fr`, `https://piaille.fr/`, `@moulin@piaille.fr`.
//! Plain `http` is accepted on the loopback interface only, for a server on this machine.

use url::{Host, Url};

/// Returns the base address (scheme, host, port; no trailing slash), or `None` when it is not one that
/// secrets may be sent to.
pub fn server_base(text: &str) -> Option<String> {
    let text = text.trim();
    let text = match text.strip_prefix('@') {
        Some(handle) => handle.rsplit_once('@')?.1,
        None => text,
    };
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
    let url = url.ok()?;
    let allowed = match url.scheme() {
        "https" => true,
        "http" => is_loopback(&url),
        _ => false,
    };
    (allowed && url.host().is_some() && url.username().is_empty() && url.password().is_none())
        .then(|| url.origin().ascii_serialization())
}

/// Says whether an address can only mean this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_people_type() {
        for text in
            ["piaille.fr", " https://piaille.fr/ ", "https://piaille.fr/@moulin", "@moulin@piaille.fr"]
        {
            assert_eq!(server_base(text).as_deref(), Some("https://piaille.fr"), "{text}");
        }
        assert_eq!(server_base("http://127.0.0.1:3000/x").as_deref(), Some("http://127.0.0.1:3000"));
        assert_eq!(server_base("http://localhost:2583").as_deref(), Some("http://localhost:2583"));
    }

    #[test]
    fn refuses_what_would_leak_a_secret() {
        for text in [
            "http://piaille.fr",
            "ftp://piaille.fr",
            "https://user:pw@piaille.fr",
            "",
            "@moulin",
            "http://localhost.evil.fr",
        ] {
            assert_eq!(server_base(text), None, "{text}");
        }
    }
}
