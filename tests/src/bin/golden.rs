//! Prints the golden digests, in the form of `tests/golden/digests.txt`; writes no file.

fn main() {
    print!(
        "{}",
        heterosgd_tests::golden::render(&heterosgd_tests::golden::compute())
    );
}
