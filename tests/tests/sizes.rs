//! The state is O(d k + d(d+1)/2) scalars, whatever the batch size; `--nocapture` prints the table.

use heterosgd::{
    Centred, HeteroSgd, IsotropicRankOne, Linear, Model, Psd, Refit, Screen, Sequential, Signed,
    Symmetric, Whitened,
};

struct Row {
    model: &'static str,
    /// Scalars of factor, signal and gradient; a centred learner has the gradient's twice, and one more.
    scalars: usize,
    scalar: usize,
    gradient: usize,
    plain: usize,
    centred: usize,
}

fn row<M: Model>(model: &'static str, scalars: usize) -> Row {
    Row {
        model,
        scalars,
        scalar: size_of::<M::Scalar>(),
        gradient: size_of::<M::Gradient>(),
        plain: size_of::<HeteroSgd<M>>(),
        centred: size_of::<HeteroSgd<M, Centred>>(),
    }
}

const fn packed(d: usize) -> usize {
    d * (d + 1) / 2
}

fn table() -> Vec<Row> {
    vec![
        row::<Psd<f32, 4, 4>>("Psd<f32, 4, 4>", 16 + 2 * packed(4)),
        row::<Psd<f32, 8, 2>>("Psd<f32, 8, 2>", 16 + 2 * packed(8)),
        row::<Psd<f32, 8, 8>>("Psd<f32, 8, 8>", 64 + 2 * packed(8)),
        row::<Psd<f32, 16, 4>>("Psd<f32, 16, 4>", 64 + 2 * packed(16)),
        row::<Psd<f32, 16, 16>>("Psd<f32, 16, 16>", 256 + 2 * packed(16)),
        row::<Psd<f32, 32, 32>>("Psd<f32, 32, 32>", 1024 + 2 * packed(32)),
        row::<Psd<f64, 8, 8>>("Psd<f64, 8, 8>", 64 + 2 * packed(8)),
        row::<Signed<f32, 8, 2>>("Signed<f32, 8, 2>", 32 + 2 * packed(8)),
        row::<Signed<f32, 16, 16>>("Signed<f32, 16, 16>", 512 + 2 * packed(16)),
        row::<Linear<f32, 8>>("Linear<f32, 8>", 4 * 8),
        row::<Linear<f32, 64>>("Linear<f32, 64>", 4 * 64),
        row::<Linear<f64, 16>>("Linear<f64, 16>", 4 * 16),
    ]
}

/// Beyond its scalars a learner holds its step size, two counters and an environment: 48 bytes at most.
#[test]
fn nothing_but_scalars_and_counters() {
    println!(
        "{:22} {:>7} {:>8}",
        "bytes of HeteroSgd", "plain", "Centred"
    );
    for row in table() {
        println!("{:22} {:>7} {:>8}", row.model, row.plain, row.centred);
        let scalars = row.scalars * row.scalar;
        assert!(row.plain >= scalars, "{}: {} bytes", row.model, row.plain);
        assert!(
            row.plain <= scalars + 48,
            "{}: {} bytes",
            row.model,
            row.plain
        );
        let more = row.gradient + row.scalar;
        assert!(
            row.centred <= row.plain + more + 8,
            "{}: {} bytes",
            row.model,
            row.centred
        );
    }
}

/// A whitened learner holds its Gram matrix besides, and a ridge; what lasts of a screen and a refit is
/// some ten numbers a feature and two packed matrices.
#[test]
fn whitened_learners_screens_and_refits() {
    type Matrix = Psd<f32, 8, 2>;
    type Features = Linear<f32, 14>;
    let plain = [
        size_of::<HeteroSgd<Matrix>>(),
        size_of::<HeteroSgd<Features>>(),
    ];
    let whitened = [
        size_of::<HeteroSgd<Matrix, Whitened>>(),
        size_of::<HeteroSgd<Features, Whitened>>(),
    ];
    let centred = size_of::<HeteroSgd<Features, Centred<Whitened>>>();
    let sequential = size_of::<HeteroSgd<Matrix, Sequential>>();
    let screens = [
        size_of::<Screen<f32, 14>>(),
        size_of::<Screen<f32, 14, 1>>(),
    ];
    let refit = size_of::<Refit<f32, 14>>();
    println!(
        "Psd<f32, 8, 2>: plain {}, whitened {}, sequential {sequential}",
        plain[0], whitened[0]
    );
    println!(
        "Linear<f32, 14>: plain {}, whitened {}, centred and whitened {centred}",
        plain[1], whitened[1]
    );
    println!(
        "Screen<f32, 14>: {}, with one block {}; Refit<f32, 14>: {refit}",
        screens[0], screens[1]
    );
    for ((plain, whitened), coordinates) in plain.into_iter().zip(whitened).zip([packed(8), 14]) {
        assert!(
            whitened <= plain + 4 * packed(coordinates) + 8,
            "{whitened}"
        );
    }
    assert!(
        screens[0] <= 8192 && screens[1] <= 4096 && refit <= 4096,
        "{screens:?}, {refit}"
    );
}

#[test]
fn the_example_of_the_documentation_fits_in_600_bytes() {
    assert!(size_of::<HeteroSgd<Psd<f32, 8, 2>>>() <= 600);
}

#[test]
fn measurements_are_their_entries() {
    assert_eq!(size_of::<Symmetric<f32, 8>>(), 4 * packed(8));
    assert_eq!(size_of::<IsotropicRankOne<f64, 8>>(), 8 * 8);
}
