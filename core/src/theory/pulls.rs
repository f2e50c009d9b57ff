//! The distribution of the pulls on a direction.

use super::Unmet;
use super::exponent::log_factor;
use crate::Scalar;

/// The pulls `s_e` on one direction over finitely many environments, equally likely or weighted: all
/// there are, or a sample of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pulls<'a, T> {
    values: &'a [T],
    weights: Option<&'a [T]>,
}

impl<'a, T: Scalar> Pulls<'a, T> {
    /// Equally likely pulls.
    ///
    /// # Errors
    /// [`Unmet::Pulls`] if there are none, more than `u32::MAX`, or one is not finite.
    pub fn equal(values: &'a [T]) -> Result<Self, Unmet> {
        let countable = u32::try_from(values.len()).is_ok();
        if values.is_empty() || !countable || !values.iter().all(|s| s.is_finite()) {
            return Err(Unmet::Pulls);
        }
        Ok(Self {
            values,
            weights: None,
        })
    }

    /// Pulls with odds proportional to `weights`.
    ///
    /// # Errors
    /// Those of [`equal`](Self::equal); [`Unmet::Weights`] unless there is one finite weight of 0 or more
    /// for each pull, and their sum is positive and finite.
    pub fn weighted(values: &'a [T], weights: &'a [T]) -> Result<Self, Unmet> {
        let pulls = Self::equal(values)?;
        let sum = weights.iter().fold(T::ZERO, |sum, &w| sum + w);
        let good = weights.len() == values.len()
            && weights.iter().all(|&w| w >= T::ZERO)
            && sum > T::ZERO
            && sum.is_finite();
        if !good {
            return Err(Unmet::Weights);
        }
        Ok(Self {
            weights: Some(weights),
            ..pulls
        })
    }

    /// The expectation of `f(s)`. A pull of weight 0 counts nothing, whatever `f` makes of it.
    pub(super) fn mean_of(&self, f: impl Fn(T) -> T) -> T {
        let Some(weights) = self.weights else {
            let sum = self.values.iter().fold(T::ZERO, |sum, &s| sum + f(s));
            return sum / T::from_count(self.values.len() as u32);
        };
        let (mut sum, mut total) = (T::ZERO, T::ZERO);
        for (&s, &weight) in self.values.iter().zip(weights) {
            if weight > T::ZERO {
                sum += weight * f(s);
                total += weight;
            }
        }
        sum / total
    }

    /// Whether `holds` for every pull that can occur.
    pub(super) fn all(&self, holds: impl Fn(T) -> bool) -> bool {
        self.occurring().all(holds)
    }

    fn occurring(&self) -> impl Iterator<Item = T> {
        let weights = self.weights;
        let occurs = move |i: usize| {
            weights.is_none_or(|weights| weights.get(i).is_some_and(|&w| w > T::ZERO))
        };
        let pulls = self.values.iter().enumerate();
        pulls.filter_map(move |(i, &s)| occurs(i).then_some(s))
    }

    /// The mean pull, which is all that PooledSGD sees.
    pub fn mean(&self) -> T {
        self.mean_of(|s| s)
    }

    /// The smallest pull that can occur.
    pub fn smallest(&self) -> T {
        let first = self.occurring().next().unwrap_or(T::ZERO);
        self.occurring()
            .fold(first, |least, s| if s < least { s } else { least })
    }

    /// The largest pull that can occur.
    pub fn largest(&self) -> T {
        let first = self.occurring().next().unwrap_or(T::ZERO);
        self.occurring()
            .fold(first, |most, s| if s > most { s } else { most })
    }

    /// The Lyapunov exponent `E[ln |1 + step_size s|]` (docs/theory.md, 2.2); see
    /// [`lyapunov`](super::lyapunov()).
    pub fn lyapunov(&self, step_size: T) -> T {
        self.mean_of(|s| log_factor(step_size * s))
    }

    /// Whether every factor `1 + step_size s` is positive.
    pub(super) fn keeps_sign(&self, step_size: T) -> bool {
        self.all(|s| step_size * s > -T::ONE)
    }
}

pub(super) fn require_step_size<T: Scalar>(step_size: T) -> Result<(), Unmet> {
    if step_size > T::ZERO && step_size.is_finite() {
        Ok(())
    } else {
        Err(Unmet::StepSize)
    }
}

pub(super) fn require_chance<T: Scalar>(chance: T) -> Result<(), Unmet> {
    if chance > T::ZERO && chance <= T::ONE {
        Ok(())
    } else {
        Err(Unmet::Chance)
    }
}
