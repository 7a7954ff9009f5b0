//! Data trees as documents for people and files: XML read and laid out.

use yang2::data::{DataFormat, DataParserFlags, DataTree, DataValidationFlags};

use super::{Invalid, Schema, Tree};

impl Tree {
    /// Reads XML. Validity is another question, see [`Self::validity`].
    pub fn from_xml(schema: &Schema, xml: &str) -> Result<Self, Invalid> {
        // libyang reads up to the end of a C string.
        let text = format!("{xml}\0");
        let flags = DataParserFlags::NO_VALIDATION | DataParserFlags::STRICT | DataParserFlags::NO_STATE;
        let none = DataValidationFlags::empty();
        Ok(Self::seal(DataTree::parse_string(schema.context, text, DataFormat::XML, flags, none)?))
    }

    /// As XML with a line for each element, indented.
    pub fn to_pretty_xml(&self) -> String {
        let mut out = String::new();
        let (mut depth, mut line_begins) = (0_usize, true);
        // A tag and the text behind it, in which `<` does not stand as it is. What is inside an element is text or elements.
        let mut pieces = self.xml().split('<').skip(1).peekable();
        while let Some(piece) = pieces.next() {
            let closes = piece.starts_with('/');
            if closes {
                depth = depth.saturating_sub(1);
            }
            if line_begins {
                out.extend(std::iter::repeat_n("  ", depth));
            }
            out.push('<');
            out.push_str(piece);
            line_begins = closes || pieces.peek().is_none_or(|next| !next.starts_with('/'));
            if line_begins {
                out.push('\n');
            }
            if !closes {
                depth += 1;
            }
        }
        out
    }
}
