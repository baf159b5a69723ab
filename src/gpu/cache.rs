//! Compiled kernels, remembered on disk from one start to the next: one `VkPipelineCache` a device, one file a driver.
//!
//! The file is only ever an advantage. One that is damaged, of another driver or cannot be read is passed over, and replaced by the next
//! that is written; where nothing can be written, nothing is. It appears whole or not at all, so processes that start and end at the same
//! time do not disturb each other: the last one's stays.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use ash::vk;

use super::lock::lock;
use crate::whole;

/// What the file begins with.
const MAGIC: [u8; 16] = *b"deep3d pipelines";

/// Of our own header: magic, driver version, a zero, length and hash of the driver's bytes.
const HEADER: usize = 40;

/// Of the driver's header (`VkPipelineCacheHeaderVersionOne`): its size, version 1, vendor, device, UUID.
const DRIVER_HEADER: usize = 32;

/// More than this is no file of ours.
const LARGEST: u64 = 256 << 20;

/// Which driver on which device compiled it: nobody else can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    vendor: u32,
    device: u32,
    driver: u32,
    uuid: [u8; vk::UUID_SIZE],
}

impl Identity {
    pub(super) fn of(properties: &vk::PhysicalDeviceProperties) -> Self {
        Self {
            vendor: properties.vendor_id,
            device: properties.device_id,
            driver: properties.driver_version,
            uuid: properties.pipeline_cache_uuid,
        }
    }

    fn file_name(&self) -> String {
        let uuid: String = self.uuid.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("pipelines-{:x}-{:x}-{:x}-{uuid}.bin", self.vendor, self.device, self.driver)
    }

    /// Whether `bytes` begin as this driver's do (Vulkan specification, "Pipeline Cache Header").
    fn wrote(&self, bytes: &[u8]) -> bool {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        word(0).is_some_and(|size| (DRIVER_HEADER..=bytes.len()).contains(&(size as usize)))
            && word(4) == Some(vk::PipelineCacheHeaderVersion::ONE.as_raw() as u32)
            && word(8) == Some(self.vendor)
            && word(12) == Some(self.device)
            && bytes.get(16..DRIVER_HEADER) == Some(&self.uuid[..])
    }

    /// What stands in a file before the driver's `bytes`.
    fn header(&self, bytes: &[u8]) -> Vec<u8> {
        let (driver, length, hash) = (self.driver.to_le_bytes(), bytes.len() as u64, hash(bytes));
        [&MAGIC[..], &driver, &[0; 4], &length.to_le_bytes(), &hash.to_le_bytes()].concat()
    }

    /// A file's contents for the driver's `bytes`.
    fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        [&self.header(bytes), bytes].concat()
    }

    /// The driver's bytes in a file's `contents`; none where they are not whole or not this driver's.
    fn open<'a>(&self, contents: &'a [u8]) -> Option<&'a [u8]> {
        let (header, bytes) = contents.split_at_checked(HEADER)?;
        (header == self.header(bytes) && self.wrote(bytes)).then_some(bytes)
    }
}

/// FNV-1a over words of eight bytes: tells damage, and is quick enough for megabytes.
fn hash(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(word)
    });
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29))
}

/// What the cache on disk was good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheFacts {
    /// Bytes that a file gave the driver at the start; 0 without one.
    pub loaded: u64,
    /// Kernels that were made.
    pub kernels: u32,
    /// Those that the driver says it found in the cache. Some drivers (lavapipe) never say so.
    pub found: u32,
}

/// The cache of one device.
pub(super) struct PipelineCache {
    pub(super) handle: vk::PipelineCache,
    identity: Identity,
    file: Option<PathBuf>,
    loaded: u64,
    /// Hash of what is in the file.
    stored: Mutex<Option<u64>>,
    kernels: AtomicU32,
    found: AtomicU32,
    /// Kernels at the last writing.
    written: AtomicU32,
}

impl PipelineCache {
    /// Begins with what `folder` remembers, if there is one.
    pub(super) fn new(device: &ash::Device, identity: Identity, folder: Option<&Path>) -> Result<Self, vk::Result> {
        let file = folder.map(|folder| folder.join(identity.file_name()));
        let contents = file.as_deref().and_then(read);
        let remembered = contents.as_deref().and_then(|contents| identity.open(contents));
        if let (Some(file), Some(_), None) = (&file, &contents, remembered) {
            tracing::debug!("{} is damaged or of another driver: kernels are compiled anew", file.display());
        }
        let make = |bytes: &[u8]| {
            let info = vk::PipelineCacheCreateInfo::default().initial_data(bytes);
            // SAFETY: the bytes are none, or what this driver itself once gave out.
            unsafe { device.create_pipeline_cache(&info, None) }
        };
        let (handle, stored) = match remembered.map(|bytes| (make(bytes), hash(bytes))) {
            Some((Ok(handle), stored)) => (handle, Some(stored)),
            _ => (make(&[])?, None),
        };
        let loaded = remembered.filter(|_| stored.is_some()).map_or(0, |bytes| bytes.len() as u64);
        Ok(Self {
            handle,
            identity,
            file,
            loaded,
            stored: Mutex::new(stored),
            kernels: AtomicU32::new(0),
            found: AtomicU32::new(0),
            written: AtomicU32::new(0),
        })
    }

    /// Notes a kernel that was made, and what the driver says about it.
    pub(super) fn count(&self, feedback: vk::PipelineCreationFeedbackFlags) {
        use vk::PipelineCreationFeedbackFlags as Flags;
        self.kernels.fetch_add(1, Ordering::Relaxed);
        if feedback.contains(Flags::VALID | Flags::APPLICATION_PIPELINE_CACHE_HIT) {
            self.found.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn facts(&self) -> CacheFacts {
        CacheFacts {
            loaded: self.loaded,
            kernels: self.kernels.load(Ordering::Relaxed),
            found: self.found.load(Ordering::Relaxed),
        }
    }

    /// Writes the file where something was added. What hinders it costs the next start its advantage and nothing else.
    pub(super) fn save(&self, device: &ash::Device) {
        let kernels = self.kernels.load(Ordering::Relaxed);
        let Some(file) = self.file.as_deref().filter(|_| self.written.swap(kernels, Ordering::Relaxed) != kernels)
        else {
            return;
        };
        // SAFETY: the cache is of this device and alive.
        let Ok(bytes) = (unsafe { device.get_pipeline_cache_data(self.handle) }) else { return };
        let mut stored = lock(&self.stored);
        let now = Some(hash(&bytes));
        if *stored == now || !self.identity.wrote(&bytes) || bytes.len() as u64 + HEADER as u64 > LARGEST {
            return;
        }
        match whole::remember(file, &self.identity.seal(&bytes)) {
            Ok(()) => *stored = now,
            Err(error) => tracing::debug!("{} cannot be written ({error}): it is done without", file.display()),
        }
    }

    pub(super) fn destroy(&self, device: &ash::Device) {
        // SAFETY: the owner calls this once, when no kernel is being made any more.
        unsafe { device.destroy_pipeline_cache(self.handle, None) };
    }
}

/// What is in `file`; none where there is nothing, or nothing of ours.
fn read(file: &Path) -> Option<Vec<u8>> {
    match whole::read(file, LARGEST) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::debug!("{} cannot be read ({error}): kernels are compiled anew", file.display());
            None
        }
    }
}

/// A driver that there is not, for tests of what is believed of a file.
const NOBODY: Identity = Identity { vendor: 1, device: 2, driver: 3, uuid: [4; vk::UUID_SIZE] };

/// The bytes that a made-up driver would be given of a file's `contents`.
#[doc(hidden)]
pub fn read_pipelines(contents: &[u8]) -> Option<&[u8]> {
    NOBODY.open(contents)
}

/// The inverse: a file's contents for `bytes`, which that driver may well never have written.
#[doc(hidden)]
pub fn write_pipelines(bytes: &[u8]) -> Vec<u8> {
    NOBODY.seal(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::whole::remember as write;
    use std::fs;

    const OURS: Identity = Identity { vendor: 1, device: 2, driver: 3, uuid: [4; 16] };

    fn bytes(identity: &Identity) -> Vec<u8> {
        let words = [32, 1, identity.vendor, identity.device];
        let mut bytes: Vec<u8> = words.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
        bytes.extend(identity.uuid);
        bytes.extend([9; 100]);
        bytes
    }

    #[test]
    fn only_whole_files_of_the_same_driver_are_believed() {
        let bytes = bytes(&OURS);
        let contents = OURS.seal(&bytes);
        assert_eq!(OURS.open(&contents), Some(&bytes[..]));
        for at in 0..contents.len() {
            let mut damaged = contents.clone();
            damaged[at] ^= 1;
            assert_eq!(OURS.open(&damaged), None, "byte {at} is damaged");
            assert_eq!(OURS.open(&contents[..at]), None, "cut short at {at}");
        }
        assert_eq!(OURS.open(&[&contents[..], &[0]].concat()), None, "something is behind it");
        let others = [
            Identity { vendor: 9, ..OURS },
            Identity { device: 9, ..OURS },
            Identity { driver: 9, ..OURS },
            Identity { uuid: [9; 16], ..OURS },
        ];
        for other in others {
            assert_eq!(other.open(&contents), None, "{other:?}");
            assert_ne!(other.file_name(), OURS.file_name());
        }
        // Wrapped as it should be, but what is inside is none of the driver's.
        assert_eq!(OURS.open(&OURS.seal(&[])), None);
        assert_eq!(OURS.open(&OURS.seal(&[255; 64])), None);
    }

    #[test]
    fn writers_at_the_same_time_leave_one_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep").join("pipelines.bin");
        std::thread::scope(|scope| {
            for writer in 0u8..4 {
                let file = &file;
                scope.spawn(move || {
                    for _ in 0..50 {
                        write(file, &vec![writer; 100_000]).unwrap();
                        let seen = read(file).unwrap();
                        assert!(seen.len() == 100_000 && seen.iter().all(|byte| *byte == seen[0]));
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing half-written");
    }

    #[test]
    fn what_is_no_file_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), None);
        assert_eq!(read(&folder.path().join("none")), None);
        if cfg!(unix) {
            assert_eq!(read(Path::new("/dev/zero")), None);
        }
        // A file where the folder should be.
        fs::write(folder.path().join("deep"), "").unwrap();
        assert!(write(&folder.path().join("deep").join("pipelines.bin"), b"x").is_err());
        // A folder where the file should be: the half-written one does not stay.
        fs::create_dir_all(folder.path().join("other").join("pipelines.bin")).unwrap();
        assert!(write(&folder.path().join("other").join("pipelines.bin"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path().join("other")).unwrap().count(), 1);
    }
}
