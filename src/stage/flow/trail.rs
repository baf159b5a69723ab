//! Motion over several frames, put together from the motion between each and the one before. Pure, on the CPU.

use super::{Vector, blocks};

/// The movement of no movement at all, for a picture of `size`.
pub fn rest(size: [u32; 2]) -> Vec<Vector> {
    let [columns, rows] = blocks(size).map(|side| side as usize);
    vec![[0; 4]; columns * rows]
}

/// Where the blocks of a frame were further back: `flow` leads from it to the frame before, `trail` from there on. Both for pictures of `size`. What was
/// lost once on the way stays so: the greater cost counts.
pub fn further(flow: &[Vector], trail: &[Vector], size: [u32; 2]) -> Vec<Vector> {
    let blocks = blocks(size).map(|side| side.max(1) as i32);
    let step = |(at, &[across, down, cost, _]): (usize, &Vector)| {
        let here = [at as i32 % blocks[0], at as i32 / blocks[0]];
        let block = |axis: usize, by: i32| ((here[axis] * 4 + 2 + by) >> 2).clamp(0, blocks[axis] - 1);
        let there = (block(1, down) * blocks[0] + block(0, across)) as usize;
        let [further_across, further_down, further_cost, _] = trail.get(there).copied().unwrap_or([0, 0, i32::MAX, 0]);
        [across + further_across, down + further_down, cost.max(further_cost), 0]
    };
    flow.iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movements_add_up_along_the_way() {
        let size = [16, 8];
        let flow: Vec<Vector> = (0..8).map(|at| [at % 4, -1, at, 0]).collect();
        assert_eq!(further(&flow, &rest(size), size), flow);
        // Of four columns the last was one block to the left; there everything had moved by five.
        let trail: Vec<Vector> = (0..8).map(|at| if at % 4 == 2 { [5, 2, 90, 0] } else { [0, 0, 7, 0] }).collect();
        let step = [[0, 0, 1, 0], [0, 0, 1, 0], [8, 0, 1, 0], [-4, 0, 100, 0]];
        let whole = further(&[step, step].concat(), &trail, size);
        assert_eq!(whole[3], [1, 2, 100, 0]);
        assert_eq!(whole[0], [0, 0, 7, 0]);
        assert_eq!(whole[2], [8, 0, 7, 0], "beyond the side the last block counts");
    }
}
