//! The options of a sweep that can be axes.

/// The options that can be axes, as they are written.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "The grid: one value, a list 1,2,5, or a range LOW:HIGH:COUNT[:log]")]
pub(super) struct Values {
    /// Rows d of the matrices; with batches one of the compiled sizes 4, 5, 8, 10, 16, 20, 32.
    #[arg(long, value_name = "D", default_value = "10")]
    pub(super) dim: String,
    /// Invariant directions r.
    #[arg(long, value_name = "R", default_value = "2")]
    pub(super) rank: String,
    /// Spurious directions q.
    #[arg(long, value_name = "Q", default_value = "2")]
    pub(super) spurious: String,
    /// Columns k of the factor; 0 for as many as rows.
    #[arg(long, value_name = "K", default_value = "0")]
    pub(super) columns: String,
    /// Strength of every invariant direction.
    #[arg(long, value_name = "SIGMA", default_value = "1")]
    pub(super) sigma: String,
    /// Mean pull on every spurious direction.
    #[arg(long, value_name = "MU", default_value = "1")]
    pub(super) mu: String,
    /// Heterogeneity: the standard deviation of the pulls over environments.
    #[arg(long, value_name = "M", default_value = "6")]
    pub(super) heterogeneity: String,
    /// The distribution of the pulls: two-point, uniform, normal, skewed.
    #[arg(long, value_name = "NAME", default_value = "two-point")]
    pub(super) distribution: String,
    /// Number of environments, a multiple of 2 (of 6 for skewed).
    #[arg(long, value_name = "N", default_value = "24")]
    pub(super) environments: String,
    /// The inner product of a spurious direction and an invariant one.
    #[arg(long, value_name = "EPS", default_value = "0")]
    pub(super) overlap: String,
    /// Standard deviation of the noise of a response.
    #[arg(long, value_name = "SD", default_value = "0")]
    pub(super) noise: String,
    /// The distribution of measurements: gaussian, rademacher, rank-one (centred).
    #[arg(long, value_name = "NAME", default_value = "gaussian")]
    pub(super) ensemble: String,
    /// The scalar of the state: f32, f64.
    #[arg(long, value_name = "NAME", default_value = "f64")]
    pub(super) precision: String,
    /// hetero: a batch is of one environment; pooled: of all.
    #[arg(long, value_name = "NAME", default_value = "hetero")]
    pub(super) method: String,
    /// Samples m of a batch; 0 for the population, batches of infinite size.
    #[arg(long, value_name = "M", default_value = "0")]
    pub(super) batch: String,
    /// Step size eta.
    #[arg(long, value_name = "ETA", default_value = "0.1")]
    pub(super) step_size: String,
    /// Initial scale alpha.
    #[arg(long, value_name = "ALPHA", default_value = "1e-3")]
    pub(super) init_scale: String,
    /// Steps.
    #[arg(
        long,
        value_name = "T",
        default_value = "1000",
        conflicts_with = "time"
    )]
    pub(super) steps: String,
    /// Steps times step size, instead of steps: each run takes TIME/ETA steps.
    #[arg(long, value_name = "TIME")]
    pub(super) time: Option<String>,
    /// Runs of each combination, with the seeds SEED, SEED + 1 and so on.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seeds: u64,
}
