//! What becomes of a film whose network fails while it plays.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::*;
use crate::film::made_up::MadeUp;
use crate::gpu::testing::WatchedGpu;
use crate::media::StopFlag;
use crate::net::{Precision, Weights};

/// Lines that were said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What fails in mid-film is the network's thread: it answers with an error. From there on `give_up` is what the film thread does.
#[test]
fn a_film_whose_network_fails_goes_on_flat_and_says_so_once() {
    let gpu = WatchedGpu::new().unwrap();
    let said = Said::default();
    let to = said.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
    let _said = tracing::subscriber::set_default(subscriber);
    let source = DepthSource::Network(Arc::new(Weights::built_in().unwrap()));
    let options = ChainOptions {
        network_area: 64 * 64,
        scenes: 5,
        precision: Precision::Auto,
        look_ahead: 1,
        steady: true,
        keep_planes: false,
        pace: Pace::Live,
        subtitles: None,
    };
    let control = Control::new(StopFlag::default());
    let mut pictures = MadeUp::new([320, 192]);
    let mut next = || pictures.next();
    let first = next();
    let crop = Crop { at: [0, 0], size: first.data.shape.size };
    let mut chain = Chain::new(&gpu, &source, &first.data.shape, crop, &options, &control).unwrap();
    let mut frame = Some(first);
    let mut give = |chain: &mut Chain| {
        loop {
            let coming = frame.take().unwrap_or_else(&mut next);
            let glance = Glance::of(&coming.data);
            frame = chain.add(coming, &glance, None, Duration::from_millis(50)).unwrap();
            if let Some(scene) = chain.give(false).unwrap() {
                return scene.data;
            }
        }
    };
    let began = Instant::now();
    while give(&mut chain).depth_of().is_none() {
        assert!(began.elapsed() < Duration::from_secs(60), "no depth came");
        std::thread::sleep(Duration::from_millis(10));
    }
    let Disparity::Estimated(estimate) = &mut chain.disparity else { panic!("there is a network") };
    estimate.give_up(&FilmError::NetworkEnded);
    for _ in 0..20 {
        let scene = give(&mut chain);
        assert!(scene.depth_of().is_none() && !scene.is_unfinished(), "nothing more is to come");
    }
    assert!(give(&mut chain).mapping(&Settings::default()).is_flat(), "it is seen flat by then");
    let said = String::from_utf8(said.0.lock().unwrap().clone()).unwrap();
    assert!(said.lines().count() == 1 && said.contains("the film goes on without depth"), "{said}");
}
