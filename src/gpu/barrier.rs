//! Where barriers are needed inside one command buffer: a pure bookkeeping of who touched what since the last barrier.

use std::collections::HashMap;

/// How a command touches a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Accesses since the last barrier, by resource (its Vulkan handle). A barrier is a global one over compute and transfer, so it settles all of them.
#[derive(Default)]
pub(super) struct Hazards(HashMap<u64, Access>);

impl Hazards {
    /// Notes the accesses of the next command; true when a barrier has to come before it
    /// (read after write, write after write, write after read).
    pub(super) fn barrier_before(&mut self, accesses: &[(u64, Access)]) -> bool {
        let hazard = accesses.iter().any(|(resource, access)| match (self.0.get(resource), access) {
            (None, _) | (Some(Access::Read), Access::Read) => false,
            (Some(Access::Write), _) | (Some(Access::Read), Access::Write) => true,
        });
        if hazard {
            self.0.clear();
        }
        for (resource, access) in accesses {
            let entry = self.0.entry(*resource).or_insert(*access);
            if *access == Access::Write {
                *entry = Access::Write;
            }
        }
        hazard
    }
}

#[cfg(test)]
mod tests {
    use super::{Access::*, *};

    #[test]
    fn barriers_only_on_true_hazards() {
        let mut hazards = Hazards::default();
        assert!(!hazards.barrier_before(&[(1, Read), (2, Write)]));
        assert!(!hazards.barrier_before(&[(1, Read), (3, Write)]), "two readers need none");
        assert!(hazards.barrier_before(&[(2, Read), (4, Write)]), "read after write");
        assert!(!hazards.barrier_before(&[(3, Read), (5, Write)]), "3 was settled by the same barrier");
        assert!(hazards.barrier_before(&[(3, Write)]), "write after read");
        assert!(hazards.barrier_before(&[(3, Write)]), "write after write");
    }

    #[test]
    fn a_command_that_reads_and_writes_counts_as_a_writer() {
        let mut hazards = Hazards::default();
        assert!(!hazards.barrier_before(&[(1, Write), (1, Read)]));
        assert!(hazards.barrier_before(&[(1, Read)]));
    }
}
