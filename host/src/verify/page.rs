//! The page: one HTML file that needs nothing else.

use std::fmt::Write as _;

use super::check::{Check, Verdict};
use super::lab::Lab;
use super::limits;
use crate::error::Result;
use crate::report::{self, escaped, short};

/// The page of these checks.
pub(super) fn html(lab: &Lab, checks: &[Check]) -> Result<String> {
    let passed = checks.iter().filter(|check| check.holds()).count();
    let effort = if lab.full { "--full" } else { "--quick" };
    let mut page = report::head("heterosgd: the theory verified");
    // Writing to a string does not fail.
    let _ = write!(
        page,
        "<h1>HeteroSGD: the theory verified</h1>\n\
         <p>Every bound of docs/theory.md against measured runs, by <code>heterosgd verify {effort} --seed {}</code>, \
         version {}. A false alarm is the failure of a correct program at a random seed; its probability is stated \
         for each row.</p>\n<p class=\"verdict {}\">{passed} of {} checks pass.</p>\n",
        lab.seed,
        env!("CARGO_PKG_VERSION"),
        if passed == checks.len() {
            "good"
        } else {
            "bad"
        },
        checks.len(),
    );
    for check in checks {
        section(&mut page, check)?;
    }
    page.push_str(report::END);
    Ok(page)
}

fn section(page: &mut String, check: &Check) -> Result<()> {
    // Writing to a string does not fail.
    let _ = write!(
        page,
        "<section id=\"{}\">\n<h2>{}. {}</h2>\n<p>{}</p>\n<figure>\n{}</figure>\n\
         <div class=\"wide\"><table>\n<thead><tr><th>What</th><th>Predicted</th><th>Measured</th><th>Limits</th>\
         <th>Margin</th><th>Runs</th><th>False alarm</th><th>Verdict</th></tr></thead>\n<tbody>\n",
        check.name.to_lowercase(),
        check.name,
        escaped(check.title),
        escaped(check.statement),
        check.figure.svg()?,
    );
    for row in &check.rows {
        let class = match row.verdict {
            Verdict::Pass => "good",
            Verdict::Fail => "bad",
            Verdict::Reported => "",
        };
        let margin = if row.margin.is_finite() {
            short(row.margin)
        } else {
            String::new()
        };
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{margin}</td><td>{}</td><td>{}</td><td class=\"{class}\">{}</td></tr>",
            escaped(&row.what),
            short(row.predicted),
            short(row.measured),
            limits(row),
            row.runs,
            short(row.false_alarm),
            row.verdict.word(),
        );
    }
    page.push_str("</tbody>\n</table></div>\n</section>\n");
    Ok(())
}
