//! TLS of control channels (RFC 8446, RFC 5246): what a server or a client is made of the files that a configuration names.
//!
//! Certificates and keys are PEM: certificates with the chain behind them, keys in PKCS #8, PKCS #1 or SEC 1. The trust anchor
//! is a file of certificates, or a folder of them under the names that `openssl rehash` gives.

mod certificate;
mod verify;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use certificate::Certificate;
use verify::Verifier;

/// What a client of TLS goes by: whom it trusts, and who it is.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Arc<ClientConfig>);

/// Which of the files is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// The certificates of authorities, `trust-anchor`.
    TrustAnchor,
    /// The own certificate, `cert-file`.
    Certificate,
    /// Its private key, `key-file`.
    Key,
}

/// A file that cannot be used, and why, in Kea's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The file.
    pub file: File,
    /// What is wrong, the name of the file included.
    pub reason: String,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unusable {}

impl Client {
    /// Reads the files: the trust anchor, and certificate and key for servers that want to see one. With `names` a server's
    /// certificate has to be for the name or the address in the URL; Kea's daemons ask only who signed it.
    pub fn new(anchor: &Path, identity: Option<(&Path, &Path)>, names: bool) -> Result<Self, Unusable> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(anchors(anchor)?, names, &provider);
        let config = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let config = config.map_err(|error| unusable(File::TrustAnchor, anchor, error))?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let config = match identity {
            Some((certificate, key)) => {
                let identity = SingleCertAndKey::from(self::identity(certificate, key, &provider)?);
                config.with_client_cert_resolver(Arc::new(identity))
            }
            None => config.with_no_client_auth(),
        };
        Ok(Client(Arc::new(config)))
    }
}

/// The authorities that are trusted.
#[derive(Debug)]
struct Anchors {
    roots: RootCertStore,
    /// The certificates themselves: one that is trusted needs no signature.
    certificates: HashSet<CertificateDer<'static>>,
}

impl Anchors {
    fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), rustls::Error> {
        self.roots.add(certificate.clone())?;
        self.certificates.insert(certificate);
        Ok(())
    }
}

fn anchors(path: &Path) -> Result<Anchors, Unusable> {
    let failed = |reason: &dyn fmt::Display| unusable(File::TrustAnchor, path, reason);
    let mut anchors = Anchors { roots: RootCertStore::empty(), certificates: HashSet::new() };
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(|error| failed(&told(&error)))? {
            let entry = entry.map_err(|error| failed(&told(&error)))?;
            if is_hash(&entry.file_name().to_string_lossy()) {
                add_all(&entry.path(), &mut anchors).map_err(|reason| failed(&reason))?;
            }
        }
    } else {
        add_all(path, &mut anchors).map_err(|reason| failed(&reason))?;
    }
    if anchors.roots.is_empty() {
        return Err(failed(&"no certificate or crl found"));
    }
    Ok(anchors)
}

fn add_all(path: &Path, anchors: &mut Anchors) -> Result<(), String> {
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| reason(&error, NOTHING_FOUND))? {
        let certificate = certificate.map_err(|error| reason(&error, NOTHING_FOUND))?;
        anchors.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Whether a name in a folder of certificates is one that `openssl rehash` gives: `4a6481c9.0`.
fn is_hash(name: &str) -> bool {
    name.split_once('.').is_some_and(|(hash, number)| {
        hash.len() == 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A certificate with its chain, and the key that belongs to it.
fn identity(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, Unusable> {
    let wrong = |reason: &dyn fmt::Display| unusable(File::Certificate, certificate, reason);
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| wrong(&reason(&error, NO_START)))?;
    let first = chain.first().ok_or_else(|| wrong(&NO_START))?;
    let public = Certificate::read(first).ok_or_else(|| wrong(&"it is not X.509"))?.public_key;
    let wrong = |reason: &dyn fmt::Display| unusable(File::Key, key, reason);
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(&reason(&error, "unsupported")))?;
    let private = provider.key_provider.load_private_key(private).map_err(|error| wrong(&error))?;
    if private.public_key().is_some_and(|key| key.as_ref() != public) {
        return Err(wrong(&"key values mismatch"));
    }
    Ok(CertifiedKey::new(chain, private))
}

const NOTHING_FOUND: &str = "no certificate or crl found";
const NO_START: &str = "no start line";

fn unusable(file: File, path: &Path, reason: impl fmt::Display) -> Unusable {
    let what = match file {
        File::TrustAnchor if path.is_dir() => "CA directory",
        File::TrustAnchor => "CA file",
        File::Certificate => "cert file",
        File::Key => "private key file",
    };
    Unusable { file, reason: format!("load of {what} '{}' failed: {reason}", path.display()) }
}

/// What is wrong with a file, in the words of OpenSSL; `nothing` if what is looked for is not in it.
fn reason(error: &pem::Error, nothing: &str) -> String {
    match error {
        pem::Error::Io(error) => told(error),
        pem::Error::NoItemsFound => nothing.to_owned(),
        pem::Error::MissingSectionEnd { .. } => "bad end line".to_owned(),
        pem::Error::Base64Decode(_) => "bad base64 decode".to_owned(),
        other => other.to_string(),
    }
}

/// An error of the system without its number.
fn told(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_owned(),
        None => error.to_string(),
    }
}
