//! Small configurations and what becomes of them: accepted, or refused for the parameter that is at fault.
//!
//! A line of `verdicts/` is `ok` or a path, a tab, and the inside of `Dhcp4` or `Dhcp6`. They were judged by Kea 2.2 as well; where
//! that differs, Kea 3.3's sources decided.

use dhcpd_config::{v4, v6};
use schema::ConfigError;
use schema::json::{self, Document};

#[test]
fn dhcp4_is_judged_as_kea_judges_it() {
    check("Dhcp4", include_str!("verdicts/v4.txt"), |document| v4::load(document).err());
}

#[test]
fn dhcp6_is_judged_as_kea_judges_it() {
    check("Dhcp6", include_str!("verdicts/v6.txt"), |document| v6::load(document).err());
}

fn check(module: &str, rows: &str, errors: fn(&Document) -> Option<Vec<ConfigError>>) {
    let (mut accepted, mut refused, mut wrong) = (0, 0, Vec::new());
    for row in rows.lines() {
        let (expected, inside) = row.split_once('\t').expect("a verdict and a configuration");
        let text = format!("{{\"{module}\": {{{inside}}}}}");
        let document = json::parse("<row>", &text, &mut json::no_includes).expect("JSON");
        let errors = errors(&document).unwrap_or_default();
        let prefix = format!("{module}/");
        let found = errors.first().map_or("ok", |error| error.path.strip_prefix(&prefix).unwrap_or(&error.path));
        *if errors.is_empty() { &mut accepted } else { &mut refused } += 1;
        if found != expected {
            wrong.push(format!("{expected} expected, {found} found: {inside}"));
        }
    }
    eprintln!("{module}: {accepted} accepted, {refused} refused");
    assert_eq!(wrong, [""; 0]);
    assert!(accepted > 50 && refused > 50);
}
