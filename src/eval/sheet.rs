//! A contact sheet: pictures and frames of films, each with its disparity beside it, so that eyes can judge what numbers cannot. One thread.

use std::path::Path;
use std::sync::Arc;

use super::EvalError;
use super::pairs::{is_film, is_picture};
use super::scoring::next_scene;
use super::view::{Map, Reader, Samples};
use crate::film::{Film, FilmOptions};
use crate::gpu::Gpu;
use crate::location::Location;
use crate::media::StopFlag;
use crate::media::encode::{StillOptions, write_picture};
use crate::net::Weights;
use crate::position::Position;
use crate::statistics::percentile;
use crate::terminal;

/// Space between the cells, in pixels.
const GAP: u32 = 4;
/// Most cells of a sheet.
pub const MOST: usize = 400;

/// How a sheet is laid out.
#[derive(Debug, Clone)]
pub struct SheetOptions {
    /// Pictures in a row, each with its disparity.
    pub columns: u32,
    /// Width of a picture on the sheet, in pixels.
    pub width: u32,
    /// Frames of each film, evenly over its length.
    pub frames: u32,
    /// How films and pictures are opened.
    pub film: FilmOptions,
    /// Overwrite.
    pub force: bool,
}

/// A picture on the sheet, and what is written about it.
#[derive(Debug, Clone, PartialEq)]
struct Cell {
    name: String,
    picture: Samples,
    disparity: Samples,
}

/// The files that `inputs` mean: files as they are, of folders all pictures and films, by name.
pub fn files(inputs: &[Location]) -> Result<Vec<Location>, EvalError> {
    let mut files = Vec::new();
    for input in inputs {
        let Some(folder) = input.path().filter(|path| path.is_dir()) else {
            files.push(input.clone());
            continue;
        };
        let unreadable = |reason: std::io::Error| EvalError::Folder { path: folder.into(), reason: reason.to_string() };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_file() && (is_film(&path) || is_picture(&path)) {
                found.push(path);
            }
        }
        found.sort();
        files.extend(found.into_iter().map(Location::from));
    }
    match files.len() {
        0 => Err(EvalError::NoFiles),
        count if count > MOST => Err(EvalError::TooMany { count }),
        _ => Ok(files),
    }
}

/// Writes the sheet of `files` to `output`; the names of its cells, row by row.
pub fn run(
    gpu: &Gpu,
    weights: &Arc<Weights>,
    files: &[Location],
    output: &Path,
    options: &SheetOptions,
    stop: &StopFlag,
) -> Result<Vec<String>, EvalError> {
    let mut reader = Reader::new(gpu)?;
    let mut cells = Vec::new();
    for file in files {
        // What comes only once gives its first frame.
        let once = !file.can_be_reopened();
        let frames = if once || file.path().is_some_and(is_picture) { 1 } else { options.frames };
        if once && options.frames > 1 {
            tracing::warn!("{file}: this comes only once, so only its first frame is on the sheet");
        }
        for number in 0..frames {
            let share = (f64::from(number) + 0.5) / f64::from(frames);
            let start = (frames > 1).then_some(Position::Percent(share * 100.0));
            let film = FilmOptions { start, ..options.film.clone() };
            let mut film = Film::open(gpu, weights, file, &film, stop.clone())?;
            let scene = next_scene(&mut film, stop)?.ok_or_else(|| EvalError::NoPicture(file.to_string().into()))?;
            let picture = reader.picture(&scene.data.slot().picture)?.cropped(scene.data.layout.crop);
            let nearness = reader.nearness(&scene.data)?;
            let aspect = f64::from(picture.size[0]) * scene.data.layout.pixel_aspect / f64::from(picture.size[1]);
            let size = [options.width, ((f64::from(options.width) / aspect).round() as u32).max(1)];
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let name = terminal::escaped(&name).into_owned();
            let name = if frames > 1 { format!("{name} at {:.0} %", share * 100.0) } else { name };
            cells.push(Cell { name, picture: picture.resized(size), disparity: grey(&nearness.resized(size)) });
        }
    }
    let sheet = lay_out(&cells, options.columns, options.width);
    let rgba: Vec<u8> = sheet.values.chunks_exact(3).flat_map(|s| [s[0], s[1], s[2], 255]).collect();
    let still = StillOptions { force: options.force, ..StillOptions::default() };
    write_picture(output, &rgba, sheet.size[0] as usize * 4, sheet.size, &still)?;
    Ok(cells.into_iter().map(|cell| cell.name).collect())
}

/// A disparity as grey, white the 98th percentile (nearest), black the 2nd.
fn grey(nearness: &Map) -> Samples {
    let mut sorted = nearness.values.clone();
    sorted.sort_by(f32::total_cmp);
    let [low, high] = [0.02, 0.98].map(|share| percentile(&sorted, share) as f32);
    let value = |n: f32| if high > low { ((n - low) / (high - low)).clamp(0.0, 1.0) * 255.0 } else { 127.0 };
    Samples { size: nearness.size, values: nearness.values.iter().flat_map(|n| [value(*n).round() as u8; 3]).collect() }
}

/// The cells in rows; a row is as high as its highest picture.
fn lay_out(cells: &[Cell], columns: u32, width: u32) -> Samples {
    let columns = columns.max(1) as usize;
    let rows: Vec<&[Cell]> = cells.chunks(columns).collect();
    let height_of = |row: &[Cell]| row.iter().map(|cell| cell.picture.size[1]).max().unwrap_or(0) + GAP;
    let across = (2 * width + GAP) * columns.min(cells.len().max(1)) as u32;
    let size = [across, rows.iter().map(|row| height_of(row)).sum()];
    let mut sheet = Samples { size, values: vec![0; size[0] as usize * size[1] as usize * 3] };
    let mut top = 0;
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let left = column as u32 * (2 * width + GAP);
            paste(&mut sheet, &cell.picture, [left, top]);
            paste(&mut sheet, &cell.disparity, [left + width, top]);
        }
        top += height_of(row);
    }
    sheet
}

fn paste(sheet: &mut Samples, picture: &Samples, [left, top]: [u32; 2]) {
    let bytes = picture.size[0] as usize * 3;
    for (row, samples) in picture.values.chunks_exact(bytes.max(1)).enumerate() {
        let at = ((top as usize + row) * sheet.size[0] as usize + left as usize) * 3;
        if let Some(place) = sheet.values.get_mut(at..at + bytes) {
            place.copy_from_slice(samples);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_in_rows_with_their_disparity_beside_them() {
        let cell = |value: u8, height: u32| {
            let of = |value| Samples { size: [4, height], values: vec![value; 4 * height as usize * 3] };
            Cell { name: String::new(), picture: of(value), disparity: of(value + 1) }
        };
        let sheet = lay_out(&[cell(10, 2), cell(20, 3), cell(30, 1)], 2, 4);
        assert_eq!(sheet.size, [24, 3 + GAP + 1 + GAP]);
        let at = |x: usize, y: usize| sheet.values[(y * 24 + x) * 3];
        assert_eq!([at(0, 0), at(4, 0), at(12, 2), at(16, 2)], [10, 11, 20, 21]);
        assert_eq!([at(0, 7), at(4, 7), at(0, 2)], [30, 31, 0]);
    }

    #[test]
    fn near_is_bright() {
        let map = Map { size: [101, 1], values: (0..101).map(|v| v as f32 / 10.0).collect() };
        let grey = grey(&map);
        assert_eq!([grey.values[0], grey.values[150], grey.values[300]], [0, 128, 255]);
        let flat = super::grey(&Map { size: [2, 1], values: vec![3.0; 2] });
        assert_eq!(flat.values, [127; 6]);
    }
}
