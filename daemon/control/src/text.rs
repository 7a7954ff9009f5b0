//! JSON as Kea writes it: one line, with a space after what opens and before what closes.
//!
//! Scripts look for `"result": 0` in an answer, and the hash of a configuration is taken over this form.

use std::fmt::{self, Write};

use serde_json::Value;

/// A value in Kea's form: `{ "arguments": [ "config-get" ], "result": 0 }`.
pub fn to_text(value: &Value) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_value(value, &mut text);
    text
}

fn write_value(value: &Value, text: &mut String) -> fmt::Result {
    match value {
        Value::Array(values) => {
            text.push_str("[ ");
            for (index, value) in values.iter().enumerate() {
                separate(index, text);
                write_value(value, text)?;
            }
            text.push_str(" ]");
        }
        Value::Object(members) => {
            text.push_str("{ ");
            for (index, (key, value)) in members.iter().enumerate() {
                separate(index, text);
                write!(text, "{}: ", Value::from(key.as_str()))?;
                write_value(value, text)?;
            }
            text.push_str(" }");
        }
        scalar => write!(text, "{scalar}")?,
    }
    Ok(())
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push_str(", ");
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
