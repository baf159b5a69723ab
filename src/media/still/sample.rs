//! The samples of a still in memory: what their parts stand for, and how wide they are.

use std::sync::Arc;

use moxcms::{CmsError, ColorProfile, Layout, TransformExecutor, TransformOptions};

/// What a sample's parts stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Ink: 0 is none.
    Cmyk,
}

impl Channels {
    pub(super) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    pub(super) fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }

    pub(super) fn layout(self) -> Layout {
        match self {
            Self::Grey => Layout::Gray,
            Self::GreyAlpha => Layout::GrayAlpha,
            Self::Rgb => Layout::Rgb,
            // Four parts without a meaning.
            Self::Rgba | Self::Cmyk => Layout::Rgba,
        }
    }
}

/// A conversion of rows of samples.
pub(super) type Transform<T> = Arc<dyn TransformExecutor<T> + Send + Sync>;

/// A part of a sample.
pub(super) trait Part: Copy + Default + 'static {
    const MOST: u64;
    fn value(self) -> u64;
    fn of(value: u64) -> Self;
    fn put(self, plane: &mut Vec<u8>);
    fn transform(from: &ColorProfile, to: &ColorProfile, layouts: [Layout; 2]) -> Result<Transform<Self>, CmsError>;
}

fn options(profile: &ColorProfile) -> TransformOptions {
    TransformOptions {
        rendering_intent: profile.rendering_intent,
        prefer_fixed_point: false,
        ..TransformOptions::default()
    }
}

impl Part for u8 {
    const MOST: u64 = 255;
    fn value(self) -> u64 {
        self.into()
    }
    fn of(value: u64) -> Self {
        value.min(Self::MOST) as Self
    }
    fn put(self, plane: &mut Vec<u8>) {
        plane.push(self);
    }
    fn transform(from: &ColorProfile, to: &ColorProfile, layouts: [Layout; 2]) -> Result<Transform<Self>, CmsError> {
        from.create_transform_8bit(layouts[0], to, layouts[1], options(from))
    }
}

impl Part for u16 {
    const MOST: u64 = 65_535;
    fn value(self) -> u64 {
        self.into()
    }
    fn of(value: u64) -> Self {
        value.min(Self::MOST) as Self
    }
    fn put(self, plane: &mut Vec<u8>) {
        plane.extend(self.to_le_bytes());
    }
    fn transform(from: &ColorProfile, to: &ColorProfile, layouts: [Layout; 2]) -> Result<Transform<Self>, CmsError> {
        from.create_transform_16bit(layouts[0], to, layouts[1], options(from))
    }
}
