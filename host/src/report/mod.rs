//! Parts of reports: pages of HTML that need nothing else, tables, numbers for people.

mod table;

use std::fmt::Write as _;

use serde_json::Value;

pub(crate) use table::Table;

const STYLE: &str = include_str!("style.css");

/// The beginning of a page, up to its main part.
pub(crate) fn head(title: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(title)
    )
}

/// The end of a page.
pub(crate) const END: &str = "</main>\n</body>\n</html>\n";

/// A table of names and values; nested objects are flattened to `outer.inner`.
pub(crate) fn list(page: &mut String, value: &Value) {
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
pub(crate) fn short(value: f64) -> String {
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

pub(crate) fn escaped(text: &str) -> String {
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
