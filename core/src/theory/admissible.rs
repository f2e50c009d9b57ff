//! Whether a step size lies inside the theory, at compile time.

use super::Unmet;

/// Whether `step_size` lies where the recovery bound holds (docs/theory.md, 2.1 to 2.3), for invariant
/// directions of strengths up to `strongest` and a spurious direction with equally likely `pulls`:
/// `step_size strongest <= 1/2`, `step_size |s| < 1`, and a negative Lyapunov exponent, that is
/// `prod_e (1 + step_size s_e) < 1`.
///
/// A `const` function, so that firmware refuses a plan outside the theory when it is compiled:
///
/// ```
/// use heterosgd::theory::check_step_size;
///
/// const STEP_SIZE: f32 = 0.1;
/// const _: () = assert!(check_step_size(STEP_SIZE as f64, 1.0, &[7.0, -5.0]).is_ok());
/// ```
///
/// A step size at which the spurious direction is learned does not compile:
///
/// ```compile_fail
/// use heterosgd::theory::check_step_size;
///
/// const STEP_SIZE: f32 = 0.05;
/// const _: () = assert!(check_step_size(STEP_SIZE as f64, 1.0, &[7.0, -5.0]).is_ok());
/// ```
///
/// # Errors
/// [`Unmet::StepSize`], [`Unmet::Strength`] or [`Unmet::Pulls`] for input out of range;
/// [`Unmet::LargeStep`], [`Unmet::SignChange`] or [`Unmet::Learned`] for what does not hold, in this order.
pub const fn check_step_size(step_size: f64, strongest: f64, pulls: &[f64]) -> Result<(), Unmet> {
    if !(step_size > 0.0 && step_size.is_finite()) {
        return Err(Unmet::StepSize);
    }
    if !(strongest > 0.0 && strongest.is_finite()) {
        return Err(Unmet::Strength);
    }
    let (mut rest, mut any) = (pulls, false);
    while let [pull, others @ ..] = rest {
        if !pull.is_finite() {
            return Err(Unmet::Pulls);
        }
        (rest, any) = (others, true);
    }
    if !any {
        return Err(Unmet::Pulls);
    }
    if step_size * strongest > 0.5 {
        return Err(Unmet::LargeStep);
    }
    rest = pulls;
    while let [pull, others @ ..] = rest {
        if (step_size * *pull).abs() >= 1.0 {
            return Err(Unmet::SignChange);
        }
        rest = others;
    }
    if product_below_one(step_size, pulls) {
        Ok(())
    } else {
        Err(Unmet::Learned)
    }
}

/// Whether `prod_e (1 + step_size s_e) < 1`. Factors above 1 and below it are taken in turn, so that
/// the product of many of them neither overflows nor vanishes on the way.
const fn product_below_one(step_size: f64, pulls: &[f64]) -> bool {
    let (mut growing, mut shrinking) = (pulls, pulls);
    let mut product = 1.0;
    loop {
        let factor = if product < 1.0 {
            match next(growing, true) {
                Some((pull, rest)) => {
                    growing = rest;
                    pull
                }
                None => return true,
            }
        } else {
            match next(shrinking, false) {
                Some((pull, rest)) => {
                    shrinking = rest;
                    pull
                }
                // Nothing is left that shrinks, and what is left of the others does not.
                None => return false,
            }
        };
        product *= 1.0 + step_size * factor;
    }
}

/// The next pull that is positive, or that is not, and what comes after it.
const fn next(mut pulls: &[f64], positive: bool) -> Option<(f64, &[f64])> {
    while let [pull, rest @ ..] = pulls {
        if (*pull > 0.0) == positive {
            return Some((*pull, rest));
        }
        pulls = rest;
    }
    None
}
