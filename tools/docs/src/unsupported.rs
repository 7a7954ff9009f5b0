//! The page of what is known and not supported yet.

use crate::pages::PROGRAMS;
use dhcpd_config::parameters::BUNDLED;
use schema::manual::unsupported;

/// The page.
pub fn page() -> String {
    let mut text = String::from(
        "# Not supported yet\n\nParameters of Kea's that the daemons know and refuse by name, with file, line and \
         column. A value that means what the daemon does anyway is taken, so that the files which Kea writes can be \
         read. `--list-unsupported` prints the part of one program.\n",
    );
    for (_, identity, _) in PROGRAMS {
        text.push_str(&format!("\n## {}\n\n", identity.process));
        let rows = unsupported(identity.parameters);
        if rows.is_empty() {
            text.push_str("Nothing.\n");
            continue;
        }
        text.push_str("| parameter | what is refused |\n|---|---|\n");
        text.extend(rows.iter().map(|(path, what)| format!("| `{path}` | {what} |\n")));
    }
    text.push_str(
        "\n## Hook libraries\n\nOf kea-dhcp4 and kea-dhcp6. A library that is not bundled is refused as well.\n\n",
    );
    let later = BUNDLED.iter().filter(|bundled| bundled.parameters.is_none());
    text.extend(later.map(|bundled| format!("- `{}`\n", bundled.file)));
    let left_out = BUNDLED.iter().flat_map(|bundled| {
        let rows = bundled.parameters.map(unsupported).unwrap_or_default();
        rows.into_iter().map(|(path, what)| format!("- `{path}` of `{}`: {what}\n", bundled.file))
    });
    text.extend(left_out);
    text
}
