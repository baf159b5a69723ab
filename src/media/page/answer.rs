//! What yt-dlp answers with `--dump-single-json`, as far as it is of use.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::media::remote_options::HeaderField;

/// Where the film is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) url: String,
    pub(super) header_fields: Vec<HeaderField>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    http_headers: BTreeMap<String, String>,
    /// Of a list.
    #[serde(default)]
    entries: Vec<Self>,
    /// Picture and sound apart.
    #[serde(default)]
    requested_formats: Vec<serde::de::IgnoredAny>,
}

impl Answer {
    /// Reads it; the error is a reason in words.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut told: Told = serde_json::from_slice(bytes).map_err(|_| "yt-dlp's answer cannot be read".to_owned())?;
        // Of a list the first film.
        if told.url.is_none() && !told.entries.is_empty() {
            told = told.entries.swap_remove(0);
        }
        let Some(url) = told.url else {
            let apart = !told.requested_formats.is_empty();
            return Err(match apart {
                true => "picture and sound lie apart there; choose a format with both by --ytdl-format",
                false => "yt-dlp finds no film in it",
            }
            .to_owned());
        };
        let web = ["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
        if !web || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("yt-dlp names an address that is not read; http and https are".to_owned());
        }
        let fields = told.http_headers.iter().filter_map(|(name, value)| format!("{name}: {value}").parse().ok());
        Ok(Self { url, header_fields: fields.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(json: &str) -> Result<String, String> {
        Answer::read(json.as_bytes()).map(|answer| answer.url)
    }

    #[test]
    fn the_film_or_the_first_of_a_list_is_taken() {
        assert_eq!(url(r#"{"url": "https://a.example/f.mp4", "title": 3}"#), Ok("https://a.example/f.mp4".to_owned()));
        let list = r#"{"entries": [{"url": "http://a.example/1"}, {"url": "http://a.example/2"}]}"#;
        assert_eq!(url(list), Ok("http://a.example/1".to_owned()));
        let fields =
            Answer::read(br#"{"url": "http://a", "http_headers": {"Referer": "http://b", "Bad": "x\r\nHost: c"}}"#);
        assert_eq!(fields.unwrap().header_fields, ["Referer: http://b".parse().unwrap()]);
    }

    #[test]
    fn what_is_no_web_address_is_not_believed() {
        for text in ["file:///etc/passwd", "/etc/passwd", "-o", "http://", "rtmp://h/a", "http://a/\n", "http://a b"] {
            let json = serde_json::json!({ "url": text }).to_string();
            assert!(url(&json).unwrap_err().contains("not read"), "{text}");
        }
        assert!(url("{}").unwrap_err().contains("no film"));
        assert!(url(r#"{"requested_formats": [{}, {}]}"#).unwrap_err().contains("--ytdl-format"));
        for text in ["", "nonsense", "[1]", r#"{"url": 5}"#, "{\"entries\": 1}"] {
            assert!(url(text).unwrap_err().contains("cannot be read"), "{text}");
        }
    }
}
