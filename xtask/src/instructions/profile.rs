//! Callgrind's profiles (valgrind's manual, "Callgrind Format Specification").

use std::collections::HashMap;

/// Instructions of the object whose path ends in `object`, those of functions that it calls in other
/// objects left out; `None` if there are none.
pub(super) fn instructions(profile: &str, object: &str) -> Option<u64> {
    // A name is written once, as "(number) name", and by its number afterwards.
    let mut names = HashMap::new();
    let (mut is_own, mut is_call, mut sum) = (false, false, 0);
    for line in profile.lines() {
        let (key, value) = line.split_once('=').unwrap_or_default();
        match key {
            "ob" | "cob" => {
                let (number, name) = value.split_once(' ').unwrap_or((value, ""));
                if !name.is_empty() {
                    names.insert(number, name.ends_with(object));
                }
                if key == "ob" {
                    is_own = names.get(number).copied().unwrap_or(false);
                }
            }
            // The line after it has the cost of the callee.
            "calls" => is_call = true,
            _ if line.starts_with(['+', '-', '*'])
                || line.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                let cost = line
                    .split(' ')
                    .nth(1)
                    .and_then(|cost| cost.parse::<u64>().ok());
                if is_own && !is_call {
                    sum += cost.unwrap_or(0);
                }
                is_call = false;
            }
            _ => {}
        }
    }
    (sum > 0).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::instructions;

    const PROFILE: &str = "\
version: 1
positions: line
events: Ir
summary: 67

ob=(1) /target/program
fl=(1) a.rs
fn=(1) work
10 5
+2 7
cob=(2) /lib/libc.so.6
cfn=(2) memcpy
calls=1 0
* 50
-1 4

ob=(2)
fn=(2)
0 50

ob=(1)
fn=(3) more
* 1
";

    #[test]
    fn calls_into_other_objects_are_left_out() {
        assert_eq!(instructions(PROFILE, "/program"), Some(5 + 7 + 4 + 1));
        assert_eq!(instructions(PROFILE, "/libc.so.6"), Some(50));
        assert_eq!(instructions(PROFILE, "/other"), None);
    }
}
