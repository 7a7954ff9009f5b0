//! JSON as Kea writes it: one line, with a space after what opens and before what closes.
//!
//! Scripts look for `"result": 0` in an answer, and the hash of a configuration is taken over this form.

use serde_json::Value;

/// A value in Kea's form: `{ "arguments": [ "config-get" ], "result": 0 }`.
pub fn to_text(value: &Value) -> String {
    let mut text = Vec::new();
    write_value(value, &mut text);
    // What was put together from strings is one.
    String::from_utf8(text).unwrap_or_default()
}

fn write_value(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Array(values) => {
            text.extend_from_slice(b"[ ");
            for (index, value) in values.iter().enumerate() {
                separate(index, text);
                write_value(value, text);
            }
            text.extend_from_slice(b" ]");
        }
        Value::Object(members) => {
            text.extend_from_slice(b"{ ");
            for (index, (key, value)) in members.iter().enumerate() {
                separate(index, text);
                // Writing to memory cannot fail.
                let _ = serde_json::to_writer(&mut *text, key);
                text.extend_from_slice(b": ");
                write_value(value, text);
            }
            text.extend_from_slice(b" }");
        }
        scalar => drop(serde_json::to_writer(text, scalar)),
    }
}

fn separate(index: usize, text: &mut Vec<u8>) {
    if index > 0 {
        text.extend_from_slice(b", ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spaces_are_keas() {
        let value = json!({ "result": 0, "arguments": { "a": [1, true, null], "b\"": "ü\n" }, "text": "" });
        let text = r#"{ "arguments": { "a": [ 1, true, null ], "b\"": "ü\n" }, "result": 0, "text": "" }"#;
        assert_eq!(to_text(&value), text);
        assert_eq!(serde_json::from_str::<Value>(&to_text(&value)).ok(), Some(value));
        assert_eq!(to_text(&json!([{}, []])), "[ {  }, [  ] ]");
    }
}
