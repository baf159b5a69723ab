//! What the user is told, judged.

/// Longer than this no line is, names included.
const LONGEST: usize = 1010;

/// One clean sentence, or what is wrong with it.
pub(crate) fn sentence(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("nothing was said");
    }
    if text.chars().any(char::is_control) {
        return Err("control characters");
    }
    if text.chars().count() > LONGEST {
        return Err("too long");
    }
    if text.contains("defect of deep3d") || text.contains("panicked") {
        return Err("a defect");
    }
    Ok(())
}

/// All that a program wrote to stderr, given how it ended.
pub(crate) fn stderr(bytes: &[u8], code: i32) -> Result<(), &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    text.lines().filter(|line| !line.is_empty()).try_for_each(sentence)?;
    let said = text.lines().filter(|line| line.starts_with("deep3d: ")).count();
    match (code, said) {
        (0, 0) | (1.., 1) => Ok(()),
        (0, _) => Err("an error of what went well"),
        _ => Err("not one sentence on what went wrong"),
    }
}
