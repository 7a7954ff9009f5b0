//! A BIND of the test's own: started in a temporary folder, on a port of loopback, with keys and zones to update.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use dns::{Algorithm, Key, Name};
use tempfile::TempDir;

/// The secret of every key that the server knows.
pub const SECRET: &[u8] = b"between d2 and named";

/// A running server. It ends with the test.
pub struct Named {
    folder: TempDir,
    process: Child,
    /// Where it answers.
    pub address: SocketAddr,
}

impl Named {
    /// Starts a server that serves `zones`, each to be updated with a key of [`keys`]; none where BIND is not installed.
    pub fn start(zones: &[&str]) -> Option<Self> {
        for tool in ["named", "dig"] {
            if Command::new(tool).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
                println!("skipped: {tool} is not installed");
                return None;
            }
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = free_address();
        std::fs::write(folder.path().join("named.conf"), configuration(&folder, address, zones)).expect("named.conf");
        for zone in zones {
            let text = "$TTL 60\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n";
            std::fs::write(folder.path().join(format!("{zone}db")), text).expect("a zone file");
        }
        let log = std::fs::File::create(folder.path().join("log")).expect("a log file");
        let process = Command::new("named")
            .args(["-g", "-n", "1", "-c"])
            .arg(folder.path().join("named.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("named starts");
        let named = Self { folder, process, address };
        for zone in zones {
            named.wait_for(zone, "SOA", |answer| !answer.is_empty());
        }
        Some(named)
    }

    /// The content of the records of a name, a line each, as `dig +short` gives them.
    pub fn dig(&self, name: &str, rtype: &str) -> Vec<String> {
        let port = self.address.port().to_string();
        let output = Command::new("dig")
            .args(["@127.0.0.1", "-p", &port, "+short", "+norecurse", "+time=1", "+tries=1", name, rtype])
            .output()
            .expect("dig runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().filter(|line| !line.starts_with(";;")).map(str::to_owned).collect()
    }

    /// Asks until the answer is right, for some seconds at most.
    pub fn wait_for(&self, name: &str, rtype: &str, right: impl Fn(&[String]) -> bool) {
        let start = Instant::now();
        loop {
            let answer = self.dig(name, rtype);
            if right(&answer) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "{name} {rtype}: {answer:?}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port on loopback that was free a moment ago.
pub fn free_address() -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.local_addr().expect("its address")
}

/// The keys that the server knows, of every algorithm and some truncated: name, algorithm, bits.
pub fn keys() -> Vec<Key> {
    let full = Algorithm::ALL.into_iter().map(|algorithm| (algorithm, 0));
    let cut = [(Algorithm::Sha1, 80), (Algorithm::Sha256, 128), (Algorithm::Sha512, 384)];
    full.chain(cut).map(|(algorithm, bits)| key(&key_name(algorithm, bits), algorithm, SECRET, bits)).collect()
}

/// A key of any name and secret.
pub fn key(name: &str, algorithm: Algorithm, secret: &[u8], bits: u32) -> Key {
    Key::new(Name::parse(name).expect("a name"), algorithm, secret, bits).expect("a key")
}

fn key_name(algorithm: Algorithm, bits: u32) -> String {
    let word = algorithm.as_str().to_lowercase();
    if bits == 0 { word } else { format!("{word}-{bits}") }
}

fn configuration(folder: &TempDir, address: SocketAddr, zones: &[&str]) -> String {
    let (port, folder) = (address.port(), folder.path().display());
    let secret = base64::engine::general_purpose::STANDARD.encode(SECRET);
    let mut text = format!(
        "options {{ directory \"{folder}\"; pid-file none; session-keyfile none; recursion no; dnssec-validation no; \
         listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};\ncontrols {{ }};\n"
    );
    let names: Vec<String> = keys().iter().map(|key| key.name().to_string()).collect();
    for name in &names {
        // BIND writes the truncated length as part of the algorithm, which is how the keys are called here.
        let algorithm = name.trim_end_matches('.');
        let _ = writeln!(text, "key \"{name}\" {{ algorithm {algorithm}; secret \"{secret}\"; }};");
    }
    let allowed: String = names.iter().map(|name| format!("key \"{name}\"; ")).collect();
    for zone in zones {
        let _ = writeln!(
            text,
            "zone \"{zone}\" {{ type primary; file \"{folder}/{zone}db\"; allow-update {{ {allowed}}}; }};"
        );
    }
    text
}
