//! The cache without a server: what it says, and what packets find in it.

use super::*;
use dhcpd_config::hosts::{GLOBAL, Hosts, IdentifierKind, IdentifierRef, Meaning, Reserved, Stored};
use dhcpd_config::v4;
use dhcpd_config::v4::parameters::Reservation4;
use dhcpd_config::v4::snapshot::{Config4, Host4};
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;

/// A cache with what packets find in it.
struct Bench {
    cache: Shared<Reservation4>,
    stored: Arc<RwLock<Stored<Host4>>>,
}

impl Bench {
    fn new(maximum: usize) -> Self {
        Self::with(&Config4::default(), maximum)
    }

    fn with(config: &Config4, maximum: usize) -> Self {
        let stored = Arc::default();
        let meaning = Meaning::new(&config.definitions, &config.classes.classifier, Family::V4);
        let cache = Cache::new(meaning, maximum, Arc::clone(&stored));
        Self { cache: Arc::new(Mutex::new(cache)), stored }
    }

    fn insert(&self, entries: Value) -> Result<Answer, String> {
        self.run(insert, entries)
    }

    fn run(
        &self,
        run: impl Fn(&mut Cache<Reservation4>, &Request) -> Result<Answer, Refusal>,
        arguments: Value,
    ) -> Result<Answer, String> {
        let document = json::parse("<string>", &arguments.to_string(), &mut json::no_includes).unwrap();
        run(&mut self.cache.lock(), &Request::with("cache", document)).map_err(|refusal| refusal.reason)
    }

    /// The address of the reservation that packets of this client find.
    fn address(&self, subnet: u32, mac: u8) -> Option<String> {
        let (written, stored) = (Hosts::default(), self.stored.read());
        let client = IdentifierRef { kind: IdentifierKind::HwAddress, bytes: &[2, 0, 0, 0, 0, mac] };
        let host = Reserved::new(&written, Some(&stored), subnet).find(client)?;
        Some(host.address.map_or_else(String::new, |address| address.to_string()))
    }

    fn len(&self) -> usize {
        let (count, places) = (self.cache.lock().len(), self.stored.read().len());
        assert!(places <= count, "what packets find is in the cache");
        count
    }
}

fn entry(subnet: u32, mac: u8, address: &str) -> Value {
    json!({ "hw-address": format!("02:00:00:00:00:{mac:02x}"), "subnet-id4": subnet, "ip-address": address })
}

fn text(answer: Result<Answer, String>) -> String {
    answer.map_or_else(|reason| reason, |answer| answer.text)
}

#[test]
fn an_entry_takes_the_places_of_those_that_have_the_same() {
    let bench = Bench::new(0);
    let first = json!([entry(1, 1, "192.0.2.1"), entry(1, 2, "192.0.2.2"), entry(2, 1, "192.0.2.1")]);
    assert_eq!(text(bench.insert(first)), "3 entries inserted (0 overwritten by more recent entries).");
    let both = bench.insert(entry(1, 1, "192.0.2.2"));
    assert_eq!(text(both), "1 entries inserted (2 overwritten by more recent entries).");
    assert_eq!((bench.address(1, 1).as_deref(), bench.address(1, 2)), (Some("192.0.2.2"), None));
    assert_eq!((bench.address(2, 1).as_deref(), bench.len()), (Some("192.0.2.1"), 2));
    assert_eq!(text(bench.run(remove, json!({ "ip-address": "192.0.2.2", "subnet-id": 1 }))), "Host removed.");
    assert_eq!((bench.address(1, 1), bench.len()), (None, 1));
}

#[test]
fn the_oldest_entries_go_first() {
    let bench = Bench::new(2);
    let three = json!([entry(1, 1, "192.0.2.1"), entry(1, 2, "192.0.2.2"), entry(1, 3, "192.0.2.3")]);
    assert_eq!(text(bench.insert(three)), "3 entries inserted (0 overwritten by more recent entries).");
    assert_eq!((bench.len(), bench.address(1, 1), bench.address(1, 2).as_deref()), (2, None, Some("192.0.2.2")));
    assert_eq!(text(bench.run(flush, json!(1))), "Cache flushed (1 entries removed).");
    assert_eq!((bench.address(1, 2), bench.address(1, 3).as_deref()), (None, Some("192.0.2.3")));
    assert_eq!(text(bench.run(flush, json!(5))), "Cache flushed (1 entries removed).");
    assert_eq!(bench.stored.read().len(), 0);
}

#[test]
fn what_is_not_for_this_server_is_kept_for_the_answers() {
    let bench = Bench::new(0);
    for (given, found) in [
        (
            json!({ "duid": "01:02:03", "subnet-id6": 6, "ip-addresses": ["2001:db8::1"], "prefixes": ["2001:db8:1::/48"] }),
            0,
        ),
        (
            json!({ "client-id": "010203", "subnet-id6": 6, "option-data6": [{ "name": "dns-servers", "data": "2001:db8::2" }] }),
            0,
        ),
        (json!({ "hw-address": "020000000001", "subnet-id4": 1, "negative": true }), 0),
        (json!({ "flex-id": "'ab'", "subnet-id4": GLOBAL }), 1),
    ] {
        let answer = bench.insert(given.clone());
        assert_eq!(text(answer), "1 entries inserted (0 overwritten by more recent entries).", "{given}");
        let shown = shown(&bench.cache.lock()).remove(0);
        for key in ["subnet-id6", "ip-addresses", "prefixes", "negative"] {
            assert_eq!(
                given.get(key).or(Some(&json!(u32::MAX)).filter(|_| key == "subnet-id6")),
                shown.get(key),
                "{key}"
            );
        }
        assert_eq!(bench.stored.read().len(), found, "{given}");
        // What is shown can be given.
        let again = bench.insert(json!([shown.clone()]));
        assert_eq!(text(again), "1 entries inserted (1 overwritten by more recent entries).", "{shown}");
        assert_eq!(super::shown(&bench.cache.lock()), [shown]);
        bench.cache.lock().flush(usize::MAX);
    }
}

#[test]
fn the_cache_of_the_next_configuration_has_the_same_entries() {
    let defined = json::parse(
        "test",
        r#"{ "Dhcp4": { "option-def": [{ "name": "more", "code": 224, "type": "string" }] } }"#,
        &mut json::no_includes,
    );
    let before = Bench::with(&v4::load(&defined.unwrap()).unwrap().1, 0);
    let mut given = entry(1, 1, "192.0.2.1");
    given["option-data4"] = json!([{ "name": "more", "data": "x" }]);
    before.insert(json!([given, entry(1, 2, "192.0.2.2"), entry(1, 3, "192.0.2.3")])).unwrap();
    let after = Bench::new(2);
    after.cache.lock().follow(&before.cache.lock());
    assert_eq!((after.len(), after.address(1, 1), after.address(1, 3).as_deref()), (2, None, Some("192.0.2.3")));
    assert_eq!(shown(&after.cache.lock()), shown(&before.cache.lock())[1..]);
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_added() {
    let bench = Bench::new(0);
    for (wrong, reason) in [
        (json!({ "subnet-id4": 1 }), "no identifier"),
        (json!({ "duid": "01:02:03", "hw-address": "01:02" }), "the 'hw-address' and 'duid' are mutually exclusive"),
        (json!({ "duid": "" }), "empty host identifier used"),
        (json!({ "duid": "x" }), "invalid host identifier value 'x'"),
        (json!({ "duid": "01:02:03", "subnet-id": 1 }), "unknown parameter: subnet-id"),
        (json!({ "duid": "01:02:03", "ip-address": "::" }), "address '::' is not a valid IPv4 address"),
        (json!({ "duid": "01:02:03", "ip-address": "0.0.0.0" }), "must not make reservation for the '0.0.0.0' address"),
        (json!({ "duid": "01:02:03", "prefixes": ["2001:db8::"] }), "bad prefix (no /)"),
        (json!({ "duid": "01:02:03", "prefixes": ["2001:db8::/x"] }), "bad prefix length"),
        (
            json!({ "duid": "01:02:03", "ip-addresses": ["x"] }),
            "Failed to convert string to address 'x': Invalid argument",
        ),
    ] {
        let both = json!([entry(1, 1, "192.0.2.1"), wrong]);
        assert_eq!((text(bench.insert(both)).as_str(), bench.len()), (reason, 0), "{wrong}");
    }
    for (wrong, reason) in [
        (json!({}), "either ip-address or an identifier is required"),
        (json!({ "hw-address": "01:02", "subnet-id": 1 }), "either subnet-id4 or subnet-id6 is required"),
        (json!({ "hw-address": "01:02", "duid": "01:02", "subnet-id4": 1 }), "inconsistent parameters"),
        (json!({ "ip-address": "192.0.2.1", "subnet-id6": 1 }), "inconsistent parameters"),
        (json!({ "ip-address": "192.0.2.1" }), "subnet-id is required"),
        (json!({ "ip-address": "::", "subnet-id": 1 }), "invalid ip-address '::'"),
        (json!({ "host-id": 1 }), "unknown parameter 'host-id'"),
    ] {
        assert_eq!(text(bench.run(remove, wrong.clone())), reason, "{wrong}");
    }
}

#[test]
fn a_file_holds_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.json").display().to_string();
    let outside: Confine = |written| Ok((written.into(), None));
    let (before, after) = (Bench::new(0), Bench::new(0));
    before.insert(json!([entry(1, 1, "192.0.2.1"), entry(1, 2, "192.0.2.2")])).unwrap();
    let written = before.run(|cache, request| write(cache, request, outside), json!(path));
    assert_eq!(text(written), format!("2 entries dumped to '{path}'."));
    let load = |bench: &Bench, path: &str| bench.run(|cache, request| load(cache, request, outside), json!(path));
    let loaded = format!("2 entries loaded from '{path}' (0 overwritten by more recent entries).");
    assert_eq!(text(load(&after, &path)), loaded);
    assert_eq!(shown(&after.cache.lock()), shown(&before.cache.lock()));
    assert_eq!(text(load(&after, "")), "invalid (empty string) parameter");
    assert!(text(load(&after, "/nowhere/x")).starts_with("failed to read file '/nowhere/x': "));
}
