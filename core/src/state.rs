//! The numbers that make up a state, listed once for each type: checkpoints, digests and guards all go
//! by the same list.

pub(crate) use sealed::{Range, State, Visitor, VisitorMut};

/// Public for the compiler's sake: sealed traits are made of these.
mod sealed {
    use crate::Scalar;

    /// Which numbers a place can hold.
    #[derive(Debug, Clone, Copy)]
    pub enum Range {
        /// All there are.
        Any,
        /// Scalars of a row, up to [`Scalar::MAX_ENTRY`].
        Entry,
        /// Differences of two of them.
        Difference,
        /// Their sizes.
        Size,
        /// Sums, up to [`Scalar::MAX_SUM`].
        Sum,
        /// Words below this one.
        Below(u32),
    }

    impl Range {
        /// Whether `value` is one of them.
        pub fn has<T: Scalar>(self, value: T) -> bool {
            let difference = T::MAX_ENTRY + T::MAX_ENTRY;
            match self {
                Self::Any | Self::Below(_) => true,
                Self::Entry => value.within(T::MAX_ENTRY),
                Self::Difference => value.within(difference),
                Self::Size => value >= T::ZERO && value.within(difference),
                Self::Sum => value.within(T::MAX_SUM),
            }
        }

        /// Whether `word` is one of them.
        pub fn has_word(self, word: u32) -> bool {
            match self {
                Self::Below(end) => word < end,
                _ => true,
            }
        }
    }

    /// What is done with the numbers of a state.
    pub trait Visitor {
        /// Takes a scalar.
        fn scalar<T: Scalar>(&mut self, value: T, range: Range);

        /// Takes a word; returns the one that is looked at, which is another where bytes are checked.
        fn word(&mut self, word: u32, range: Range) -> u32;

        /// Words looked at have to go together.
        fn require(&mut self, _holds: bool) {}
    }

    /// What replaces the numbers of a state.
    pub trait VisitorMut {
        /// Replaces a scalar.
        fn scalar<T: Scalar>(&mut self, value: &mut T);

        /// Replaces a word.
        fn word(&mut self, word: &mut u32);
    }

    /// Something whose numbers are listed.
    pub trait State {
        /// Bytes of all numbers.
        const SIZE: usize;

        /// Visits every number, `range` for those that have none of their own.
        fn visit(&self, range: Range, to: &mut impl Visitor);

        /// As [`visit`](Self::visit), for writing, in the same order.
        fn visit_mut(&mut self, to: &mut impl VisitorMut);
    }

    impl<T: Scalar> State for T {
        const SIZE: usize = size_of::<T>();

        fn visit(&self, range: Range, to: &mut impl Visitor) {
            to.scalar(*self, range);
        }

        fn visit_mut(&mut self, to: &mut impl VisitorMut) {
            to.scalar(self);
        }
    }

    impl State for u32 {
        const SIZE: usize = 4;

        fn visit(&self, range: Range, to: &mut impl Visitor) {
            to.word(*self, range);
        }

        fn visit_mut(&mut self, to: &mut impl VisitorMut) {
            to.word(self);
        }
    }

    impl State for bool {
        const SIZE: usize = 4;

        fn visit(&self, _: Range, to: &mut impl Visitor) {
            to.word(u32::from(*self), Range::Below(2));
        }

        fn visit_mut(&mut self, to: &mut impl VisitorMut) {
            let mut word = u32::from(*self);
            to.word(&mut word);
            *self = word != 0;
        }
    }

    impl<X: State, const N: usize> State for [X; N] {
        const SIZE: usize = N * X::SIZE;

        fn visit(&self, range: Range, to: &mut impl Visitor) {
            for item in self {
                item.visit(range, to);
            }
        }

        fn visit_mut(&mut self, to: &mut impl VisitorMut) {
            for item in self {
                item.visit_mut(to);
            }
        }
    }
}

/// Bytes of what a field holds.
pub(crate) const fn size<S, X: State>(_: fn(&S) -> &X) -> usize {
    X::SIZE
}

/// The list of a type: its fields in the order of checkpoints, each with the range of its numbers unless
/// they have their own.
macro_rules! state {
    ([$($generics:tt)*] $type:ty, [$($bounds:tt)*]:
        $($field:ident $(in $range:ident $(($end:expr))?)?),* $(,)?) => {
        impl<$($generics)*> $crate::state::State for $type
        where
            $($bounds)*
        {
            const SIZE: usize = 0 $(+ $crate::state::size(|state: &Self| &state.$field))*;

            fn visit(&self, _: $crate::state::Range, to: &mut impl $crate::state::Visitor) {
                $(
                    let range = $crate::state::range!($($range $(($end))?)?);
                    $crate::state::State::visit(&self.$field, range, to);
                )*
            }

            fn visit_mut(&mut self, to: &mut impl $crate::state::VisitorMut) {
                $($crate::state::State::visit_mut(&mut self.$field, to);)*
            }
        }
    };
}

/// The range of a field in [`state`].
macro_rules! range {
    () => {
        $crate::state::Range::Any
    };
    ($range:ident $(($end:expr))?) => {
        $crate::state::Range::$range $(($end))?
    };
}

pub(crate) use {range, state};
