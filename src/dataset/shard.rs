//! Shards: tar files in the layout that the `webdataset` library reads. All members of a sample stand together and share a key, which ends at
//! the first dot: `KEY.left.jpg`, `KEY.right.jpg`, `KEY.json`.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use serde::Serialize;

use super::error::DatasetError;
use super::judge::Measure;
use crate::output::{OutputError, PendingFile};

/// The quality of stored pictures, 1 to 100.
const QUALITY: u8 = 93;

/// What is told of a sample in `KEY.json`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Facts {
    /// The film's file name.
    pub(super) film: String,
    /// Counts the film's shots from 0.
    pub(super) shot: u64,
    /// Film time in seconds.
    pub(super) time: f64,
    /// How the film is packed: sbs, half-sbs, tab or half-tab.
    pub(super) source_layout: &'static str,
    /// The right eye came first.
    pub(super) right_first: bool,
    /// What of an eye was kept: x, y, width, height, each 0..1.
    pub(super) crop: [f64; 4],
    /// Width and height of the stored pictures.
    pub(super) size: [u32; 2],
    #[serde(flatten)]
    pub(super) measure: Measure,
}

/// One sample, ready to be stored.
pub(super) struct Sample {
    key: String,
    left: Vec<u8>,
    right: Vec<u8>,
    facts: Vec<u8>,
}

impl Sample {
    pub(super) fn new(key: String, [left, right]: [&RgbImage; 2], facts: &Facts) -> Result<Self, DatasetError> {
        let encode = |picture: &RgbImage| {
            let mut bytes = Vec::new();
            JpegEncoder::new_with_quality(&mut bytes, QUALITY)
                .encode_image(picture)
                .map_err(|error| DatasetError::Picture(error.to_string()))?;
            Ok::<_, DatasetError>(bytes)
        };
        let facts = serde_json::to_vec(facts).map_err(|error| DatasetError::Picture(error.to_string()))?;
        Ok(Self { key, left: encode(left)?, right: encode(right)?, facts })
    }

    /// Bytes in the tar: a header of 512 for each member, which is filled up to a multiple of 512.
    pub(super) fn bytes(&self) -> u64 {
        [&self.left, &self.right, &self.facts].iter().map(|part| 512 + part.len().next_multiple_of(512) as u64).sum()
    }
}

/// A shard being written, under a temporary name until it is whole; dropped before that, it goes.
pub(super) struct Shard {
    file: PendingFile,
    tar: tar::Builder<BufWriter<File>>,
    pub(super) samples: u64,
    pub(super) bytes: u64,
}

impl Shard {
    /// With `force` one that is there is replaced.
    pub(super) fn create(path: &Path, force: bool) -> Result<Self, DatasetError> {
        let file = PendingFile::create(path, force)?;
        let failed = |error| OutputError::from_io(path, &error);
        let opened = OpenOptions::new().write(true).open(file.temporary()).map_err(failed)?;
        Ok(Self { file, tar: tar::Builder::new(BufWriter::new(opened)), samples: 0, bytes: 0 })
    }

    pub(super) fn add(&mut self, sample: &Sample) -> Result<(), DatasetError> {
        let members = [("left.jpg", &sample.left), ("right.jpg", &sample.right), ("json", &sample.facts)];
        for (extension, bytes) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            // The same film gives the same bytes, whoever runs this and when.
            header.set_mtime(0);
            let name = format!("{}.{extension}", sample.key);
            let added = self.tar.append_data(&mut header, name, bytes.as_slice());
            added.map_err(|error| OutputError::from_io(self.file.path(), &error))?;
        }
        self.samples += 1;
        self.bytes += sample.bytes();
        Ok(())
    }

    /// Gives it its name; its length in bytes.
    pub(super) fn finish(self) -> Result<u64, DatasetError> {
        let path: PathBuf = self.file.path().to_owned();
        let failed = |error: std::io::Error| OutputError::from_io(&path, &error);
        let mut inner = self.tar.into_inner().map_err(failed)?;
        inner.flush().map_err(failed)?;
        let length = inner.get_ref().metadata().map_err(failed)?.len();
        drop(inner);
        self.file.commit()?;
        Ok(length)
    }
}
