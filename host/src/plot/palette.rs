//! Colours that stay apart for colour-blind readers and in print.

/// An opaque colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Text.
pub(super) const INK: Colour = Colour(0x22, 0x22, 0x22);
/// Axes, ticks and reference lines.
pub(super) const AXIS: Colour = Colour(0x66, 0x66, 0x66);
/// Grid lines.
pub(super) const GRID: Colour = Colour(0xe4, 0xe4, 0xe4);
/// Background.
pub(super) const PAPER: Colour = Colour(0xff, 0xff, 0xff);
/// Cells without a value.
pub(super) const BLANK: Colour = Colour(0xdd, 0xdd, 0xdd);

/// The colours of series, in order: Okabe and Ito's palette without its yellow, which is lost on white.
pub const SERIES: [Colour; 7] = [
    Colour(0x00, 0x72, 0xb2),
    Colour(0xd5, 0x5e, 0x00),
    Colour(0x00, 0x9e, 0x73),
    Colour(0xcc, 0x79, 0xa7),
    Colour(0xe6, 0x9f, 0x00),
    Colour(0x56, 0xb4, 0xe9),
    Colour(0x44, 0x44, 0x44),
];

/// Nine equidistant samples of viridis (van der Walt and Smith), dark to bright: even in lightness, so that
/// it also reads in grey.
const VIRIDIS: [Colour; 9] = [
    Colour(0x44, 0x01, 0x54),
    Colour(0x47, 0x2d, 0x7b),
    Colour(0x3b, 0x52, 0x8b),
    Colour(0x2c, 0x72, 0x8e),
    Colour(0x21, 0x91, 0x8c),
    Colour(0x28, 0xae, 0x80),
    Colour(0x5e, 0xc9, 0x62),
    Colour(0xad, 0xdc, 0x30),
    Colour(0xfd, 0xe7, 0x25),
];

/// The colour of series number `index`, and whether a second round through the palette has to be
/// told apart by dashes.
pub(super) fn series(index: usize) -> (Colour, bool) {
    let colour = SERIES.get(index % SERIES.len()).copied().unwrap_or(INK);
    (colour, (index / SERIES.len()) % 2 == 1)
}

/// The colour of `share` in 0..=1 on the scale of heat maps; clamped, and blank for NaN.
pub(super) fn heat(share: f64) -> Colour {
    if share.is_nan() {
        return BLANK;
    }
    let last = VIRIDIS.len() - 1;
    let position = share.clamp(0.0, 1.0) * last as f64;
    let below = (position as usize).min(last - 1);
    let (Some(a), Some(b)) = (VIRIDIS.get(below), VIRIDIS.get(below + 1)) else {
        return BLANK;
    };
    let weight = position - below as f64;
    let blend =
        |a: u8, b: u8| (f64::from(a) + weight * (f64::from(b) - f64::from(a))).round() as u8;
    Colour(blend(a.0, b.0), blend(a.1, b.1), blend(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::{Colour, heat, series};

    #[test]
    fn heat_ends_and_clamps() {
        assert_eq!(heat(0.0), Colour(0x44, 0x01, 0x54));
        assert_eq!(heat(1.0), Colour(0xfd, 0xe7, 0x25));
        assert_eq!(heat(7.0), heat(1.0));
        assert_eq!(heat(-1.0), heat(0.0));
        assert_eq!(heat(f64::NAN), super::BLANK);
    }

    #[test]
    fn fourteen_series_are_told_apart() {
        let styles: Vec<_> = (0..14).map(series).collect();
        for (i, a) in styles.iter().enumerate() {
            assert!(!styles[i + 1..].contains(a));
        }
    }
}
