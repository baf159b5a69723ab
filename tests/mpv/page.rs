//! docs/mpv.md.

use std::fmt::Write as _;

use crate::rows::{Done, ROWS, Section, Verdict};

pub(crate) const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/mpv.md");

const HEAD: &str = "\
# For people who know mpv

What an mpv user does in the first ten minutes. Each row was done to both programs (mpv 0.35 of Debian 12, and deep3d) on an X server by `./x test-mpv`, which compares what they say of
themselves (mpv's properties), their windows, or how they end. *Same* is what came out the same; the rest is different on purpose, but for what is not here yet.
";

/// The page as the rows say it.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    for (section, title) in
        [(Section::Keys, "Keys"), (Section::Mouse, "Mouse"), (Section::Options, "Options"), (Section::Files, "Files")]
    {
        let _ = write!(page, "\n## {title}\n\n| | does | looked at | |\n|---|---|---|---|\n");
        for row in ROWS.iter().filter(|row| row.section == section) {
            let verdict = match row.verdict {
                Verdict::Same => "same".to_owned(),
                Verdict::Different(why) => format!("different: {why}"),
                Verdict::Missing => "not yet here".to_owned(),
            };
            let looked = match row.done {
                Done::Ended(_) => "how it ends".to_owned(),
                _ => row.looked.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" "),
            };
            let how = row.how.replace('|', "\\|");
            let _ = writeln!(page, "| `{how}` | {} | {looked} | {verdict} |", row.what);
        }
    }
    page
}
