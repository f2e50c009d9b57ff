//! A factor taken out of a learner and put into another one goes on to the same bits.

use heterosgd::sampling::{Ensemble, Gaussian, GaussianFeatures, Purpose, stream};
use heterosgd::{
    Features, HeteroSgd, Linear, Measurement, Model, Psd, Scalar, Settings, Signed, Symmetric,
};

/// Trains for 40 steps, with `renew` applied to the model after the first 20.
fn run<M, X, S>(renew: impl Fn(&M) -> M) -> HeteroSgd<M>
where
    M: Model,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    let settings = Settings {
        step_size: M::Scalar::from_f64(0.05),
        init_scale: M::Scalar::from_f64(0.1),
        seed: 3,
    };
    let mut learner = HeteroSgd::<M>::new(settings).expect("in range");
    let mut draws = stream(0, Purpose::Measurements, 0);
    for step in 0..40u32 {
        if step == 20 {
            let model = renew(learner.model());
            learner = HeteroSgd::from_model(model, learner.step_size()).expect("in range");
        }
        let mut batch = learner.batch(0);
        for sample in 0..8 {
            let y = M::Scalar::from_count((step + sample) % 3);
            batch.observe(&S::draw(&mut draws), y).expect("in range");
        }
        batch.step().expect("finite");
    }
    learner
}

fn goes_on<M, X, S>(renew: impl Fn(&M) -> M)
where
    M: Model + PartialEq,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    let (through, renewed) = (run::<M, X, S>(M::clone), run::<M, X, S>(renew));
    assert_eq!(through.digest(), renewed.digest());
    assert_eq!(through.model(), renewed.model());
    assert_ne!(
        through.digest(),
        run::<M, X, S>(|_| M::initial(M::Scalar::ONE, 0)).digest()
    );
}

#[test]
fn psd() {
    goes_on::<Psd<f32, 8, 3>, Symmetric<f32, 8>, Gaussian>(|model| {
        Psd::from_factor(*model.factor()).expect("in range")
    });
}

#[test]
fn signed() {
    goes_on::<Signed<f64, 5, 5>, Symmetric<f64, 5>, Gaussian>(|model| {
        let (u, v) = model.factors();
        Signed::from_factors(*u, *v).expect("in range")
    });
}

#[test]
fn linear() {
    goes_on::<Linear<f32, 11>, Features<f32, 11>, GaussianFeatures>(|model| {
        let (u, v) = model.factors();
        Linear::from_factors(*u, *v).expect("in range")
    });
}

/// The estimate is `u*u - v*v`, and an entry that starts from 0 in both halves never moves.
#[test]
fn linear_from_factors() {
    let model = Linear::from_factors([2.0, 0.0, 0.5f64], [1.0, 0.0, 3.0]).expect("in range");
    assert_eq!(model.factors(), (&[2.0, 0.0, 0.5], &[1.0, 0.0, 3.0]));
    assert_eq!(model.estimate(), [3.0, 0.0, -8.75]);
    let mut learner = HeteroSgd::<_>::from_model(model, 0.01).expect("in range");
    let mut batch = learner.batch(0);
    batch.observe(&Features([1.0; 3]), 7.0).expect("in range");
    batch.step().expect("finite");
    let [first, second, third] = learner.estimate();
    assert!(first > 3.0 && second == 0.0 && third > -8.75);
}
