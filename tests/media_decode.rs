//! Films and stills, read: formats, colours, turning, interlacing, stills, bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/decoded.rs"]
mod decoded;

use std::fs;
use std::path::Path;
use std::process::Command;

use deep3d::frame::{Colour, Matrix, Orientation, Picture, Primaries, Range, Transfer};
use deep3d::media::{Deinterlace, Deinterlacing, MediaError, Source, SourceOptions};
use deep3d::time::Time;

use decoded::*;

#[test]
fn every_pixel_format_gives_ffmpegs_own_samples() {
    // What is coded, what the planes are then expected to be in FFmpeg's words, how many steps a sample may differ.
    let table = [
        ("yuv420p", "yuv420p", 0),
        ("yuvj420p", "yuvj420p", 0),
        ("yuv422p", "yuv422p", 0),
        ("yuv444p", "yuv444p", 0),
        ("yuv420p10le", "yuv420p10le", 0),
        ("yuv422p10le", "yuv422p10le", 0),
        ("yuv444p12le", "yuv444p12le", 0),
        ("yuv420p16le", "yuv420p16le", 0),
        ("yuva420p", "yuv420p", 0),
        ("gray", "gray", 0),
        ("gray10le", "gray10le", 0),
        ("gray16le", "gray16le", 0),
        ("gbrp", "gbrp", 0),
        ("gbrp12le", "gbrp12le", 0),
        ("nv12", "nv12", 0),
        ("nv21", "yuv420p", 0),
        ("rgb24", "gbrp", 0),
        ("bgra", "gbrp", 0),
        ("rgb48be", "gbrp16le", 0),
        ("rgb565le", "gbrp", 5),
        ("pal8", "gbrp", 0),
        ("yuv411p", "yuv422p", 2),
        ("yuv440p", "yuv444p", 2),
        ("yuyv422", "yuv422p", 0),
        ("yuv422p10be", "yuv422p10le", 0),
        ("ya8", "gbrp", 0),
        ("monow", "gray", 0),
    ];
    for (coded, expected, tolerance) in table {
        // Odd sizes where the format allows it.
        let size = if coded == "yuyv422" { "66:51" } else { "67:51" };
        let codec = if coded == "yuvj420p" { "mjpeg" } else { "rawvideo" };
        let path = clip(
            &format!("{coded}.nut"),
            &format!("{} -vf scale={size} -pix_fmt {coded} -c:v {codec}", moving("64x64", "5", "0.6")),
        );
        let mut source = open(&path);
        let frames = all(&mut source);
        assert_eq!(frames.len(), 3, "{coded}");
        let ours: Vec<u8> = frames.iter().flat_map(|frame| samples(&frame.data)).collect();
        let theirs =
            reference(&path, expected, "-sws_flags bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact");
        assert_eq!(ours.len(), theirs.len(), "{coded}");
        let worst = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(tolerance), "{coded}: off by {worst:?}");
        let first = &frames[0].data;
        assert_eq!(source.info().format, first.shape.format);
        let rgb = expected.starts_with("gbr");
        assert_eq!(first.shape.colour.matrix == Matrix::Rgb, rgb, "{coded}");
        let full = rgb || coded.contains('j') || expected.starts_with("gray");
        assert_eq!(first.shape.colour.range == Range::Full, full, "{coded}");
        let depth = [10, 12, 16].into_iter().find(|depth| expected.ends_with(&format!("{depth}le"))).unwrap_or(8);
        assert_eq!(first.shape.format.depth, depth, "{coded}");
    }
}

#[test]
fn bad_input_is_told_in_a_sentence_with_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let mp4 = clip("whole.mp4", &format!("{} -c:v libx264 -pix_fmt yuv420p", moving("64x64", "25", "1")));
    let mp4 = fs::read(mp4).unwrap();
    let png = clip("whole.png", &format!("{} -frames:v 1", moving("64x64", "1", "1")));
    let png = fs::read(png).unwrap();
    let sound = clip("sound.m4a", "-f lavfi -i sine=duration=0.2 -c:a aac");
    let cases = [
        (folder.path().join("none.mp4"), "no such file"),
        (folder.path().to_path_buf(), "folder"),
        (file("empty.mkv", b""), "empty"),
        (file("cut.mp4", &mp4[..mp4.len() / 2]), "cut short"),
        (file("text.mp4", b"Dear diary,\nno film today.\n"), "text"),
        (file("notes.txt", b"Dear diary,\nno film today.\n"), "text"),
        (
            file("noise.mkv", &(0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>()),
            "no film or picture",
        ),
        (file("cut.png", &png[..png.len() / 2]), "damaged or cut short"),
        (sound, "no video track"),
    ];
    for (path, words) in cases {
        let error = Source::open(&path, &SourceOptions::default()).err().unwrap_or_else(|| panic!("{path:?} opened"));
        let text = error.to_string();
        assert!(text.contains(words) && !text.contains('\n'), "{path:?}: {text}");
    }
}

/// The picture's luma (or first plane) as it is seen, turned.
fn turned(picture: &Picture) -> (usize, usize, Vec<u8>) {
    let [mut width, mut height] = picture.shape.size.map(|side| side as usize);
    let (plane, stride) = picture.planes.plane(0);
    let mut rows: Vec<Vec<u8>> = (0..height).map(|y| plane[y * stride..][..width].to_vec()).collect();
    if picture.shape.orientation.mirror {
        rows.iter_mut().for_each(|row| row.reverse());
    }
    for _ in 0..picture.shape.orientation.quarter_turns {
        rows = (0..width).map(|x| (0..height).rev().map(|y| rows[y][x]).collect()).collect();
        (width, height) = (height, width);
    }
    (width, height, rows.concat())
}

#[test]
fn turned_films_are_turned_as_ffmpeg_turns_them() {
    let plain = clip("upright.mp4", &format!("{} -c:v libx264 -pix_fmt yuv420p", moving("96x64", "5", "0.4")));
    let plain = fs::read(plain).unwrap();
    // The matrix stands 44 bytes after the name of the track's header.
    let header = plain.windows(4).position(|word| word == b"tkhd").unwrap() + 44;
    for (name, [a, b, c, d], quarter_turns, mirror) in [
        ("right", [0, 1, -1, 0], 1, false),
        ("half", [-1, 0, 0, -1], 2, false),
        ("left", [0, -1, 1, 0], 3, false),
        ("flip", [-1, 0, 0, 1], 0, true),
        ("flip-right", [0, -1, -1, 0], 1, true),
    ] {
        let mut bytes = plain.clone();
        for (index, value) in [a, b, 0, c, d].into_iter().enumerate() {
            bytes[header + 4 * index..][..4].copy_from_slice(&(value * 65_536_i32).to_be_bytes());
        }
        let path = made(&format!("{name}.mp4"), &format!("turned {name}"), |draft| fs::write(draft, &bytes).unwrap());
        let mut source = open(&path);
        let frame = source.next().unwrap().unwrap();
        assert_eq!(frame.data.shape.orientation, Orientation { mirror, quarter_turns }, "{name}");
        let (width, height, seen) = turned(&frame.data);
        assert_eq!(source.info().size, [width as u32, height as u32]);
        assert_eq!(source.info().display_size, if quarter_turns % 2 == 1 { [64, 96] } else { [96, 64] });
        let run = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(&path)
            .args(["-frames:v", "1", "-vf", "extractplanes=y", "-f", "rawvideo", "-"])
            .output()
            .unwrap();
        // FFmpeg 5.1 turns by the angle alone and leaves out the mirror.
        if !mirror {
            assert_eq!(seen, run.stdout, "{name}");
        }
    }
}

#[test]
fn interlaced_films_come_out_whole() {
    let path = clip(
        "interlaced.mpg",
        "-f lavfi -i testsrc2=size=160x96:rate=50:duration=1.2 -vf interlace=scan=tff:lowpass=off -c:v mpeg2video -flags +ildct+ilme -g 12 -bf 2 -q:v 3 -pix_fmt yuv420p",
    );
    let mut source = open(&path);
    assert!(source.info().interlaced);
    let frames = all(&mut source);
    let woven = reference(&path, "yuv420p", "");
    let whole = reference(&path, "yuv420p", "-vf bwdif=mode=send_frame:parity=auto:deint=interlaced");
    let size = 160 * 96 * 3 / 2;
    assert_eq!(frames.len(), woven.len() / size);
    let mut combs = [0, 0];
    for (index, frame) in frames.iter().enumerate() {
        assert_near(frame.pts, index as f64 * 40.0, "pts");
        let ours = samples(&frame.data);
        assert!(ours == whole[index * size..][..size], "picture {index} differs from bwdif's");
        for (count, picture) in combs.iter_mut().zip([&ours[..], &woven[index * size..][..size]]) {
            // Rows that stand out against both neighbours to the same side.
            for at in 160..160 * 95 {
                let [above, here, below] = [at - 160, at, at + 160].map(|at| i32::from(picture[at]));
                *count += usize::from((here - above).min(here - below) > 30 || (here - above).max(here - below) < -30);
            }
        }
    }
    assert!(combs[0] * 3 < combs[1], "combs left: {combs:?}");
    for index in [0, 11, 12, 13, 24, 27] {
        source.seek(frames[index].pts, 1).unwrap();
        let frame = source.next().unwrap().unwrap();
        assert_eq!((frame.pts, hash(&frame.data)), (frames[index].pts, hash(&frames[index].data)), "seek to {index}");
    }
}

#[test]
fn the_viewer_says_which_films_are_made_whole() {
    let weave =
        "-f lavfi -i testsrc2=size=160x96:rate=50:duration=1.2 -vf interlace=scan=tff:lowpass=off,setfield=prog";
    let coding = "-c:v mpeg2video -g 12 -bf 2 -q:v 3 -pix_fmt yuv420p";
    let unflagged = clip("woven.mpg", &format!("{weave} {coding}"));
    let flagged = clip("flagged.mpg", &format!("{weave} {coding} -flags +ildct+ilme"));
    let seen = |path: &Path, mode: Deinterlace| {
        let options = SourceOptions { deinterlacing: mode.into(), ..SourceOptions::default() };
        let mut source = Source::open(path, &options).unwrap();
        all(&mut source).iter().flat_map(|frame| samples(&frame.data)).collect::<Vec<u8>>()
    };
    for (path, mode, filter) in [
        (&unflagged, Deinterlace::Auto, ""),
        (&unflagged, Deinterlace::Yes, "-vf bwdif=mode=send_frame:parity=auto:deint=all"),
        (&flagged, Deinterlace::Auto, "-vf bwdif=mode=send_frame:parity=auto:deint=interlaced"),
        (&flagged, Deinterlace::No, ""),
    ] {
        assert!(seen(path, mode) == reference(path, "yuv420p", filter), "{}, {mode:?}", path.display());
    }
    // In mid-film: none is lost, and what was decoded already stays as it is.
    for (path, first) in [(&unflagged, Deinterlace::Auto), (&flagged, Deinterlace::Auto)] {
        let deinterlacing = Deinterlacing::from(first);
        let options = SourceOptions { deinterlacing: deinterlacing.clone(), ..SourceOptions::default() };
        let mut source = Source::open(path, &options).unwrap();
        let mut frames: Vec<_> = (0..10).map(|_| source.next().unwrap().unwrap()).collect();
        deinterlacing.toggle();
        frames.extend(all(&mut source));
        let whole = reference(path, "yuv420p", "-vf bwdif=mode=send_frame:parity=auto:deint=all");
        let woven = reference(path, "yuv420p", "");
        let (before, after) = if path == &unflagged { (woven, whole) } else { (whole, woven) };
        let size = 160 * 96 * 3 / 2;
        assert_eq!(frames.len() * size, before.len(), "{}", path.display());
        for (index, frame) in frames.iter().enumerate() {
            let of = |all: &[u8]| samples(&frame.data) == all[index * size..][..size];
            let right = if index < 10 { of(&before) } else { index < 16 || of(&after) };
            assert!(right, "picture {index} of {}", path.display());
        }
        deinterlacing.toggle();
        assert_ne!(deinterlacing.mode(), Deinterlace::Auto);
    }
}

#[test]
fn colours_are_read_from_the_stream() {
    let source = moving("64x64", "5", "0.4");
    // As options for FFmpeg 5, and on the frames, where FFmpeg 7 takes them from.
    let tags = |primaries: &str, matrix: &str, transfer: &str| {
        format!(
            "-vf setparams=color_primaries={primaries}:colorspace={matrix}:color_trc={transfer} -color_primaries {primaries} -colorspace {matrix} -color_trc {transfer}"
        )
    };
    let hdr = |transfer: &str| {
        let tags = tags("bt2020", "bt2020nc", transfer);
        format!("{source} {tags} -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=error")
    };
    let display = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50)";
    let pq = clip("pq.mkv", &format!("{}:{display}:max-cll=1200,400", hdr("smpte2084")));
    let mastered = clip("mastered.mp4", &format!("{}:{display}", hdr("smpte2084")));
    let hlg = clip("hlg.mkv", &hdr("arib-std-b67"));
    let sdr = tags("smpte170m", "smpte240m", "bt709").replace("-vf setparams=", "-vf setparams=range=pc:");
    let sdr = clip("sdr.mkv", &format!("{source} {sdr} -pix_fmt yuv420p -color_range pc -c:v libx264"));
    let colour = |path: &Path| {
        let mut source = open(path);
        let colour = source.next().unwrap().unwrap().data.shape.colour;
        assert_eq!(source.info().colour, colour);
        assert!(
            all(&mut source).iter().all(|frame| frame.data.shape.colour == colour),
            "the colour changes in {path:?}"
        );
        colour
    };
    let pq = colour(&pq);
    assert_eq!((pq.matrix, pq.primaries, pq.transfer), (Matrix::Bt2020, Primaries::Bt2020, Transfer::Pq));
    assert_eq!((pq.peak, pq.range), (Some(1200.0), Range::Limited));
    assert_eq!(colour(&mastered).peak, Some(4000.0));
    let hlg = colour(&hlg);
    assert_eq!((hlg.transfer, hlg.primaries), (Transfer::Hlg, Primaries::Bt2020));
    let sdr = colour(&sdr);
    assert_eq!((sdr.matrix, sdr.primaries, sdr.transfer), (Matrix::Smpte240m, Primaries::Bt601Ntsc, Transfer::Sdr));
    assert_eq!((sdr.range, sdr.peak), (Range::Full, None));
}

#[test]
fn sample_aspects_come_from_the_container_or_the_stream() {
    let coding = "-vf setsar=16/11 -c:v libx264 -pix_fmt yuv420p";
    for name in ["wide.mp4", "wide.264", "wide.mkv"] {
        let path = clip(name, &format!("{} {coding}", moving("704x576", "5", "0.4")));
        let mut source = open(&path);
        assert_eq!(source.info().display_size, [1024, 576], "{name}");
        assert_eq!(source.next().unwrap().unwrap().data.shape.sample_aspect, (16, 11), "{name}");
    }
    let over = clip(
        "over.mkv",
        &format!("{} {coding} -aspect 4:3 -bsf:v h264_metadata=sample_aspect_ratio=1/1", moving("720x576", "5", "0.4")),
    );
    assert_eq!(open(&over).info().sample_aspect, (16, 15));
}

#[test]
fn stills_of_all_kinds_are_one_picture() {
    let still = "-f lavfi -i testsrc2=size=64x64:rate=1:duration=1 -vf scale=67:51 -frames:v 1";
    for (name, more, depth) in [
        ("still.png", "-pix_fmt rgb24", 8),
        ("deep.png", "-pix_fmt rgb48be", 16),
        ("alpha.png", "-pix_fmt rgba", 8),
        ("pal.png", "-pix_fmt pal8", 8),
        ("still.bmp", "-pix_fmt bgr24", 8),
        ("still.tiff", "-pix_fmt rgb24", 8),
        ("deep.tiff", "-pix_fmt rgb48le", 16),
        ("still.tga", "-pix_fmt bgr24", 8),
        ("still.ppm", "-pix_fmt rgb24", 8),
        ("still.gif", "-pix_fmt pal8", 8),
        ("still.webp", "-c:v libwebp -lossless 1 -pix_fmt bgra", 8),
    ] {
        let path = clip(name, &format!("{still} {more}"));
        let mut source = open(&path);
        let info = source.info().clone();
        assert_eq!((info.is_still, info.size, info.duration, info.frame_rate), (true, [67, 51], None, None), "{name}");
        assert_eq!(info.colour, Colour::SRGB, "{name}");
        let frame = source.next().unwrap().unwrap();
        assert_eq!(
            (frame.pts, frame.duration, frame.data.shape.format.depth),
            (Time::ZERO, Time::ZERO, depth),
            "{name}"
        );
        let theirs = reference(&path, if depth == 16 { "gbrp16le" } else { "gbrp" }, "");
        let worst = samples(&frame.data).iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
        // swscale's way from a palette is off by one here and there.
        assert!(worst <= Some(u8::from(name == "pal.png" || name == "still.gif")), "{name}: off by {worst:?}");
        assert!(source.next().unwrap().is_none(), "{name}");
        source.seek(Time::from_seconds(3.0), 4).unwrap();
        let again = source.next().unwrap().unwrap();
        assert_eq!((again.epoch, again.id, hash(&again.data)), (4, 0, hash(&frame.data)));
    }
    // Lossy ones are decoded by other code than FFmpeg's: near, not the same.
    let jpg = clip("still.jpg", &format!("{still} -pix_fmt yuvj444p -q:v 2"));
    let ours = samples(&open(&jpg).next().unwrap().unwrap().data);
    let theirs = reference(&jpg, "gbrp", "");
    let error: f64 = ours.iter().zip(&theirs).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    assert!(error / ours.len() as f64 <= 2.0, "jpg: mean square error {}", error / ours.len() as f64);
    // What moves is a film.
    let gif = clip("moving.gif", &moving("64x64", "5", "1"));
    let mut source = open(&gif);
    assert!(!source.info().is_still);
    assert_eq!(all(&mut source).len(), 5);
}

#[test]
fn exif_turns_stills() {
    let path = clip("plain.jpg", "-f lavfi -i testsrc2=size=64x48:rate=1:duration=1 -frames:v 1 -pix_fmt yuvj444p");
    let plain = fs::read(path).unwrap();
    for (value, orientation) in [(1, (false, 0)), (3, (false, 2)), (6, (false, 1)), (8, (false, 3)), (5, (true, 3))] {
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([value, 0, 0, 0, 0, 0, 0]);
        let mut bytes = plain[..2].to_vec();
        bytes.extend([0xff, 0xe1]);
        bytes.extend((exif.len() as u16 + 2).to_be_bytes());
        bytes.extend(&exif);
        bytes.extend(&plain[2..]);
        let path = made(&format!("exif{value}.jpg"), "exif", |draft| fs::write(draft, &bytes).unwrap());
        let source = open(&path);
        let (mirror, quarter_turns) = orientation;
        assert_eq!(source.info().orientation, Orientation { mirror, quarter_turns }, "EXIF {value}");
        assert_eq!(source.info().size, if quarter_turns % 2 == 1 { [48, 64] } else { [64, 48] });
    }
}

#[test]
fn pictures_made_to_fill_the_memory_are_refused() {
    let path = clip("small.png", "-f lavfi -i color=size=16x16:rate=1:duration=1 -frames:v 1");
    let mut bytes = fs::read(path).unwrap();
    for (side, value) in [(16, 60_000_u32), (20, 60_000)] {
        bytes[side..side + 4].copy_from_slice(&value.to_be_bytes());
    }
    // The checksum of the header, so that only the size is wrong.
    let mut crc = u32::MAX;
    for byte in &bytes[12..29] {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 });
    }
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.png");
    fs::write(&path, &bytes).unwrap();
    let error = Source::open(&path, &SourceOptions::default()).err().unwrap();
    assert!(matches!(error, MediaError::TooLarge { width: 60_000, height: 60_000, .. }), "{error}");
}

#[test]
fn ffmpeg_does_not_write_to_stderr() {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_corrupt_middle_is_skipped_and_the_film_goes_on", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && !text.contains(" @ 0x"), "{text}");
}

#[test]
fn a_playlist_of_nothing_in_a_playlist_is_refused() {
    // FFmpeg 5.1 reads from nowhere here, and crashes.
    let folder = tempfile::tempdir().unwrap();
    let film = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/faults/sizechange.ts");
    let lists = [
        ("sound.m3u8", "#EXTM3U\nsizechange.ts\n#EXT-X-ENDLIST\n"),
        ("video.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nsizechange.ts\n#EXT-X-ENDLIST\n"),
        (
            "master.m3u8",
            "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI=\"sound.m3u8\"\n\
             #EXT-X-STREAM-INF:BANDWIDTH=100000,AUDIO=\"a\"\nvideo.m3u8\n",
        ),
    ];
    fs::copy(film, folder.path().join("sizechange.ts")).unwrap();
    for (name, list) in lists {
        fs::write(folder.path().join(name), list).unwrap();
    }
    let open = |name: &str| Source::open(folder.path().join(name), &SourceOptions::default());
    assert!(open("video.m3u8").is_ok());
    for name in ["sound.m3u8", "master.m3u8"] {
        let error = open(name).err().unwrap();
        assert!(matches!(error, MediaError::Unknown(_)), "{error}");
    }
}

#[test]
fn a_picture_without_rows_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat.gif");
    // 12×0, with a frame of 12×7.
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbaImage::new(12, 7).write_to(&mut bytes, image::ImageFormat::Gif).unwrap();
    let mut bytes = bytes.into_inner();
    bytes[8..10].fill(0);
    fs::write(&path, bytes).unwrap();
    let error = Source::open(&path, &SourceOptions::default()).err().unwrap();
    assert!(matches!(error, MediaError::DamagedPicture { .. }), "{error}");
}
