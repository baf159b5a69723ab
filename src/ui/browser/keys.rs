//! What keys do in the browser.

use super::Browsing;

impl Browsing {
    /// The key of that name, as input.conf has it; false where it is not the browser's.
    pub(in crate::ui) fn key(&mut self, name: &str) -> bool {
        let last = self.fitting.len().saturating_sub(1);
        let page = self.page.max(1);
        match name {
            "UP" => self.cursor = self.cursor.saturating_sub(1),
            "DOWN" => self.cursor = (self.cursor + 1).min(last),
            "PGUP" => self.cursor = self.cursor.saturating_sub(page),
            "PGDWN" => self.cursor = (self.cursor + page).min(last),
            "HOME" => self.cursor = 0,
            "END" => self.cursor = last,
            "ENTER" | "RIGHT" | "Shift+ENTER" => {
                let folder = |item: &crate::browser::Item| item.kind == crate::browser::ItemKind::Folder;
                if let Some(item) = self.item().filter(|item| name != "RIGHT" || folder(item)) {
                    self.choose(item, name == "Shift+ENTER");
                }
            }
            "BS" if !self.search.is_empty() => {
                self.search.pop();
            }
            "BS" | "LEFT" | "Alt+UP" => self.go_up(),
            "ESC" if !self.search.is_empty() => self.search.clear(),
            "ESC" => self.toggle(),
            "SPACE" if !self.search.is_empty() => self.type_letter(" "),
            "SHARP" => self.type_letter("#"),
            letter if letter.chars().count() == 1 => self.type_letter(letter),
            _ => return false,
        }
        self.follow = true;
        true
    }
}
