//! The problem `pooled`.
#![no_std]
#![no_main]

firmware::runner!(heterosgd_problems::POOLED);
