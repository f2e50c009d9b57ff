//! The smallest firmware that learns; docs/porting.md shows this file.
#![no_std]
#![no_main]

#[cfg(target_arch = "arm")]
use cortex_m_rt::entry;
use heterosgd::{Error, HeteroSgd, Psd, RankOne, Settings, Symmetric};
#[cfg(target_arch = "riscv32")]
use riscv_rt::entry;

#[entry]
fn main() -> ! {
    // Start again where a run diverges; you may prefer to report it.
    loop {
        let _ = learn(Sensor(1));
    }
}

fn learn(mut sensor: Sensor) -> Result<(), Error> {
    let settings = Settings {
        step_size: 0.1,
        init_scale: 1e-3,
        seed: 0,
    };
    let mut learner = HeteroSgd::<Psd<f32, 8, 2>>::new(settings)?;
    loop {
        let mut batch = learner.unlabelled_batch();
        while batch.count() < 64 {
            let (x, y) = sensor.read();
            // A sample that is not finite is refused and leaves no trace: take the next one.
            let _ = batch.observe(&RankOne(x), y);
        }
        batch.step()?;
        sensor.show(&learner.estimate());
    }
}

/// Put your own sensor here, and what you do with the result.
struct Sensor(u32);

impl Sensor {
    fn read(&mut self) -> ([f32; 8], f32) {
        let x = core::array::from_fn(|_| {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 16) as f32 / 32_768.0 - 1.0
        });
        (x, x[0] * x[0])
    }

    fn show(&mut self, estimate: &Symmetric<f32, 8>) {
        core::hint::black_box(estimate);
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
