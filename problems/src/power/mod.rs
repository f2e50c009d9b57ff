//! A learner whose power is cut after every byte that it writes to flash.
//!
//! A run of [`SAMPLES`] samples saves a checkpoint after every [`INTERVAL`] of them, most often in the
//! middle of a batch. Each save is done again and again, the power cut one byte later each time, until it
//! gets through. After each cut the flash is opened anew: the learner in it has to be that of the save or of
//! the one before, bit for bit, and has to finish the run, with its saves, at the digest of a run that
//! nothing interrupted.

mod nor;
mod storage;

use heterosgd::sampling::{Purpose, stream};
use heterosgd::{HeteroSgd, IsotropicRankOne, Psd};

pub use nor::{Cut, Nor, NorError, PAGE, PAGES, WORD};
use storage::Failure;
pub use storage::{MAP, STORE, Storage};

use crate::{RANK_ONE, Sink};

/// Samples of the run.
pub const SAMPLES: usize = 36;
/// Samples between two saves.
pub const INTERVAL: usize = 3;
/// Samples of a batch.
const BATCH: u32 = 4;

type Model = HeteroSgd<Psd<f32, 8, 2>>;
/// What the device measures, drawn once.
struct Recording([(u32, IsotropicRankOne<f32, 8>, f32); SAMPLES]);

/// What came of the cuts in one save.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cuts {
    /// Power cuts: one for each byte that was written or erased.
    pub tried: u64,
    /// After which the learner of the save before was found (none, before the first).
    pub before: u64,
    /// After which that of the save itself was found.
    pub after: u64,
    /// Power cuts in the start-up and save that came after one of these.
    pub second: u64,
    /// After which, or after whose second, anything else was found or the run did not finish at the right
    /// digest.
    pub lost: u64,
}

/// What came of all cuts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The cuts.
    pub cuts: Cuts,
    /// How often each page was erased by the run that nothing interrupted.
    pub erased: [u32; PAGES],
    /// The digest of that run.
    pub digest: u64,
}

/// Cuts the power of the [`STORE`] cleanly, then torn, then of the [`MAP`] cleanly, and reports a record
/// `power-cuts TRIED BEFORE AFTER LOST DIGEST` of each.
pub fn power_cuts(sink: &mut impl Sink) {
    for (storage, cut) in [(STORE, Cut::Clean), (STORE, Cut::Torn), (MAP, Cut::Clean)] {
        let Outcome { cuts, digest, .. } = run(&storage, cut, None, |_| ()).unwrap_or_default();
        let numbers = [cuts.tried, cuts.before, cuts.after, cuts.lost, digest];
        sink.record("power-cuts", &numbers);
    }
}

/// Cuts the power as `cut` says, and shows the count of each save to `each`. With `again`, after every
/// `again`-th cut it is cut a second time: after every byte of the start-up and the save that come then, in
/// which the flash is put in order. `None` if the run fails that nothing interrupts.
pub fn run(
    storage: &Storage,
    cut: Cut,
    again: Option<u64>,
    mut each: impl FnMut(Cuts),
) -> Option<Outcome> {
    let recording = Recording::draw()?;
    let start = RANK_ONE.learner().ok()?;
    let (digest, erased) = recording.uninterrupted(&start, cut, storage)?;
    let (mut learner, mut nor) = (start.clone(), Nor::new(cut));
    let mut all = Cuts::default();
    // What the flash holds before a save; nothing is as good as the start of the run.
    let mut kept = start;
    for _ in 0..SAMPLES / INTERVAL {
        recording.learn(&mut learner, INTERVAL)?;
        let save = Save {
            storage,
            recording: &recording,
            cut_from: &nor,
            before: &kept,
            after: &learner,
            digest,
        };
        let cuts = save.cut_everywhere(again);
        each(cuts);
        all.tried += cuts.tried;
        all.before += cuts.before;
        all.after += cuts.after;
        all.second += cuts.second;
        all.lost += cuts.lost;
        nor.power(u32::MAX);
        (storage.save)(&mut nor, &learner).ok()?;
        kept = learner.clone();
    }
    Some(Outcome {
        cuts: all,
        erased,
        digest,
    })
}

/// A save, to be cut.
struct Save<'a> {
    storage: &'a Storage,
    recording: &'a Recording,
    cut_from: &'a Nor,
    before: &'a Model,
    after: &'a Model,
    digest: u64,
}

impl Save<'_> {
    #[inline(never)]
    fn cut_everywhere(&self, again: Option<u64>) -> Cuts {
        let mut cuts = Cuts::default();
        loop {
            let mut nor = self.cut_from.clone();
            nor.power(cuts.tried as u32);
            match self.attempt(&mut nor) {
                Ok(()) => return cuts,
                Err(Failure::PowerCut) => {}
                // It would be refused for ever.
                Err(Failure::Other) => {
                    cuts.lost += 1;
                    return cuts;
                }
            }
            cuts.tried += 1;
            nor.power(u32::MAX);
            if again.is_some_and(|again| cuts.tried.is_multiple_of(again)) {
                self.cut_again(&nor, &mut cuts);
            }
            self.recover(&mut nor, &mut cuts);
        }
    }

    /// A start-up, and the save.
    fn attempt(&self, nor: &mut Nor) -> Result<(), Failure> {
        (self.storage.load)(nor, &mut self.before.clone())?;
        (self.storage.save)(nor, self.after)
    }

    /// Starts up after a cut, and cuts the power in the next save, too.
    #[inline(never)]
    fn cut_again(&self, nor: &Nor, cuts: &mut Cuts) {
        let mut before = self.before.clone();
        let mut after = self.before.clone();
        // In another flash: the start-up is a part of what is cut.
        let loaded = (self.storage.load)(&mut nor.clone(), &mut before);
        if loaded == Ok(true) {
            after = before.clone();
        }
        if position(&mut after) == SAMPLES {
            // The cut came too late for the last save, and there is no other.
            return;
        }
        if loaded.is_err() || self.recording.learn(&mut after, INTERVAL).is_none() {
            cuts.lost += 1;
            return;
        }
        let second = Save {
            cut_from: nor,
            before: &before,
            after: &after,
            ..*self
        };
        let second = second.cut_everywhere(None);
        cuts.second += second.tried;
        cuts.lost += second.lost;
    }

    /// Starts up, and finishes the run.
    #[inline(never)]
    fn recover(&self, nor: &mut Nor, cuts: &mut Cuts) {
        let Ok(mut learner) = RANK_ONE.learner() else {
            cuts.lost += 1;
            return;
        };
        let loaded = (self.storage.load)(nor, &mut learner).is_ok();
        let (before, after) = (same(&learner, self.before), same(&learner, self.after));
        let finished = self.recording.finish(&mut learner, nor, self.storage);
        let done = finished.is_some() && learner.digest() == self.digest;
        *match (loaded && done, before, after) {
            (true, true, _) => &mut cuts.before,
            (true, _, true) => &mut cuts.after,
            _ => &mut cuts.lost,
        } += 1;
    }
}

impl Recording {
    fn draw() -> Option<Self> {
        let scene = RANK_ONE.scene();
        let sensing = RANK_ONE.sensing(&scene).ok()?;
        let mut draws = stream(RANK_ONE.parameters.seed, Purpose::Measurements, 0);
        let mut samples = [(0, IsotropicRankOne([0.0; 8]), 0.0); SAMPLES];
        for (batch, samples) in (0..).zip(samples.chunks_mut(BATCH as usize)) {
            let environment = sensing.environment(batch);
            for sample in samples {
                let (x, y) = sensing.sample(environment, &mut draws).ok()?;
                *sample = (environment, x, y);
            }
        }
        Some(Self(samples))
    }

    /// Lets `learner` learn the next `count` samples, and take the steps that are due.
    fn learn(&self, learner: &mut Model, count: usize) -> Option<()> {
        for _ in 0..count {
            let (environment, x, y) = self.0.get(position(learner))?;
            let mut batch = learner.resume();
            batch.observe_from(*environment, x, *y).ok()?;
            if batch.count() == BATCH {
                batch.step().ok()?;
            }
        }
        Some(())
    }

    /// The digest of the run that nothing interrupts, and how often it erases each page.
    // Out of line, as the others: a board of 16 KB has no room for the stacks of all.
    #[inline(never)]
    fn uninterrupted(
        &self,
        start: &Model,
        cut: Cut,
        storage: &Storage,
    ) -> Option<(u64, [u32; PAGES])> {
        let (mut learner, mut nor) = (start.clone(), Nor::new(cut));
        self.finish(&mut learner, &mut nor, storage)?;
        Some((learner.digest(), nor.erased))
    }

    /// Finishes the run, with its saves.
    #[inline(never)]
    fn finish(&self, learner: &mut Model, nor: &mut Nor, storage: &Storage) -> Option<()> {
        while position(learner) < SAMPLES {
            let missing = INTERVAL - position(learner) % INTERVAL;
            self.learn(learner, missing)?;
            (storage.save)(nor, learner).ok()?;
        }
        Some(())
    }
}

/// Samples that a learner has seen.
fn position(learner: &mut Model) -> usize {
    learner.samples() as usize + learner.resume().count() as usize
}

/// Whether two learners are the same, to the last bit of their open batches.
fn same(one: &Model, other: &Model) -> bool {
    let [mut first, mut second] = [[0; Model::CHECKPOINT_BYTES]; 2];
    let both = one.checkpoint(&mut first).is_ok() && other.checkpoint(&mut second).is_ok();
    both && first == second
}
