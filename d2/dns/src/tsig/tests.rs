//! Signing and verifying, with a server that signs its answers by the same rules.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_800_000_000;

fn key(algorithm: Algorithm, bits: u32) -> Key {
    Key::new(Name::parse("Key.Example.").unwrap(), algorithm, b"a secret", bits).unwrap()
}

fn request() -> Vec<u8> {
    Message::update(4711, &Name::parse("example.").unwrap()).encode().unwrap()
}

/// The answer of a server that holds `key`, and got a request with this code.
fn answer(key: &Key, request_mac: &[u8], now: u64, error: u16) -> Vec<u8> {
    let mut message = Message::update(4711, &Name::parse("example.").unwrap());
    message.response = true;
    let mut bytes = message.encode().unwrap();
    let variables = Variables { time: now, fudge: FUDGE, error, other: &[] };
    let mut mac =
        key.algorithm.mac(&key.secret, &[&length(request_mac), request_mac, &bytes, &variables.digested(key)]);
    mac.truncate(key.mac_len);
    let rdata = [
        key.algorithm.wire(),
        &variables.timers(),
        &length(&mac),
        &mac,
        &4711u16.to_be_bytes(),
        &error.to_be_bytes(),
        &[0, 0],
    ]
    .concat();
    count_additional(&mut bytes, 1).unwrap();
    Record { name: key.name.clone(), rtype: Type::TSIG, class: Class::ANY, ttl: 0, rdata }.encode(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_signed_request_carries_the_code_of_rfc_8945() {
    let key = key(Algorithm::Sha256, 0);
    let bare = request();
    let mut signed = bare.clone();
    let signature = key.sign(&mut signed, NOW).unwrap();
    // Message, key name, class ANY, TTL 0, algorithm, time, fudge, error, other length.
    let mut digested = bare.clone();
    digested.extend_from_slice(b"\x03key\x07example\0\x00\xff\0\0\0\0\x0bhmac-sha256\0");
    digested.extend_from_slice(&NOW.to_be_bytes()[2..]);
    digested.extend_from_slice(&[1, 44, 0, 0, 0, 0]);
    assert_eq!(signature.mac, mac::<Hmac<Sha256>>(b"a secret", &[&digested]));
    let message = Message::decode(&signed).unwrap();
    let tsig = message.additional.first().unwrap();
    assert_eq!((tsig.rtype, tsig.class, tsig.ttl), (Type::TSIG, Class::ANY, 0));
    assert_eq!(Tsig::decode(&tsig.rdata).unwrap().mac, signature.mac);
    assert_eq!(&signed[HEADER..bare.len()], &bare[HEADER..]);
}

#[test]
fn every_algorithm_and_length_is_verified() {
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::from_word(&algorithm.as_str().to_lowercase()), Some(algorithm));
        for length in algorithm.least_mac_len()..=algorithm.mac_len() {
            let key = key(algorithm, length as u32 * 8);
            let mut bytes = request();
            let signature = key.sign(&mut bytes, NOW).unwrap();
            assert_eq!(signature.mac.len(), length);
            let answer = answer(&key, &signature.mac, NOW + 300, 0);
            assert!(signature.verify(&answer, NOW).unwrap().response, "{key:?}");
        }
        let too_short = (algorithm.least_mac_len() as u32 - 1) * 8;
        assert_eq!(
            Key::new(Name::root(), algorithm, b"x", too_short).unwrap_err(),
            KeyError::TooShort,
            "{algorithm:?}"
        );
    }
    assert_eq!(Key::new(Name::root(), Algorithm::Sha1, b"x", 81).unwrap_err(), KeyError::NotOctets);
    assert_eq!(Key::new(Name::root(), Algorithm::Sha1, b"", 0).unwrap_err(), KeyError::EmptySecret);
}

#[test]
fn what_is_wrong_is_told_apart() {
    let ours = key(Algorithm::Sha512, 0);
    let signature = ours.sign(&mut request(), NOW).unwrap();
    let verify = |bytes: &[u8]| signature.verify(bytes, NOW).map(|_| ());
    let good = answer(&ours, &signature.mac, NOW, 0);
    assert_eq!(verify(&good), Ok(()));
    assert_eq!(verify(&request()), Err(TsigError::Unsigned));
    assert_eq!(verify(&answer(&ours, &[0; 64], NOW, 0)), Err(TsigError::BadSignature));
    assert_eq!(verify(&answer(&ours, &signature.mac, NOW - 301, 0)), Err(TsigError::BadTime));
    assert_eq!(verify(&answer(&ours, &signature.mac, NOW, 18)), Err(TsigError::Refused(18)));
    assert_eq!(verify(&answer(&key(Algorithm::Sha256, 0), &signature.mac, NOW, 0)), Err(TsigError::BadKey));
    assert_eq!(verify(&answer(&key(Algorithm::Sha512, 256), &signature.mac, NOW, 0)), Err(TsigError::BadTruncation));
    let other = Key { name: Name::parse("other.").unwrap(), ..ours.clone() };
    assert_eq!(verify(&answer(&other, &signature.mac, NOW, 0)), Err(TsigError::BadKey));
    let other = Key { secret: b"another".as_slice().into(), ..ours.clone() };
    assert_eq!(verify(&answer(&other, &signature.mac, NOW, 0)), Err(TsigError::BadSignature));
    // A server that does not know the key gives an empty code.
    assert_eq!(verify(&answer(&Key { mac_len: 0, ..ours.clone() }, &[], NOW, 17)), Err(TsigError::Refused(17)));
    assert_eq!(verify(&answer(&Key { mac_len: 0, ..ours }, &[], NOW, 0)), Err(TsigError::BadRecord));
}

proptest! {
    #[test]
    fn no_changed_octet_passes(at: prop::sample::Index, change in 1..=255u8) {
        let key = key(Algorithm::Sha224, 0);
        let signature = key.sign(&mut request(), NOW).unwrap();
        let mut bytes = answer(&key, &signature.mac, NOW, 0);
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        let verified = signature.verify(&bytes, NOW);
        // The ID is restored from the TSIG (RFC 8945 §5.3) and so not covered; names are compared without case, and class
        // and TTL of the TSIG are constants.
        if verified.is_ok() {
            let (_, tsig) = Message::decode_with_last(&bytes).unwrap();
            prop_assert!(at < 2 || (at >= tsig && change == 0x20) || (tsig + 15..tsig + 21).contains(&at), "octet {}", at);
        }
    }

    #[test]
    fn any_bytes_are_verified_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let signature = key(Algorithm::Md5, 0).sign(&mut request(), NOW).unwrap();
        prop_assert!(signature.verify(&bytes, NOW).is_err());
    }

    #[test]
    fn any_rdata_is_read_or_refused(rdata in vec(any::<u8>(), 0..60)) {
        if let Ok(tsig) = Tsig::decode(&rdata) {
            prop_assert!(tsig.mac.len() <= rdata.len());
        }
    }
}
