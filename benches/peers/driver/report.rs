//! The page and the JSON.

use serde_json::{Value, json};

use crate::case::Case;

/// A peer's times in the rounds of a case; nanoseconds per sample, or per step.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) times: Vec<f64>,
}

pub(crate) struct Table {
    pub(crate) case: Case,
    /// Rows of full steps have `+step` in their names.
    pub(crate) rows: Vec<Row>,
}

const OURS: &str = "heterosgd";

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let at = |k: usize| sorted.get(k).copied().unwrap_or(f64::NAN);
    if sorted.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.wrapping_sub(1)), at(middle))
    }
}

impl Table {
    /// The row that another is compared with: ours of the same job.
    fn times(&self, base: &str, like: &str) -> Option<&[f64]> {
        let suffix = if like.ends_with("+step") { "+step" } else { "" };
        let name = format!("{base}{suffix}");
        let row = self.rows.iter().find(|row| row.name == name)?;
        Some(&row.times)
    }

    pub(crate) fn markdown(&self) -> String {
        let case = self.case;
        let mut text = format!(
            "\n### {}, {}, d = {}, {} of data\n\n| peer | ns (median) | of the read limit | peer / ours (median, min to max) |\n|---|---|---|---|\n",
            case.kind(),
            case.scalar(),
            case.d,
            case.place()
        );
        for row in &self.rows {
            let share = match self.times("read", &row.name) {
                // A peer of full matrices reads more for a sample; its share is of the packed bytes.
                Some(read) => format!("{:.0} %", 100.0 * median(read) / median(&row.times)),
                None => String::from("-"),
            };
            let ratio = self
                .times(OURS, &row.name)
                .map_or(String::from("-"), |ours| {
                    let ratios: Vec<f64> = row.times.iter().zip(ours).map(|(a, b)| a / b).collect();
                    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
                    let most = ratios.iter().copied().fold(0.0, f64::max);
                    format!("{:.2} ({least:.2} to {most:.2})", median(&ratios))
                });
            let time = median(&row.times);
            text += &format!("| {} | {time:.2} | {share} | {ratio} |\n", row.name);
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| json!({"peer": row.name, "median": median(&row.times), "ns": row.times}))
            .collect();
        json!({
            "kind": self.case.kind(), "scalar": self.case.scalar(), "d": self.case.d,
            "bytes": self.case.bytes, "rows": rows,
        })
    }
}
