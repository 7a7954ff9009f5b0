//! The program itself: requests over UDP, commands over its socket, signals.

mod named;

use std::fs::Permissions;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use named::Named;
use ncr::{ChangeType, ConflictResolutionMode, Dhcid, Name, NameChangeRequest};
use serde_json::{Value, json};
use tempfile::TempDir;

const ZONES: [&str; 2] = ["example.test.", "2.0.192.in-addr.arpa."];

/// A running kea-dhcp-ddns. It ends with the test.
struct D2 {
    folder: TempDir,
    process: Child,
}

impl D2 {
    /// Starts it with this configuration, and waits until it serves.
    fn start(config: &Value) -> Self {
        // A control socket is not put where everyone may go.
        let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o750)).tempdir().unwrap();
        let file = folder.path().join("d2.conf");
        std::fs::write(&file, config.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kea-dhcp-ddns"));
        for place in ["KEA_PIDFILE_DIR", "KEA_CONTROL_SOCKET_DIR", "KEA_LOG_FILE_DIR", "KEA_LOCKFILE_DIR"] {
            command.env(place, folder.path());
        }
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let process = command.arg("-c").arg(&file).stdin(Stdio::null()).stdout(log).spawn().unwrap();
        let d2 = Self { folder, process };
        d2.wait_for("a control socket", || d2.connect().is_some());
        d2
    }

    fn connect(&self) -> Option<UnixStream> {
        UnixStream::connect(self.folder.path().join("d2")).ok()
    }

    fn command(&self, command: &str, arguments: Value) -> Value {
        let mut stream = self.connect().expect("the control socket");
        stream.write_all(json!({ "command": command, "arguments": arguments }).to_string().as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn statistic(&self, name: &str) -> i64 {
        self.command("statistic-get", json!({ "name": name }))["arguments"][name][0][0].as_i64().unwrap()
    }

    fn wait_for(&self, what: &str, come: impl Fn() -> bool) {
        let start = Instant::now();
        while !come() {
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(10), "{what} did not come\n{}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn terminate(&self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for the end; the exit value.
    fn ended(mut self) -> Option<i32> {
        let status = self.process.wait().unwrap();
        assert_eq!(status.signal(), None);
        status.code()
    }
}

impl Drop for D2 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A configuration that receives at `listen` and updates at `server`.
fn config(listen: SocketAddr, server: SocketAddr) -> Value {
    let secret = base64::engine::general_purpose::STANDARD.encode(named::SECRET);
    let servers = json!([{ "ip-address": server.ip(), "port": server.port() }]);
    let domains =
        |name: &str| json!({ "ddns-domains": [{ "name": name, "key-name": "hmac-sha256.", "dns-servers": servers }] });
    json!({ "DhcpDdns": {
        "ip-address": listen.ip(), "port": listen.port(), "dns-server-timeout": 200,
        "control-sockets": [{ "socket-type": "unix", "socket-name": "d2" }],
        "tsig-keys": [{ "name": "hmac-sha256.", "algorithm": "HMAC-SHA256", "secret": secret }],
        "forward-ddns": domains(ZONES[0]), "reverse-ddns": domains(ZONES[1]),
        "loggers": [{ "name": "kea-dhcp-ddns", "severity": "DEBUG", "debuglevel": 99, "output-options": [{ "output": "stdout" }] }],
    }})
}

/// Sends a request about `hostN`, which has the address 192.0.2.N, to D2.
fn send(d2: SocketAddr, change_type: ChangeType, number: u8) {
    let fqdn = Name::parse(&format!("host{number}.{}", ZONES[0])).unwrap();
    let request = NameChangeRequest {
        change_type,
        forward_change: true,
        reverse_change: true,
        dhcid: Dhcid::from_hardware_address(1, &[2, 0, 0, 0, 0, number], &fqdn).unwrap(),
        fqdn,
        ip_address: Ipv4Addr::new(192, 0, 2, number).into(),
        lease_length: 300,
        conflict_resolution_mode: ConflictResolutionMode::CheckWithDhcid,
    };
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(&request.encode(), d2).unwrap();
}

fn wait_for_host(named: &Named, number: u8) {
    let (host, address) = (format!("host{number}.{}", ZONES[0]), format!("192.0.2.{number}"));
    named.wait_for(&host, "A", |answer| answer == [address.clone()]);
    named.wait_for(&format!("{number}.{}", ZONES[1]), "PTR", |answer| answer == [host.clone()]);
}

#[test]
fn a_request_becomes_records_and_they_go_again() {
    let Some(named) = Named::start(&ZONES) else { return };
    let listen = named::free_address();
    let d2 = D2::start(&config(listen, named.address));
    send(listen, ChangeType::Add, 1);
    wait_for_host(&named, 1);
    send(listen, ChangeType::Remove, 1);
    named.wait_for(&format!("host1.{}", ZONES[0]), "ANY", <[String]>::is_empty);
    named.wait_for(&format!("1.{}", ZONES[1]), "ANY", <[String]>::is_empty);

    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"\0\x02{}", listen).unwrap();
    d2.wait_for("the statistics", || d2.statistic("ncr-invalid") == 1 && d2.statistic("update-success") == 5);
    for (name, value) in [
        ("ncr-received", 2),
        ("ncr-error", 0),
        ("queue-mgr-queue-full", 0),
        ("update-sent", 5),
        ("update-signed", 5),
        ("update-unsigned", 0),
        ("key[hmac-sha256.].update-success", 5),
    ] {
        assert_eq!(d2.statistic(name), value, "{name}");
    }
    let answer = d2.command("shutdown", json!({ "type": "normal", "exit-value": 3 }));
    assert_eq!(answer, json!({ "result": 0, "text": "Shutdown initiated, type is: normal" }));
    assert_eq!(d2.ended(), Some(3));
}

#[test]
fn requests_that_wait_outlive_a_new_configuration() {
    let Some(named) = Named::start(&ZONES) else { return };
    let listen = named::free_address();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let d2 = D2::start(&config(listen, silent.local_addr().unwrap()));
    // 32 are carried out at a time; the others wait for a server that never answers.
    for number in 1..=40 {
        send(listen, ChangeType::Add, number);
    }
    d2.wait_for("all requests", || d2.statistic("ncr-received") == 40);
    let answer = d2.command("config-set", config(listen, named.address));
    assert_eq!(answer["result"], 0, "{answer}");
    for number in 33..=40 {
        wait_for_host(&named, number);
    }
}

#[test]
fn no_request_is_lost_while_configurations_come_and_go() {
    let Some(named) = Named::start(&ZONES) else { return };
    let (listen, other) = (named::free_address(), named::free_address());
    let d2 = D2::start(&config(listen, named.address));
    for number in 1..=20 {
        send(listen, ChangeType::Add, number);
        if number % 4 == 0 {
            assert_eq!(d2.command("config-set", config(listen, named.address))["result"], 0);
        }
    }
    (1..=20).for_each(|number| wait_for_host(&named, number));

    // What is refused changes nothing; what cannot be opened is refused.
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let refused = d2.command("config-set", config(taken.local_addr().unwrap(), named.address));
    assert_eq!(refused["result"], 1, "{refused}");
    let reason = refused["text"].as_str().unwrap();
    assert!(reason.contains("DhcpDdns/port: cannot listen at 127.0.0.1:"), "{reason}");
    assert_eq!(d2.command("config-get", json!({}))["arguments"]["DhcpDdns"]["port"], listen.port());
    send(listen, ChangeType::Add, 21);
    wait_for_host(&named, 21);

    assert_eq!(d2.command("config-set", config(other, named.address))["result"], 0);
    send(other, ChangeType::Add, 22);
    wait_for_host(&named, 22);
    d2.terminate();
    assert_eq!(d2.ended(), Some(0));
}

#[test]
fn a_signal_lets_transactions_end_but_not_for_ever() {
    let Some(named) = Named::start(&ZONES) else { return };
    let (listen, silent) = (named::free_address(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let mut slow = config(listen, named.address);
    slow["DhcpDdns"]["dns-server-timeout"] = 100.into();
    let first = json!({ "ip-address": "127.0.0.1", "port": silent.local_addr().unwrap().port() });
    let servers = &mut slow["DhcpDdns"]["forward-ddns"]["ddns-domains"][0]["dns-servers"];
    servers.as_array_mut().unwrap().insert(0, first);
    let d2 = D2::start(&slow);
    send(listen, ChangeType::Add, 1);
    silent.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let wait_for_try = || assert!(silent.recv(&mut [0; 512]).unwrap() > 0);
    wait_for_try();
    d2.terminate();
    assert_eq!(d2.ended(), Some(0));
    // The signal came at the first of three tries; the next server was asked all the same.
    wait_for_try();
    wait_for_try();
    wait_for_host(&named, 1);

    slow["DhcpDdns"]["dns-server-timeout"] = 60_000.into();
    let d2 = D2::start(&slow);
    send(listen, ChangeType::Add, 2);
    wait_for_try();
    d2.terminate();
    assert_eq!(d2.ended(), Some(0));
}
