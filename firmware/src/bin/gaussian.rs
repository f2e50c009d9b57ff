//! The problem `gaussian`.
#![no_std]
#![no_main]

firmware::runner!(heterosgd_problems::GAUSSIAN);
