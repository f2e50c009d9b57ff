//! Two ways to keep a learner in flash: the store of `heterosgd-flash`, and the map of `sequential-storage`,
//! which many firmwares have anyway.

use embassy_embedded_hal::adapter::BlockingAsync;
use embassy_futures::block_on;
use heterosgd_flash::{Store, StoreError, buffer_bytes};
use sequential_storage::cache::Cache;
use sequential_storage::map::{MapConfig, MapStorage};

use super::{Model, Nor, NorError, PAGE, PAGES};

/// Opens the flash anew each time, as after a power-up.
#[derive(Debug, Clone, Copy)]
pub struct Storage {
    /// Writes a checkpoint.
    pub(super) save: fn(&mut Nor, &Model) -> Result<(), Failure>,
    /// Takes the newest one; false if there is none.
    pub(super) load: fn(&mut Nor, &mut Model) -> Result<bool, Failure>,
}

/// `heterosgd_flash::Store`.
pub const STORE: Storage = Storage {
    save: store::save,
    load: store::load,
};

/// `sequential_storage::map::MapStorage`, each checkpoint an item under one key.
pub const MAP: Storage = Storage {
    save: map::save,
    load: map::load,
};

/// Why nothing was saved or found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The power was cut.
    PowerCut,
    /// Anything else.
    Other,
}

const RANGE: core::ops::Range<u32> = 0..(PAGE * PAGES) as u32;
const BUFFER: usize = buffer_bytes(Model::CHECKPOINT_BYTES);

mod store {
    use super::{
        BUFFER, BlockingAsync, Failure, Model, Nor, NorError, RANGE, Store, StoreError, block_on,
    };

    fn failure(error: StoreError<NorError>) -> Failure {
        match error {
            StoreError::Flash(NorError::PowerCut) => Failure::PowerCut,
            _ => Failure::Other,
        }
    }

    fn open(nor: &mut Nor) -> Result<Store<BlockingAsync<&mut Nor>>, Failure> {
        Store::new(BlockingAsync::new(nor), RANGE).map_err(failure)
    }

    #[inline(never)]
    pub(super) fn save(nor: &mut Nor, learner: &Model) -> Result<(), Failure> {
        block_on(open(nor)?.save(learner, &mut [0; BUFFER])).map_err(failure)
    }

    #[inline(never)]
    pub(super) fn load(nor: &mut Nor, learner: &mut Model) -> Result<bool, Failure> {
        let loaded = block_on(open(nor)?.load(learner, &mut [0; BUFFER]));
        loaded.map(|found| found.is_some()).map_err(failure)
    }
}

mod map {
    use sequential_storage::Error;

    use super::{
        BUFFER, BlockingAsync, Cache, Failure, MapConfig, MapStorage, Model, Nor, NorError, RANGE,
        block_on,
    };

    fn failure(error: &Error<NorError>) -> Failure {
        match error {
            Error::Storage {
                value: NorError::PowerCut,
                ..
            } => Failure::PowerCut,
            _ => Failure::Other,
        }
    }

    macro_rules! open {
        ($nor:ident) => {{
            let config = const { MapConfig::new(RANGE) };
            MapStorage::<(), _, _>::new(BlockingAsync::new($nor), config, Cache::new_uncached())
        }};
    }

    #[inline(never)]
    pub(super) fn save(nor: &mut Nor, learner: &Model) -> Result<(), Failure> {
        let mut bytes = [0; Model::CHECKPOINT_BYTES];
        learner.checkpoint(&mut bytes).map_err(|_| Failure::Other)?;
        let mut storage = open!(nor);
        block_on(storage.store_item(&mut [0; BUFFER], &(), &&bytes[..]))
            .map_err(|error| failure(&error))
    }

    #[inline(never)]
    pub(super) fn load(nor: &mut Nor, learner: &mut Model) -> Result<bool, Failure> {
        let mut storage = open!(nor);
        let mut buffer = [0; BUFFER];
        match block_on(storage.fetch_item::<&[u8]>(&mut buffer, &())) {
            Ok(Some(bytes)) => learner
                .restore(bytes)
                .map(|()| true)
                .map_err(|_| Failure::Other),
            Ok(None) => Ok(false),
            Err(error) => Err(failure(&error)),
        }
    }
}
