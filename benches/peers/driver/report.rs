//! The tables of docs/peers.md.

use crate::outcome::{OURS, Outcome, PEAK, STEP, is_read};
use crate::targets;

/// Everything that was measured.
pub(crate) fn markdown(outcomes: &[Outcome]) -> String {
    let mut sizes: Vec<usize> = outcomes.iter().map(|outcome| outcome.case.d).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut text = String::from("\n## Targets\n\n");
    text += &targets::markdown(outcomes, &sizes);
    for (rank_one, from_memory) in [(false, false), (false, true), (true, false)] {
        for double in [false, true] {
            let group: Vec<&Outcome> = outcomes
                .iter()
                .filter(|outcome| {
                    let case = outcome.case;
                    (case.rank_one, case.from_memory, case.double)
                        == (rank_one, from_memory, double)
                })
                .collect();
            let Some(first) = group.first() else {
                continue;
            };
            let case = first.case;
            let (kind, scalar) = (case.kind(), case.scalar());
            text += &format!("## {kind}, {scalar}, {}\n\n", case.place());
            text += &table(&group, "ns per sample", |name| {
                !name.ends_with(STEP) && name != PEAK
            });
            let has_steps = first.time(&format!("{OURS}{STEP}")).is_some();
            if has_steps {
                text += &format!("### {kind}, {scalar}, whole steps of 64 samples\n\n");
                text += &table(&group, "ns per step", |name| name.ends_with(STEP));
            }
        }
    }
    text
}

/// A row for each peer, a column for each size.
fn table(group: &[&Outcome], unit: &str, is_shown: impl Fn(&str) -> bool) -> String {
    let mut names: Vec<&str> = Vec::new();
    for row in group.iter().flat_map(|outcome| &outcome.rows) {
        if is_shown(&row.name) && !names.contains(&row.name.as_str()) {
            names.push(&row.name);
        }
    }
    // Reads first, then this library, then the others.
    names.sort_by_key(|&name| (!is_read(name), !name.starts_with(OURS)));
    let mut text = format!("| {unit} |");
    for outcome in group {
        let (d, bytes) = (outcome.case.d, outcome.case.bytes_of_sample());
        text += &format!(" d = {d} ({bytes} bytes) |");
    }
    text += &format!("\n|---|{}\n", "---|".repeat(group.len()));
    for name in names {
        let cells: Vec<String> = group.iter().map(|outcome| cell(outcome, name)).collect();
        text += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    text + "\n"
}

/// The ratio to this library in bold, its range; the time, its range.
fn cell(outcome: &Outcome, name: &str) -> String {
    let Some(time) = outcome.time(name) else {
        return String::from("-");
    };
    let time = format!("{:.2} ({:.2} to {:.2})", time.median, time.least, time.most);
    if is_read(name) {
        let speed = outcome.time(name).map_or(f64::NAN, |time| {
            outcome.case.bytes_of_sample() as f64 / time.median
        });
        return format!("{speed:.1} GB/s<br>{time}");
    }
    if name == OURS {
        let share = outcome
            .share()
            .map_or(String::from("no read limit"), |share| {
                format!("{:.0} % of the limit", 100.0 * share)
            });
        return format!("**{share}**<br>{time}");
    }
    match outcome.ratio(name) {
        Some(ratio) if !name.starts_with(OURS) => format!(
            "**x {:.2}** ({:.2} to {:.2})<br>{time}",
            ratio.median, ratio.least, ratio.most
        ),
        _ => time,
    }
}

#[cfg(test)]
mod tests {
    use super::markdown;
    use crate::outcome::tests::outcome;

    #[test]
    fn every_peer_has_a_row() {
        let outcome = outcome(
            false,
            &[
                ("c", &[3.0]),
                ("c+step", &[30.0]),
                ("heterosgd", &[2.0]),
                ("heterosgd+step", &[15.0]),
                ("read", &[1.0]),
            ],
        );
        let text = markdown(&[outcome]);
        let rows = [
            "## dense, f32, 256 KiB of data\n",
            "| ns per sample | d = 8 (148 bytes) |\n",
            "| read | 148.0 GB/s<br>1.00 (1.00 to 1.00) |\n| heterosgd | **50 % of the limit**<br>2.00 (2.00 to 2.00) |\n| c | **x 1.50** (1.50 to 1.50)<br>3.00 (3.00 to 3.00) |\n",
            "### dense, f32, whole steps of 64 samples\n",
            "| heterosgd+step | 15.00 (15.00 to 15.00) |\n| c+step | **x 2.00** (2.00 to 2.00)<br>30.00 (30.00 to 30.00) |\n",
        ];
        for row in rows {
            assert!(text.contains(row), "{row}\nis not in\n{text}");
        }
    }
}
