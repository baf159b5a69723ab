//! Where values lie: which of them share a buffer.

use super::{Dispatch, Memory, Plan, Planner, Slot};
use crate::net::error::NetError;

impl Planner<'_> {
    pub(super) fn finish(self, memory: Memory) -> Result<Plan, NetError> {
        let planes = self.graph.layers.len().saturating_sub(1);
        if self.parallax == 0 {
            return Err(NetError::Graph { layer: "the last".into(), reason: "it is no softmax".into() });
        }
        // What comes from outside or is read from there keeps its memory to itself.
        let pinned = [0, planes, self.parallax];
        let uses = |value: usize| {
            let uses_it = |dispatch: &Dispatch| dispatch.slots.contains(&Slot::Value(value));
            let first = self.dispatches.iter().position(uses_it)?;
            Some((first, self.dispatches.iter().rposition(uses_it)?))
        };
        let lives: Vec<Option<(usize, usize)>> = (0..self.sizes.len()).map(uses).collect();
        let mut places = vec![None; self.sizes.len()];
        let mut buffers: Vec<u64> = Vec::new();
        let mut free: Vec<usize> = Vec::new();
        let mut order: Vec<usize> = (0..self.sizes.len()).filter(|value| lives[*value].is_some()).collect();
        order.sort_by_key(|value| lives[*value].map(|life| life.0));
        let mut living: Vec<(usize, usize)> = Vec::new();
        for value in order {
            let Some((first, last)) = lives[value] else { continue };
            living.retain(|(end, buffer)| {
                let alive = *end >= first;
                if !alive {
                    free.push(*buffer);
                }
                alive
            });
            let shared = memory == Memory::Reuse && !pinned.contains(&value);
            let size = self.sizes[value];
            // The smallest that is large enough, else the largest, which then grows.
            let fitting =
                free.iter().copied().filter(|buffer| buffers[*buffer] >= size).min_by_key(|buffer| buffers[*buffer]);
            let chosen =
                fitting.or_else(|| free.iter().copied().max_by_key(|buffer| buffers[*buffer])).filter(|_| shared);
            let buffer = chosen.unwrap_or(buffers.len());
            free.retain(|other| *other != buffer);
            match buffers.get_mut(buffer) {
                Some(bytes) => *bytes = size.max(*bytes),
                None => buffers.push(size),
            }
            places[value] = Some(buffer);
            if shared {
                living.push((last, buffer));
            }
        }
        Ok(Plan {
            dispatches: self.dispatches,
            buffers,
            places,
            tables: self.tables,
            path: self.tuning.path,
            sizes: self.sizes,
            input: 0,
            planes,
            parallax: self.parallax,
        })
    }
}
