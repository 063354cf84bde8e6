//! Prometheus' plain text format (0.0.4) of what the client library writes as OpenMetrics, which older servers and
//! `promtool check metrics` don't read: there a counter's help and type stand under the name with `_total`.
//!
//! Refuses nothing: lines that it doesn't know stay. Invariant: samples are never changed.

/// The media type of the text.
pub(super) const MEDIA: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Rewrites the lines that describe counters, and leaves out what only OpenMetrics has.
pub(super) fn plain(open_metrics: &str) -> String {
    let counters: Vec<&str> =
        open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open_metrics.len() + 1_024);
    for line in open_metrics.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let described = ["# HELP ", "# TYPE "].iter().find_map(|mark| Some((mark, line.strip_prefix(mark)?)));
        match described.and_then(|(mark, rest)| Some((mark, rest.split_once(' ')?))) {
            Some((mark, (name, rest))) if counters.contains(&name) => {
                text.extend([mark, name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn counters_are_described_by_the_name_of_their_samples() {
        let open = "# HELP a Things.\n# TYPE a counter\na_total{x=\"a counter\"} 1\n# HELP b_seconds Time.\n\
                    # TYPE b_seconds gauge\n# UNIT b_seconds seconds\nb_seconds 2\n# EOF\n";
        let text = "# HELP a_total Things.\n# TYPE a_total counter\na_total{x=\"a counter\"} 1\n\
                    # HELP b_seconds Time.\n# TYPE b_seconds gauge\nb_seconds 2\n";
        assert_eq!(plain(open), text);
    }
}
