//! Measures a large configuration: 10,000 subnets and 100,000 reservations, parsed, checked and resolved.
//!
//! `cargo run --release -p dhcpd-config --example large [ROUNDS]`, or `large print` for a file to give to Kea's `-t`.

use dhcpd_config::v4;
use schema::json;
use std::fmt::Write as _;
use std::time::Instant;

const SUBNETS: u32 = 10_000;
const RESERVATIONS: u32 = 10;

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_default();
    let text = configuration();
    if argument == "print" {
        return print!("{text}");
    }
    let rounds = argument.parse().unwrap_or(3);
    println!("{:.1} MB", text.len() as f64 / 1e6);
    for _ in 0..rounds {
        let start = Instant::now();
        let document = json::parse("large", &text, &mut json::no_includes).expect("JSON");
        let parsed = start.elapsed();
        let (input, config) = v4::load(&document).expect("a good configuration");
        let loaded = start.elapsed();
        assert_eq!(config.subnets.list().len(), SUBNETS as usize);
        drop((document, input));
        println!(
            "parsed in {parsed:?}, checked and resolved in {:?}; {loaded:?} in all, {:?} with what is thrown away; {}",
            loaded - parsed,
            start.elapsed(),
            resident().unwrap_or_default()
        );
    }
}

/// About 200 bytes a reservation and a subnet, written as operators do.
fn configuration() -> String {
    let mut text = String::from("{ \"Dhcp4\": {\n  \"valid-lifetime\": 4000,\n  \"subnet4\": [\n");
    for id in 1..=SUBNETS {
        let net = format!("10.{}.{}", id >> 8, id & 255);
        let _ = write!(
            text,
            r#"    {{
      "id": {id}, // one of many
      "subnet": "{net}.0/24",
      "pools": [ {{ "pool": "{net}.10 - {net}.200" }} ],
      "option-data": [ {{ "name": "routers", "data": "{net}.1" }} ],
      "reservations": [
"#
        );
        for host in 0..RESERVATIONS {
            let _ = write!(
                text,
                r#"        {{
          "hw-address": "1a:1b:{:02x}:{:02x}:1e:{host:02x}",
          "ip-address": "{net}.{}",
          "hostname": "host-{id}-{host}.example.org",
          # a remark
          "option-data": [ ]
        }}{}
"#,
                id >> 8,
                id & 255,
                201 + host,
                if host + 1 < RESERVATIONS { "," } else { "" }
            );
        }
        let _ = writeln!(text, "      ]\n    }}{}", if id < SUBNETS { "," } else { "" });
    }
    text + "  ]\n} }\n"
}

/// The memory of the process, as the kernel tells it.
fn resident() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = |name| status.lines().find(|line: &&str| line.starts_with(name)).map(str::to_owned);
    Some(format!("{}, {}", line("VmRSS")?, line("VmHWM")?))
}
