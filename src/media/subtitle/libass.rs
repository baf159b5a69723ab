//! The few functions of libass that are used, as its header `ass/ass.h` declares them.

use std::ffi::{c_char, c_double, c_int, c_longlong, c_void};

/// `ASS_Library`.
#[repr(C)]
pub(super) struct Library {
    _private: [u8; 0],
}

/// `ASS_Renderer`.
#[repr(C)]
pub(super) struct Renderer {
    _private: [u8; 0],
}

/// `ASS_Track`.
#[repr(C)]
pub(super) struct Track {
    _private: [u8; 0],
}

/// `ASS_Image`: a piece of one colour.
#[repr(C)]
pub(super) struct Image {
    pub(super) width: c_int,
    pub(super) height: c_int,
    pub(super) stride: c_int,
    /// How much of the colour each pixel has. The last row may end where its pixels do.
    pub(super) bitmap: *const u8,
    /// Red, green, blue, transparency, from the highest byte on.
    pub(super) colour: u32,
    pub(super) x: c_int,
    pub(super) y: c_int,
    pub(super) next: *const Image,
}

/// `ASS_Style`: how dialogue is to look.
#[repr(C)]
pub(super) struct Style {
    pub(super) name: *mut c_char,
    pub(super) font: *mut c_char,
    pub(super) size: c_double,
    /// Letters, what is yet to be sung, border, shadow: red, green, blue, transparency.
    pub(super) colours: [u32; 4],
    /// Bold, italic, underlined, struck out.
    pub(super) flags: [c_int; 4],
    pub(super) scale: [c_double; 2],
    pub(super) spacing: c_double,
    pub(super) angle: c_double,
    pub(super) border_style: c_int,
    pub(super) outline: c_double,
    pub(super) shadow: c_double,
    pub(super) alignment: c_int,
    pub(super) margins: [c_int; 3],
    pub(super) encoding: c_int,
    pub(super) _unused: c_int,
    pub(super) blur: c_double,
    pub(super) justify: c_int,
}

/// Dialogue has the style that was set; the size is changed of dialogue only.
pub(super) const OVERRIDE_STYLE: c_int = 1;
pub(super) const OVERRIDE_SCALE: c_int = 2;

/// libass looks for fonts as is usual on the system.
pub(super) const FONT_PROVIDER_AUTODETECT: c_int = 1;

/// The C type `va_list` as a function's argument: one pointer in the calling conventions of Linux (x86-64, AArch64, RISC-V) and macOS.
pub(super) type VaList = *mut c_void;
pub(super) type Message = unsafe extern "C" fn(c_int, *const c_char, VaList, *mut c_void);

unsafe extern "C" {
    pub(super) fn ass_library_init() -> *mut Library;
    pub(super) fn ass_library_done(library: *mut Library);
    pub(super) fn ass_set_message_cb(library: *mut Library, message: Option<Message>, data: *mut c_void);
    pub(super) fn ass_add_font(library: *mut Library, name: *const c_char, data: *const c_char, size: c_int);
    pub(super) fn ass_renderer_init(library: *mut Library) -> *mut Renderer;
    pub(super) fn ass_renderer_done(renderer: *mut Renderer);
    pub(super) fn ass_set_fonts(
        renderer: *mut Renderer,
        default_font: *const c_char,
        default_family: *const c_char,
        provider: c_int,
        config: *const c_char,
        update: c_int,
    );
    pub(super) fn ass_set_frame_size(renderer: *mut Renderer, width: c_int, height: c_int);
    pub(super) fn ass_set_storage_size(renderer: *mut Renderer, width: c_int, height: c_int);
    pub(super) fn ass_set_pixel_aspect(renderer: *mut Renderer, aspect: c_double);
    pub(super) fn ass_set_font_scale(renderer: *mut Renderer, scale: c_double);
    pub(super) fn ass_set_line_position(renderer: *mut Renderer, position: c_double);
    pub(super) fn ass_set_line_spacing(renderer: *mut Renderer, spacing: c_double);
    pub(super) fn ass_set_style_overrides(library: *mut Library, list: *mut *mut c_char);
    pub(super) fn ass_set_selective_style_override_enabled(renderer: *mut Renderer, bits: c_int);
    pub(super) fn ass_set_selective_style_override(renderer: *mut Renderer, style: *mut Style);
    pub(super) fn ass_set_cache_limits(renderer: *mut Renderer, glyphs: c_int, megabytes: c_int);
    pub(super) fn ass_new_track(library: *mut Library) -> *mut Track;
    pub(super) fn ass_free_track(track: *mut Track);
    pub(super) fn ass_process_codec_private(track: *mut Track, data: *const c_char, size: c_int);
    pub(super) fn ass_process_chunk(
        track: *mut Track,
        data: *const c_char,
        size: c_int,
        start: c_longlong,
        duration: c_longlong,
    );
    pub(super) fn ass_set_check_readorder(track: *mut Track, check: c_int);
    pub(super) fn ass_flush_events(track: *mut Track);
    pub(super) fn ass_render_frame(
        renderer: *mut Renderer,
        track: *mut Track,
        now: c_longlong,
        changed: *mut c_int,
    ) -> *const Image;
}
