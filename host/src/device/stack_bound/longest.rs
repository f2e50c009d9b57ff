//! The heaviest path through a graph of calls.

/// What [`longest`] finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Longest {
    /// The sum of the frames on the path. Means nothing if there is a cycle.
    pub(super) bytes: u64,
    /// The path, from the entry on.
    pub(super) path: Vec<usize>,
    /// All that can be reached, callees before their callers.
    pub(super) reached: Vec<usize>,
    /// The first cycle that was found; empty if there is none.
    pub(super) cycle: Vec<usize>,
}

/// How far the search is with a function, and the best path from it on.
#[derive(Debug, Clone, Copy)]
enum State {
    New,
    Open,
    Done { bytes: u64, next: Option<usize> },
}

/// The heaviest path from `entry`, by a search in depth. It keeps its own stack: the depth is that
/// of a file which may be anything.
///
/// `frames` and `calls` have an element for each function, and `calls` names no other function.
pub(super) fn longest(frames: &[u64], calls: &[&[usize]], entry: usize) -> Longest {
    let mut states = vec![State::New; frames.len()];
    let mut found = Longest::default();
    // Functions that are open, each with the calls that are still to look at.
    let mut open = vec![(entry, calls[entry])];
    states[entry] = State::Open;
    while let Some((at, left)) = open.last_mut() {
        if let Some((&callee, rest)) = left.split_first() {
            *left = rest;
            match states[callee] {
                State::New => {
                    states[callee] = State::Open;
                    open.push((callee, calls[callee]));
                }
                State::Open if found.cycle.is_empty() => {
                    let circle = open.iter().map(|&(index, _)| index);
                    found.cycle = circle.skip_while(|&index| index != callee).collect();
                }
                State::Open | State::Done { .. } => {}
            }
            continue;
        }
        let at = *at;
        open.pop();
        let below = calls[at]
            .iter()
            .filter_map(|&callee| match states[callee] {
                State::Done { bytes, .. } => Some((bytes, callee)),
                State::New | State::Open => None,
            })
            .max();
        states[at] = State::Done {
            bytes: frames[at].saturating_add(below.map_or(0, |(bytes, _)| bytes)),
            next: below.map(|(_, callee)| callee),
        };
        found.reached.push(at);
    }

    let mut step = Some(entry);
    while let Some(at) = step {
        found.path.push(at);
        step = match states[at] {
            State::Done { next, .. } => next,
            State::New | State::Open => None,
        };
    }
    if let State::Done { bytes, .. } = states[entry] {
        found.bytes = bytes;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Longest, longest};

    #[test]
    fn the_heaviest_path_is_not_the_one_with_most_calls() {
        // 0 calls 1 and 2; 1 calls 3, 3 calls 4; 2 calls 4.
        let calls: [&[usize]; 6] = [&[1, 2], &[3], &[4], &[4], &[], &[0]];
        let found = longest(&[8, 1, 100, 2, 16, 1000], &calls, 0);
        assert_eq!(found.bytes, 124);
        assert_eq!(found.path, [0, 2, 4]);
        assert_eq!(found.reached, [4, 3, 1, 2, 0]);
        assert!(found.cycle.is_empty());
    }

    #[test]
    fn a_cycle_is_named() {
        let calls: [&[usize]; 4] = [&[1], &[2], &[3, 1], &[]];
        assert_eq!(longest(&[1; 4], &calls, 0).cycle, [1, 2]);
        assert!(longest(&[1; 4], &calls, 3).cycle.is_empty());
        let itself: [&[usize]; 1] = [&[0]];
        assert_eq!(
            longest(&[5], &itself, 0),
            Longest {
                bytes: 5,
                path: vec![0],
                reached: vec![0],
                cycle: vec![0],
            }
        );
    }

    #[test]
    fn a_long_chain_needs_no_stack_here() {
        let next: Vec<[usize; 1]> = (1..100_000).map(|index| [index]).collect();
        let mut calls: Vec<&[usize]> = next.iter().map(<[usize; 1]>::as_slice).collect();
        calls.push(&[]);
        assert_eq!(longest(&vec![2; 100_000], &calls, 0).bytes, 200_000);
    }
}
