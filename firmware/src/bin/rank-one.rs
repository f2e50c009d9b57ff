//! The problem `rank-one`.
#![no_std]
#![no_main]

firmware::runner!(heterosgd_problems::RANK_ONE);
