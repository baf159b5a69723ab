//! What FFmpeg's protocols are told of how servers are to be spoken to.

use crate::media::remote_options::{HeaderField, RemoteOptions};

/// The options of FFmpeg's protocols that say the same as `remote`.
pub(super) fn options(remote: &RemoteOptions) -> Vec<(&'static str, String)> {
    let mut options = vec![("tls_verify", u8::from(remote.tls_verify).to_string())];
    if let Some(file) = &remote.tls_ca_file {
        options.push(("ca_file", file.to_string_lossy().into_owned()));
    }
    options.extend(remote.user_agent.clone().map(|agent| ("user_agent", agent)));
    options.extend(remote.referrer.clone().map(|referrer| ("referer", referrer)));
    if !remote.header_fields.is_empty() {
        options
            .push(("headers", remote.header_fields.iter().map(|HeaderField(field)| format!("{field}\r\n")).collect()));
    }
    options
}
