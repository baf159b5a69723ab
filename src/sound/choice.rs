//! Which device is opened.

use super::output::DeviceName;

/// The device that was `asked` for, whatever else there is; else the headset's own, as its runtime names it, where it is among `devices`; else none: the
/// system's default one.
pub(super) fn choose(devices: &[DeviceName], asked: Option<&str>, headset: Option<&str>) -> Option<String> {
    if let Some(asked) = asked {
        return Some(asked.to_owned());
    }
    let headset = headset.map(str::trim).filter(|wanted| !wanted.is_empty())?;
    devices.iter().find(|device| device.id.eq_ignore_ascii_case(headset)).map(|device| device.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_goes_before_the_headset_and_the_headset_before_the_default() {
        // As Windows names its endpoints.
        let own = "{0.0.0.00000000}.{2e0a9b1c-6d2f-4d0e-9f11-5c0a1b2c3d4e}";
        let named = |id: &str| DeviceName { id: id.to_owned(), description: "Headphones".to_owned() };
        let devices = [named("{0.0.0.00000000}.{11111111-2222-3333-4444-555555555555}"), named(own)];
        let upper = own.to_uppercase();
        let chosen = |asked, headset| choose(&devices, asked, headset);
        assert_eq!(chosen(None, Some(own)).as_deref(), Some(own));
        assert_eq!(chosen(None, Some(&upper)).as_deref(), Some(own), "as it is listed");
        assert_eq!(chosen(Some("Speakers"), Some(own)).as_deref(), Some("Speakers"));
        assert_eq!(chosen(None, None), None);
        // What is not there, or says nothing, leaves the default.
        for wanted in ["", " ", "{0.0.0.00000000}", "{99999999-2222-3333-4444-555555555555}"] {
            assert_eq!(chosen(None, Some(wanted)), None, "{wanted}");
        }
    }
}
