//! The device's queues: where they are, handing work to them, and how far each of them is.
//!
//! There is one for the network besides the main one, so that its long passes stand in no picture's way. Where the device has only one queue both hand their
//! work to that, each still with a timeline of its own: what uses them need not know.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ash::vk;

use super::lock::lock;

/// Which of the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueueKind {
    /// Pictures, and all else that somebody waits for.
    #[default]
    Main,
    /// Passes of the network. Its family may have no graphics and owns no images, so that only buffers can be used there.
    Network,
}

impl QueueKind {
    /// For names of objects.
    fn name(self) -> &'static str {
        match self {
            Self::Main => "everything",
            Self::Network => "network",
        }
    }
}

/// A place on a queue's timeline: reached when everything handed to that queue up to it is done. The default one is reached always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Point {
    pub(super) queue: QueueKind,
    pub(super) value: u64,
}

/// How urgent the queues are to the driver, which need not care.
const PRIORITIES: [f32; 2] = [1.0, 0.2];

/// Where the queues are: the family of each and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) main: (u32, u32),
    pub(super) network: (u32, u32),
}

impl Places {
    /// With the main queue in family `main` of `families`: the network's is another one there, else one of any family that computes, else the same one.
    pub(super) fn of(families: &[vk::QueueFamilyProperties], main: u32) -> Self {
        let second = families.get(main as usize).is_some_and(|family| family.queue_count > 1);
        let computes = |family: &vk::QueueFamilyProperties| {
            family.queue_count > 0 && family.queue_flags.contains(vk::QueueFlags::COMPUTE)
        };
        let other = (0..).zip(families).find(|(index, family)| *index != main && computes(family));
        let network = match other {
            _ if second => (main, 1),
            Some((index, _)) => (index, 0),
            None => (main, 0),
        };
        Self { main: (main, 0), network }
    }

    /// Whether the network's is not the main one.
    pub(super) fn are_two(&self) -> bool {
        self.main != self.network
    }

    /// What the device is made with.
    pub(super) fn create_infos(&self) -> Vec<vk::DeviceQueueCreateInfo<'static>> {
        let [main, network] = [self.main.0, self.network.0];
        let info = |family, priorities| {
            vk::DeviceQueueCreateInfo::default().queue_family_index(family).queue_priorities(priorities)
        };
        match self.are_two() {
            true if main == network => vec![info(main, &PRIORITIES)],
            true => vec![info(main, &PRIORITIES[..1]), info(network, &PRIORITIES[1..])],
            false => vec![info(main, &PRIORITIES[..1])],
        }
    }
}

/// The first family of `families` with all of `flags` that is `suitable`.
pub(super) fn family_with(
    families: &[vk::QueueFamilyProperties],
    flags: vk::QueueFlags,
    suitable: impl Fn(u32) -> bool,
) -> Option<u32> {
    let able =
        |(index, family): &(u32, &vk::QueueFamilyProperties)| family.queue_flags.contains(flags) && suitable(*index);
    (0..).zip(families).find(able).map(|(index, _)| index)
}

/// One queue.
pub(super) struct Queue {
    pub(super) kind: QueueKind,
    /// Locked by whoever uses it; that of both where the device has only one.
    pub(super) handle: Arc<Mutex<vk::Queue>>,
    pub(super) family: u32,
    pub(super) timeline: vk::Semaphore,
    /// The last value that was handed to the timeline; changed only while `handle` is locked.
    submitted: AtomicU64,
}

impl Queue {
    /// Hands over a command buffer that begins after `wait` and signals `signal` at its end, and tells where that is.
    ///
    /// # Safety
    /// The command buffer is of this queue's family, recorded and not pending, and what it uses stays alive until the point is reached. The semaphores are of
    /// this device, and what they are waited for comes from work that was handed over before, or from presenting.
    pub(super) unsafe fn submit(
        &self,
        device: &ash::Device,
        buffer: vk::CommandBuffer,
        wait: &[vk::SemaphoreSubmitInfo<'_>],
        signal: Option<vk::SemaphoreSubmitInfo<'_>>,
    ) -> Result<Point, vk::Result> {
        let buffers = [vk::CommandBufferSubmitInfo::default().command_buffer(buffer)];
        let handle = lock(&self.handle);
        let value = self.submitted.load(Ordering::Acquire) + 1;
        let point = Point { queue: self.kind, value };
        let signal: Vec<_> = signal.into_iter().chain([self.moment(point)]).collect();
        let info = vk::SubmitInfo2::default()
            .wait_semaphore_infos(wait)
            .command_buffer_infos(&buffers)
            .signal_semaphore_infos(&signal);
        // SAFETY: the queue is locked; for the rest the caller vouches.
        unsafe { device.queue_submit2(*handle, &[info], vk::Fence::null()) }?;
        self.submitted.store(value, Ordering::Release);
        Ok(point)
    }

    /// `point` of this queue, to be waited for or signalled by a submission.
    pub(super) fn moment(&self, point: Point) -> vk::SemaphoreSubmitInfo<'static> {
        let everything = vk::PipelineStageFlags2::ALL_COMMANDS;
        vk::SemaphoreSubmitInfo::default().semaphore(self.timeline).value(point.value).stage_mask(everything)
    }

    /// How far it is.
    pub(super) fn reached(&self, device: &ash::Device) -> Result<u64, vk::Result> {
        // SAFETY: the semaphore is a timeline of this device.
        unsafe { device.get_semaphore_counter_value(self.timeline) }
    }
}

#[cfg(test)]
impl Queue {
    /// The next point.
    pub(super) fn to_come(&self) -> Point {
        Point { queue: self.kind, value: self.submitted.load(Ordering::Acquire) + 1 }
    }

    /// Reaches it without the GPU.
    pub(super) fn signal(&self, device: &ash::Device) -> Result<(), vk::Result> {
        let _handle = lock(&self.handle);
        let value = self.to_come().value;
        let info = vk::SemaphoreSignalInfo::default().semaphore(self.timeline).value(value);
        // SAFETY: the semaphore is a timeline of this device, and the value its next one.
        unsafe { device.signal_semaphore(&info) }?;
        self.submitted.store(value, Ordering::Release);
        Ok(())
    }
}

/// All of them.
pub(super) struct Queues([Queue; 2]);

impl Queues {
    /// Those at `places` of `device`, which was made with them.
    pub(super) fn new(device: &ash::Device, places: Places) -> Result<Self, vk::Result> {
        // SAFETY: the device was made with these queues.
        let handle = |(family, index)| Arc::new(Mutex::new(unsafe { device.get_device_queue(family, index) }));
        let main = handle(places.main);
        let network = if places.are_two() { handle(places.network) } else { Arc::clone(&main) };
        let mut kind = vk::SemaphoreTypeCreateInfo::default().semaphore_type(vk::SemaphoreType::TIMELINE);
        let info = vk::SemaphoreCreateInfo::default().push_next(&mut kind);
        // SAFETY: the create info is complete.
        let timeline = || unsafe { device.create_semaphore(&info, None) };
        let queue = |kind, handle, (family, _), timeline| Queue {
            kind,
            handle,
            family,
            timeline,
            submitted: AtomicU64::new(0),
        };
        Ok(Self([
            queue(QueueKind::Main, main, places.main, timeline()?),
            queue(QueueKind::Network, network, places.network, timeline()?),
        ]))
    }

    pub(super) fn get(&self, kind: QueueKind) -> &Queue {
        let [main, network] = &self.0;
        match kind {
            QueueKind::Main => main,
            QueueKind::Network => network,
        }
    }

    /// The last point that was handed to each.
    pub(super) fn submitted(&self) -> [u64; 2] {
        self.0.each_ref().map(|queue| queue.submitted.load(Ordering::Acquire))
    }

    /// How far each is; `None` where the device does not tell any more.
    pub(super) fn reached(&self, device: &ash::Device) -> Option<[u64; 2]> {
        let [main, network] = self.0.each_ref().map(|queue| queue.reached(device).ok());
        Some([main?, network?])
    }

    /// The families, if they are two: buffers are shared between them.
    pub(super) fn families(&self) -> Option<[u32; 2]> {
        let families = self.0.each_ref().map(|queue| queue.family);
        (families[0] != families[1]).then_some(families)
    }

    /// Each with what it is called.
    pub(super) fn named(&self) -> [(&Queue, &'static str); 2] {
        self.0.each_ref().map(|queue| (queue, queue.kind.name()))
    }

    /// # Safety
    /// The device is done with everything.
    pub(super) unsafe fn destroy(&self, device: &ash::Device) {
        for queue in &self.0 {
            // SAFETY: nobody uses the timeline any more, as the caller says.
            unsafe { device.destroy_semaphore(queue.timeline, None) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A family of so many queues.
    fn family(queue_flags: vk::QueueFlags, queue_count: u32) -> vk::QueueFamilyProperties {
        vk::QueueFamilyProperties { queue_flags, queue_count, ..Default::default() }
    }

    /// Family and number of the queues that the device is made with, with how urgent they are.
    fn made(places: Places) -> Vec<(u32, Vec<f32>)> {
        let infos = places.create_infos();
        // SAFETY: they point to constants.
        let priorities = |info: &vk::DeviceQueueCreateInfo<'_>| unsafe {
            std::slice::from_raw_parts(info.p_queue_priorities, info.queue_count as usize).to_vec()
        };
        infos.iter().map(|info| (info.queue_family_index, priorities(info))).collect()
    }

    #[test]
    fn the_network_gets_a_queue_of_its_own_where_there_is_one() {
        let (draws, computes) = (vk::QueueFlags::GRAPHICS | vk::QueueFlags::COMPUTE, vk::QueueFlags::COMPUTE);
        let copies = vk::QueueFlags::TRANSFER;
        // A second one of the family.
        let many = [family(copies, 2), family(draws, 16), family(computes, 8)];
        let places = Places::of(&many, 1);
        assert_eq!(places, Places { main: (1, 0), network: (1, 1) });
        assert_eq!(made(places), [(1, vec![1.0, 0.2])]);
        // One of a family that computes, on either side of the main one; never one that only copies.
        let places = Places::of(&[family(draws, 1), family(copies, 2), family(computes, 4)], 0);
        assert_eq!(places, Places { main: (0, 0), network: (2, 0) });
        assert_eq!(made(places), [(0, vec![1.0]), (2, vec![0.2])]);
        assert_eq!(Places::of(&[family(computes, 1), family(draws, 1)], 1).network, (0, 0));
        // The same one else.
        let places = Places::of(&[family(draws, 1), family(copies, 1), family(computes, 0)], 0);
        assert_eq!(places, Places { main: (0, 0), network: (0, 0) });
        assert_eq!(made(places), [(0, vec![1.0])]);
        assert!(!places.are_two());
    }
}
