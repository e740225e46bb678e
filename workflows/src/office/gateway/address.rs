//! Where a webhook may go: nowhere that only we can reach.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::GatewayRefused;

/// Addresses of one name that are looked at; a name with more is refused.
const ADDRESSES: usize = 32;

/// Looks names up.
#[async_trait]
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a name.
    ///
    /// # Errors
    /// It has none, or they cannot be found out now.
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Looks names up as this machine does.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub(super) struct Stayed;

impl Stayed {
    pub(super) fn is_cause_of(error: &reqwest::Error) -> bool {
        let first: &(dyn std::error::Error + 'static) = error;
        std::iter::successors(Some(first), |error| error.source()).any(|error| error.is::<Stayed>())
    }
}

/// Looks up, checks, and hands on exactly what it checked: a name that changes its mind in between gains nothing.
pub(super) struct Guard {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) private: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, private) = (self.lookup.clone(), self.private);
        Box::pin(async move {
            let addresses = lookup.look_up(name.as_str()).await?;
            // One address that is ours is enough to distrust the name.
            if addresses.len() > ADDRESSES || !(private || addresses.iter().all(|ip| is_public(*ip))) {
                return Err(Stayed.into());
            }
            let addresses: Addrs = Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// An address that may be called, as far as its text tells. An IP address never comes past the [`Guard`].
pub(super) fn checked(text: &str, private: bool) -> Result<Url, GatewayRefused> {
    let url: Url = text.parse().map_err(|_| GatewayRefused::Address)?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(GatewayRefused::Address);
    }
    match url.scheme() {
        "https" => {}
        "http" if private => {}
        "http" => return Err(GatewayRefused::InTheClear),
        _ => return Err(GatewayRefused::Address),
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(GatewayRefused::Address)?;
    // The parser has written every spelling of an IPv4 address (octal, one number, ..) in the usual way.
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_local_name = ["localhost", "localhost."].contains(&host) || host.ends_with(".localhost");
    if !private && (is_local_name || ip.is_ok_and(|ip| !is_public(ip))) {
        return Err(GatewayRefused::Private);
    }
    Ok(url)
}

/// Whether an address belongs to the internet at large: not to this machine, a private network, a link, a cloud's
/// metadata service, documentation, or a group (the special-purpose registries of RFC 6890).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b, c) {
        // This network, private, loopback.
        (0 | 10 | 127, ..) => true,
        // Carriers' NAT (100.64/10), link-local with the metadata services, private.
        (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, relays, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Groups, reserved, broadcast.
        (224.., ..) => true,
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        // Mapped and compatible IPv4, loopback, unspecified.
        (0, 0) if [c, d, e] == [0; 3] && (f == 0xFFFF || f == 0) => f == 0xFFFF && v4(g, h),
        // NAT64 carries an IPv4 address at its end, 6to4 behind its prefix.
        (0x64, 0xFF9B) => [c, d, e, f] == [0; 4] && v4(g, h),
        (0x2002, _) => v4(b, c),
        // Teredo, protocol assignments, documentation.
        (0x2001, 0..=0x01FF | 0x0DB8) | (0x3FFF, 0..=0x0FFF) => false,
        // Only 2000::/3 is handed out.
        (0x2000..=0x3FFF, _) => true,
        _ => false,
    }
}
