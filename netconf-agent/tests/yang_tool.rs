//! kea-yang as it is called: forms found out, what is wrong told with its place, exit status.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Calls it with these arguments and this input.
fn kea_yang(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kea-yang"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a process");
    // One that does not read its input closes it.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("an end")
}

fn printed(arguments: &[&str], input: &str) -> String {
    let output = kea_yang(arguments, input);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What it says when it refuses, and its exit status.
fn refused(arguments: &[&str], input: &str) -> (String, Option<i32>) {
    let output = kea_yang(arguments, input);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    (String::from_utf8(output.stderr).expect("UTF-8"), output.status.code())
}

const CONFIG: &str = r#"// A comment.
{ "Dhcp4": {
    "lease-database": { "type": "memfile", "sync": false }, # another
    "hooks-libraries": [ { "library": "z.so" }, { "library": "a.so" } ],
    "loggers": [ { "name": "kea-dhcp4", "output-options": [ { "output": "stdout", "pattern": "%m\n" } ] } ],
    "subnet4": [ { "id": 7, "subnet": "192.0.2.0/24", "pools": [ { "pool": "192.0.2.9 - 192.0.2.99" } ] } ],
} }
"#;

#[test]
fn every_form_becomes_every_other() {
    let json = printed(&["--to", "json"], CONFIG);
    let (yang, xml) = (printed(&[], CONFIG), printed(&["--to", "yang-xml"], CONFIG));
    assert!(yang.contains("\"takahe-kea-dhcp4-server:sync\": false"), "{yang}");
    assert!(xml.contains("\n    <sync xmlns=\"urn:takahe:yang:takahe-kea-dhcp4-server\">false</sync>\n"), "{xml}");
    for text in [&json, &yang, &xml] {
        assert_eq!(printed(&["--to", "json", "-"], text), json);
        assert_eq!(printed(&["--to", "yang-json"], text), yang);
        assert_eq!(printed(&["--to", "yang-xml"], text), xml);
        assert_eq!(printed(&["--check"], text), "");
    }
    assert_eq!(printed(&[], &xml), json);
    assert_eq!(printed(&["--from", "yang-json"], &yang), json);
}

#[test]
fn nothing_said_is_still_a_daemons_configuration() {
    for empty in [r#"{"DhcpDdns": {}}"#, r#"{"kea-dhcp-ddns:config": {}}"#] {
        let xml = printed(&["--to", "yang-xml"], empty);
        assert_eq!(xml, "<config xmlns=\"urn:ietf:params:xml:ns:yang:kea-dhcp-ddns\"/>\n");
        let json = printed(&["--to", "json"], empty);
        assert_eq!((printed(&[], &xml), printed(&["--to", "json"], &printed(&[], &json))), (json.clone(), json));
    }
}

#[test]
fn what_is_wrong_in_a_configuration_is_told_with_its_place() {
    for (wrong, told) in [
        ("{ \"Dhcp4\": {\n  \"valid-lifetime\" 3 } }", "<stdin>:2:20: "),
        (
            "{ \"Dhcp4\": {\n  \"subnet4\": [ { \"pools\": [ { \"pool\": \"x\" } ] } ] } }",
            "<stdin>:2:39: Dhcp4/subnet4[0]/pools[0]/pool: `x` is neither",
        ),
        (
            "{ \"Dhcp4\": {\n  \"vald-lifetime\": 3 } }",
            "<stdin>:2:20: Dhcp4/vald-lifetime: the model has no node for it",
        ),
        (
            "{ \"Dhcp4\": { \"loggers\": [ { \"name\": \"a\", \"debuglevel\": 1 },\n { \"name\": \"b\", \"debuglevel\": 300 } ] } }",
            "<stdin>:2:31: Dhcp4/loggers[1]/debuglevel: Value \"300\"",
        ),
        ("{ \"Dhcp5\": { } }", "<stdin>:1:1: `Dhcp5` has no YANG model"),
    ] {
        let (reason, status) = refused(&[], wrong);
        assert_eq!(status, Some(1), "{reason}");
        assert!(reason.starts_with(told), "{reason}");
    }
}

#[test]
fn what_is_wrong_in_data_is_told_with_its_path() {
    let xml = |inner: &str| format!("<config xmlns=\"urn:ietf:params:xml:ns:yang:kea-dhcp4-server\">{inner}</config>");
    for (wrong, told) in [
        (xml("<subnet4><id>1</id></subnet4>"), "<stdin>: /kea-dhcp4-server:config/subnet4[id='1']: "),
        (
            xml(
                "<lease-database><database-type>memfile</database-type><user-context>{}</user-context></lease-database>",
            ),
            "<stdin>: /kea-dhcp4-server:config/lease-database/user-context: ",
        ),
        (xml("<nonsense/>"), "<stdin>: /kea-dhcp4-server:config: "),
        (
            r#"{"kea-dhcp4-server:config": {"valid-lifetime": "x"}}"#.to_owned(),
            "<stdin>: /kea-dhcp4-server:config/valid-lifetime: ",
        ),
    ] {
        let (reason, status) = refused(&["--check"], &wrong);
        assert_eq!(status, Some(1), "{reason}");
        assert!(reason.starts_with(told), "{reason}");
    }
}

#[test]
fn what_yang_cannot_say_is_left_out_when_that_is_asked_for() {
    let option = r#"{ "name": "routers", "data": "192.0.2.1" }"#;
    let twice = format!("{{ \"Dhcp4\": {{ \"option-data\": [ {option}, {option} ] }} }}");
    assert_eq!(refused(&[], &twice).1, Some(1));
    let output = kea_yang(&["--partial"], &twice);
    assert!(output.status.success());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.starts_with("left out: <stdin>:1:75: Dhcp4/option-data[1]: "), "{told}");
}

#[test]
fn a_wrong_call_is_another_matter() {
    for call in [&["--from", "yaml"][..], &["--nonsense"], &["no such file"], &["--modules", "/no/such/folder"]] {
        assert_eq!(refused(call, "{}").1, Some(2), "{call:?}");
    }
}

#[test]
fn the_model_of_rfc_9243_is_one_of_dhcpv6() {
    let xml = r#"<dhcpv6-server xmlns="urn:ietf:params:xml:ns:yang:ietf-dhcpv6-server">
      <option-sets><option-set><option-set-id>1</option-set-id>
        <info-refresh-time-option><info-refresh-time>600</info-refresh-time></info-refresh-time-option>
      </option-set></option-sets>
      <allocation-ranges><valid-lifetime>54000</valid-lifetime><allocation-range>
        <id>1</id><network-prefix>2001:db8::/32</network-prefix><option-set-id>1</option-set-id>
        <address-pools><address-pool>
          <pool-id>0</pool-id><pool-prefix>2001:db8:1:1::/64</pool-prefix>
          <start-address>2001:db8:1:1::1000</start-address><end-address>2001:db8:1:1::2000</end-address>
        </address-pool></address-pools>
      </allocation-range></allocation-ranges>
    </dhcpv6-server>"#;
    let json = printed(&[], xml);
    assert!(json.contains("\"pool\": \"2001:db8:1:1::1000-2001:db8:1:1::2000\""), "{json}");
    let data = printed(&["--model", "ietf-dhcpv6-server"], &json);
    assert!(data.contains("\"pool-id\": \"0\""), "{data}");
    assert_eq!(printed(&[], &data), json);
    assert!(!printed(&[], &json).contains("ietf-dhcpv6-server:"), "Kea's own model unless another is asked for");

    let off = xml.replace("</option-sets>", "</option-sets><enabled>false</enabled>");
    let (reason, status) = refused(&[], &off);
    assert!(reason.contains("/ietf-dhcpv6-server:dhcpv6-server/enabled"), "{reason}");
    assert_eq!(status, Some(1));
}
