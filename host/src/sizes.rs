//! Fixed sizes on the host: which are compiled, and how a problem finds its size.

/// The sizes of symmetric models that are compiled. A problem of another size is zero-padded to
/// the next one: exact but for the order of additions, because padded coordinates never move.
#[cfg(not(test))]
pub const SYMMETRIC: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 24, 32, 48, 64];

/// Unit tests compile everything a second time; what they test needs few sizes.
#[cfg(test)]
pub const SYMMETRIC: &[usize] = &[1, 2, 4, 5, 10, 20];

/// The numbers of features for which the linear model is compiled.
#[cfg(not(test))]
pub const LINEAR: &[usize] = &[4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// Fewer for unit tests, as above.
#[cfg(test)]
pub const LINEAR: &[usize] = &[4, 16, 1024];

/// The smallest compiled size that holds `d`.
pub fn next(sizes: &[usize], d: usize) -> Option<usize> {
    sizes.iter().copied().find(|&size| size >= d)
}

/// Evaluates an expression with `$D` a constant: the smallest compiled symmetric size that holds `$d`.
/// `None` if there is none.
#[cfg(not(test))]
#[macro_export]
macro_rules! with_symmetric_size {
    ($d:expr, $D:ident => $body:expr) => {
        $crate::with_size!($d, $D => $body;
            1 2 3 4 5 6 7 8 9 10 12 16 20 24 32 48 64)
    };
}

/// Fewer for unit tests, as above.
#[cfg(test)]
#[macro_export]
macro_rules! with_symmetric_size {
    ($d:expr, $D:ident => $body:expr) => {
        $crate::with_size!($d, $D => $body; 1 2 4 5 10 20)
    };
}

/// As [`with_symmetric_size!`], for the linear model.
#[cfg(not(test))]
#[macro_export]
macro_rules! with_linear_size {
    ($d:expr, $D:ident => $body:expr) => {
        $crate::with_size!($d, $D => $body; 4 8 16 32 64 128 256 512 1024)
    };
}

/// Fewer for unit tests, as above.
#[cfg(test)]
#[macro_export]
macro_rules! with_linear_size {
    ($d:expr, $D:ident => $body:expr) => {
        $crate::with_size!($d, $D => $body; 4 16 1024)
    };
}

/// Evaluates an expression with `$D` the first of the listed sizes that holds `$d`.
#[macro_export]
macro_rules! with_size {
    ($d:expr, $D:ident => $body:expr; $($size:literal)*) => {{
        let d: usize = $d;
        'found: {
            $(
                if d <= $size {
                    const $D: usize = $size;
                    break 'found Some($body);
                }
            )*
            None
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::{LINEAR, SYMMETRIC, next};

    #[test]
    fn dispatch_agrees_with_the_lists() {
        for d in 0..=65 {
            assert_eq!(
                with_symmetric_size!(d, D => D),
                next(SYMMETRIC, d),
                "d = {d}"
            );
        }
        for d in 0..=1025 {
            assert_eq!(with_linear_size!(d, D => D), next(LINEAR, d), "d = {d}");
        }
    }
}
