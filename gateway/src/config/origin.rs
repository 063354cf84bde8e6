//! What may be written as an origin's address.
//!
//! Refuses paths, queries and passwords. Invariant: each mistake is told with an example.

use http::Uri;

/// The address of an origin: scheme, host and port only.
pub(super) fn parse(written: &str) -> Result<Uri, String> {
    let example = "write it as \"http://127.0.0.1:3000\" or \"https://shop.example\"";
    let uri: Uri = written.parse().map_err(|_| format!("\"{written}\" is not a URL: {example}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.authority().is_none() {
        return Err(format!("\"{written}\" needs http:// or https:// and a host: {example}"));
    }
    if uri.path() != "/"
        || uri.query().is_some()
        || uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(format!("\"{written}\" must be scheme, host and port only: {example}"));
    }
    Ok(uri)
}

/// The name that an origin's certificate must bear.
pub(super) fn check_name(name: &str, origin: &Uri) -> Result<(), String> {
    if origin.scheme_str() != Some("https") {
        return Err(format!("is the name in a certificate, but {origin} is not https"));
    }
    rustls::pki_types::ServerName::try_from(name)
        .map(drop)
        .map_err(|_| format!("\"{name}\" is not a name that a certificate could bear, such as \"shop.internal\""))
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare.ends_with(".localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
