//! Cutting polylines: to the plot area, and into dashes.

use super::canvas::Pixel;

/// The pieces of a polyline inside the rectangle from `low` to `high`. `None` points are gaps.
pub(super) fn to_rectangle(points: &[Option<Pixel>], low: Pixel, high: Pixel) -> Vec<Vec<Pixel>> {
    let mut pieces: Vec<Vec<Pixel>> = Vec::new();
    let mut open = false;
    for pair in points.windows(2) {
        let &[Some(from), Some(to)] = pair else {
            open = false;
            continue;
        };
        let Some((a, b)) = segment(from, to, low, high) else {
            open = false;
            continue;
        };
        match pieces.last_mut() {
            Some(piece) if open && a == from => piece.push(b),
            _ => pieces.push(vec![a, b]),
        }
        open = b == to;
    }
    pieces
}

/// The part of a segment inside a rectangle (Liang and Barsky 1984).
fn segment(from: Pixel, to: Pixel, low: Pixel, high: Pixel) -> Option<(Pixel, Pixel)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (slope, room) in [
        (-dx, from.0 - low.0),
        (dx, high.0 - from.0),
        (-dy, from.1 - low.1),
        (dy, high.1 - from.1),
    ] {
        if slope == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if slope < 0.0 {
            start = start.max(room / slope);
        } else {
            end = end.min(room / slope);
        }
    }
    if start > end {
        return None;
    }
    let at = |t: f64| (from.0 + t * dx, from.1 + t * dy);
    let a = if start == 0.0 { from } else { at(start) };
    let b = if end == 1.0 { to } else { at(end) };
    Some((a, b))
}

/// The dashes of a polyline: `dash` pixels on, `gap` off, measured along the line.
pub(super) fn dashes(points: &[Pixel], dash: f64, gap: f64) -> Vec<Vec<Pixel>> {
    let mut pieces = Vec::new();
    let mut current: Vec<Pixel> = points.first().copied().into_iter().collect();
    let mut on = true;
    let mut left = dash;
    for pair in points.windows(2) {
        let &[mut from, to] = pair else { continue };
        loop {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = libm::sqrt(dx * dx + dy * dy);
            if length <= left {
                left -= length;
                if on {
                    current.push(to);
                }
                break;
            }
            let share = left / length;
            from = (from.0 + share * dx, from.1 + share * dy);
            if on {
                current.push(from);
                pieces.push(std::mem::take(&mut current));
            } else {
                current = vec![from];
            }
            on = !on;
            left = if on { dash } else { gap };
        }
    }
    if on && current.len() > 1 {
        pieces.push(current);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{dashes, to_rectangle};

    #[test]
    fn leaves_and_comes_back() {
        let points = [(0.0, 5.0), (5.0, 15.0), (10.0, 5.0)].map(Some);
        let pieces = to_rectangle(&points, (0.0, 0.0), (10.0, 10.0));
        assert_eq!(
            pieces,
            [
                vec![(0.0, 5.0), (2.5, 10.0)],
                vec![(7.5, 10.0), (10.0, 5.0)]
            ]
        );
    }

    #[test]
    fn gaps_split_lines() {
        let points = [
            Some((0.0, 1.0)),
            Some((1.0, 1.0)),
            None,
            Some((3.0, 1.0)),
            Some((4.0, 1.0)),
        ];
        assert_eq!(to_rectangle(&points, (0.0, 0.0), (9.0, 9.0)).len(), 2);
        let outside = [(20.0, 1.0), (30.0, 2.0)].map(Some);
        assert!(to_rectangle(&outside, (0.0, 0.0), (9.0, 9.0)).is_empty());
    }

    #[test]
    fn dashes_cover_their_share() {
        let pieces = dashes(&[(0.0, 0.0), (7.0, 0.0), (20.0, 0.0)], 6.0, 4.0);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0], [(0.0, 0.0), (6.0, 0.0)]);
        assert_eq!(pieces[1], [(10.0, 0.0), (16.0, 0.0)]);
    }
}
