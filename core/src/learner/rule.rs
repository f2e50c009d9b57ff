//! Which samples may share a batch.

mod sealed {
    pub trait Sealed {}
}

/// A batching rule: [`OneEnvironment`] or [`Mixture`].
pub trait Rule: sealed::Sealed {
    /// Whether all samples of a batch come from one environment.
    const ONE_ENVIRONMENT: bool;
}

/// HeteroSGD: every batch comes from one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneEnvironment;

/// PooledSGD: every sample of a batch comes from an environment of its own draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mixture;

impl sealed::Sealed for OneEnvironment {}
impl sealed::Sealed for Mixture {}

impl Rule for OneEnvironment {
    const ONE_ENVIRONMENT: bool = true;
}

impl Rule for Mixture {
    const ONE_ENVIRONMENT: bool = false;
}
