//! The report: one HTML page that needs nothing else.

use std::fmt::Write as _;

use serde_json::Value;

use super::outcome::{Claim, Outcome};
use crate::error::Result;

const STYLE: &str = include_str!("report.css");

/// The page of what `reproduce command` drew.
pub(super) fn html(command: &str, seed: u64, outcomes: &[Outcome]) -> Result<String> {
    let claims: Vec<&Claim> = outcomes.iter().flat_map(|o| &o.claims).collect();
    let holding = claims.iter().filter(|claim| claim.holds).count();
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>heterosgd: the figures reproduced</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>HeteroSGD: the figures reproduced</h1>\n\
         <p>Figures of Xu, Gu and Fang, <cite>The Implicit Bias of Heterogeneity towards Invariance</cite> \
         (NeurIPS 2024, <a href=\"https://arxiv.org/abs/2403.01420\">arXiv 2403.01420</a>), computed anew by \
         <code>heterosgd reproduce {command} --seed {seed}</code>, version {}. Where the paper does not state a \
         parameter, the choice is ours and listed. The step is U \u{2190} (I \u{2212} \u{3b7}M) U with the batch gradient \
         M = (1/m) \u{2211} (\u{27e8}X, UU\u{1d40}\u{27e9} \u{2212} y) X; this fixes what \u{3b7} means.</p>\n\
         <p class=\"verdict {}\">{holding} of {} claims hold.</p>\n",
        env!("CARGO_PKG_VERSION"),
        if holding == claims.len() {
            "good"
        } else {
            "bad"
        },
        claims.len(),
    );
    for outcome in outcomes {
        section(&mut page, outcome)?;
    }
    page.push_str("</main>\n</body>\n</html>\n");
    Ok(page)
}

fn section(page: &mut String, outcome: &Outcome) -> Result<()> {
    let number = outcome.name.trim_start_matches("fig");
    // Writing to a string does not fail.
    let _ = write!(
        page,
        "<section id=\"{}\">\n<h2>Figure {number}. {}</h2>\n<p>{}</p>\n<figure>\n{}</figure>\n",
        outcome.name,
        escaped(outcome.title),
        escaped(&outcome.explanation),
        outcome.figure.svg()?,
    );
    page.push_str(
        "<div class=\"wide\"><table>\n<thead><tr><th>Claim</th><th>Value</th><th>Bound</th>\
         <th>Holds</th></tr></thead>\n<tbody>\n",
    );
    for claim in &outcome.claims {
        let (class, verdict) = if claim.holds {
            ("good", "yes")
        } else {
            ("bad", "no")
        };
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{} {}</td><td class=\"{class}\">{verdict}</td></tr>",
            escaped(&claim.statement),
            short(claim.value),
            claim.relation.sign(),
            short(claim.bound),
        );
    }
    page.push_str("</tbody>\n</table></div>\n<details><summary>Numbers</summary>\n");
    list(page, &outcome.numbers.clone().into());
    page.push_str("</details>\n<details><summary>Parameters</summary>\n");
    list(page, &outcome.parameters);
    page.push_str("</details>\n</section>\n");
    Ok(())
}

/// A table of names and values; nested objects are flattened to `outer.inner`.
fn list(page: &mut String, value: &Value) {
    let mut rows = Vec::new();
    flatten("", value, &mut rows);
    page.push_str("<div class=\"wide\"><table>\n<tbody>\n");
    for (name, value) in rows {
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td></tr>",
            escaped(&name),
            escaped(&value)
        );
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn flatten(prefix: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let name = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&name, inner, rows);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            rows.push((prefix.to_owned(), items.join(", ")));
        }
        other => rows.push((prefix.to_owned(), shown(other))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(String::new, short),
        Value::String(text) => text.clone(),
        Value::Null => "not finite".to_owned(),
        other => other.to_string(),
    }
}

/// Four significant digits: enough to read; the summary has all of them.
pub(super) fn short(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value != 0.0 && !(1e-3..1e6).contains(&value.abs()) {
        let (all, four) = (format!("{value:e}"), format!("{value:.3e}"));
        let text = if all.len() < four.len() { all } else { four };
        return text.replace('-', "\u{2212}");
    }
    let decimals = (0..=6)
        .find(|&decimals| {
            let scale = libm::pow(10.0, f64::from(decimals));
            value.abs() * scale >= 1000.0 || (value * scale).fract() == 0.0
        })
        .unwrap_or(6);
    format!("{value:.*}", decimals as usize).replace('-', "\u{2212}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{escaped, flatten, short};

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(0.1 + 0.2), "0.3000");
        assert_eq!(short(0.25), "0.25");
        assert_eq!(short(4000.0), "4000");
        assert_eq!(short(-4.582_575), "\u{2212}4.583");
        assert_eq!(short(1.5e-9), "1.5e\u{2212}9");
        assert_eq!(short(1e-6), "1e\u{2212}6");
        assert_eq!(short(1.234_567e-6), "1.235e\u{2212}6");
        assert_eq!(short(0.0), "0");
        assert_eq!(short(f64::INFINITY), "inf");
    }

    #[test]
    fn objects_are_flattened() {
        let mut rows = Vec::new();
        let value = serde_json::json!({"a": {"b": 1, "c": [0.5, 2]}, "d": null});
        flatten("", &value, &mut rows);
        let names: Vec<_> = rows.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(names, ["a.b=1", "a.c=0.5, 2", "d=not finite"]);
        assert_eq!(escaped("<a & b>"), "&lt;a &amp; b&gt;");
    }
}
