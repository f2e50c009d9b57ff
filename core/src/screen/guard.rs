//! Gross outliers of the response.

use crate::Scalar;
use crate::state::state;

/// Responses from which the first centre and scale come.
const WARM_UP: usize = 32;
/// The largest deviations among them that do not count.
const LEFT_OUT: usize = 4;
/// A response further from the centre than this many mean deviations is an outlier.
const FAR: f64 = 30.0;
/// As many in a row are a change of level.
const IN_A_ROW: u32 = 3;

/// Sets single responses aside that are far from all others, by a running centre and mean deviation:
/// neither moves by much for any one response.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard<T> {
    first: [T; WARM_UP],
    seen: u32,
    centre: T,
    scale: T,
    in_a_row: u32,
}

impl<T: Scalar> Default for Guard<T> {
    fn default() -> Self {
        Self::new()
    }
}

state!([T: Scalar] Guard<T>, []:
    first in Entry,
    seen,
    centre in Difference,
    scale in Size,
    in_a_row in Below(IN_A_ROW),
);

impl<T: Scalar> Guard<T> {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self {
            first: [T::ZERO; WARM_UP],
            seen: 0,
            centre: T::ZERO,
            scale: T::ZERO,
            in_a_row: 0,
        }
    }

    /// Whether `y`, a finite number, is one of the others.
    pub fn admits(&mut self, y: T) -> bool {
        let settled = self.scale > T::ZERO;
        if !settled {
            // Also while all responses are the same.
            if let Some(place) = self.first.get_mut(self.seen as usize % WARM_UP) {
                *place = y;
            }
            self.seen = self.seen.saturating_add(1);
            if self.seen >= WARM_UP as u32 {
                self.settle();
            }
            return true;
        }
        let scale = self.scale;
        let times = |factor: f64| T::from_f64(factor) * scale;
        let deviation = y - self.centre;
        let mut admitted = deviation.within(times(FAR));
        self.in_a_row = if admitted { 0 } else { self.in_a_row + 1 };
        if self.in_a_row >= IN_A_ROW {
            self.in_a_row = 0;
            self.scale = times(4.0);
            admitted = true;
        }
        let scale = self.scale;
        let clipped = |limit: T| {
            if deviation.within(limit) {
                deviation
            } else if deviation > T::ZERO {
                limit
            } else {
                -limit
            }
        };
        self.centre += T::from_f64(0.05) * clipped(T::from_f64(3.0) * scale);
        let size = clipped(T::from_f64(5.0) * scale).abs();
        self.scale += T::from_f64(0.02) * (size - scale);
        admitted
    }

    /// The median of the first responses, and the mean deviation from it but for the largest.
    fn settle(&mut self) {
        let mut sorted = self.first;
        sort(&mut sorted);
        let half = T::ONE / (T::ONE + T::ONE);
        self.centre = match sorted.get(WARM_UP / 2 - 1..=WARM_UP / 2) {
            Some(&[a, b]) => a * half + b * half,
            _ => T::ZERO,
        };
        for entry in &mut sorted {
            *entry = (*entry - self.centre).abs();
        }
        sort(&mut sorted);
        let kept = WARM_UP - LEFT_OUT;
        let sum = sorted.iter().take(kept).fold(T::ZERO, |sum, &x| sum + x);
        self.scale = sum / T::from_count(kept as u32);
    }
}

/// Sorts a few numbers in ascending order, by insertion: that of the library may panic.
pub(super) fn sort<T: PartialOrd>(values: &mut [T]) {
    for end in 1..values.len() {
        for place in (1..=end).rev() {
            match values.get_mut(place - 1..=place) {
                Some([before, after]) if *before > *after => core::mem::swap(before, after),
                _ => break,
            }
        }
    }
}
