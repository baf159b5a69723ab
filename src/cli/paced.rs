//! `deep3d bench --paced`: the player itself, watched by a viewer with a plan.

use super::error::CliError;
use super::headset::BenchSink;
use super::painter::ScenePainter;
use super::play::{CANVAS, pace};
use super::print::print;
use super::setup::{check_validation, gpu_options, scene};
use super::stop::ask_on_interrupt;
use super::{BenchArguments, plot};
use crate::bench::paced::viewer;
use crate::film::FilmOptions;
use crate::gpu::{Facts, Gpu, Headless};
use crate::player::{self, Controls, Films, Loop, PlayError, Player, PlayerOptions, WatchOptions};
use crate::sink::ScreenSettings;
use crate::sink::window::{Manners, Placement, WindowOptions};

/// Plays the film at its own pace, again and again where it is short, and tells how long everything took.
pub(super) fn measure(arguments: &BenchArguments) -> Result<(), CliError> {
    let Some(input) = &arguments.file else {
        return Err(CliError::Usage("bench --paced plays a film: name one".to_owned()));
    };
    let (origin, settings, film) = scene(&arguments.scene)?;
    let film = FilmOptions { pace: pace(&settings), keep_planes: settings.needs_planes(), ..film };
    let gpu = gpu_options(arguments.scene.network.gpu.clone());
    let player = PlayerOptions { loop_playlist: Loop::Endless, ..PlayerOptions::default() };
    let planes = origin.network().is_some() && film.keep_planes;
    let inputs = vec![input.clone()];
    let films = move |gpu: &Gpu| Films::new(gpu, origin.clone(), inputs.clone(), film.clone());
    let painter = |gpu: &Gpu| ScenePainter::new(gpu, settings, planes);
    let (script, measured) = viewer(arguments.frames, arguments.warm_up);
    let watch = WatchOptions { quality: arguments.headset.quality, dump: None, script: Some(script) };
    let size = arguments.scene.layout.output_size(CANVAS);
    let mut facts: Option<Facts> = None;
    let shown_by = match arguments.headset.sink {
        BenchSink::Null => {
            let gpu = Gpu::new(&Headless, &gpu)?;
            facts = Some(gpu.facts().clone());
            let player = Player::new(films(&gpu).map_err(PlayError::from)?, player);
            player::null::play(&gpu, player, painter(&gpu), size, watch, Controls::default())?;
            check_validation(&gpu)?;
            "the GPU being done with it, on no display"
        }
        BenchSink::Window => {
            let window = WindowOptions {
                title: "deep3d".to_owned(),
                size,
                full_screen: false,
                gpu,
                placement: Placement::default(),
                manners: Manners::default(),
            };
            let start = |gpu: &Gpu| {
                facts = Some(gpu.facts().clone());
                Ok((films(gpu)?, painter(gpu)))
            };
            player::play(start, player, watch, Controls::default(), window)?;
            if facts.as_ref().is_some_and(|facts| facts.present_wait) {
                "the return of vkWaitForPresentKHR, which tells when a picture is seen"
            } else {
                "the return of vkQueuePresentKHR, as this GPU does not tell when a picture is seen"
            }
        }
        BenchSink::Vr => {
            let options = arguments.headset.headset.options(gpu, None, ask_on_interrupt());
            let mut screen = arguments.headset.headset.screen(ScreenSettings::default());
            let start = |gpu: &Gpu| {
                facts = Some(gpu.facts().clone());
                Ok((films(gpu)?, painter(gpu)))
            };
            player::play_in_headset(start, player, watch, Controls::default(), &options, &mut screen)?;
            "the display time that xrWaitFrame predicts"
        }
    };
    let report = measured.report(facts.as_ref(), shown_by);
    plot::write(arguments, || report.plot())?;
    print(&report, arguments.json, || report.table())?;
    Ok(())
}
