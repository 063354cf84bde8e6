//! Programs that say in `User-Agent` that they are programs: crawlers, previews of links, monitors, libraries.
//!
//! It refuses to guess: who doesn't say so counts as people. Browsers without a window are not here, since people's own tests and
//! accessibility tools are among them. Invariant: words are lower case and long enough to stand in no browser's own name.

/// Words by which programs name themselves; each is documented by its maker. Reviewed 2026-11.
const WORDS: [&str; 58] = [
    // What most crawlers write: `Examplebot/2.1 (+https://…)`.
    "bot/",
    "bot;",
    "bot)",
    "-bot",
    "crawler",
    "spider",
    "(+http",
    // Search engines whose names don't end so.
    "googleother",
    "google-inspectiontool",
    "mediapartners-google",
    "adsbot",
    "apis-google",
    "feedfetcher",
    "yeti/",
    "daumoa",
    "daum/",
    "slurp",
    "baiduspider",
    "bingpreview",
    "duckassistbot",
    // Previews of links that people send each other.
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "kakaotalk-scrap",
    "kakaostory-og-reader",
    "line-poker",
    "slack-imgproxy",
    "whatsapp/",
    "telegrambot",
    "skypeuripreview",
    "vkshare",
    "embedly",
    "iframely",
    // Language models.
    "chatgpt-user",
    "oai-searchbot",
    "claude-web",
    "claude-user",
    "perplexity-user",
    "cohere-ai",
    // Archives and audits.
    "ia_archiver",
    "archive.org",
    "chrome-lighthouse",
    "google page speed",
    "gtmetrix",
    "siteauditbot",
    "screaming frog",
    // Monitors.
    "uptimerobot",
    "pingdom",
    "statuscake",
    "site24x7",
    "datadog",
    "newrelicpinger",
    "checkly",
    // Libraries and tools.
    "curl/",
    "wget/",
    "python-",
    "go-http-client",
    "java/",
];

/// Bytes of a `User-Agent` that are looked at.
pub(super) const LOOKED_AT: usize = 512;

/// Whether a `User-Agent`, in lower case, names a known program.
pub(super) fn is_program(agent: &[u8]) -> bool {
    WORDS.iter().any(|word| memchr::memmem::find(agent, word.as_bytes()).is_some())
}
