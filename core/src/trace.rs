//! A record of a run in bounded memory.

use heapless::Deque;

/// The latest N points of a run, one every `stride` steps; older ones are overwritten. N is 1 or
/// more; a trace of 0 points does not compile.
#[derive(Debug, Clone)]
pub struct Trace<P, const N: usize> {
    ring: Deque<(u64, P), N>,
    stride: u32,
}

impl<P: Copy, const N: usize> Trace<P, N> {
    /// A trace that keeps every `stride`-th step; 0 counts as 1.
    pub fn every(stride: u32) -> Self {
        Self {
            ring: Deque::new(),
            stride: stride.max(1),
        }
    }

    /// Offers the point of step `step`; `point` is called only if the step is kept.
    pub fn offer(&mut self, step: u64, point: impl FnOnce() -> P) {
        if step.checked_rem(u64::from(self.stride)) == Some(0) {
            let point = (step, point());
            if self.ring.is_full() {
                self.ring.pop_front();
            }
            // There is room by now. Not `HistoryBuf`: its writes and slices link panics.
            let _ = self.ring.push_back(point);
        }
    }

    /// The kept points with their step numbers, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, P)> + '_ {
        self.ring.iter().copied()
    }

    /// Number of points kept.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether nothing is kept yet.
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }
}
