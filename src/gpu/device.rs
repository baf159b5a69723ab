//! The device: who makes it, what it can do, and what is freed when it is done with it.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use ash::{ext::debug_utils, vk};
use gpu_allocator::vulkan::{Allocator, AllocatorCreateDesc};

use super::cache::{CacheFacts, Identity, PipelineCache};
use super::debug::{self, Messages, Validation};
use super::error::GpuError;
use super::facts::{Facts, load};
use super::garbage::Garbage;
use super::host::{DeviceHost, GpuOptions};
use super::lock::lock;
use super::prompt::Prompt;
use super::queue::{QueueKind, Queues};
use super::start::{choose, create_device, create_instance};
use super::watch::Watch;

/// The GPU. Cloning shares it; the last clone to go takes instance and device with it.
#[derive(Clone)]
pub struct Gpu {
    pub(super) shared: Arc<Shared>,
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gpu {}", self.shared.facts.name)
    }
}

/// Kernels ([`super::Kernel`]) by name, code and constants.
type Kernels = HashMap<(&'static str, &'static [u8], Vec<u32>), Weak<dyn Any + Send + Sync>>;

pub(super) struct Shared {
    pub(super) entry: ash::Entry,
    pub(super) instance: ash::Instance,
    pub(super) physical: vk::PhysicalDevice,
    pub(super) device: ash::Device,
    pub(super) queues: Queues,
    pub(super) allocator: Mutex<Option<Allocator>>,
    pub(super) memory_used: AtomicU64,
    pub(super) memory_peak: AtomicU64,
    pub(super) objects_created: AtomicU64,
    pub(super) linear_sampler: vk::Sampler,
    pub(super) nearest_sampler: vk::Sampler,
    pub(super) utils: Option<debug_utils::Device>,
    pub(super) facts: Facts,
    pub(super) cache: PipelineCache,
    /// What is to be freed when the timelines have come to these values.
    garbage: Mutex<VecDeque<([u64; 2], Garbage)>>,
    /// Those in use.
    pub(super) kernels: Mutex<Kernels>,
    messenger: Option<(debug_utils::Instance, vk::DebugUtilsMessengerEXT)>,
    messages: Box<Messages>,
    /// Held until the instance is gone: fields go after `drop`.
    _watch: Option<Watch>,
}

/// For so long a thread that must not wait frees what is no longer needed.
const MOMENT: Duration = Duration::from_millis(1);

/// Undoes a half-made instance or device unless it is taken over.
struct Undo<F: FnMut()>(Option<F>);

impl<F: FnMut()> Undo<F> {
    fn keep(&mut self) {
        self.0 = None;
    }
}

impl<F: FnMut()> Drop for Undo<F> {
    fn drop(&mut self) {
        if let Some(undo) = &mut self.0 {
            undo();
        }
    }
}

impl Gpu {
    /// Starts Vulkan on the GPU that `options` and `host` agree on. A watched one waits until no other in this process is: see [`super::testing::Watch`].
    pub fn new(host: &dyn DeviceHost, options: &GpuOptions) -> Result<Self, GpuError> {
        let entry = load()?;
        let messages = Box::new(Messages::default());
        let watched = options.validation == Validation::On;
        // First of all, so that it is given back after the half-made instance of a start that fails.
        let watch = if watched { Some(Watch::begin()?) } else { None };
        let instance = create_instance(&entry, host, &messages, watched)?;
        // SAFETY: nothing made from the instance is still alive when this runs.
        let mut undo_instance = Undo(Some(|| unsafe { instance.destroy_instance(None) }));
        let (physical, places, facts) = choose(&entry, &instance, host, options)?;
        let device = create_device(&instance, host, physical, places, &facts)?;
        // SAFETY: nothing made from the device is still alive when this runs.
        let mut undo_device = Undo(Some(|| unsafe { device.destroy_device(None) }));

        let utils = watched.then(|| debug_utils::Device::new(&instance, &device));
        let mut leaks = gpu_allocator::AllocatorDebugSettings::default();
        leaks.log_leaks_on_shutdown = watched;
        let allocator = Allocator::new(&AllocatorCreateDesc {
            instance: instance.clone(),
            device: device.clone(),
            physical_device: physical,
            debug_settings: leaks,
            buffer_device_address: false,
            allocation_sizes: gpu_allocator::AllocationSizes::default(),
        })
        .map_err(|error| GpuError::Misuse(format!("the memory allocator did not start: {error}")))?;
        let sampler_info = |filter, mipmap_mode| {
            let edge = vk::SamplerAddressMode::CLAMP_TO_EDGE;
            vk::SamplerCreateInfo::default()
                .mag_filter(filter)
                .min_filter(filter)
                .mipmap_mode(mipmap_mode)
                .max_lod(vk::LOD_CLAMP_NONE)
                .address_mode_u(edge)
                .address_mode_v(edge)
                .address_mode_w(edge)
        };
        let failed = GpuError::while_doing("creating samplers and timelines");
        let queues = Queues::new(&device, places).map_err(&failed)?;
        // SAFETY: the create infos are complete.
        let (linear_sampler, nearest_sampler) = unsafe {
            (
                device
                    .create_sampler(&sampler_info(vk::Filter::LINEAR, vk::SamplerMipmapMode::LINEAR), None)
                    .map_err(&failed)?,
                device
                    .create_sampler(&sampler_info(vk::Filter::NEAREST, vk::SamplerMipmapMode::NEAREST), None)
                    .map_err(&failed)?,
            )
        };
        // SAFETY: the physical device is of this instance.
        let identity = Identity::of(&unsafe { instance.get_physical_device_properties(physical) });
        let cache = PipelineCache::new(&device, identity, options.cache.as_deref())
            .map_err(GpuError::while_doing("creating the pipeline cache"))?;
        let messenger = if watched {
            let loader = debug_utils::Instance::new(&entry, &instance);
            // SAFETY: `messages` is boxed and lives in `Shared` until after the messenger is destroyed.
            let messenger = unsafe { loader.create_debug_utils_messenger(&debug::messenger_info(&messages), None) }
                .map_err(GpuError::while_doing("listening to the validation layer"))?;
            Some((loader, messenger))
        } else {
            None
        };
        undo_device.keep();
        undo_instance.keep();
        drop((undo_device, undo_instance));
        debug::name(utils.as_ref(), linear_sampler, "linear");
        debug::name(utils.as_ref(), nearest_sampler, "nearest");
        // Where there is only one queue it has the name of the first.
        for (queue, name) in queues.named().into_iter().rev() {
            debug::name(utils.as_ref(), queue.timeline, name);
            debug::name(utils.as_ref(), *lock(&queue.handle), name);
        }
        debug::name(utils.as_ref(), cache.handle, "pipelines");
        tracing::info!("GPU: {} ({})", facts.name, facts.driver);
        Ok(Self {
            shared: Arc::new(Shared {
                entry,
                instance,
                physical,
                device,
                queues,
                allocator: Mutex::new(Some(allocator)),
                memory_used: AtomicU64::new(0),
                memory_peak: AtomicU64::new(0),
                objects_created: AtomicU64::new(0),
                linear_sampler,
                nearest_sampler,
                utils,
                facts,
                cache,
                garbage: Mutex::new(VecDeque::new()),
                kernels: Mutex::default(),
                messenger,
                messages,
                _watch: watch,
            }),
        })
    }

    /// What it is and can do.
    pub fn facts(&self) -> &Facts {
        &self.shared.facts
    }

    /// What the compiled kernels remembered on disk were good for.
    pub fn cache(&self) -> CacheFacts {
        self.shared.cache.facts()
    }

    /// Writes the compiled kernels to disk where there are new ones: after everything for a film was made, so that they are not lost
    /// with a process that is killed. Also done when the last clone goes.
    pub fn save_cache(&self) {
        self.shared.cache.save(&self.shared.device);
    }

    /// Most bytes of GPU memory that were in use at once.
    pub fn peak_memory(&self) -> u64 {
        self.shared.memory_peak.load(Ordering::Relaxed)
    }

    /// How many Vulkan objects were made so far: does not change from frame to frame once a film plays.
    pub fn objects_created(&self) -> u64 {
        self.shared.objects_created.load(Ordering::Relaxed)
    }

    /// What the validation layer has said so far, and what has kept a thread waiting that must not ([`Prompt`]).
    pub fn validation_messages(&self) -> Vec<String> {
        self.shared.messages.all()
    }

    /// To be called before anything that waits: an objection where this thread must not ([`Prompt`]).
    pub fn note_wait(&self, doing: &str) {
        if Prompt::is_wanted() {
            self.shared.object(format!("{doing} keeps the viewer waiting"));
        }
    }

    /// Entry, instance, physical device, device and the main queue's family, for a sink that makes its own surface or session of them. The queue is the first
    /// of that family.
    /// What is made from them has to go before the last clone of the `Gpu`.
    pub fn handles(&self) -> (&ash::Entry, &ash::Instance, vk::PhysicalDevice, &ash::Device, u32) {
        let shared = &*self.shared;
        (&shared.entry, &shared.instance, shared.physical, &shared.device, shared.queues.get(QueueKind::Main).family)
    }

    /// Whether the main queue draws: a pure compute accelerator, taken where there is no window, does not.
    pub fn can_draw(&self) -> bool {
        let shared = &*self.shared;
        // SAFETY: the physical device is of this instance.
        let families = unsafe { shared.instance.get_physical_device_queue_family_properties(shared.physical) };
        families
            .get(shared.queues.get(QueueKind::Main).family as usize)
            .is_some_and(|family| family.queue_flags.contains(vk::QueueFlags::GRAPHICS))
    }

    /// A linear sampler that ends at the edges, for a descriptor of a sink's own. Valid as long as the GPU is.
    pub fn linear_sampler(&self) -> vk::Sampler {
        self.shared.linear_sampler
    }

    /// Runs `work` while nobody else uses the main queue (presenting, or a headset runtime at work on it).
    pub fn with_queue<T>(&self, work: impl FnOnce(vk::Queue) -> T) -> T {
        work(*lock(&self.shared.queues.get(QueueKind::Main).handle))
    }
}

impl Shared {
    /// Frees `garbage` once everything submitted so far is done.
    pub(super) fn discard(&self, garbage: Garbage) {
        lock(&self.garbage).push_back((self.queues.submitted(), garbage));
    }

    /// Nobody uses it any more.
    fn free(&self, garbage: Garbage) {
        // SAFETY: its one owner gave it up, and the GPU is done with it (`discard`, or the end).
        let bytes = unsafe { garbage.destroy(&self.device, &self.allocator) };
        self.count_freed(bytes);
    }

    /// Keeps an objection of our own beside the layer's, where that watches.
    pub(super) fn object(&self, message: String) {
        tracing::debug!("{message}");
        if self.messenger.is_some() {
            self.messages.add(message);
        }
    }

    /// Frees what the timelines have passed; on a thread that must not wait as much as takes a moment, and the rest the next time.
    pub(super) fn collect(&self) {
        let until = Prompt::is_wanted().then(|| Instant::now() + MOMENT);
        let Some(reached) = self.queues.reached(&self.device) else { return };
        let is_passed = |after: &[u64; 2]| after.iter().zip(&reached).all(|(after, reached)| after <= reached);
        while until.is_none_or(|until| Instant::now() < until) {
            let due = lock(&self.garbage).pop_front_if(|(after, _)| is_passed(after));
            let Some((_, garbage)) = due else { return };
            self.free(garbage);
        }
    }

    pub(super) fn count_object(&self) {
        self.objects_created.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_memory(&self, bytes: u64) {
        let used = self.memory_used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.memory_peak.fetch_max(used, Ordering::Relaxed);
        tell_memory(used);
    }

    fn count_freed(&self, bytes: u64) {
        tell_memory(self.memory_used.fetch_sub(bytes, Ordering::Relaxed) - bytes);
    }
}

/// For whoever watches over hours whether it grows.
fn tell_memory(used: u64) {
    tracing::trace!(target: "deep3d::gpu::memory", "GPU memory in use: {used} bytes");
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: this is the last owner: every object holds a clone of `Gpu`, so all of them are in `garbage` or gone,
        // and after waiting the GPU uses none of them. A lost device still has to be destroyed, so the wait's result does not matter.
        unsafe {
            let _ = self.device.device_wait_idle();
            let garbage = std::mem::take(&mut *lock(&self.garbage));
            for (_, garbage) in garbage {
                self.free(garbage);
            }
            self.cache.save(&self.device);
            self.cache.destroy(&self.device);
            self.device.destroy_sampler(self.linear_sampler, None);
            self.device.destroy_sampler(self.nearest_sampler, None);
            self.queues.destroy(&self.device);
            drop(lock(&self.allocator).take());
            self.device.destroy_device(None);
            if let Some((loader, messenger)) = &self.messenger {
                loader.destroy_debug_utils_messenger(*messenger, None);
            }
            self.instance.destroy_instance(None);
        }
    }
}
