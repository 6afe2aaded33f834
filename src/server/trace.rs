//! Where the spans of calls go besides the log: to a collector, over OTLP.
//!
//! In: an endpoint. Out: a layer that takes the spans of this crate with what the log has of them, so counts and
//! durations and never text; and the exporter, which sends in batches on threads of its own. A collector that is not
//! there costs spans and no call.

use super::config::Trace;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Runtime;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// Name of the service in what is exported, and of what makes the spans.
const NAME: &str = env!("CARGO_PKG_NAME");

/// Why spans cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The threads of the exporter cannot be started.
    #[error("cannot start the export of spans: {0}")]
    Start(#[from] std::io::Error),
    /// The exporter cannot be made.
    #[error("cannot export spans: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// Sends spans. Dropping it sends what is left.
#[derive(Debug)]
pub struct Exporter {
    provider: SdkTracerProvider,
    /// The connection to the collector lives in it; the server's own is not made yet when the log starts.
    _runtime: Runtime,
}

impl Exporter {
    /// An exporter to the configured collector; `None` when there is none.
    ///
    /// # Errors
    /// When its threads or its connection cannot be made. Whether the collector answers is not asked.
    pub fn new(config: &Trace) -> Result<Option<Self>, TraceError> {
        if config.endpoint.is_empty() {
            return Ok(None);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let exporter = {
            let _inside = runtime.enter();
            SpanExporter::builder().with_tonic().with_endpoint(&config.endpoint).with_timeout(config.timeout).build()?
        };
        let resource = Resource::builder().with_service_name(NAME).build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Some(Self { provider, _runtime: runtime }))
    }

    /// What gives it the spans of this crate.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let layer = tracing_opentelemetry::layer().with_tracer(self.provider.tracer(NAME));
        let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false);
        layer.with_filter(filter_fn(|metadata| {
            metadata.target().starts_with(NAME) && *metadata.level() <= tracing::Level::INFO
        }))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}
