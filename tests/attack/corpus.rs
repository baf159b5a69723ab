//! What is attacked: small whole films and pictures of every kind, and the faulty ones that are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One film: a file, or a playlist with what it names.
pub(crate) struct Film {
    pub(crate) name: String,
    /// The first is the one that is opened.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Film {
    /// Whether it was made without a fault.
    pub(crate) fn is_whole(&self) -> bool {
        !self.name.starts_with("faults/")
    }

    /// Whether it is one picture.
    pub(crate) fn is_picture(&self) -> bool {
        let names =
            ["still.", "deep.", "palette.", "lossless.webp", "lzw.", "faults/p3", "faults/pil6", "faults/sticker"];
        names.iter().any(|start| self.name.starts_with(start))
    }
}

const SUBTITLES: &str =
    "1\n00:00:00,100 --> 00:00:00,900\nfirst line\nsecond <i>line</i>\n\n2\n00:00:01,000 --> 00:00:01,800\nlast line\n";
const CHAPTERS: &str = ";FFMETADATA1\ntitle=A made film\nartist=Somebody\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle=Beginning\n\
                        [CHAPTER]\nTIMEBASE=1/1000\nSTART=700\nEND=2000\ntitle=The rest\n";

/// Picture, sound, subtitles, chapters.
const ALL: &str = "-f lavfi -i testsrc2=size=96x64:rate=10:duration=2 -f lavfi -i sine=frequency=440:duration=2 -i subtitles.srt -i chapters.txt";

/// Name and ffmpeg's arguments after [`ALL`] and before the name.
const MADE: &[(&str, &str)] = &[
    (
        "all.mkv",
        "-map 0 -map 1 -map 2 -map_metadata 3 -c:v libx264 -preset ultrafast -g 5 -pix_fmt yuv420p -c:a aac -c:s srt -attach chapters.txt -metadata:s:t mimetype=font/ttf -metadata:s:t filename=font.ttf",
    ),
    (
        "ass.mkv",
        "-map 0 -map 1 -map 2 -map_metadata 3 -c:v libx265 -preset ultrafast -x265-params log-level=error -c:a flac -c:s ass",
    ),
    ("vorbis.mkv", "-map 0 -map 1 -c:v mpeg4 -c:a libvorbis"),
    ("cues.mkv", "-map 0 -map 1 -reserve_index_space 2000 -c:v mpeg2video -g 3 -c:a ac3"),
    ("vp8.webm", "-map 0 -map 1 -map 2 -c:v libvpx -deadline realtime -cpu-used 8 -c:a libvorbis -c:s webvtt"),
    ("vp9.webm", "-map 0 -map 1 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuva420p -c:a libopus"),
    ("av1.webm", "-t 0.5 -map 0 -c:v libaom-av1 -cpu-used 8 -usage realtime"),
    (
        "all.mp4",
        "-map 0 -map 1 -map 2 -map_metadata 3 -c:v libx264 -preset ultrafast -bf 2 -g 5 -pix_fmt yuv420p -c:a aac -c:s mov_text -movflags +faststart",
    ),
    (
        "cover.mp4",
        "-i cover.png -map 0 -map 1 -map 4 -disposition:v:1 attached_pic -c:v:0 mpeg4 -c:v:1 png -c:a libmp3lame",
    ),
    (
        "pieces.mp4",
        "-map 0 -map 1 -c:v libx264 -preset ultrafast -g 5 -pix_fmt yuv420p -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof",
    ),
    ("hevc.mp4", "-map 0 -c:v libx265 -preset ultrafast -x265-params log-level=error -tag:v hvc1"),
    ("av1.mp4", "-t 0.5 -map 0 -c:v libaom-av1 -cpu-used 8 -usage realtime"),
    ("prores.mov", "-t 0.5 -map 0 -map 1 -c:v prores -c:a pcm_s16le -timecode 01:00:00:00"),
    ("jpeg.mov", "-t 1 -map 0 -map 1 -c:v mjpeg -c:a pcm_s16be"),
    ("ten.mov", "-map 0 -c:v libx264 -preset ultrafast -pix_fmt yuv422p10le"),
    ("small.3gp", "-map 0 -c:v h263 -s 128x96"),
    ("h264.ts", "-map 0 -map 1 -c:v libx264 -preset ultrafast -g 5 -pix_fmt yuv420p -c:a aac"),
    ("mpeg2.ts", "-map 0 -map 1 -c:v mpeg2video -g 5 -c:a mp2"),
    ("hevc.ts", "-map 0 -map 1 -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=5 -c:a ac3"),
    ("disc.m2ts", "-map 0 -map 1 -c:v libx264 -preset ultrafast -g 5 -pix_fmt yuv420p -c:a ac3 -mpegts_m2ts_mode 1"),
    ("mpeg4.avi", "-map 0 -map 1 -c:v mpeg4 -c:a libmp3lame"),
    ("jpeg.avi", "-t 1 -map 0 -map 1 -c:v mjpeg -c:a pcm_s16le"),
    ("raw.avi", "-t 0.4 -map 0 -c:v rawvideo -pix_fmt bgr24"),
    ("lossless.avi", "-t 0.5 -map 0 -map 1 -c:v ffv1 -c:a pcm_u8"),
    ("flash.flv", "-map 0 -map 1 -c:v flv -c:a libmp3lame -ar 44100"),
    ("h264.flv", "-map 0 -map 1 -c:v libx264 -preset ultrafast -g 5 -pix_fmt yuv420p -c:a aac"),
    ("mpeg1.mpg", "-map 0 -map 1 -r 25 -c:v mpeg1video -c:a mp2"),
    ("disc.vob", "-map 0 -map 1 -r 25 -c:v mpeg2video -flags +ildct+ilme -c:a ac3"),
    ("theora.ogg", "-map 0 -map 1 -c:v libtheora -c:a libvorbis"),
    ("windows.wmv", "-map 0 -map 1 -map_metadata 3 -c:v wmv2 -c:a wmav2"),
    ("old.asf", "-map 0 -map 1 -c:v msmpeg4 -c:a wmav1"),
    ("parts.nut", "-map 0 -map 1 -c:v ffv1 -t 0.5 -c:a flac"),
    ("studio.mxf", "-map 0 -map 1 -r 25 -c:v mpeg2video -ar 48000 -c:a pcm_s16le"),
    ("real.rm", "-map 0 -c:v rv20 -s 128x96"),
    ("moving.swf", "-map 0 -c:v flv"),
    ("bare.ivf", "-map 0 -c:v libvpx -deadline realtime -cpu-used 8"),
    ("bare.h264", "-map 0 -c:v libx264 -preset ultrafast -g 5 -pix_fmt yuv420p"),
    ("bare.hevc", "-map 0 -c:v libx265 -preset ultrafast -x265-params log-level=error"),
    ("bare.m2v", "-map 0 -c:v mpeg2video"),
    ("bare.mjpeg", "-t 0.5 -map 0 -c:v mjpeg"),
    ("uncoded.y4m", "-t 0.3 -map 0 -pix_fmt yuv420p"),
    ("moving.gif", "-t 0.6 -map 0"),
    ("moving.png", "-t 0.4 -map 0 -f apng -plays 0"),
    ("moving.webp", "-t 0.4 -map 0 -c:v libwebp_anim -loop 0"),
    ("still.png", "-map 0 -frames:v 1"),
    ("deep.png", "-map 0 -frames:v 1 -pix_fmt rgba64be"),
    ("palette.png", "-map 0 -frames:v 1 -pix_fmt pal8"),
    ("still.jpg", "-map 0 -frames:v 1"),
    ("still.webp", "-map 0 -frames:v 1 -c:v libwebp"),
    ("lossless.webp", "-map 0 -frames:v 1 -c:v libwebp -lossless 1 -pix_fmt bgra"),
    ("still.tiff", "-map 0 -frames:v 1 -compression_algo deflate"),
    ("lzw.tiff", "-map 0 -frames:v 1 -compression_algo lzw -pix_fmt rgb48le"),
    ("still.bmp", "-map 0 -frames:v 1"),
    ("still.tga", "-map 0 -frames:v 1"),
    ("still.gif", "-map 0 -frames:v 1"),
    ("still.ppm", "-map 0 -frames:v 1"),
    ("still.pgm", "-map 0 -frames:v 1"),
    ("still.pam", "-map 0 -frames:v 1 -pix_fmt rgba"),
    ("still.jp2", "-map 0 -frames:v 1 -c:v jpeg2000"),
    ("still.dpx", "-map 0 -frames:v 1"),
    ("still.exr", "-map 0 -frames:v 1 -pix_fmt gbrpf32le"),
    ("still.sgi", "-map 0 -frames:v 1"),
    ("still.ras", "-map 0 -frames:v 1"),
    ("still.pcx", "-map 0 -frames:v 1"),
    ("still.xwd", "-map 0 -frames:v 1"),
    ("still.avif", "-map 0 -frames:v 1 -c:v libaom-av1 -cpu-used 8 -still-picture 1"),
];

/// Playlists: name, its text, and what lies beside it by the names of [`MADE`]; `hls` stands for what ffmpeg's own muxer makes.
const LISTS: &[(&str, &str, &[&str])] = &[
    (
        "list.ffconcat",
        "ffconcat version 1.0\nfile 'h264.ts'\nduration 2.0\nfile 'mpeg2.ts'\ninpoint 0.5\n",
        &["h264.ts", "mpeg2.ts"],
    ),
    (
        "one.m3u8",
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nh264.ts\n#EXT-X-ENDLIST\n",
        &["h264.ts"],
    ),
    (
        "two.m3u8",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nh264.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:2.0,\nmpeg2.ts\n#EXT-X-ENDLIST\n",
        &["h264.ts", "mpeg2.ts"],
    ),
    (
        "ranges.m3u8",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"pieces.mp4\",BYTERANGE=\"1000@0\"\n#EXTINF:2.0,\n#EXT-X-BYTERANGE:9000@1000\npieces.mp4\n\
         #EXT-X-ENDLIST\n",
        &["pieces.mp4"],
    ),
    (
        "master.m3u8",
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI=\"sound.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=100000,AUDIO=\"a\"\none.m3u8\n",
        &["one.m3u8", "h264.ts", "sound.m3u8"],
    ),
    ("sound.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nmpeg2.ts\n#EXT-X-ENDLIST\n", &["mpeg2.ts"]),
];

fn ffmpeg(folder: &Path, arguments: &str, name: &str) -> bool {
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(ALL.split(' '))
        .args(arguments.split(' '))
        .args(["-fflags", "+bitexact", "-flags", "+bitexact"])
        .arg(name)
        .current_dir(folder)
        .output()
        .expect("ffmpeg makes the films (Debian: apt install ffmpeg)");
    if !made.status.success() {
        eprintln!("ffmpeg cannot make {name}: {}", String::from_utf8_lossy(&made.stderr).lines().next().unwrap_or(""));
    }
    made.status.success()
}

/// Makes what is not there yet in `folder`, and reads all of it, in the same order each time.
pub(crate) fn all(folder: &Path) -> Vec<Film> {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("subtitles.srt"), SUBTITLES).unwrap();
    fs::write(folder.join("chapters.txt"), CHAPTERS).unwrap();
    if !folder.join("cover.png").exists() {
        assert!(ffmpeg(folder, "-map 0 -frames:v 1 -vf scale=32:32", "cover.png"), "ffmpeg cannot make a PNG");
    }
    for (name, arguments) in MADE {
        if !folder.join(name).exists() {
            let draft = format!("draft.{name}");
            if ffmpeg(folder, arguments, &draft) {
                fs::rename(folder.join(draft), folder.join(name)).unwrap();
            }
        }
    }
    let read = |name: &str| fs::read(folder.join(name)).ok().map(|bytes| (name.to_owned(), bytes));
    let mut films = Vec::new();
    for (name, _) in MADE {
        // What this ffmpeg cannot write was told above.
        films.extend(read(name).map(|file| Film { name: (*name).to_owned(), files: vec![file] }));
    }
    for (name, text, beside) in LISTS {
        let mut files = vec![((*name).to_owned(), text.as_bytes().to_vec())];
        for other in *beside {
            match LISTS.iter().find(|list| list.0 == *other) {
                Some((_, text, more)) => {
                    files.push(((*other).to_owned(), text.as_bytes().to_vec()));
                    files.extend(more.iter().filter_map(|name| read(name)));
                }
                None => files.extend(read(other)),
            }
        }
        films.push(Film { name: (*name).to_owned(), files });
    }
    films.extend(kept());
    films
}

/// The faulty inputs of the other tests, and what was found here.
fn kept() -> Vec<Film> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/faults");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|ending| ending != "py" && ending != "md"));
    paths.sort();
    let film = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        Film { files: vec![(name.clone(), fs::read(path).unwrap())], name: format!("faults/{name}") }
    };
    paths.iter().map(film).collect()
}

/// Where the made films are kept from run to run.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("attack-1")
}
