//! The report: one HTML page that needs nothing else.

use std::fmt::Write as _;

use super::outcome::{Claim, Outcome};
use crate::error::Result;
use crate::report::{self, escaped, list, short};

/// The page of what `reproduce command` drew.
pub(super) fn html(command: &str, seed: u64, outcomes: &[Outcome]) -> Result<String> {
    let claims: Vec<&Claim> = outcomes.iter().flat_map(|o| &o.claims).collect();
    let holding = claims.iter().filter(|claim| claim.holds).count();
    let mut page = report::head("heterosgd: the figures reproduced");
    // Writing to a string does not fail.
    let _ = write!(
        page,
        "<h1>HeteroSGD: the figures reproduced</h1>\n\
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
    page.push_str(report::END);
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
