//! Up to N visits that are open at once, told apart by the labels of their environments.

use super::counters::Counters;
use super::guard::Guard;
use crate::Scalar;
use crate::error::{Error, Part};
use crate::measurement::{check_entries, check_value};
use crate::state::{Range, State, Visitor, VisitorMut, state};

/// A visit that counts its rows.
pub(crate) trait Rows {
    /// Blocks into which it is cut.
    const BLOCKS: usize;

    /// Its counters.
    fn counters(&self) -> &Counters;

    /// Its counters, for writing.
    fn counters_mut(&mut self) -> &mut Counters;
}

/// A visit, and whose it is. Every pattern of bits is a value, as in the label of a batch.
#[derive(Debug, Clone)]
struct Slot<V> {
    /// 0 free, 1 without a label, anything else with one.
    state: u32,
    environment: u32,
    visit: V,
}

/// The open visits, and the guard that all rows pass.
#[derive(Debug, Clone)]
pub(crate) struct Open<T, V, const N: usize> {
    slots: [Slot<V>; N],
    /// The slot of the last row.
    last: u32,
    guard: Guard<T>,
}

state!([T: Scalar, V: State + Rows, const N: usize] Open<T, V, N>, []:
    slots,
    last in Below(N as u32),
    guard,
);

/// By hand: words that go together.
impl<V: State + Rows> State for Slot<V> {
    const SIZE: usize = 4 * 4 + V::SIZE;

    fn visit(&self, range: Range, to: &mut impl Visitor) {
        let state = to.word(self.state, Range::Below(3));
        let environment = to.word(self.environment, range);
        let counters = self.visit.counters();
        let counters = Counters {
            rows: to.word(counters.rows, range),
            doublings: to.word(counters.doublings, range),
        };
        to.require((state > 0) == (counters.rows > 0));
        to.require(state > 1 || environment == 0);
        to.require(counters.fit(V::BLOCKS));
        self.visit.visit(range, to);
    }

    fn visit_mut(&mut self, to: &mut impl VisitorMut) {
        to.word(&mut self.state);
        to.word(&mut self.environment);
        let counters = self.visit.counters_mut();
        to.word(&mut counters.rows);
        to.word(&mut counters.doublings);
        self.visit.visit_mut(to);
    }
}

/// Where a row goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// To a visit that is open.
    Open(usize),
    /// To a free slot.
    Free(usize),
    /// To the only slot, once the visit that is there has ended.
    After(usize),
}

impl Place {
    /// The slot.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Open(index) | Self::Free(index) | Self::After(index) => index,
        }
    }
}

impl<T: Scalar, V: Rows, const N: usize> Open<T, V, N> {
    /// N free slots; `empty` makes the visit in each, where it will lie.
    pub(crate) fn new(empty: impl Fn() -> V) -> Self {
        const { assert!(N > 0, "a visit has to be open at a time, at least") }
        Self {
            slots: core::array::from_fn(|_| Slot {
                state: 0,
                environment: 0,
                visit: empty(),
            }),
            last: 0,
            guard: Guard::new(),
        }
    }

    /// Where a row of `environment` goes, if it is known; `None` if it is set aside as a gross outlier.
    ///
    /// # Errors
    /// [`Error::NotFinite`] or [`Error::OutOfRange`]; those of [`place`](Self::place);
    /// [`Error::FullBatch`] if its visit has no room. Nothing has changed then.
    pub(crate) fn admit(
        &mut self,
        environment: Option<u32>,
        x: &[T],
        y: T,
    ) -> Result<Option<Place>, Error> {
        check_entries(x, T::MAX_ENTRY)?;
        check_value(y, T::MAX_ENTRY, Part::Response)?;
        let place = self.place(environment)?;
        if let Place::Open(index) = place
            && self
                .visit(index)
                .is_some_and(|visit| visit.counters().rows == u32::MAX)
        {
            return Err(Error::FullBatch);
        }
        Ok(self.guard.admits(y).then_some(place))
    }

    /// Where a row of `environment` goes, if it is known.
    ///
    /// # Errors
    /// [`Error::TooManyOpen`] if all slots are taken; where there is but one, its visit is over.
    fn place(&self, environment: Option<u32>) -> Result<Place, Error> {
        let mine = |slot: &Slot<V>| slot.state > 0 && slot.label() == environment;
        if let Some(index) = self.slots.iter().position(mine) {
            return Ok(Place::Open(index));
        }
        match self.slots.iter().position(|slot| slot.state == 0) {
            Some(index) => Ok(Place::Free(index)),
            None if N == 1 => Ok(Place::After(0)),
            None => Err(Error::TooManyOpen { open: N }),
        }
    }

    /// The visit in a slot, which becomes one to `environment` and that of the last row.
    pub(crate) fn enter(&mut self, index: usize, environment: Option<u32>) -> Option<&mut V> {
        self.last = index as u32;
        let slot = self.slots.get_mut(index)?;
        slot.state = 1 + u32::from(environment.is_some());
        slot.environment = environment.unwrap_or(0);
        Some(&mut slot.visit)
    }

    /// The slot of the last row, if its visit is open.
    pub(crate) fn last(&self) -> Option<usize> {
        let index = self.last as usize;
        self.slots.get(index).filter(|slot| slot.state > 0)?;
        Some(index)
    }

    /// The slot of a visit to `environment`.
    pub(crate) fn of(&self, environment: u32) -> Option<usize> {
        self.slots
            .iter()
            .position(|slot| slot.label() == Some(environment))
    }

    /// Slots of all visits that are open.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> + use<T, V, N> {
        let open: [bool; N] = core::array::from_fn(|index| self.visit(index).is_some());
        (0..N).filter(move |&index| open.get(index) == Some(&true))
    }

    pub(crate) fn visit(&self, index: usize) -> Option<&V> {
        let slot = self.slots.get(index).filter(|slot| slot.state > 0)?;
        Some(&slot.visit)
    }

    pub(crate) fn visit_mut(&mut self, index: usize) -> Option<&mut V> {
        let slot = self.slots.get_mut(index).filter(|slot| slot.state > 0)?;
        Some(&mut slot.visit)
    }

    /// Frees a slot; the visit in it has been cleared.
    pub(crate) fn free(&mut self, index: usize) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.state = 0;
            slot.environment = 0;
        }
    }
}

impl<V> Slot<V> {
    fn label(&self) -> Option<u32> {
        (self.state > 1).then_some(self.environment)
    }
}
