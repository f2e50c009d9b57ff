//! The problem `double`.
#![no_std]
#![no_main]

firmware::runner!(heterosgd_problems::DOUBLE);
