//! Compiled kernels on disk: used when they are good, passed over when they are not, never in the way.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Bind, CacheFacts, GpuOptions, Kernel, KernelSource};
use tempfile::TempDir;

const SCALE: KernelSource = KernelSource {
    name: "test_scale",
    spirv: include_bytes!("../spirv/test_scale.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageWrite],
    push_bytes: 8,
};

/// One run of a program with `kernels` kernels.
fn start(folder: Option<&Path>, kernels: u32) -> CacheFacts {
    let gpu = WatchedGpu::with(GpuOptions { cache: folder.map(Path::to_owned), ..GpuOptions::default() }).unwrap();
    for factor in 0..kernels {
        Kernel::new(&gpu, &SCALE, &[factor]).unwrap();
    }
    gpu.cache()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The folder with the one file that a first run left in it.
fn remembered() -> (TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(start(Some(folder.path()), 1).loaded, 0, "there is nothing to begin with");
    let file = files(folder.path()).pop().unwrap();
    let contents = fs::read(&file).unwrap();
    (folder, file, contents)
}

#[test]
fn the_second_start_is_given_what_the_first_one_left() {
    let (folder, file, contents) = remembered();
    let warm = start(Some(folder.path()), 1);
    assert_eq!(warm.loaded + 40, contents.len() as u64, "all but our own header goes to the driver");
    assert_eq!(warm.kernels, 1);
    // Whether it was found is for the driver to tell, and lavapipe does not.
    assert!(warm.found <= 1);
    assert_eq!(files(folder.path()), [file]);
    assert_eq!(start(None, 1), CacheFacts { loaded: 0, kernels: 1, found: 0 }, "without a folder there is no file");
}

#[test]
fn nothing_is_written_where_no_kernel_was_made() {
    let folder = tempfile::tempdir().unwrap();
    start(Some(folder.path()), 0);
    assert!(files(folder.path()).is_empty());
}

#[test]
fn damaged_and_foreign_files_are_passed_over_and_replaced() {
    let (folder, file, good) = remembered();
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        bytes
    };
    let last = good.len() - 1;
    // Empty, cut short, damaged at the end; of another driver's version; of another device, in the driver's own header.
    for bad in [vec![], good[..last].to_vec(), vec![0xff; 5000], changed(last), changed(16), changed(40 + 12)] {
        fs::write(&file, &bad).unwrap();
        assert_eq!(start(Some(folder.path()), 1).loaded, 0);
        assert_eq!(fs::read(&file).unwrap(), good, "it was replaced");
        assert_eq!(files(folder.path()).len(), 1, "nothing half-written");
    }
    assert!(start(Some(folder.path()), 1).loaded > 0);
}

#[test]
fn where_nothing_can_be_written_kernels_are_made_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be: nobody can write below it, whatever rights he has.
    let blocked = folder.path().join("deep3d");
    fs::write(&blocked, "in the way").unwrap();
    assert_eq!(start(Some(&blocked), 1), CacheFacts { loaded: 0, kernels: 1, found: 0 });
    assert_eq!(fs::read(&blocked).unwrap(), b"in the way");
    // A folder where the file should be.
    let name = remembered().1.file_name().unwrap().to_owned();
    let taken = folder.path().join("taken");
    fs::create_dir_all(taken.join(&name)).unwrap();
    assert_eq!(start(Some(&taken), 1).kernels, 1);
    assert_eq!(files(&taken), [taken.join(name)], "nothing half-written");
}

#[test]
fn programs_that_start_at_the_same_time_share_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let program = |number: usize| {
        Command::new(env!("CARGO_BIN_EXE_deep3d"))
            .args(["test-pattern", "--layout", "anaglyph", "--size", "64x48", "-o"])
            .arg(folder.path().join(format!("{number}.png")))
            .env("DEEP3D_CACHE_DIR", &cache)
            .env("DEEP3D_VALIDATION", "1")
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    for mut running in (0..3).map(program).collect::<Vec<_>>() {
        assert!(running.wait().unwrap().success());
    }
    assert_eq!(files(&cache).len(), 1);
    let remembered = fs::read(&files(&cache)[0]).unwrap();
    assert!(start(Some(&cache), 0).loaded as usize + 40 == remembered.len());
}
