//! Values of an option: one, a list `1,2,5`, or a range `LOW:HIGH:COUNT`, evenly, or with `:log` in
//! logarithm.

use clap::ValueEnum;

use crate::error::{Error, Result};

/// Most values along one axis.
const MOST: usize = 100_000;

/// The numbers that `text` stands for, the value of option `--name`.
pub(super) fn numbers(name: &str, text: &str) -> Result<Vec<f64>> {
    let bad = |why: &str| {
        Error::usage(format!(
            "--{name} {text}: {why}; right would be a number, a list such as 1,2,5, or a range LOW:HIGH:COUNT, with :log for even steps in logarithm"
        ))
    };
    let number = |part: &str| -> Result<f64> {
        let value: f64 = part
            .trim()
            .parse()
            .map_err(|_| bad(&format!("`{part}` is not a number")))?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(bad("numbers have to be finite"))
        }
    };
    if !text.contains(':') {
        return text.split(',').map(number).collect();
    }
    let parts: Vec<&str> = text.split(':').collect();
    let (low, high, count, log) = match *parts.as_slice() {
        [low, high, count] => (low, high, count, false),
        [low, high, count, "log"] => (low, high, count, true),
        _ => return Err(bad("a range has three parts, or four with log")),
    };
    let (low, high) = (number(low)?, number(high)?);
    let count: usize = count
        .trim()
        .parse()
        .map_err(|_| bad(&format!("`{count}` is not a count")))?;
    if !(2..=MOST).contains(&count) {
        return Err(bad("a range has from 2 to 100000 values"));
    }
    if log && !(low > 0.0 && high > 0.0) {
        return Err(bad("both ends of a logarithmic range have to be above 0"));
    }
    let last = (count - 1) as f64;
    Ok((0..count)
        .map(|i| match i {
            0 => low,
            i if i + 1 == count => high,
            i if log => low * libm::pow(high / low, i as f64 / last),
            i => low + (high - low) * (i as f64 / last),
        })
        .collect())
}

/// As [`numbers`], for whole numbers of 0 or more.
pub(super) fn counts(name: &str, text: &str) -> Result<Vec<u64>> {
    numbers(name, text)?
        .into_iter()
        .map(|value| {
            // Every u64 below 2^53 is a f64.
            if value >= 0.0 && value.fract() == 0.0 && value < 9e15 {
                Ok(value as u64)
            } else {
                Err(Error::usage(format!(
                    "--{name} {text}: {value} is not a whole number of 0 or more"
                )))
            }
        })
        .collect()
}

/// The words that `text` stands for.
pub(super) fn words<T: ValueEnum>(name: &str, text: &str) -> Result<Vec<T>> {
    text.split(',')
        .map(|word| {
            T::from_str(word.trim(), true).map_err(|_| {
                let known: Vec<String> = T::value_variants()
                    .iter()
                    .filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned()))
                    .collect();
                Error::usage(format!(
                    "--{name} {word}: right would be {}, or a list of them",
                    known.join(", ")
                ))
            })
        })
        .collect()
}

/// Edges around values, ascending or descending: in the middle between neighbours, in logarithm if `log`;
/// the first and the last value are in the middle of their cells.
pub(super) fn edges(values: &[f64], log: bool) -> Vec<f64> {
    let to = |x: f64| if log { libm::log(x) } else { x };
    let from = |x: f64| if log { libm::exp(x) } else { x };
    let scaled: Vec<f64> = values.iter().map(|&x| to(x)).collect();
    let mut edges: Vec<f64> = scaled
        .windows(2)
        .map(|pair| pair.iter().sum::<f64>() / 2.0)
        .collect();
    if let (Some(&first), Some(&last)) = (scaled.first(), scaled.last()) {
        let begin = edges.first().map_or(first - 0.5, |edge| 2.0 * first - edge);
        let end = edges.last().map_or(last + 0.5, |edge| 2.0 * last - edge);
        edges.insert(0, begin);
        edges.push(end);
    }
    edges.into_iter().map(from).collect()
}

/// Whether the steps between values are even in logarithm rather than plainly.
pub(super) fn is_logarithmic(values: &[f64]) -> bool {
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else {
        return false;
    };
    let Some(&second) = values.get(1).filter(|_| values.len() > 2) else {
        return false;
    };
    let steps = (values.len() - 1) as f64;
    let even = first + (last - first) / steps;
    let geometric = first * libm::pow(last / first, 1.0 / steps);
    first > 0.0 && last > 0.0 && (second - geometric).abs() < (second - even).abs()
}

#[cfg(test)]
mod tests {
    use super::{counts, edges, is_logarithmic, numbers, words};
    use crate::trial::Method;

    #[test]
    fn values_lists_and_ranges() {
        assert_eq!(numbers("mu", "-1").unwrap(), [-1.0]);
        assert_eq!(numbers("mu", "1,2, 5").unwrap(), [1.0, 2.0, 5.0]);
        assert_eq!(numbers("mu", "0:1:5").unwrap(), [0.0, 0.25, 0.5, 0.75, 1.0]);
        let log = numbers("mu", "0.01:1:3:log").unwrap();
        assert!((log[1] - 0.1).abs() < 1e-15 && log[2] == 1.0);
        assert_eq!(counts("dim", "8:16:3").unwrap(), [8, 12, 16]);
        for bad in [
            "",
            "x",
            "1:2",
            "1:2:1",
            "0:1:3:log",
            "1:2:3:lin",
            "inf",
            "1:2:x",
            "1,,2",
        ] {
            let message = numbers("mu", bad).unwrap_err().to_string();
            assert!(message.starts_with("--mu"), "{message}");
        }
        assert!(counts("dim", "1.5").is_err() && counts("dim", "-1").is_err());
        assert_eq!(
            words::<Method>("method", "hetero,pooled").unwrap(),
            [Method::Hetero, Method::Pooled]
        );
        let message = words::<Method>("method", "both").unwrap_err().to_string();
        assert!(message.contains("hetero, pooled"), "{message}");
    }

    #[test]
    fn edges_are_between_values() {
        assert_eq!(edges(&[1.0, 2.0, 3.0], false), [0.5, 1.5, 2.5, 3.5]);
        let log = edges(&[0.1, 1.0, 10.0], true);
        assert!((log[1] - libm::sqrt(0.1)).abs() < 1e-12 && log.len() == 4);
        assert_eq!(edges(&[5.0], false), [4.5, 5.5]);
        assert!(is_logarithmic(&[0.1, 1.0, 10.0]) && !is_logarithmic(&[1.0, 2.0, 3.0]));
        assert!(!is_logarithmic(&[0.0, 1.0, 2.0]) && !is_logarithmic(&[1.0, 10.0]));
    }
}
