//! A device that loses its power again and again, and learns on: `cargo run -p heterosgd-flash --example power_loss`.
//!
//! The flash is a file of two pages, so that each run of this program is one life of the device: it goes on
//! from the newest checkpoint, learns for a while, and ends without notice.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use embassy_embedded_hal::adapter::BlockingAsync;
use embassy_futures::block_on;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use heterosgd::{HeteroSgd, Psd, RankOne, Settings};
use heterosgd_flash::{Store, buffer_bytes};

type Learner = HeteroSgd<Psd<f32, 4, 2>>;

const PAGES: u32 = 2;
const PAGE: usize = 1024;
const BATCH: u32 = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join("heterosgd-flash.bin");
    let mut learner = Learner::new(Settings {
        step_size: 0.1,
        init_scale: 1e-2,
        seed: 0,
    })?;
    let mut store = Store::new(
        BlockingAsync::new(FileFlash::open(&path)?),
        0..PAGES * PAGE as u32,
    )?;
    let mut buffer = [0; buffer_bytes(Learner::CHECKPOINT_BYTES)];
    match block_on(store.load(&mut learner, &mut buffer))? {
        Some(()) => println!("goes on after {} steps", learner.steps()),
        None => println!("begins; what it learns is in {}", path.display()),
    }
    // A life of some thousand samples, of which each may be the last.
    for sample in 1..=10_005 {
        let seen = learner.samples() + u64::from(learner.resume().count());
        let (environment, x, y) = measure(seen);
        let mut batch = learner.resume();
        batch.observe_from(environment, &RankOne(x), y)?;
        if batch.count() == BATCH {
            batch.step()?;
        }
        if sample % 50 == 0 {
            block_on(store.save(&learner, &mut buffer))?;
        }
    }
    println!(
        "the power goes after {} steps and {} samples of the next; the estimate is {:.3?}",
        learner.steps(),
        learner.resume().count(),
        learner.estimate().as_slice()
    );
    Ok(())
}

/// A sensor: `y = (x_1)^2`, and in turns plus and minus three times `(x_2)^2`.
fn measure(sample: u64) -> (u32, [f32; 4], f32) {
    let environment = (sample / u64::from(BATCH) % 2) as u32;
    // Numbers that look random and follow from that of the sample.
    let mut x = [0.0; 4];
    for (i, entry) in (0..).zip(&mut x) {
        let bits = (4 * sample + i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *entry = (bits >> 40) as f32 / 8_388_608.0 - 1.0;
    }
    let pull = if environment == 0 { 3.0 } else { -3.0 };
    (environment, x, x[0] * x[0] + pull * x[1] * x[1])
}

/// NOR flash in a file.
struct FileFlash(File);

#[derive(Debug)]
struct Refused;

impl NorFlashError for Refused {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl FileFlash {
    fn open(path: &std::path::Path) -> std::io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        if file.metadata()?.len() < u64::from(PAGES) * PAGE as u64 {
            file.write_all_at(&[0xff; PAGES as usize * PAGE], 0)?;
        }
        Ok(Self(file))
    }
}

impl ErrorType for FileFlash {
    type Error = Refused;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Refused> {
        self.0
            .read_exact_at(bytes, offset.into())
            .map_err(|_| Refused)
    }

    fn capacity(&self) -> usize {
        PAGES as usize * PAGE
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Refused> {
        let erased = vec![0xff; (to - from) as usize];
        self.0
            .write_all_at(&erased, from.into())
            .map_err(|_| Refused)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Refused> {
        self.0
            .write_all_at(bytes, offset.into())
            .map_err(|_| Refused)
    }
}
