//! What yt-dlp answers with `--dump-single-json`, as far as it is of use.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::media::remote_options::HeaderField;

/// An address, and what its server wants to hear.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) url: String,
    pub(super) header_fields: Vec<HeaderField>,
}

/// Where the film is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The film, or its pictures alone.
    pub(super) film: Part,
    /// Its sound, where that lies elsewhere.
    pub(super) sound: Option<Part>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    http_headers: BTreeMap<String, String>,
    /// FFmpeg's name, or "none".
    #[serde(default)]
    vcodec: Option<String>,
    /// Of a list.
    #[serde(default)]
    entries: Vec<Self>,
    /// Picture and sound apart.
    #[serde(default)]
    requested_formats: Vec<Self>,
}

impl Told {
    fn part(self) -> Result<Part, String> {
        let url = self.url.ok_or("yt-dlp finds no film in it")?;
        let web = ["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
        if !web || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("yt-dlp names an address that is not read; http and https are".to_owned());
        }
        let fields = self.http_headers.iter().filter_map(|(name, value)| format!("{name}: {value}").parse().ok());
        Ok(Part { url, header_fields: fields.collect() })
    }

    fn is_sound(&self) -> bool {
        self.vcodec.as_deref() == Some("none")
    }
}

impl Answer {
    /// Reads it; the error is a reason in words.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut told: Told = serde_json::from_slice(bytes).map_err(|_| "yt-dlp's answer cannot be read".to_owned())?;
        // Of a list the first film.
        if told.url.is_none() && !told.entries.is_empty() {
            told = told.entries.swap_remove(0);
        }
        if told.url.is_some() || told.requested_formats.is_empty() {
            return Ok(Self { film: told.part()?, sound: None });
        }
        let (mut sounds, mut films): (Vec<_>, Vec<_>) = told.requested_formats.into_iter().partition(Told::is_sound);
        let more = || "yt-dlp finds it in more pieces than a picture and a sound; choose others by --ytdl-format";
        match (films.pop(), sounds.pop()) {
            (Some(film), sound) if films.is_empty() && sounds.is_empty() => {
                Ok(Self { film: film.part()?, sound: sound.map(Told::part).transpose()? })
            }
            _ => Err(more().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(json: &str) -> Result<String, String> {
        Answer::read(json.as_bytes()).map(|answer| answer.film.url)
    }

    #[test]
    fn the_film_or_the_first_of_a_list_is_taken() {
        assert_eq!(url(r#"{"url": "https://a.example/f.mp4", "title": 3}"#), Ok("https://a.example/f.mp4".to_owned()));
        let list = r#"{"entries": [{"url": "http://a.example/1"}, {"url": "http://a.example/2"}]}"#;
        assert_eq!(url(list), Ok("http://a.example/1".to_owned()));
        let fields =
            Answer::read(br#"{"url": "http://a", "http_headers": {"Referer": "http://b", "Bad": "x\r\nHost: c"}}"#);
        assert_eq!(fields.unwrap().film.header_fields, ["Referer: http://b".parse().unwrap()]);
    }

    #[test]
    fn picture_and_sound_may_lie_apart() {
        let picture = r#"{"url": "http://a/v", "vcodec": "avc1", "acodec": "none"}"#;
        let sound =
            r#"{"url": "http://b/a", "vcodec": "none", "acodec": "opus", "http_headers": {"Referer": "http://c"}}"#;
        for formats in [[picture, sound], [sound, picture]] {
            let answer =
                Answer::read(format!("{{\"requested_formats\": [{}]}}", formats.join(",")).as_bytes()).unwrap();
            let sound = answer.sound.unwrap();
            assert_eq!((answer.film.url.as_str(), sound.url.as_str()), ("http://a/v", "http://b/a"));
            assert_eq!((answer.film.header_fields.len(), sound.header_fields.len()), (0, 1));
        }
    }

    #[test]
    fn what_is_no_web_address_is_not_believed() {
        for text in ["file:///etc/passwd", "/etc/passwd", "-o", "http://", "rtmp://h/a", "http://a/\n", "http://a b"] {
            let json = serde_json::json!({ "url": text }).to_string();
            assert!(url(&json).unwrap_err().contains("not read"), "{text}");
        }
        assert!(url("{}").unwrap_err().contains("no film"));
        assert!(url(r#"{"requested_formats": [{}, {}]}"#).unwrap_err().contains("--ytdl-format"));
        let sound = r#"{"requested_formats": [{"url": "http://a"}, {"url": "file:///b", "vcodec": "none"}]}"#;
        assert!(url(sound).unwrap_err().contains("not read"));
        for text in ["", "nonsense", "[1]", r#"{"url": 5}"#, "{\"entries\": 1}"] {
            assert!(url(text).unwrap_err().contains("cannot be read"), "{text}");
        }
    }
}
