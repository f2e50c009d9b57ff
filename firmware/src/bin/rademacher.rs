//! The problem `rademacher`.
#![no_std]
#![no_main]

firmware::runner!(heterosgd_problems::RADEMACHER);
