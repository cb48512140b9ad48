//! Fetches a picture by its address, as Meta does, but from this machine only.
//!
//! A whole HTTP client is not needed: one GET over HTTP/1.0 (so that no chunks come back), no redirects,
//! no TLS. Any address outside the loopback interface counts as unreachable, because practice must not
//! leave the computer.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::{Host, Url};

const DEADLINE: Duration = Duration::from_secs(10);
/// Above the largest picture that any double accepts.
const LIMIT: u64 = 32 * 1024 * 1024;

/// A fetched file.
pub(crate) struct Fetched {
    pub content_type: String,
    pub bytes: Bytes,
}

/// Gets `address`; `None` when it is not reachable from here or does not answer 200.
pub(crate) async fn get(address: &str) -> Option<Fetched> {
    if !address.is_ascii() {
        return None;
    }
    let url = Url::parse(address).ok()?;
    if url.scheme() != "http" {
        return None;
    }
    let ip: IpAddr = match url.host()? {
        Host::Ipv4(ip) => ip.into(),
        Host::Ipv6(ip) => ip.into(),
        Host::Domain("localhost") => [127, 0, 0, 1].into(),
        Host::Domain(_) => return None,
    };
    if !ip.is_loopback() {
        return None;
    }
    tokio::time::timeout(DEADLINE, get_from(ip, &url)).await.ok()?
}

async fn get_from(ip: IpAddr, url: &Url) -> Option<Fetched> {
    let port = url.port_or_known_default()?;
    let mut stream = TcpStream::connect((ip, port)).await.ok()?;
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let request = format!(
        "GET {target} HTTP/1.0\r\nHost: {}:{port}\r\nUser-Agent: facebookexternalhit/1.1\r\nAccept: */*\r\n\r\n",
        url.host_str()?
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.take(LIMIT).read_to_end(&mut answer).await.ok()?;
    let head_end = answer.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(answer.get(..head_end)?).into_owned();
    let mut lines = head.split("\r\n");
    if lines.next()?.split(' ').nth(1)? != "200" {
        return None;
    }
    let header = |name: &str| {
        head.split("\r\n")
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    };
    let bytes = Bytes::from(answer).slice(head_end + 4..);
    // A shorter body than announced is a broken download.
    if let Some(length) = header("content-length")
        && length.parse::<usize>().ok()? != bytes.len()
    {
        return None;
    }
    Some(Fetched { content_type: header("content-type").unwrap_or_default(), bytes })
}
