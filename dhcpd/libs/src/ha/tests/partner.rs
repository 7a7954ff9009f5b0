//! Clients that the partner does not seem to serve, and clocks.

use super::group;
use crate::ha::partner::{Partner, Report, Seen, Skew};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn clients_are_counted_once() {
    let now = Instant::now();
    let more = json!({ "max-unacked-clients": 2, "max-ack-delay": 5000 });
    let mut partner = Partner::new(group("server2", "hot-standby", &more), now);
    assert_eq!(partner.analyze(b"a", 5000), Seen::New);
    assert_eq!(partner.analyze(b"a", 5000), Seen::Known);
    assert_eq!(partner.analyze(b"a", 5001), Seen::Unacked(1, 2));
    assert_eq!(partner.analyze(b"a", 9000), Seen::Known);
    assert_eq!(partner.analyze(b"b", 9000), Seen::Unacked(2, 1));
    assert!(!partner.fails_clients());
    assert_eq!(partner.analyze(b"", 9000), Seen::Known);
    assert_eq!(partner.analyze(b"c", 9000), Seen::Unacked(3, 0));
    assert!(partner.fails_clients());
    assert_eq!((partner.connecting(), partner.unacked(), partner.analyzed), (3, 3, 7));
    partner.heard(Report::default(), 0, now);
    assert_eq!((partner.connecting(), partner.unacked(), partner.analyzed), (0, 0, 0));
}

#[test]
fn clocks_are_told_of_once_a_minute() {
    let now = Instant::now();
    let mut partner = Partner::new(group("server2", "hot-standby", &json!({})), now);
    partner.heard(Report { time: 1_700_000_000, ..Report::default() }, 1_700_000_030, now);
    assert_eq!(partner.skew_to_tell(now), None);
    partner.heard(Report { time: 1_700_000_000, ..Report::default() }, 1_700_000_031, now);
    let skew = Skew { ours: 1_700_000_031, theirs: 1_700_000_000 };
    assert_eq!(partner.skew_to_tell(now), Some(skew));
    let told = "my time: 2023-11-14 22:13:51, partner's time: 2023-11-14 22:13:20, partner's clock is 31s behind";
    assert_eq!(skew.to_string(), told);
    assert_eq!(partner.skew_to_tell(now + Duration::from_secs(60)), None);
    assert_eq!(partner.skew_to_tell(now + Duration::from_secs(61)), Some(skew));
    assert!(!partner.is_skew_fatal());
}
