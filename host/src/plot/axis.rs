//! Axes: the range, the mapping to 0..=1, and where ticks stand and what they say.

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// In proportion.
    #[default]
    Linear,
    /// By logarithm; values of 0 and below have no place.
    Log,
}

/// A finite, non-empty range on a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
}

/// A tick: where it stands, and what it says if it says anything.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: Label,
}

/// What a tick says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Label {
    None,
    Number(String),
    PowerOfTen(i32),
}

impl Axis {
    /// The axis from `low` to `high`. A range that is empty, not finite, or not above 0 on a
    /// logarithmic scale is replaced by the nearest one that can be drawn.
    pub fn new(scale: Scale, low: f64, high: f64) -> Self {
        let (mut low, mut high) = if low.is_finite() && high.is_finite() && low <= high {
            (low, high)
        } else {
            (1.0, 1.0)
        };
        match scale {
            Scale::Linear if high - low <= f64::EPSILON * (high.abs() + low.abs()) => {
                let half = if low == 0.0 { 0.5 } else { 0.1 * low.abs() };
                low -= half;
                high += half;
            }
            Scale::Log => {
                high = high.max(f64::MIN_POSITIVE);
                low = low.clamp(f64::MIN_POSITIVE, high);
                if high < low * 1.001 {
                    low /= 2.0;
                    high *= 2.0;
                }
            }
            Scale::Linear => {}
        }
        Self { scale, low, high }
    }

    /// The axis that holds all finite `values`, with a little room at both ends.
    pub fn around(scale: Scale, values: impl IntoIterator<Item = f64>) -> Self {
        let usable = |value: &f64| value.is_finite() && (scale == Scale::Linear || *value > 0.0);
        let (low, high) = values
            .into_iter()
            .filter(usable)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
        let tight = Self::new(scale, low, high);
        let (low, high) = match scale {
            Scale::Linear => {
                let room = 0.04 * (tight.high - tight.low);
                // An axis of magnitudes starts at 0, not a little below it.
                let floor = if tight.low >= 0.0 && tight.low <= room {
                    0.0
                } else {
                    tight.low - room
                };
                (floor, tight.high + room)
            }
            Scale::Log => {
                let room = libm::pow(tight.high / tight.low, 0.04);
                (tight.low / room, tight.high * room)
            }
        };
        Self::new(scale, low, high)
    }

    /// The lower end.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The upper end.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Where `value` lies: 0 at the lower end, 1 at the upper; `None` if it has no place at all.
    /// Values outside the range lie outside 0..=1.
    pub(super) fn share(&self, value: f64) -> Option<f64> {
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log if value > 0.0 => {
                libm::log(value / self.low) / libm::log(self.high / self.low)
            }
            Scale::Log => return None,
        };
        share.is_finite().then_some(share)
    }

    /// Ticks in ascending order, about `target` of them labelled.
    pub(super) fn ticks(&self, target: usize) -> Vec<Tick> {
        let decades = libm::log10(self.high / self.low);
        match self.scale {
            Scale::Log if decades >= 1.7 => self.decade_ticks(target),
            Scale::Log => self.fraction_ticks(),
            Scale::Linear => self.linear_ticks(target),
        }
    }

    fn linear_ticks(&self, target: usize) -> Vec<Tick> {
        let (step, decimals) = nice_step((self.high - self.low) / target.max(1) as f64);
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first).max(0.0) as usize;
        (0..=count)
            .map(|i| {
                let at = (first + i as f64) * step;
                Tick {
                    at,
                    label: Label::Number(fixed(at, decimals)),
                }
            })
            .collect()
    }

    /// Powers of ten, thinned to about `target` labels.
    fn decade_ticks(&self, target: usize) -> Vec<Tick> {
        let first = (libm::log10(self.low) - 1e-9).ceil() as i32;
        let last = (libm::log10(self.high) + 1e-9).floor() as i32;
        let target = i32::try_from(target.max(1)).unwrap_or(i32::MAX);
        let stride = (last - first) / target + 1;
        (first..=last)
            .map(|exponent| Tick {
                at: power_of_ten(exponent),
                label: if exponent.rem_euclid(stride) == 0 {
                    Label::PowerOfTen(exponent)
                } else {
                    Label::None
                },
            })
            .collect()
    }

    /// 1, 2, 5 times the powers of ten: for less than two decades.
    fn fraction_ticks(&self) -> Vec<Tick> {
        let first = libm::log10(self.low).floor() as i32;
        let last = libm::log10(self.high).ceil() as i32;
        (first..=last)
            .flat_map(|exponent| [1.0, 2.0, 5.0].map(|lead| (lead, exponent)))
            .map(|(lead, exponent)| Tick {
                at: lead * power_of_ten(exponent),
                label: Label::Number(fixed(
                    lead * power_of_ten(exponent),
                    usize::try_from(-exponent).unwrap_or(0),
                )),
            })
            .filter(|tick| {
                tick.at >= self.low * (1.0 - 1e-9) && tick.at <= self.high * (1.0 + 1e-9)
            })
            .collect()
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not far below `raw`, and the decimals it needs.
fn nice_step(raw: f64) -> (f64, usize) {
    let mut exponent = libm::log10(raw).floor() as i32;
    let base = power_of_ten(exponent);
    let lead = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|lead| lead * base >= raw * 0.75);
    if lead.is_none() {
        exponent += 1;
    }
    let decimals = usize::try_from(-exponent).unwrap_or(0);
    (lead.unwrap_or(1.0) * power_of_ten(exponent), decimals)
}

/// 10^exponent: from its decimal form, so that 10^-3 is the number that prints as 0.001.
fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

/// A number with fixed decimals, a true minus sign, and thousands set apart from 10,000 on.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    // A rounded zero has no sign.
    if value < 0.0 && text.contains(|c| ('1'..='9').contains(&c)) {
        out.push('\u{2212}');
    }
    for (i, digit) in whole.chars().enumerate() {
        if whole.len() > 4 && i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// The text with hyphens turned into minus signs.
pub(super) fn with_minus(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::{Axis, Label, Scale, fixed};

    fn labels(axis: Axis, target: usize) -> Vec<String> {
        axis.ticks(target)
            .into_iter()
            .map(|tick| match tick.label {
                Label::None => String::new(),
                Label::Number(text) => text,
                Label::PowerOfTen(exponent) => format!("1e{exponent}"),
            })
            .collect()
    }

    #[test]
    fn ticks_are_short_numbers() {
        let axis = Axis::new(Scale::Linear, 0.0, 0.5);
        assert_eq!(labels(axis, 5), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        let axis = Axis::new(Scale::Linear, -20.0, 20.0);
        assert_eq!(
            labels(axis, 4),
            ["\u{2212}20", "\u{2212}10", "0", "10", "20"]
        );
        let axis = Axis::new(Scale::Log, 1e-3, 1e1);
        assert_eq!(labels(axis, 6), ["1e-3", "1e-2", "1e-1", "1e0", "1e1"]);
        let axis = Axis::new(Scale::Log, 0.02, 0.2);
        assert_eq!(labels(axis, 6), ["0.02", "0.05", "0.1", "0.2"]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(fixed(0.1 + 0.2, 1), "0.3");
        assert_eq!(fixed(-0.0001, 2), "0.00");
        assert_eq!(fixed(1_234_567.0, 0), "1,234,567");
        assert_eq!(fixed(2000.0, 0), "2000");
    }

    #[test]
    fn impossible_ranges_are_replaced() {
        for (low, high) in [
            (f64::NAN, 1.0),
            (1.0, 1.0),
            (0.0, 0.0),
            (2.0, 1.0),
            (f64::NEG_INFINITY, f64::INFINITY),
        ] {
            for scale in [Scale::Linear, Scale::Log] {
                let axis = Axis::new(scale, low, high);
                assert!(axis.low() < axis.high(), "{axis:?}");
                assert!(axis.ticks(5).len() < 1000);
            }
        }
        let empty = Axis::around(Scale::Log, []);
        assert!(empty.low() > 0.0 && empty.high() > empty.low());
    }

    #[test]
    fn shares_run_from_end_to_end() {
        let axis = Axis::new(Scale::Log, 1e-4, 1e4);
        assert_eq!(axis.share(1e-4), Some(0.0));
        assert!((axis.share(1.0).unwrap() - 0.5).abs() < 1e-15);
        assert_eq!(axis.share(0.0), None);
        assert_eq!(axis.share(f64::NAN), None);
    }
}
