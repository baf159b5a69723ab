//! libass, safe: a script, its fonts, and what of it is seen at a time, at the size at which it is shown.

use std::ffi::{CStr, CString, c_char, c_int, c_longlong, c_void};
use std::ptr;

use super::fonts::Fonts;
use super::header::border_style;
use super::libass;
use crate::overlay::{Area, Bitmap, blend};
use crate::subtitle::{Rgba, Settings, Style};
use crate::time::Time;

/// Glyphs and megabytes of bitmaps that libass keeps.
const CACHE: [c_int; 2] = [4096, 64];
/// Pieces whose distance is no larger than this part of the height belong together.
const APART: u32 = 48;
/// Bitmaps of one picture; pieces beyond that join the last.
const MOST_GROUPS: usize = 256;
/// The family of the panel's own font, the last that is taken.
const LAST_FAMILY: &CStr = c"Ubuntu";

/// A script on its way to bitmaps. One thread owns it.
pub(super) struct Drawing {
    track: *mut libass::Track,
    renderer: *mut libass::Renderer,
    library: *mut libass::Library,
}

// SAFETY: libass keeps nothing by thread; all three are this object's alone.
unsafe impl Send for Drawing {}

impl Drawing {
    /// With these fonts besides the system's, and a script that begins with `head`, in whose styles `overrides` (`Field=Value`) replace fields. None where
    /// libass does not start.
    pub(super) fn new(fonts: &[&Fonts], head: &[u8], overrides: &[String]) -> Option<Self> {
        // SAFETY: the library lives as long as the renderer and the track, which are freed before it; data are copied by libass.
        unsafe {
            let library = libass::ass_library_init();
            if library.is_null() {
                return None;
            }
            let mut drawing = Self { track: ptr::null_mut(), renderer: ptr::null_mut(), library };
            libass::ass_set_message_cb(library, Some(note), ptr::null_mut());
            for font in fonts.iter().flat_map(|fonts| fonts.all()) {
                drawing.add_font(&font.name, &font.bytes);
            }
            drawing.add_font("Ubuntu-Light.ttf", epaint_default_fonts::UBUNTU_LIGHT);
            let words: Vec<_> = overrides.iter().filter_map(|word| CString::new(word.as_str()).ok()).collect();
            let mut list: Vec<_> = words.iter().map(|word| word.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect();
            libass::ass_set_style_overrides(library, list.as_mut_ptr());
            drawing.renderer = libass::ass_renderer_init(library);
            drawing.track = libass::ass_new_track(library);
            if drawing.renderer.is_null() || drawing.track.is_null() {
                return None;
            }
            let provider = libass::FONT_PROVIDER_AUTODETECT;
            libass::ass_set_cache_limits(drawing.renderer, CACHE[0], CACHE[1]);
            libass::ass_set_check_readorder(drawing.track, 0);
            libass::ass_process_codec_private(drawing.track, head.as_ptr().cast(), length(head));
            libass::ass_set_fonts(drawing.renderer, ptr::null(), LAST_FAMILY.as_ptr(), provider, ptr::null(), 1);
            Some(drawing)
        }
    }

    fn add_font(&mut self, name: &str, bytes: &[u8]) {
        let name = CString::new(name.replace('\0', "")).unwrap_or_default();
        // SAFETY: the library is alive; libass copies both.
        unsafe { libass::ass_add_font(self.library, name.as_ptr(), bytes.as_ptr().cast(), length(bytes)) }
    }

    /// Adds a line that is seen from `start` on, up to `end`. Where lines would meet, those of greater numbers give way.
    pub(super) fn add(&mut self, number: u32, line: &str, start: Time, end: Time) {
        let chunk = format!("{number},{line}");
        let (from, to) = (milliseconds(start), milliseconds(end));
        // SAFETY: the track is alive; libass copies the line.
        unsafe {
            libass::ass_process_chunk(self.track, chunk.as_ptr().cast(), length(chunk.as_bytes()), from, to - from);
        }
    }

    /// Forgets all lines.
    pub(super) fn clear(&mut self) {
        // SAFETY: the track is alive.
        unsafe { libass::ass_flush_events(self.track) }
    }

    /// From now on dialogue has the look of `style` in a script of that height, where one is given, or only the size of letters is for dialogue alone.
    pub(super) fn force(&mut self, style: Option<&Style>, dialogue_only: bool, height: u32) {
        let scaled = |length: f64| length * f64::from(height) / 720.0;
        let colour = |[red, green, blue, alpha]: Rgba| u32::from_be_bytes([red, green, blue, 255 - alpha]);
        let bits = if style.is_some() { libass::OVERRIDE_STYLE } else { 0 }
            | if dialogue_only { libass::OVERRIDE_SCALE } else { 0 };
        if let Some(style) = style {
            let font = CString::new(style.font.replace('\0', "")).unwrap_or_default();
            let side = scaled(f64::from(style.margin_side)).round() as c_int;
            let mut forced = libass::Style {
                name: c"Default".as_ptr().cast_mut(),
                font: font.as_ptr().cast_mut(),
                size: scaled(style.size),
                colours: [style.colour, style.colour, style.border_colour, style.back_colour].map(colour),
                flags: [c_int::from(style.bold), c_int::from(style.italic), 0, 0],
                scale: [1.0; 2],
                spacing: scaled(style.spacing),
                angle: 0.0,
                border_style: border_style(style.back).into(),
                outline: scaled(style.border),
                shadow: scaled(style.shadow),
                alignment: 2,
                margins: [side, side, scaled(f64::from(style.margin)).round() as c_int],
                encoding: 1,
                _unused: 0,
                blur: style.blur,
                justify: 0,
            };
            // SAFETY: the renderer is alive; libass copies the style with its words.
            unsafe { libass::ass_set_selective_style_override(self.renderer, &mut forced) }
        }
        // SAFETY: the renderer is alive.
        unsafe { libass::ass_set_selective_style_override_enabled(self.renderer, bits) }
    }

    /// What is seen at `time`, over a film whose pictures have the size `film`. None where that is what was drawn last, unless it is wanted `anyway`.
    pub(super) fn draw(
        &mut self,
        time: Time,
        area: Area,
        film: [u32; 2],
        settings: &Settings,
        anyway: bool,
    ) -> Option<Vec<Bitmap>> {
        let side = |side: u32| c_int::try_from(side.clamp(1, 16_384)).unwrap_or(1);
        let [width, height] = area.size.map(side);
        // Where the pixels shown are not square, letters are made narrower or wider by as much.
        let aspect = f64::from(width) / f64::from(height) / area.aspect.clamp(0.01, 100.0);
        let mut changed = 0;
        // SAFETY: renderer and track are alive. The images are libass's until the next frame is drawn, and read before that.
        unsafe {
            libass::ass_set_frame_size(self.renderer, width, height);
            libass::ass_set_storage_size(self.renderer, side(film[0]), side(film[1]));
            libass::ass_set_pixel_aspect(self.renderer, aspect);
            libass::ass_set_font_scale(self.renderer, settings.scale);
            libass::ass_set_line_position(self.renderer, 100.0 - settings.position);
            libass::ass_set_line_spacing(self.renderer, settings.line_spacing);
            let first =
                libass::ass_render_frame(self.renderer, self.track, milliseconds(time), &raw mut changed).as_ref();
            if changed == 0 && !anyway {
                return None;
            }
            let images = std::iter::successors(first, |image| image.next.as_ref());
            Some(together(images.filter_map(|image| Piece::of(image)), area.size[1] / APART))
        }
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        // SAFETY: all were made by libass, are freed once, and the library goes last; none of them need be there.
        unsafe {
            if !self.track.is_null() {
                libass::ass_free_track(self.track);
            }
            if !self.renderer.is_null() {
                libass::ass_renderer_done(self.renderer);
            }
            libass::ass_library_done(self.library);
        }
    }
}

fn length(bytes: &[u8]) -> c_int {
    c_int::try_from(bytes.len()).unwrap_or(c_int::MAX)
}

/// Times that were rounded up to the nanosecond are still in their millisecond.
pub(super) fn milliseconds(time: Time) -> c_longlong {
    time.nanoseconds().saturating_add(500).div_euclid(1_000_000)
}

/// libass's own words; what goes wrong in them is nothing that a viewer could mend.
unsafe extern "C" fn note(level: c_int, format: *const c_char, _arguments: libass::VaList, _data: *mut c_void) {
    if level <= 2 && !format.is_null() {
        // SAFETY: libass gives a C string.
        let words = unsafe { CStr::from_ptr(format) }.to_string_lossy();
        tracing::debug!(target: "libass", "{words}");
    }
}

/// A piece of one colour.
struct Piece<'a> {
    at: [i32; 2],
    size: [u32; 2],
    stride: usize,
    coverage: &'a [u8],
    /// Red, green, blue, opacity.
    colour: [u8; 4],
}

impl<'a> Piece<'a> {
    /// # Safety
    /// The image is libass's, of the frame drawn last.
    unsafe fn of(image: &'a libass::Image) -> Option<Self> {
        let side = |side: c_int| u32::try_from(side).ok().filter(|side| *side > 0);
        let size = [side(image.width)?, side(image.height)?];
        let stride = usize::try_from(image.stride).ok().filter(|stride| *stride >= size[0] as usize)?;
        if image.bitmap.is_null() {
            return None;
        }
        let bytes = stride * (size[1] as usize - 1) + size[0] as usize;
        // SAFETY: as libass says, there are so many bytes at least.
        let coverage = unsafe { std::slice::from_raw_parts(image.bitmap, bytes) };
        let [red, green, blue, transparency] = image.colour.to_be_bytes();
        Some(Self { at: [image.x, image.y], size, stride, coverage, colour: [red, green, blue, 255 - transparency] })
    }

    /// Right and lower end.
    fn end(&self) -> [i32; 2] {
        [0, 1].map(|axis| self.at[axis].saturating_add(i32::try_from(self.size[axis]).unwrap_or(i32::MAX)))
    }

    /// Lays it over a bitmap that it lies inside of.
    fn lay(&self, bitmap: &mut Bitmap) {
        let left = (self.at[0] - bitmap.at[0]).unsigned_abs() as usize;
        let top = (self.at[1] - bitmap.at[1]).unsigned_abs() as usize;
        let (width, across) = (self.size[0] as usize, bitmap.size[0] as usize);
        for row in 0..self.size[1] as usize {
            let from = row * self.stride;
            let to = ((top + row) * across + left) * 4;
            let (Some(coverage), Some(texels)) =
                (self.coverage.get(from..from + width), bitmap.texels.get_mut(to..to + width * 4))
            else {
                return;
            };
            for (texel, coverage) in texels.chunks_exact_mut(4).zip(coverage) {
                let alpha = (u32::from(*coverage) * u32::from(self.colour[3]) + 127) / 255;
                if alpha > 0 {
                    let with = |value: u8| ((u32::from(value) * alpha + 127) / 255) as u8;
                    let [red, green, blue, _] = self.colour;
                    blend(texel, &[with(red), with(green), with(blue), alpha as u8]);
                }
            }
        }
    }
}

/// Pieces that belong together, with their places among all, and the sides of the rectangle around them.
struct Group<'a> {
    sides: [i32; 4],
    members: Vec<(usize, Piece<'a>)>,
}

impl<'a> Group<'a> {
    fn of(index: usize, piece: Piece<'a>) -> Self {
        let [right, bottom] = piece.end();
        Self { sides: [piece.at[0], piece.at[1], right, bottom], members: vec![(index, piece)] }
    }

    fn is_near(&self, other: &Self, apart: i32) -> bool {
        let (a, b) = (self.sides, other.sides);
        a[0] - apart < b[2] && b[0] - apart < a[2] && a[1] - apart < b[3] && b[1] - apart < a[3]
    }

    fn join(&mut self, other: Self) {
        let (a, b) = (self.sides, other.sides);
        self.sides = [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
        self.members.extend(other.members);
    }

    fn bitmap(mut self) -> Bitmap {
        self.members.sort_by_key(|(index, _)| *index);
        let [left, top, right, bottom] = self.sides;
        let size = [right - left, bottom - top].map(|side| side.max(0).unsigned_abs());
        let texels = vec![0; size[0] as usize * size[1] as usize * 4];
        let mut bitmap = Bitmap { at: [left, top], size, texels };
        self.members.iter().for_each(|(_, piece)| piece.lay(&mut bitmap));
        bitmap
    }
}

/// Pieces that lie within `apart` pixels of each other become one bitmap: the lines of a cue, and not a sign elsewhere in the picture.
fn together<'a>(pieces: impl Iterator<Item = Piece<'a>>, apart: u32) -> Vec<Bitmap> {
    let apart = i32::try_from(apart).unwrap_or(i32::MAX);
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (index, piece) in pieces.enumerate() {
        let mut group = Group::of(index, piece);
        while let Some(other) = groups.iter().position(|other| other.is_near(&group, apart)) {
            group.join(groups.swap_remove(other));
        }
        if groups.len() >= MOST_GROUPS
            && let Some(last) = groups.pop()
        {
            group.join(last);
        }
        groups.push(group);
    }
    let mut bitmaps: Vec<_> = groups.into_iter().map(Group::bitmap).collect();
    bitmaps.sort_by_key(|bitmap| (bitmap.at[1], bitmap.at[0]));
    bitmaps
}
