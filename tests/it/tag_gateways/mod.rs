//! Trackers that a site serves from paths of its own: Google's tag gateway, servers of tags, software that sites run themselves. Refuses to
//! name a host: whatever is asked for is the site's own. Invariant: what counts is what reached the origin.

mod browser;
mod hits;
mod loaders;

use gateway_tests::{Gateway, Origin};

/// A page's hit, as Google's tag sends it through its gateway.
pub(super) const HIT: &str = "/metrics/g/collect?v=2&tid=G-TEST000&gtm=45je&en=page_view";

/// How the script begins that Google's tag gateway serves for a property, with a visitor's name in the place of its data.
pub(super) fn loader(more: &str) -> String {
    format!(
        "\n// Copyright 2012 Google Inc. All rights reserved.\n \n(function(){{\n\nvar data = {{\n\"resource\": {{\n  \"version\":\"1\",\n  \n  \
         \"macros\":[{{\"function\":\"__e\"}}],\n  \"tags\":[{{\"function\":\"__ccd_ga_first\",\"priority\":13,\
         \"vtp_instanceDestinationId\":\"G-TEST000\",\"tag_id\":25}}]\n}}}};\n{more}\n}})();\n"
    )
}

/// The gateway in front of an origin, with more lines for its site.
pub(super) async fn gateway(origin: &Origin, more: &str) -> Gateway {
    configured(&origin.url(), more).await
}

pub(super) async fn configured(origin: &str, more: &str) -> Gateway {
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\naccess_log = \"access.log\"\n\
         [[sites]]\nname = \"shop\"\norigin = \"{origin}\"\n{more}"
    );
    Gateway::configured(&text).start().await
}

/// A page of the admin listener.
pub(super) async fn told(gateway: &Gateway, path: &str) -> String {
    let admin = gateway.admin.expect("an admin listener");
    gateway_tests::Client::fetch(admin, &admin.to_string(), path, &[]).await.text()
}
