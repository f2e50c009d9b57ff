//! Where the labels of vertical lines stand above the plot, so that each is seen to belong to its line.

use super::canvas::Anchor;

/// Between a line and a label beside it, and least between two labels.
const GAP: f64 = 4.0;
const APART: f64 = 10.0;

/// A label to be placed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Where its line is.
    pub(super) x: f64,
    pub(super) width: f64,
}

/// Where a label stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// The row above the plot, from 0.
    pub(super) row: usize,
    pub(super) x: f64,
    pub(super) anchor: Anchor,
    low: f64,
    high: f64,
}

impl Place {
    fn new(row: usize, x: f64, width: f64, anchor: Anchor) -> Self {
        let low = match anchor {
            Anchor::Start => x,
            Anchor::End => x - width,
            Anchor::Middle | Anchor::Upwards => x - width / 2.0,
        };
        Self {
            row,
            x,
            anchor,
            low,
            high: low + width,
        }
    }

    fn touches(&self, other: &Self) -> bool {
        self.low < other.high + APART && other.low < self.high + APART
    }
}

/// The places of labels between `low` and `high`, in their order: centred over their lines in one
/// row if they fit. Otherwise each stands beside its line, which is drawn up to it: to the left, and
/// the higher the further right its line is, so that no line runs through a label.
pub(super) fn places(labels: &[Wanted], low: f64, high: f64) -> Vec<Place> {
    let centred: Vec<Place> = labels
        .iter()
        .map(|label| Place::new(0, centre(*label, low, high), label.width, Anchor::Middle))
        .collect();
    let apart = |(i, place): (usize, &Place)| centred[..i].iter().all(|p| !p.touches(place));
    if centred.iter().enumerate().all(apart) {
        return centred;
    }
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| labels[a].x.total_cmp(&labels[b].x));
    // Near the left edge there is room on the right only; those labels go above all others.
    let fits = |&i: &usize| labels[i].x - GAP - labels[i].width >= low;
    let (left, mut right): (Vec<usize>, Vec<usize>) = order.into_iter().partition(fits);
    right.reverse();
    let mut places = centred;
    let mut placed: Vec<usize> = Vec::new();
    for i in left {
        let Wanted { x, width } = labels[i];
        let mut place = Place::new(0, x - GAP, width, Anchor::End);
        for &j in &placed {
            // The line of a label further left must end below this one.
            if place.touches(&places[j]) || (place.low..=place.high).contains(&labels[j].x) {
                place.row = place.row.max(places[j].row + 1);
            }
        }
        places[i] = place;
        placed.push(i);
    }
    for i in right {
        let above = placed.iter().map(|&j| places[j].row + 1).max();
        let Wanted { x, width } = labels[i];
        places[i] = Place::new(above.unwrap_or(0), x + GAP, width, Anchor::Start);
        placed.push(i);
    }
    places
}

/// The middle of a label over its line that keeps it between `low` and `high`.
fn centre(label: Wanted, low: f64, high: f64) -> f64 {
    let half = label.width / 2.0;
    if high - low < label.width {
        f64::midpoint(low, high)
    } else {
        label.x.clamp(low + half, high - half)
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, places};
    use crate::plot::canvas::Anchor;

    fn wanted<const N: usize>(lines: [(f64, f64); N]) -> [Wanted; N] {
        lines.map(|(x, width)| Wanted { x, width })
    }

    #[test]
    fn labels_with_room_stand_over_their_lines() {
        let placed = places(&wanted([(100.0, 60.0), (300.0, 60.0)]), 0.0, 400.0);
        for (place, x) in placed.iter().zip([100.0, 300.0]) {
            assert_eq!((place.row, place.x, place.anchor), (0, x, Anchor::Middle));
        }
        // At the edge, within the frame.
        assert_eq!(places(&wanted([(399.0, 60.0)]), 0.0, 400.0)[0].x, 370.0);
        assert!(places(&[], 0.0, 400.0).is_empty());
    }

    #[test]
    fn crowded_labels_are_crossed_by_no_line() {
        for lines in [
            [
                (250.0, 150.0),
                (300.0, 160.0),
                (310.0, 140.0),
                (305.0, 50.0),
            ],
            [(380.0, 90.0), (200.0, 90.0), (205.0, 90.0), (210.0, 90.0)],
            [(300.0, 90.0), (300.0, 90.0), (399.0, 90.0), (120.0, 90.0)],
        ] {
            let labels = wanted(lines);
            let placed = places(&labels, 0.0, 400.0);
            for (i, place) in placed.iter().enumerate() {
                for (j, other) in placed.iter().enumerate().filter(|(j, _)| *j != i) {
                    let same = place.row == other.row && place.touches(other);
                    assert!(!same, "{lines:?}: labels {i} and {j} overlap");
                    let under = (place.low..=place.high).contains(&labels[j].x);
                    let through = under && other.row >= place.row;
                    assert!(!through, "{lines:?}: line {j} runs through label {i}");
                }
            }
        }
    }

    #[test]
    fn a_label_without_room_on_the_left_stands_on_the_right() {
        let placed = places(&wanted([(10.0, 90.0), (40.0, 20.0)]), 0.0, 400.0);
        assert_eq!(placed[0].anchor, Anchor::Start);
        assert_eq!(placed[1].anchor, Anchor::End);
        assert!(placed[0].row > placed[1].row);
    }
}
