//! Monado's remote devices: head and hands over TCP, by the packet that Monado's own debugger sends (its r_interface.h,
//! version 25). On connecting Monado tells its packet first, so that another version of it is noticed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use openxr::{Posef, Quaternionf, Vector3f};

const HEADER: usize = 8;
/// Field of view and pose of each view, then the head's pose, then padding.
const HEAD: usize = 2 * 48 + 28 + 4;
const HAND: usize = 28 + 24 + 20 + 32 + 16;
const PACKET: usize = HEADER + HEAD + 2 * HAND;

/// A controller, as of Valve's Index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hand {
    pub(crate) pose: Posef,
    /// Fingers from straight to bent, 0…1, thumb first.
    pub(crate) curl: [f32; 5],
    pub(crate) trigger: f32,
    pub(crate) squeeze: f32,
    pub(crate) thumbstick: [f32; 2],
    pub(crate) trackpad: [f32; 2],
    /// Whether the hand's joints are seen besides.
    pub(crate) hand_tracking: bool,
    /// Whether the controller is there at all.
    pub(crate) active: bool,
    pub(crate) system: bool,
    pub(crate) a: bool,
    pub(crate) b: bool,
    pub(crate) trigger_click: bool,
    pub(crate) thumbstick_click: bool,
}

fn at(x: f32, y: f32, z: f32) -> Posef {
    Posef { orientation: Quaternionf { x: 0.0, y: 0.0, z: 0.0, w: 1.0 }, position: Vector3f { x, y, z } }
}

impl Hand {
    fn new(x: f32) -> Self {
        Self {
            pose: at(x, 1.3, -0.5),
            curl: [0.0; 5],
            trigger: 0.0,
            squeeze: 0.0,
            thumbstick: [0.0; 2],
            trackpad: [0.0; 2],
            hand_tracking: false,
            active: true,
            system: false,
            a: false,
            b: false,
            trigger_click: false,
            thumbstick_click: false,
        }
    }

    fn write(&self, packet: &mut Vec<u8>) {
        floats(packet, &pose(self.pose));
        // Velocities.
        floats(packet, &[0.0; 6]);
        floats(packet, &self.curl);
        let force = if self.squeeze < 1.0 { 0.0 } else { 1.0 };
        floats(packet, &[self.trigger, self.squeeze, force]);
        floats(packet, &self.thumbstick);
        floats(packet, &[0.0]);
        floats(packet, &self.trackpad);
        let touched = |value: [f32; 2]| value != [0.0; 2];
        let flags = [
            self.hand_tracking,
            self.active,
            self.system,
            self.system,
            self.a,
            self.a,
            self.b,
            self.b,
            self.trigger_click,
            self.trigger_click || self.trigger > 0.0,
            self.thumbstick_click,
            self.thumbstick_click || touched(self.thumbstick),
            touched(self.trackpad),
        ];
        packet.extend(flags.map(u8::from));
        packet.extend([0; 3]);
    }
}

fn floats(packet: &mut Vec<u8>, values: &[f32]) {
    packet.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn pose(pose: Posef) -> [f32; 7] {
    let (turn, at) = (pose.orientation, pose.position);
    [turn.x, turn.y, turn.z, turn.w, at.x, at.y, at.z]
}

/// The connection. Change the fields, then [`Remote::send`].
pub(crate) struct Remote {
    stream: TcpStream,
    header: [u8; HEADER],
    pub(crate) head: Posef,
    pub(crate) left: Hand,
    pub(crate) right: Hand,
}

impl Remote {
    pub(super) fn connect(port: u16) -> Self {
        let end = Instant::now() + Duration::from_secs(20);
        let mut stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < end, "Monado's remote devices do not listen on {port}: {error}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        // Its resting state and its present one.
        let mut told = [0; 2 * PACKET];
        stream.read_exact(&mut told).expect("Monado's remote devices speak another protocol: version 25 is known here");
        let header: [u8; HEADER] = told[..HEADER].try_into().unwrap();
        assert_eq!(header, told[PACKET..PACKET + HEADER], "Monado's remote packet has another size than version 25's");
        Self { stream, header, head: at(0.0, 1.6, 0.0), left: Hand::new(-0.2), right: Hand::new(0.2) }
    }

    /// Tells Monado. It takes effect with the client's next look.
    pub(crate) fn send(&mut self) {
        let mut packet = Vec::with_capacity(PACKET);
        packet.extend(self.header);
        packet.extend([0; 2 * 48]);
        floats(&mut packet, &pose(self.head));
        packet.extend([0; 4]);
        self.left.write(&mut packet);
        self.right.write(&mut packet);
        assert_eq!(packet.len(), PACKET);
        self.stream.write_all(&packet).unwrap();
    }
}
