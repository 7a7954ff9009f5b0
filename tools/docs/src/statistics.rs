//! The page of statistics: the names are those that a small configuration makes the daemons count.

use d2_server::statistics::Statistics;
use schema::json::{self, Document};
use stats::Registry;
use std::sync::Arc;

/// One subnet with a pool of each kind.
const DHCP4: &str = r#"{ "Dhcp4": { "subnet4": [
    { "id": 1, "subnet": "192.0.2.0/24", "pools": [ { "pool": "192.0.2.0/25", "pool-id": 1 } ] } ] } }"#;
const DHCP6: &str = r#"{ "Dhcp6": { "subnet6": [
    { "id": 1, "subnet": "2001:db8::/48", "pools": [ { "pool": "2001:db8::/80", "pool-id": 1 } ],
      "pd-pools": [ { "prefix": "2001:db8:1::", "prefix-len": 48, "delegated-len": 56, "pool-id": 1 } ] } ] } }"#;

/// Beginnings of names, what is written for them, and what they are about.
const SCOPES: [(&str, &str, &str); 5] = [
    ("subnet[1].pool[1].", "subnet[ID].pool[PID].", "Of a pool of addresses"),
    ("subnet[1].pd-pool[1].", "subnet[ID].pd-pool[PID].", "Of a pool of prefixes"),
    ("subnet[1].", "subnet[ID].", "Of a subnet"),
    ("key[name.].", "key[NAME].", "Of a TSIG key"),
    ("", "", "Of the whole server"),
];

/// The page.
pub fn page() -> String {
    let mut text = String::from(
        "# Statistics\n\nWhat `statistic-get` and `statistic-get-all` answer. `ID` is the number of a subnet, `PID` that \
         of a pool, `NAME` that of a TSIG key.\n",
    );
    for (process, names) in [("kea-dhcp4", dhcp4()), ("kea-dhcp6", dhcp6()), ("kea-dhcp-ddns", ddns())] {
        text.push_str(&format!("\n## {process}\n"));
        for (prefix, written, about) in SCOPES.iter().rev() {
            let of_scope = names.iter().filter(|name| scope_of(name) == *prefix);
            let rows: Vec<_> = of_scope.map(|name| row(written, name.strip_prefix(prefix).unwrap_or(name))).collect();
            if !rows.is_empty() {
                text.push_str(&format!("\n{about}:\n\n| statistic | what is counted |\n|---|---|\n{}", rows.concat()));
            }
        }
    }
    text
}

fn row(scope: &str, name: &str) -> String {
    format!("| `{scope}{name}` | {} |\n", meaning(name).unwrap_or_default())
}

/// The beginning of a name.
fn scope_of(name: &str) -> &'static str {
    SCOPES.iter().map(|(prefix, ..)| *prefix).find(|prefix| name.starts_with(prefix)).unwrap_or_default()
}

/// All names with what comes before the name proper cut off, for the test that each has a meaning.
fn names() -> Vec<String> {
    let all = [dhcp4(), dhcp6(), ddns()].concat();
    all.iter().map(|name| name.trim_start_matches(scope_of(name)).to_owned()).collect()
}

fn document(text: &str) -> Document {
    json::parse("example", text, &mut json::no_includes).expect("the example is JSON")
}

fn dhcp4() -> Vec<String> {
    let (_, config) = dhcpd_config::v4::load(&document(DHCP4)).expect("the example is good");
    let registry = Registry::default();
    engine::v4::Snapshot::new(Arc::new(config), &registry, None).publish_totals();
    counted(&registry)
}

fn dhcp6() -> Vec<String> {
    let (_, config) = dhcpd_config::v6::load(&document(DHCP6)).expect("the example is good");
    let registry = Registry::default();
    engine::v6::Snapshot::new(Arc::new(config), leases::Duid::new(), &registry, None).publish_totals(&registry);
    counted(&registry)
}

fn ddns() -> Vec<String> {
    let registry = Arc::new(Registry::default());
    Statistics::new(registry.clone()).set_keys(&[dns::Name::parse("name.").expect("a name")]);
    counted(&registry)
}

fn counted(registry: &Registry) -> Vec<String> {
    registry.get_all().as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// What a statistic counts, by its name without scope.
fn meaning(name: &str) -> Option<String> {
    if let Some((_, meaning)) = MEANINGS.iter().find(|(known, _)| *known == name.replace("pkt6-", "pkt4-")) {
        return Some((*meaning).to_owned());
    }
    // Messages by their type: pkt4-offer-sent.
    let (_, of_packets) = name.split_once("pkt4-").or_else(|| name.split_once("pkt6-"))?;
    let (kind, way) = of_packets.rsplit_once('-')?;
    match way {
        "received" | "sent" => Some(format!("Messages of the type {} that were {way}.", kind.to_uppercase())),
        _ => None,
    }
}

/// What is counted. Packets are written as DHCPv4's; DHCPv6 counts the same.
const MEANINGS: &[(&str, &str)] = &[
    ("pkt4-received", "Packets that were received."),
    ("pkt4-sent", "Packets that were sent."),
    ("pkt4-unknown-received", "Messages of no known type."),
    ("pkt4-parse-failed", "Packets that could not be read."),
    ("pkt4-receive-drop", "Packets that were not answered, whatever the reason."),
    ("pkt4-not-for-us", "Messages that are meant for another server."),
    ("pkt4-rfc-violation", "Messages that break a rule of the protocol."),
    ("pkt4-processing-failed", "Messages that could not be dealt with."),
    ("pkt4-service-disabled", "Messages that came while the service was switched off."),
    (
        "pkt4-queue-full",
        "Packets for which there was no room: in the sockets' buffers (`packet-queue-size`) or in the ring (`dhcp-queue-control`).",
    ),
    ("pkt4-duplicate", "Messages that came again while they were being dealt with."),
    ("pkt4-admin-filtered", "Messages that the configuration says to drop."),
    ("pkt4-limit-exceeded", "Messages above a limit on their rate."),
    ("total-addresses", "Addresses that there are to lease."),
    ("total-nas", "Addresses that there are to lease."),
    ("total-pds", "Prefixes that there are to delegate."),
    ("assigned-addresses", "Addresses that are leased now, declined ones included."),
    ("assigned-nas", "Addresses that are leased now, declined ones included."),
    ("assigned-pds", "Prefixes that are delegated now."),
    ("registered-nas", "Addresses that clients chose for themselves and registered."),
    ("cumulative-registered-nas", "Addresses that were ever registered so."),
    ("cumulative-assigned-addresses", "Leases of addresses that were ever given."),
    ("cumulative-assigned-nas", "Leases of addresses that were ever given."),
    ("cumulative-assigned-pds", "Leases of prefixes that were ever given."),
    ("declined-addresses", "Addresses on probation now, since a client found them in use."),
    ("reclaimed-leases", "Leases that ended and were taken back."),
    ("reclaimed-declined-addresses", "Addresses whose probation ended."),
    ("v4-allocation-fail", "Clients for whom there was no address."),
    ("v4-allocation-fail-shared-network", "Of those, clients in a shared network."),
    ("v4-allocation-fail-subnet", "Of those, clients in a subnet that has its link for itself."),
    ("v4-allocation-fail-no-pools", "Of those, clients for whom there was no pool."),
    ("v4-allocation-fail-classes", "Of those, clients that are members of classes."),
    ("v4-reservation-conflicts", "Reserved addresses that could not be given since another client holds them."),
    ("v4-lease-reuses", "Renewals that left the lease as it stood."),
    ("v6-allocation-fail", "Clients for whom there was no address or prefix."),
    ("v6-allocation-fail-shared-network", "Of those, clients in a shared network."),
    ("v6-allocation-fail-subnet", "Of those, clients in a subnet that has its link for itself."),
    ("v6-allocation-fail-no-pools", "Of those, clients for whom there was no pool."),
    ("v6-allocation-fail-classes", "Of those, clients that are members of classes."),
    ("v6-ia-na-lease-reuses", "Renewals of addresses that left the lease as it stood."),
    ("v6-ia-pd-lease-reuses", "Renewals of prefixes that left the lease as it stood."),
    ("ncr-received", "Requests that were received and understood."),
    ("ncr-invalid", "Datagrams that were no requests."),
    ("ncr-error", "Errors in receiving."),
    ("queue-mgr-queue-full", "How often the queue of requests was full."),
    ("update-sent", "Updates that were sent to a DNS server."),
    ("update-signed", "Of those, signed ones."),
    ("update-unsigned", "Of those, unsigned ones."),
    ("update-success", "Updates that a DNS server answered."),
    ("update-timeout", "Updates without an answer."),
    ("update-error", "Updates that failed for another reason."),
];

#[test]
fn every_statistic_has_a_meaning_and_every_meaning_a_statistic() {
    let names = names();
    let without: Vec<_> = names.iter().filter(|name| meaning(name).is_none()).collect();
    assert!(without.is_empty(), "not in MEANINGS: {without:?}");
    let unused = |(known, _): &&(&str, &str)| !names.iter().any(|name| name.replace("pkt6-", "pkt4-") == *known);
    let unused: Vec<_> = MEANINGS.iter().filter(unused).collect();
    assert!(unused.is_empty(), "nothing counts these: {unused:?}");
}
