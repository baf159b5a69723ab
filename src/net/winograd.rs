//! Convolution of 3×3 pixels by Winograd's F(T×T, 3×3): fewer multiplications for more memory traffic (shaders/winograd_input.glsl says how).
//!
//! Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), give the matrices; the ones of T = 4 are for the points 0, ±1 and ±2.

/// Pixels across a tile of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tile {
    /// F(2×2, 3×3): 16 products for 4 pixels instead of 36.
    Two,
    /// F(4×4, 3×3): 36 products for 16 pixels instead of 144.
    Four,
}

impl Tile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Two, Self::Four];

    /// T.
    pub const fn pixels(self) -> u32 {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Products of a tile, of each pair of channels: (T + 2)².
    pub const fn products(self) -> u32 {
        (self.pixels() + 2) * (self.pixels() + 2)
    }

    /// G·g of three numbers: T + 2 numbers, what is left is 0.
    fn stretch(self, [a, b, c]: [f64; 3]) -> [f64; 6] {
        match self {
            Self::Two => [a, (a + b + c) / 2.0, (a - b + c) / 2.0, c, 0.0, 0.0],
            Self::Four => {
                let (outer, far, middle) = (-(a + c) / 6.0, a / 24.0 + c / 6.0, b / 12.0);
                [a / 4.0, outer - b / 6.0, outer + b / 6.0, far + middle, far - middle, c]
            }
        }
    }

    /// G·g·Gᵀ of a 3×3 kernel g in rows: (T + 2)² numbers in rows, the first of the 36.
    pub fn weights(self, kernel: &[f32; 9]) -> [f32; 36] {
        let side = self.pixels() as usize + 2;
        let kernel = kernel.map(f64::from);
        let columns = [0, 1, 2].map(|x| self.stretch([kernel[x], kernel[x + 3], kernel[x + 6]]));
        let mut out = [0.0; 36];
        for (y, row) in out.chunks_exact_mut(side).take(side).enumerate() {
            let line = self.stretch([columns[0][y], columns[1][y], columns[2][y]]);
            for (value, number) in row.iter_mut().zip(line) {
                *value = number as f32;
            }
        }
        out
    }
}

/// What the choice between a direct convolution and Winograd's weighs: measured on a device, in multiply-adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// A multiply-add of a direct 3×3 convolution: 1, or less where its rows go Winograd's way in registers (rows_subgroup.comp).
    pub direct: f64,
    /// A multiply-add of a 1×1 convolution, which has fewer of them for each number read than a 3×3 one.
    pub product: f64,
    /// Writing four channels of a pixel between the steps and reading them again.
    pub texel: f64,
    /// Two dispatches more.
    pub dispatches: f64,
    /// Most bytes that the numbers between two steps may take.
    pub most_bytes: u64,
}

impl Costs {
    /// The tile for a 3×3 convolution of stride 1 from `inputs` to `outputs` channels at `width`×`height` pixels; none where the direct way is
    /// as good.
    pub fn choose(&self, inputs: u32, outputs: u32, [width, height]: [u32; 2]) -> Option<Tile> {
        // Less than this is not worth the memory.
        const WORTH: f64 = 0.85;
        let padded = |channels: u32| f64::from(channels.next_multiple_of(4));
        let pairs = padded(inputs) * padded(outputs);
        let direct = self.direct * 9.0 * pairs * f64::from(width) * f64::from(height);
        let cost = |tile: Tile| {
            let side = tile.pixels();
            let numbers =
                f64::from(width.div_ceil(side)) * f64::from(height.div_ceil(side)) * f64::from(tile.products());
            let fits = numbers * padded(inputs.max(outputs)) * 4.0 <= self.most_bytes as f64;
            let texels = (padded(inputs) + padded(outputs)) / 4.0;
            let cost = numbers * (pairs * self.product + texels * self.texel) + self.dispatches;
            (fits && cost < WORTH * direct).then_some((tile, cost))
        };
        Tile::ALL.into_iter().filter_map(cost).min_by(|one, other| one.1.total_cmp(&other.1)).map(|(tile, _)| tile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One dimension by the definition: yᵢ = Σ gⱼ·dᵢ₊ⱼ, against Aᵀ[(G·g) ∘ (Bᵀ·d)] with the matrices of the paper.
    #[test]
    fn stretched_weights_give_the_correlation() {
        let d: [f64; 6] = [0.3, -1.2, 2.5, 0.7, -0.4, 1.9];
        let g: [f64; 3] = [0.6, -0.8, 1.1];
        let b2: [[f64; 4]; 4] =
            [[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, -1.0, 1.0, 0.0], [0.0, 1.0, 0.0, -1.0]];
        let a2: [[f64; 4]; 2] = [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, -1.0, -1.0]];
        let b4: [[f64; 6]; 6] = [
            [4.0, 0.0, -5.0, 0.0, 1.0, 0.0],
            [0.0, -4.0, -4.0, 1.0, 1.0, 0.0],
            [0.0, 4.0, -4.0, -1.0, 1.0, 0.0],
            [0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
            [0.0, 2.0, -1.0, -2.0, 1.0, 0.0],
            [0.0, 4.0, 0.0, -5.0, 0.0, 1.0],
        ];
        let a4: [[f64; 6]; 4] = [
            [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
            [0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
            [0.0, 1.0, 1.0, 4.0, 4.0, 0.0],
            [0.0, 1.0, -1.0, 8.0, -8.0, 1.0],
        ];
        let dot = |row: &[f64], values: &[f64]| row.iter().zip(values).map(|(a, b)| a * b).sum::<f64>();
        let check = |tile: Tile, b: &[&[f64]], a: &[&[f64]]| {
            let u = tile.stretch(g);
            let products: Vec<f64> = b.iter().zip(u).map(|(row, u)| dot(row, &d) * u).collect();
            for (i, row) in a.iter().enumerate() {
                let expected = dot(&g, &d[i..]);
                assert!((dot(row, &products) - expected).abs() < 1e-12, "{tile:?}, pixel {i}");
            }
        };
        check(Tile::Two, &b2.each_ref().map(|row| &row[..]), &a2.each_ref().map(|row| &row[..]));
        check(Tile::Four, &b4.each_ref().map(|row| &row[..]), &a4.each_ref().map(|row| &row[..]));
    }

    #[test]
    fn weights_of_a_kernel_that_is_a_product_are_the_product_of_its_sides() {
        let (rows, columns) = ([1.0, -2.0, 0.5], [0.25, 3.0, -1.0]);
        let kernel: [f32; 9] = std::array::from_fn(|index| (rows[index / 3] * columns[index % 3]) as f32);
        for tile in Tile::ALL {
            let side = tile.pixels() as usize + 2;
            let (rows, columns) = (tile.stretch(rows), tile.stretch(columns));
            for (index, value) in tile.weights(&kernel).iter().take(side * side).enumerate() {
                let expected = rows[index / side] * columns[index % side];
                assert!((f64::from(*value) - expected).abs() < 1e-6, "{tile:?} {index}: {value}, {expected}");
            }
        }
    }

    #[test]
    fn many_channels_take_the_large_tile_few_the_direct_way_and_nothing_is_too_large() {
        let costs = Costs { direct: 1.0, product: 1.25, texel: 150.0, dispatches: 0.0, most_bytes: 64 << 20 };
        assert_eq!(costs.choose(256, 256, [96, 40]), Some(Tile::Four));
        assert_eq!(costs.choose(3, 64, [384, 160]), None);
        assert_eq!(costs.choose(256, 256, [10, 2]).map(Tile::pixels), Some(2));
        assert_eq!(Costs { most_bytes: 1 << 20, ..costs }.choose(256, 256, [96, 40]), None);
    }
}
