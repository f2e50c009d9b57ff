//! The store of checkpoints in flash: what it refuses, and what it does with flash that is not as it should be.

use embassy_embedded_hal::adapter::BlockingAsync;
use embassy_futures::block_on;
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use heterosgd::{HeteroSgd, Linear, PooledSgd, Psd, RankOne, Symmetric, TailAverage};
use heterosgd_flash::{Store, StoreError, buffer_bytes};
use heterosgd_problems::power::{Cut, Nor, NorError, PAGE};
use heterosgd_tests::checkpoint::{Small, bytes, settings};

type Flash<'a> = Store<BlockingAsync<&'a mut Nor>>;

const BUFFER: usize = buffer_bytes(Small::CHECKPOINT_BYTES);

fn learner() -> Small {
    Small::new(settings(0)).expect("in range")
}

fn learn(learner: &mut Small, samples: usize) {
    for sample in 0..samples {
        let x = core::array::from_fn(|i| ((sample + 3 * i) % 5) as f32 * 0.2);
        learner
            .resume()
            .observe(&RankOne(x), 0.5)
            .expect("in range");
    }
}

fn open(nor: &mut Nor) -> Flash<'_> {
    Store::new(BlockingAsync::new(nor), 0..2048).expect("two pages")
}

/// Saves after one sample, two, and so on.
fn filled(saves: usize) -> (Nor, Small) {
    let (mut nor, mut learner) = (Nor::new(Cut::Clean), learner());
    for _ in 0..saves {
        learn(&mut learner, 1);
        block_on(open(&mut nor).save(&learner, &mut [0; BUFFER])).expect("room");
    }
    (nor, learner)
}

#[test]
fn the_newest_is_found_after_any_number_of_saves() {
    for saves in 1..40 {
        let (mut nor, learner) = filled(saves);
        let mut found = self::learner();
        let loaded = block_on(open(&mut nor).load(&mut found, &mut [0; BUFFER]));
        assert_eq!(loaded, Ok(Some(())));
        assert_eq!(bytes(&found), bytes(&learner));
        // One erase a page of saves, on each page in turn.
        let [first, second] = nor.erased;
        let turns = (saves as u32 - 1) / 3;
        assert_eq!(first + second, turns.saturating_sub(1), "{saves}");
        assert!(first.abs_diff(second) <= 1);
    }
}

/// One store for all saves writes what a new one for each does.
#[test]
fn a_store_that_stays_open_writes_the_same() {
    let (nor, _) = filled(20);
    let (mut other, mut learner) = (Nor::new(Cut::Clean), learner());
    let mut store = open(&mut other);
    for _ in 0..20 {
        learn(&mut learner, 1);
        block_on(store.save(&learner, &mut [0; BUFFER])).expect("room");
    }
    let image = |mut nor: Nor| {
        let mut image = [0; 2048];
        nor.read(0, &mut image).expect("inside");
        image
    };
    assert_eq!(image(other), image(nor));
}

#[test]
fn what_is_kept_beside_comes_back() {
    type Kept = (TailAverage<Symmetric<f32, 8>, f32>, u64);
    const ROOM: usize = 512;
    let (mut nor, mut learner) = (Nor::new(Cut::Clean), learner());
    learn(&mut learner, 2);
    let mut average = TailAverage::from_step(3);
    average.record(4, &learner.estimate());
    let kept: Kept = (average, 77);
    block_on(open(&mut nor).save_with(&learner, &kept, &mut [0; ROOM])).expect("room");
    let mut found = self::learner();
    let loaded: Option<Kept> =
        block_on(open(&mut nor).load_with(&mut found, &mut [0; ROOM])).expect("intact");
    let (average, number) = loaded.expect("there is one");
    assert_eq!(number, 77);
    assert_eq!(average.mean(), kept.0.mean());
    // With another extra it is a checkpoint of another kind.
    let other = block_on(open(&mut nor).load(&mut found, &mut [0; ROOM]));
    assert_eq!(other, Err(StoreError::OtherLearner));
}

#[test]
fn another_kind_of_learner_is_refused_and_not_overwritten() {
    let (mut nor, learner) = filled(5);
    let mut pooled = PooledSgd::<Psd<f32, 8, 2>>::new(settings(0)).expect("in range");
    let mut linear = HeteroSgd::<Linear<f64, 20>>::new(settings(0)).expect("in range");
    let mut buffer = [0; 1024];
    let mut store = open(&mut nor);
    let refused = Err(StoreError::OtherLearner);
    assert_eq!(block_on(store.load(&mut pooled, &mut buffer)), refused);
    assert_eq!(block_on(store.load(&mut linear, &mut buffer)), refused);
    let refused = Err(StoreError::OtherLearner);
    assert_eq!(block_on(store.save(&pooled, &mut buffer)), refused);
    assert_eq!(block_on(store.save(&linear, &mut buffer)), refused);
    let mut found = self::learner();
    assert_eq!(block_on(store.load(&mut found, &mut buffer)), Ok(Some(())));
    assert_eq!(bytes(&found), bytes(&learner));
    // Unless it is told to.
    block_on(store.erase()).expect("it can");
    assert_eq!(block_on(store.load(&mut pooled, &mut buffer)), Ok(None));
    assert_eq!(block_on(store.save(&pooled, &mut buffer)), Ok(()));
    assert_eq!(block_on(store.load(&mut pooled, &mut buffer)), Ok(Some(())));
}

/// A bit of the newest checkpoint is lost: the one before is found, and saving goes on.
#[test]
fn a_rotten_checkpoint_is_passed_over() {
    for saves in 2..8 {
        let (mut nor, newest) = filled(saves);
        let (_, before) = filled(saves - 1);
        let mut image = [0; 2048];
        nor.read(0, &mut image).expect("inside");
        let needle = &bytes(&newest)[20..264];
        let place = image
            .windows(needle.len())
            .position(|window| window == needle)
            .expect("it is there");
        nor.rot(place + 40);
        let mut found = learner();
        let loaded = block_on(open(&mut nor).load(&mut found, &mut [0; BUFFER]));
        assert_eq!(loaded, Ok(Some(())));
        assert_eq!(bytes(&found), bytes(&before));
        learn(&mut found, 1);
        block_on(open(&mut nor).save(&found, &mut [0; BUFFER])).expect("room");
        let mut again = learner();
        assert_eq!(
            block_on(open(&mut nor).load(&mut again, &mut [0; BUFFER])),
            Ok(Some(()))
        );
        assert_eq!(bytes(&again), bytes(&found));
    }
}

#[test]
fn ranges_pages_and_buffers_are_checked() {
    let mut nor = Nor::new(Cut::Clean);
    for range in [
        0..1024,
        0..1500,
        512..2048,
        0..4096,
        1024..1024,
        // The wrong way round.
        core::ops::Range {
            start: 2048,
            end: 0,
        },
        1024..3072,
    ] {
        let store = Store::new(BlockingAsync::new(&mut nor), range.clone());
        assert!(matches!(store, Err(StoreError::Range)), "{range:?}");
    }
    let (mut store, mut learner) = (open(&mut nor), learner());
    let small = Err(StoreError::Buffer {
        needed: BUFFER,
        given: BUFFER - 1,
    });
    assert_eq!(block_on(store.save(&learner, &mut [0; BUFFER - 1])), small);
    assert!(block_on(store.load(&mut learner, &mut [0; 10])).is_err());
    let large = HeteroSgd::<Psd<f64, 16, 16>>::new(settings(0)).expect("in range");
    let saved = block_on(store.save(&large, &mut vec![0; 8192]));
    assert!(
        matches!(saved, Err(StoreError::Page { needed }) if needed > PAGE),
        "{saved:?}"
    );
}

/// Flash that does not take one of its bits.
struct Worn(Nor);

impl ErrorType for Worn {
    type Error = NorError;
}

impl ReadNorFlash for Worn {
    const READ_SIZE: usize = Nor::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorError> {
        self.0.read(offset, bytes)?;
        if let Some(byte) = 500u32
            .checked_sub(offset)
            .and_then(|at| bytes.get_mut(at as usize))
        {
            *byte |= 1;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl NorFlash for Worn {
    const WRITE_SIZE: usize = Nor::WRITE_SIZE;
    const ERASE_SIZE: usize = Nor::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorError> {
        self.0.erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorError> {
        self.0.write(offset, bytes)
    }
}

/// A place that is worn out is found out when it is written, and passed over by the next save.
#[test]
fn worn_flash_is_noticed_at_once() {
    let mut worn = Worn(Nor::new(Cut::Clean));
    let mut store = Store::new(BlockingAsync::new(&mut worn), 0..2048).expect("two pages");
    let mut learner = learner();
    let mut refused = 0;
    for _ in 0..12 {
        learn(&mut learner, 1);
        let mut saved = block_on(store.save(&learner, &mut [0; BUFFER]));
        if saved == Err(StoreError::NotTaken) {
            refused += 1;
            saved = block_on(store.save(&learner, &mut [0; BUFFER]));
        }
        assert_eq!(saved, Ok(()));
        let mut found = self::learner();
        assert_eq!(
            block_on(store.load(&mut found, &mut [0; BUFFER])),
            Ok(Some(()))
        );
        assert_eq!(bytes(&found), bytes(&learner));
    }
    assert!(refused > 0);
}
