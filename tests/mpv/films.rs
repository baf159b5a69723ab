//! What both programs are given.

use std::fs;
use std::path::Path;

use crate::ffmpeg::ffmpeg;

/// The films, named as the rows name them.
pub(crate) fn make(folder: &Path) {
    let at = |name: &str| folder.join(name);
    let chapter = |number: u32| {
        let (from, to) = (number * 20_000, (number + 1) * 20_000);
        format!("[CHAPTER]\nTIMEBASE=1/1000\nSTART={from}\nEND={to}\ntitle=Part {}\n", number + 1)
    };
    fs::write(at("chapters.txt"), format!(";FFMETADATA1\n{}", (0..3).map(chapter).collect::<String>())).unwrap();
    let cues: String = (0..30)
        .map(|cue| format!("{}\n00:00:{:02},000 --> 00:00:{:02},500\nLine {cue}\n\n", cue + 1, cue * 2, cue * 2 + 1))
        .collect();
    fs::write(at("cues.srt"), &cues).unwrap();
    let [cues_path, chapters] = ["cues.srt", "chapters.txt"].map(|name| at(name).display().to_string());
    let picture = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    let sounds = "-f lavfi -i sine=440:d=60 -f lavfi -i sine=880:d=60";
    // Every picture is a key frame: where a seek lands says nothing of the kind of seek.
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc2=s=320x180:r=25:d=60 {sounds} -i {cues_path} -i {cues_path} -i {chapters} \
             -map 0 -map 1 -map 2 -map 3 -map 4 -map_metadata 5 {picture} -g 1 -c:a aac -c:s srt \
             -metadata:s:a:0 language=eng -metadata:s:a:1 language=fra -metadata:s:s:0 language=eng -metadata:s:s:1 language=fra"
        ),
        &at("film.mkv"),
    );
    ffmpeg(&format!("-f lavfi -i testsrc2=s=320x180:r=25:d=60 {picture} -g 250 -keyint_min 250"), &at("gop.mkv"));
    for name in ["second.mkv", "third.mkv"] {
        ffmpeg(
            &format!("-f lavfi -i testsrc2=s=320x180:r=25:d=30 -f lavfi -i sine=330:d=30 {picture} -g 1 -c:a aac"),
            &at(name),
        );
    }
    fs::create_dir(at("series")).unwrap();
    for name in ["Part 10.mkv", "Part 2.mkv", "Part 1.mkv"] {
        fs::copy(at("second.mkv"), at("series").join(name)).unwrap();
    }
    fs::create_dir(at("beside")).unwrap();
    fs::copy(at("second.mkv"), at("beside").join("named.mkv")).unwrap();
    fs::write(at("beside").join("named.en.srt"), &cues).unwrap();
    fs::copy(at("second.mkv"), at("other.mka")).unwrap();
    ffmpeg("-f lavfi -i sine=440:d=30", &at("sound.ogg"));
    ffmpeg("-f lavfi -i testsrc2=s=320x180 -frames:v 1", &at("photo.png"));
    ffmpeg("-f lavfi -i color=blue:s=320x180:r=25:d=30 -vf setsar=2 -c:v libx264 -preset ultrafast", &at("wide.mkv"));
    fs::write(at("list.m3u"), "#EXTM3U\n#EXTINF:30,The second\nsecond.mkv\nthird.mkv\n").unwrap();
    fs::write(
        at("list.pls"),
        "[playlist]\nFile1=second.mkv\nTitle1=The second\nFile2=third.mkv\nNumberOfEntries=2\nVersion=2\n",
    )
    .unwrap();
    fs::write(at("list.txt"), "second.mkv\nthird.mkv\nfilm.mkv\n").unwrap();
    fs::write(at("keys.conf"), "F5 set volume 33\nnonsense to nothing\nF6 cycle mute\n").unwrap();
    fs::write(at("nofilm.mkv"), "this is no film\n").unwrap();
}
