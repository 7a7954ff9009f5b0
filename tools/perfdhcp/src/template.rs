//! Messages from files: hexadecimal digits and spaces, with places where the client's own values go.

/// Reads a template file (`-T`).
pub(crate) fn read(name: &str) -> Result<Vec<u8>, String> {
    let text = std::fs::read(name).map_err(|_| format!("unable to open template file {name}"))?;
    parse(&text, name)
}

fn parse(text: &[u8], name: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if digits.is_empty() {
        return Err(format!("the template file {name} is empty"));
    }
    if let Some(wrong) = digits.iter().find(|digit| !digit.is_ascii_hexdigit()) {
        return Err(format!("'{}' is not a hexadecimal digit", char::from(*wrong)));
    }
    if !digits.len().is_multiple_of(2) {
        return Err("odd number of digits in template file".to_owned());
    }
    let digits = String::from_utf8_lossy(&digits);
    wire::hex::digits_only(&digits).ok_or_else(|| format!("the template file {name} is not readable"))
}

/// Overwrites a part of a message; `what` names it in the error if it is not inside.
pub(crate) fn put(message: &mut [u8], at: usize, bytes: &[u8], what: &str) -> Result<(), String> {
    let size = message.len();
    let place = at.checked_add(bytes.len()).and_then(|end| message.get_mut(at..end));
    place
        .ok_or_else(|| {
            format!("{what} offset is out of bounds: {at}, with {} bytes, in a template of {size}", bytes.len())
        })?
        .copy_from_slice(bytes);
    Ok(())
}

/// The same for bytes that end at an offset.
pub(crate) fn put_before(message: &mut [u8], last: usize, bytes: &[u8], what: &str) -> Result<(), String> {
    let at = (last + 1).checked_sub(bytes.len()).ok_or_else(|| format!("{what} offset is out of bounds"))?;
    put(message, at, bytes, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    proptest! {
        #[test]
        fn spaces_do_not_matter(bytes in proptest::collection::vec(any::<u8>(), 1..60), gaps in proptest::collection::vec(0..3usize, 120)) {
            let digits = wire::hex::Plain(&bytes).to_string();
            let spaced: String = digits.chars().zip(gaps).flat_map(|(digit, gap)| [digit.to_string(), " \n"[..gap].to_owned()]).collect();
            prop_assert_eq!(parse(spaced.as_bytes(), "x"), Ok(bytes));
        }

        #[test]
        fn nothing_outside_is_written(at in 0..50usize, len in 0..50usize) {
            let mut message = [0; 40];
            let put = put(&mut message, at, &vec![1; len], "x");
            prop_assert_eq!(put.is_ok(), at + len <= 40);
            prop_assert_eq!(message.iter().filter(|byte| **byte == 1).count(), if at + len <= 40 { len } else { 0 });
        }
    }

    #[test]
    fn what_is_no_template_is_told() {
        assert_eq!(parse(b"0 1", "f"), Ok(vec![1]));
        assert_eq!(parse(b" \n", "f"), Err("the template file f is empty".to_owned()));
        assert_eq!(parse(b"01x2", "f"), Err("'x' is not a hexadecimal digit".to_owned()));
        assert_eq!(parse(b"012", "f"), Err("odd number of digits in template file".to_owned()));
        assert_eq!(read("/nowhere/f"), Err("unable to open template file /nowhere/f".to_owned()));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"01 aB\n").unwrap();
        assert_eq!(read(file.path().to_str().unwrap()), Ok(vec![1, 0xab]));
    }

    #[test]
    fn bytes_end_at_an_offset() {
        let mut message = [0; 6];
        put_before(&mut message, 5, &[1, 2], "x").unwrap();
        assert_eq!(message, [0, 0, 0, 0, 1, 2]);
        assert!(put_before(&mut message, 0, &[1, 2], "x").is_err());
        assert!(put_before(&mut message, 6, &[1, 2], "x").is_err());
    }
}
