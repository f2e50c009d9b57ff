//! Tails of the F, t and chi-square distributions, in double precision on every target.

/// Terms of the continued fraction; it converges within some 20 for the degrees of freedom met here.
const MOST_TERMS: u32 = 500;

/// The probability that a variable of the F distribution with `d1` and `d2` degrees of freedom
/// exceeds `f`: `I_x(d2/2, d1/2)` at `x = d2/(d2 + d1 f)` (Abramowitz and Stegun, 26.6.2). 1 where `f`
/// is not above 0.
///
/// ```
/// # use heterosgd::screen::f_tail;
/// assert!((f_tail(4.0, 2.0, 10.0) - 0.0529).abs() < 1e-4);
/// ```
pub fn f_tail(f: f64, d1: f64, d2: f64) -> f64 {
    if f > 0.0 {
        beta_share(d2 / (d2 + d1 * f), 0.5 * d2, 0.5 * d1)
    } else {
        1.0
    }
}

/// The probability that the absolute value of a variable of Student's t distribution with `d`
/// degrees of freedom exceeds that of `t`.
pub fn t_tail(t: f64, d: f64) -> f64 {
    f_tail(t * t, 1.0, d)
}

/// The regularised incomplete beta function `I_x(a, b)` by its continued fraction (Abramowitz and
/// Stegun, 26.5.8, evaluated by Lentz's method), on the side where that converges fast.
fn beta_share(x: f64, a: f64, b: f64) -> f64 {
    if x >= 1.0 {
        return 1.0;
    }
    // What is not a number has no share either.
    let inside = x > 0.0;
    if !inside {
        return 0.0;
    }
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
            + a * libm::log(x)
            + b * libm::log1p(-x),
    );
    let share = if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    };
    share.clamp(0.0, 1.0)
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    // A denominator of 0 is replaced by next to nothing.
    let guarded = |value: f64| if value == 0.0 { 1e-300 } else { value };
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut c = 1.0;
    let mut value = d;
    for term in 1..=MOST_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guarded(1.0 + even * d);
        c = guarded(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guarded(1.0 + odd * d);
        c = guarded(1.0 + odd / c);
        value *= d * c;
        if libm::fabs(d * c - 1.0) < 1e-14 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{f_tail, t_tail};

    /// Values of `SciPy` 1.17.1: `stats.f.sf`, `2 * stats.t.sf`.
    #[test]
    fn tails_are_those_of_the_tables() {
        for (f, d1, d2, tail) in [
            (4.0, 2.0, 10.0, 0.052_922_149_401_344_654),
            (0.1, 3.0, 21.0, 0.959_118_703_069_828_3),
            (30.0, 7.0, 56.0, 9.285_328_495_851_154e-17),
            (1.0, 1.0, 1.0, 0.5),
            (2.5, 1.0, 1000.0, 0.114_162_515_509_178_18),
        ] {
            let found = f_tail(f, d1, d2);
            assert!(
                (found - tail).abs() < 1e-11 * tail.max(1e-3),
                "{f} {d1} {d2}: {found}"
            );
        }
        assert!((t_tail(2.0, 14.0) - 0.065_287_952_889_113_31).abs() < 1e-12);
        assert_eq!(t_tail(0.0, 14.0), 1.0);
        assert_eq!(f_tail(f64::NAN, 2.0, 3.0), 1.0);
        assert_eq!(f_tail(f64::INFINITY, 2.0, 3.0), 0.0);
    }
}
