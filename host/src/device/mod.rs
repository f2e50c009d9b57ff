//! Boards: what their programs need.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "no command prints the figure yet")
)]
mod stack_bound;
