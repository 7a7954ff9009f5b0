//! Judges configuration files as the servers do at their start, without interfaces and sockets.
//!
//! `cargo run -p dhcpd-config --example judge FILE...`

use dhcpd_config::{v4, v6};
use schema::json;
use std::path::Path;

fn main() {
    for file in std::env::args().skip(1) {
        let folder = Path::new(&file).parent().unwrap_or(Path::new(".")).to_owned();
        let mut include = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
        let text = match include(Path::new(&file).file_name().and_then(|name| name.to_str()).unwrap_or_default()) {
            Ok(text) => text,
            Err(error) => {
                println!("{file}: {error}");
                continue;
            }
        };
        let judged = json::parse(&file, &text, &mut include).map_err(|error| vec![error]).and_then(|document| {
            match document.root.member("Dhcp4") {
                Some(_) => v4::load(&document).map(drop),
                None => v6::load(&document).map(drop),
            }
        });
        match judged {
            Ok(()) => println!("{file}: accepted"),
            Err(errors) => errors.iter().for_each(|error| println!("{error}")),
        }
    }
}
