//! Addresses on the web, as people paste them and networks answer them.

/// Says whether a browser may be sent there: `http` or `https`, with a host.
pub fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::is_web_address;

    #[test]
    fn nothing_but_the_web_is_an_address() {
        assert!(is_web_address("https://moulin.example/carte") && is_web_address("http://127.0.0.1:5001/x"));
        for text in ["", "pas une adresse", "javascript:alert(1)", "file:///etc/passwd", "https://", "//a.fr"]
        {
            assert!(!is_web_address(text), "{text}");
        }
    }
}
