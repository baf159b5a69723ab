//! Which file each input becomes: decided and checked before anything is opened. Looks at names, at what
//! lies on the disk, and at the first bytes of local files, which say what they are whatever their names; nothing else is read.
//!
//! ```no_run
//! use deep3d::convert::plan::{Kind, Request, plan};
//! use deep3d::output::Outputs;
//! use deep3d::sink::layout::Layout;
//!
//! # fn main() -> Result<(), deep3d::convert::plan::PlanError> {
//! let request = Request {
//!     inputs: &["a.mkv".into(), "b.jpg".into()],
//!     output: Some("3d/".as_ref()),
//!     save_depth: None,
//!     layout: Layout::Sbs,
//!     codec: None,
//!     crf: None,
//! };
//! let plan = plan(&request, &mut Outputs::new(false))?;
//! if let Some(folder) = &plan.folder {
//!     std::fs::create_dir_all(folder).expect("a folder"); // 3d
//! }
//! for job in plan.jobs {
//!     match job.kind {
//!         Kind::Film(_) => println!("{} → FilmWriter::create({:?})", job.input, job.output), // 3d/a_LR.mkv
//!         Kind::Picture(_) => println!("{} → write_picture({:?})", job.input, job.output), // 3d/b_LR.jpg
//!         Kind::Depth => println!("{} → DepthWriter::create({:?})", job.input, job.output),
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub use super::naming::Kind;
use super::naming::{holds, kind_of, name_in};
use crate::location::Location;
use crate::media::Holds;
use crate::media::encode::{Codec, Container, EncodeError};
use crate::output::{OutputError, Outputs};
use crate::sink::layout::{Layout, Target};

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Files and addresses.
    pub inputs: &'a [Location],
    /// A file's name, or a folder's; none where only depth is saved.
    pub output: Option<&'a Path>,
    /// `--save-depth`: the film of depth to write.
    pub save_depth: Option<&'a Path>,
    /// How the eyes are laid out.
    pub layout: Layout,
    /// `--codec`.
    pub codec: Option<Codec>,
    /// `--crf`.
    pub crf: Option<u8>,
}

/// One input and what it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Where it is.
    pub input: Location,
    /// The file to write.
    pub output: PathBuf,
    /// What that is.
    pub kind: Kind,
    /// The film of depth to write beside it.
    pub depth: Option<PathBuf>,
    /// Of several: a file of that name is there already, and stays.
    pub is_there: bool,
}

/// Everything to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The folder to make first, where one is missing.
    pub folder: Option<PathBuf>,
    /// In the order of the inputs.
    pub jobs: Vec<Job>,
}

/// What does not go.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Nothing to read.
    #[error("no input: give a film or a picture")]
    NoInput,
    /// Nothing to write.
    #[error("no output: give a file with -o, or --save-depth")]
    NoOutput,
    /// The layout and the kind of file do not go together.
    #[error("--layout {layout} cannot be written as {what}: {cure}")]
    Layout {
        /// The layout.
        layout: Layout,
        /// The kind of file.
        what: &'static str,
        /// What goes.
        cure: &'static str,
    },
    /// A picture does not last.
    #[error("'{input}' is a picture and '{}' a film: name a picture (.png .jpg .webp .tiff)", .output.display())]
    PictureToFilm {
        /// The picture.
        input: Location,
        /// The film.
        output: PathBuf,
    },
    /// Several inputs and one file.
    #[error("{count} inputs cannot go into one file '{}': give a folder (with a / at its end)", .output.display())]
    OneFile {
        /// How many inputs.
        count: usize,
        /// The file.
        output: PathBuf,
    },
    /// Several inputs and one film of depth.
    #[error("--save-depth is one film's: {0} inputs cannot go into it; convert them one by one")]
    OneDepth(usize),
    /// Two inputs would get the same name.
    #[error("'{first}' and '{second}' would both be written to '{}': convert them into different folders", .output.display())]
    SameOutput {
        /// One input.
        first: Location,
        /// The other.
        second: Location,
        /// The name of both.
        output: PathBuf,
    },
    /// A file that must not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// What the encoder says to the options.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl PlanError {
    /// Whether the command line itself is wrong (exit code 2), whatever lies on the disk.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Encode(error) => matches!(
                error,
                EncodeError::UnknownExtension(_)
                    | EncodeError::DepthExtension(_)
                    | EncodeError::CodecInContainer { .. }
                    | EncodeError::Crf { .. }
            ),
            Self::Output(error) => error.is_usage(),
            _ => true,
        }
    }
}

/// Decides what is written where.
///
/// One input goes to the file `output`, whose extension says what it becomes; into a folder (one that is there, or a name that ends
/// with a slash) goes any number, named after the inputs with the ending that players read. There, films stay in their container
/// where it can be written (else .mkv, which takes all tracks), and pictures in their format (else .png). Which of the two an input is tells its
/// content. All that is read and written is told to `outputs`. A file that is there is an error where it is the only one to be written, and else
/// marked.
///
/// # Errors
/// Everything that can be known to be wrong before reading.
pub fn plan(request: &Request<'_>, outputs: &mut Outputs) -> Result<Plan, PlanError> {
    let (first, several) = match request.inputs {
        [] => return Err(PlanError::NoInput),
        [first] => (first, false),
        [first, ..] => (first, true),
    };
    request.inputs.iter().for_each(|input| outputs.protect(input));
    if let Some(depth) = request.save_depth {
        if several {
            return Err(PlanError::OneDepth(request.inputs.len()));
        }
        if Container::from_path(depth).ok() != Some(Container::Matroska) {
            return Err(EncodeError::DepthExtension(depth.to_owned()).into());
        }
        outputs.take(depth)?;
    }
    let output = match (request.output, request.save_depth) {
        (Some(output), _) => output,
        (None, Some(depth)) => {
            let job =
                Job { input: first.clone(), output: depth.to_owned(), kind: Kind::Depth, depth: None, is_there: false };
            return Ok(Plan { folder: None, jobs: vec![job] });
        }
        (None, None) => return Err(PlanError::NoOutput),
    };
    let named_folder = output.as_os_str().as_encoded_bytes().ends_with(b"/");
    let into_folder = output.is_dir() || named_folder || several && output.extension().is_none();
    if several && !into_folder {
        return Err(PlanError::OneFile { count: request.inputs.len(), output: output.to_owned() });
    }
    let mut jobs = Vec::new();
    for input in request.inputs {
        let holds = holds(input);
        let output = if into_folder { name_in(output, input, holds, request.layout) } else { output.to_owned() };
        let kind = kind_of(&output).ok_or_else(|| EncodeError::UnknownExtension(output.clone()))?;
        let job = Job { input: input.clone(), output, kind, depth: None, is_there: false };
        check(request, &job, holds)?;
        jobs.push(job);
    }
    let mut names: HashMap<PathBuf, Location> = HashMap::new();
    for job in &mut jobs {
        if let Some(first) = names.insert(job.output.clone(), job.input.clone()) {
            return Err(PlanError::SameOutput { first, second: job.input.clone(), output: job.output.clone() });
        }
        if !into_folder {
            outputs.take(&job.output)?;
        } else {
            job.is_there = outputs.take_or_leave(&job.output)? && !outputs.force();
            if job.is_there && !several {
                return Err(OutputError::Exists(job.output.clone()).into());
            }
        }
    }
    if let (Some(depth), Some(job)) = (request.save_depth, jobs.first_mut()) {
        job.depth = Some(depth.to_owned());
    }
    let folder = (into_folder && !output.is_dir()).then(|| output.to_owned());
    Ok(Plan { folder, jobs })
}

/// What does not depend on the disk.
fn check(request: &Request<'_>, job: &Job, holds: Holds) -> Result<(), PlanError> {
    let layout = request.layout;
    let wrong = |what, cure| Err(PlanError::Layout { layout, what, cure });
    match job.kind {
        Kind::Film(_) if !layout.allows(Target::Film) => return wrong("a film", "name a .gif"),
        Kind::Picture(format) if !layout.allows_still(format) => {
            let cure = match layout {
                Layout::Wiggle => "name a .gif",
                Layout::Rows | Layout::Columns | Layout::Checkerboard => "name a .png, .webp, .tiff or .bmp",
                _ => "name a .png, .jpg, .webp, .tiff or .bmp; .gif goes with --layout wiggle",
            };
            return wrong(format.name(), cure);
        }
        Kind::Film(container) => {
            if holds != Holds::Film {
                return Err(PlanError::PictureToFilm { input: job.input.clone(), output: job.output.clone() });
            }
            // The codec that will be taken where none is asked for depends on the size; the range of its quality does not differ.
            let codec = request.codec.unwrap_or_else(|| container.default_codec([0, 0]));
            container.check_codec(codec)?;
            codec.crf(request.crf)?;
        }
        Kind::Picture(_) | Kind::Depth => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::encode::StillFormat;

    fn request<'a>(inputs: &'a [Location], output: &'a Path, layout: Layout) -> Request<'a> {
        Request { inputs, output: Some(output), save_depth: None, layout, codec: None, crf: None }
    }

    fn ask(inputs: &[&str], output: &str, layout: Layout) -> Result<Plan, PlanError> {
        let inputs: Vec<Location> = inputs.iter().map(Location::of).collect();
        plan(&request(&inputs, output.as_ref(), layout), &mut Outputs::new(false))
    }

    fn names(plan: &Plan) -> Vec<String> {
        plan.jobs.iter().map(|job| job.output.display().to_string()).collect()
    }

    #[test]
    fn the_extension_says_what_becomes_of_it() {
        let film = ask(&["a.avi"], "b.MP4", Layout::Sbs).unwrap();
        assert_eq!(film.jobs[0].kind, Kind::Film(Container::Mp4));
        let picture = ask(&["a.avi"], "b.jpeg", Layout::Sbs).unwrap();
        assert_eq!(picture.jobs[0].kind, Kind::Picture(StillFormat::Jpeg));
        assert_eq!(picture.folder, None);
    }

    #[test]
    fn several_go_into_a_folder_under_names_that_players_read() {
        let folder = tempfile::tempdir().unwrap();
        let out = format!("{}/new/", folder.path().display());
        let inputs = ["x/a.mkv", "b.JPG", "https://h.org/v/c.d.ts?x=/y.mp4", "e.heic", "noext"];
        let plan = ask(&inputs, &out, Layout::HalfSbs).unwrap();
        assert_eq!(plan.folder.as_deref(), Some(Path::new(&out)));
        let wanted = ["a_HSBS.mkv", "b_HSBS.jpg", "c.d_HSBS.mkv", "e_HSBS.png", "noext_HSBS.mkv"];
        assert_eq!(names(&plan), wanted.map(|name| format!("{out}{name}")));
        let there = folder.path().to_str().unwrap();
        let one = ask(&["a.webm"], there, Layout::Tab).unwrap();
        assert_eq!((one.folder.clone(), names(&one)), (None, vec![format!("{there}/a_TB.webm")]));
        let depth = ask(&["a.jpg", "b.mov"], there, Layout::Depth).unwrap();
        assert_eq!(names(&depth), ["a_depth.png", "b_depth.mov"].map(|name| format!("{there}/{name}")));
        let rows = ask(&["a.jpg"], there, Layout::Rows).unwrap();
        assert_eq!(names(&rows), [format!("{there}/a_rows.png")]);
        let wiggle = ask(&["a.jpg", "b.mp4"], there, Layout::Wiggle).unwrap();
        assert_eq!(names(&wiggle), ["a_wiggle.gif", "b_wiggle.gif"].map(|name| format!("{there}/{name}")));
    }

    #[test]
    fn what_an_input_is_tells_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let frame = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
        let gif = |frames: usize| {
            [&b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\x09\x09\x09"[..], &frame.repeat(frames), b";"].concat()
        };
        let (jpeg, png) = (b"\xff\xd8\xff\xe0".to_vec(), b"\x89PNG\r\n\x1a\n".to_vec());
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
        let film = b"\0\0\0\x18ftypisom\0\0\0\0isomavc1".to_vec();
        let cases = [
            ("a.jfif", jpeg.clone(), "a_LR.jpg"),
            ("b.JPE", jpeg.clone(), "b_LR.jpg"),
            ("c.mpo", jpeg.clone(), "c_LR.jpg"),
            ("d.jps", jpeg.clone(), "d_LR.jpg"),
            ("e.psd", b"8BPS\0\x01".to_vec(), "e_LR.png"),
            ("f.dds", b"DDS \x7c".to_vec(), "f_LR.png"),
            ("g.heic", heic, "g_LR.png"),
            ("h", png.clone(), "h_LR.png"),
            ("i.jpg", film.clone(), "i_LR.mkv"),
            ("j.mkv", jpeg, "j_LR.jpg"),
            ("k.gif", gif(1), "k_LR.png"),
            ("l.gif", gif(2), "l_LR.mkv"),
            ("m.png", [&png[..], b"\0\0\0\x08acTL"].concat(), "m_LR.mkv"),
            ("n", film, "n_LR.mkv"),
            // Nothing known: the name says it.
            ("o.png", b"?".to_vec(), "o_LR.png"),
        ];
        let there = folder.path().to_str().unwrap();
        for (name, bytes, wanted) in cases {
            let input = folder.path().join(name);
            std::fs::write(&input, bytes).unwrap();
            let plan = ask(&[input.to_str().unwrap()], there, Layout::Sbs).unwrap();
            assert_eq!(names(&plan), [format!("{there}/{wanted}")], "{name}");
            let to_film = ask(&[input.to_str().unwrap()], &format!("{there}/o.mp4"), Layout::Sbs);
            assert_eq!(to_film.is_ok(), wanted.ends_with("mkv"), "{name}");
        }
    }

    /// Looking into a pipe would wait for whoever writes, and take what he writes away.
    #[cfg(unix)]
    #[test]
    fn pipes_are_not_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.jpg");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let there = folder.path().to_str().unwrap();
        let plan = ask(&[pipe.to_str().unwrap()], there, Layout::Sbs).unwrap();
        assert_eq!(names(&plan), [format!("{there}/pipe_LR.jpg")]);
    }

    #[test]
    fn names_stay_apart_and_what_has_none_is_a_film() {
        let inputs = ["a%20b.jpg", "a b.jpg", "file:///x/c%20d.mkv", "-", ".jpg", "https://h.org/"];
        let plan = ask(&inputs, "o/", Layout::Sbs).unwrap_err();
        assert!(matches!(plan, PlanError::SameOutput { first: Location::Stdin, .. }), "{plan}");
        let plan = ask(&inputs[..5], "o/", Layout::Sbs).unwrap();
        let wanted = ["a%20b_LR.jpg", "a b_LR.jpg", "c d_LR.mkv", "film_LR.mkv", ".jpg_LR.mkv"];
        assert_eq!(names(&plan), wanted.map(|name| format!("o/{name}")));
    }

    #[test]
    fn wrong_usage_is_told_from_bad_luck() {
        for (inputs, output, layout) in [
            (&["a.mp4"][..], "b.xyz", Layout::Sbs),
            (&["a.mp4"], "b", Layout::Sbs),
            (&["a.mp4"], "b.mp4", Layout::Wiggle),
            (&["a.png"], "b.png", Layout::Wiggle),
            (&["a.png"], "b.gif", Layout::Sbs),
            (&["a.png"], "b.jpg", Layout::Rows),
            (&["a.png"], "b.mp4", Layout::Sbs),
            (&["a.mp4", "b.mp4"], "c.mp4", Layout::Sbs),
            (&["x/a.mp4", "y/a.mp4"], "c/", Layout::Sbs),
            (&[], "c.mp4", Layout::Sbs),
        ] {
            let error = ask(inputs, output, layout).expect_err(output);
            assert!(error.is_usage(), "{error}");
        }
        let wrong = |codec, crf, output: &str| {
            let inputs = ["a.mp4".into()];
            let request = Request { codec, crf, ..request(&inputs, output.as_ref(), Layout::Sbs) };
            plan(&request, &mut Outputs::new(false)).expect_err(output).is_usage()
        };
        assert!(wrong(Some(Codec::H264), None, "b.webm"));
        assert!(wrong(Some(Codec::H264), Some(52), "b.mp4"));
        assert!(wrong(Some(Codec::Av1), Some(64), "b.mp4"));
        let missing = ask(&["a.mp4"], "no/such/folder/b.mp4", Layout::Sbs).unwrap_err();
        assert!(!missing.is_usage(), "{missing}");
    }

    #[test]
    fn nothing_is_overwritten_unasked_and_the_input_never() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("a.mp4"), folder.path().join("b.mp4"));
        std::fs::write(&input, "a").unwrap();
        std::fs::write(&output, "b").unwrap();
        let inputs = [Location::from(&input)];
        let ask = |output: &Path, force| plan(&request(&inputs, output, Layout::Sbs), &mut Outputs::new(force));
        let there = ask(&output, false).unwrap_err();
        assert!(!there.is_usage() && there.to_string().contains("--force"), "{there}");
        assert!(ask(&output, true).is_ok());
        let roundabout = folder.path().join("../").join(folder.path().file_name().unwrap()).join("a.mp4");
        assert!(matches!(ask(&roundabout, true), Err(PlanError::Output(OutputError::IsInput { .. }))));
    }
    #[test]
    fn depth_is_saved_alone_or_beside() {
        let inputs = ["a.mkv".into(), "b.mkv".into()];
        let of = |inputs, output: Option<&'static str>, depth: &'static str| {
            let request = request(inputs, Path::new(""), Layout::Sbs);
            let request = Request { output: output.map(Path::new), save_depth: Some(Path::new(depth)), ..request };
            plan(&request, &mut Outputs::new(false))
        };
        let alone = of(&inputs[..1], None, "d.mkv").unwrap();
        let job =
            Job { input: "a.mkv".into(), output: "d.mkv".into(), kind: Kind::Depth, depth: None, is_there: false };
        assert_eq!(alone.jobs, [job]);
        let beside = of(&inputs[..1], Some("o.mp4"), "d.MKV").unwrap();
        assert_eq!(
            (beside.jobs[0].depth.as_deref(), names(&beside)),
            (Some(Path::new("d.MKV")), vec!["o.mp4".to_owned()])
        );
        for (inputs, output, depth, word) in [
            (&inputs[..], None, "d.mkv", "one by one"),
            (&inputs[..1], None, "d.mp4", ".mkv"),
            (&inputs[..1], Some("d.mkv"), "d.mkv", "two names"),
        ] {
            let error = of(inputs, output, depth).expect_err(depth);
            assert!(error.is_usage() && error.to_string().contains(word), "{error}");
        }
        let missing = of(&inputs[..1], None, "no/such/folder/d.mkv").unwrap_err();
        assert!(!missing.is_usage(), "{missing}");
    }
}
