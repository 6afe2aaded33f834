//! The five methods. Short: check the request, compute off the async threads, map the answer.

use super::admission::Admission;
use super::call::Context as CallContext;
use super::limits::Limits;
use super::pb::comparison_service_server::ComparisonService;
use super::pb::{self, compare_stream_response};
use super::request_id::RequestId;
use super::status::{self, Error};
use super::wire::{self, CompareInput, ExtractInput, ScoreInput, StreamInput};
use crate::models::judgement_cache::JudgementCache;
use crate::pipeline::{self, Cancel, Cancelled};
use prost::Message;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument as _, Span, field};

/// Items of one stream that are computed, or whose answers wait to be sent, at a time. Enough to keep several
/// processors busy, and with messages of at most 1 MiB little enough to hold; beyond it the sender is held back.
const STREAM_WINDOW: usize = 4;

/// The service of `parallax.v1`.
#[derive(Debug, Clone)]
pub(super) struct Comparisons {
    admission: Arc<Admission>,
    limits: Limits,
    judgements: Option<Arc<JudgementCache>>,
    /// Answers under this size are not compressed.
    min_compressed_bytes: usize,
    /// Made once: the digests of the models do not change while the process runs.
    description: Arc<pb::DescribeEngineResponse>,
}

impl Comparisons {
    pub(super) fn new(
        admission: Arc<Admission>,
        limits: Limits,
        judgements: Option<Arc<JudgementCache>>,
        min_compressed_bytes: usize,
    ) -> Self {
        let description = Arc::new(wire::engine_description(&limits));
        Self { admission, limits, judgements, min_compressed_bytes, description }
    }

    /// The input of a comparison with the memory of this server.
    fn remembering(&self, mut input: CompareInput) -> CompareInput {
        input.options.judgements.clone_from(&self.judgements);
        input
    }

    /// An answer; a small one is sent as it is, whatever encodings its caller takes.
    fn answer<M: Message>(&self, message: M) -> Response<M> {
        let is_small = message.encoded_len() < self.min_compressed_bytes;
        let mut answer = Response::new(message);
        if is_small {
            answer.disable_compression();
        }
        answer
    }

    /// The answer to one item of a stream. Its own failure is part of the answer.
    async fn answer_item(self, item: pb::CompareStreamRequest, context: CallContext) -> pb::CompareStreamResponse {
        let n_bytes = item.encoded_len();
        let StreamInput { id, input } = (item, &self.limits).into();
        let compared = match input {
            Ok(input) => {
                let input = self.remembering(input);
                self.admission.run_when_free(&context, move |cancel| compare(cancel, &input)).await
            }
            Err(violations) => Err(violations.into()),
        };
        context.release(n_bytes);
        let result = match compared {
            Ok(comparison) => compare_stream_response::Result::Comparison(comparison),
            Err(error) => compare_stream_response::Result::Status(status::to_message(&error.into())),
        };
        pb::CompareStreamResponse { id, result: Some(result) }
    }

    /// Reads items until the caller has sent all, leaves or breaks the stream, or the server stops, and puts their
    /// answers in line.
    async fn read_items(
        self,
        mut items: Streaming<pb::CompareStreamRequest>,
        answers: mpsc::Sender<Answer>,
        context: CallContext,
    ) {
        let mut n_items = 0_usize;
        // A slot first, an item second: what is not read yet is held by the sender.
        while let Ok(slot) = answers.reserve().await {
            let item = tokio::select! {
                biased;
                () = answers.closed() => break,
                () = self.admission.stopped() => Err(Error::ShuttingDown.into()),
                item = items.message() => item,
            };
            match item {
                Ok(None) => break,
                Ok(Some(item)) => {
                    n_items += 1;
                    let answer = self.clone().answer_item(item, context.clone());
                    slot.send(Answer::Coming(AbortOnDrop(tokio::spawn(answer.in_current_span()))));
                }
                Err(status) => {
                    let error = status::of_transport(&status, context.request_id, &self.limits);
                    slot.send(Answer::Broken(error.map_or(status, Status::from)));
                    break;
                }
            }
        }
        Span::current().record("items", n_items);
    }
}

#[tonic::async_trait]
impl ComparisonService for Comparisons {
    async fn compare(&self, request: Request<pb::CompareRequest>) -> Result<Response<pb::CompareResponse>, Status> {
        let (context, request) = open(request);
        let input = CompareInput::try_from((request, &self.limits)).map_err(Error::from)?;
        record_input(input.readouts.len(), input.sides.len());
        Span::current().record("engine", field::debug(input.options.engine));
        let input = self.remembering(input);
        let comparison = self.admission.run(&context, move |cancel| compare(cancel, &input)).await?;
        Span::current().record("positions", comparison.positions.len()).record("points", comparison.points.len());
        Ok(self.answer(pb::CompareResponse { comparison: Some(comparison) }))
    }

    type CompareStreamStream = Pin<Box<dyn Stream<Item = Result<pb::CompareStreamResponse, Status>> + Send>>;

    async fn compare_stream(
        &self,
        request: Request<Streaming<pb::CompareStreamRequest>>,
    ) -> Result<Response<Self::CompareStreamStream>, Status> {
        let context = context(&request);
        let request_id = context.request_id;
        let (answers, line) = mpsc::channel(STREAM_WINDOW);
        let reader = self.clone().read_items(request.into_inner(), answers, context);
        tokio::spawn(reader.in_current_span());
        Ok(Response::new(Box::pin(ReceiverStream::new(line).then(move |answer| answer.ready(request_id)))))
    }

    async fn extract_positions(
        &self,
        request: Request<pb::ExtractPositionsRequest>,
    ) -> Result<Response<pb::ExtractPositionsResponse>, Status> {
        let (context, request) = open(request);
        let input = ExtractInput::try_from((request, &self.limits)).map_err(Error::from)?;
        record_input(input.readouts.len(), input.sides.len());
        Span::current().record("engine", field::debug(input.engine));
        let max_positions = self.limits.positions;
        let extract = move |cancel: &Cancel| {
            let ExtractInput { readouts, sides, engine, .. } = &input;
            let extraction = pipeline::extract_unless(cancel, readouts, sides, *engine, max_positions)?;
            Ok(wire::extraction(&extraction, input.offset_unit))
        };
        let extraction = self.admission.run(&context, extract).await?;
        Span::current().record("positions", extraction.positions.len());
        Ok(self.answer(extraction))
    }

    async fn score_pairs(
        &self,
        request: Request<pb::ScorePairsRequest>,
    ) -> Result<Response<pb::ScorePairsResponse>, Status> {
        let (context, request) = open(request);
        let input = ScoreInput::try_from((request, &self.limits)).map_err(Error::from)?;
        Span::current().record("engine", field::debug(input.engine));
        Span::current().record("pairs", input.left.len() * input.right.len());
        let judgements = self.judgements.clone();
        let score = move |cancel: &Cancel| {
            let judgements = judgements.as_deref();
            let rows = pipeline::score_pairs_unless(cancel, &input.left, &input.right, input.engine, judgements)?;
            Ok(wire::scores(&rows, input.with_parts))
        };
        Ok(self.answer(self.admission.run(&context, score).await?))
    }

    async fn describe_engine(
        &self,
        _request: Request<pb::DescribeEngineRequest>,
    ) -> Result<Response<pb::DescribeEngineResponse>, Status> {
        Ok(self.answer(pb::DescribeEngineResponse::clone(&self.description)))
    }
}

/// An answer in the line of a stream.
enum Answer {
    /// To one item.
    Coming(AbortOnDrop<pb::CompareStreamResponse>),
    /// To all further ones: the end of the stream.
    Broken(Status),
}

impl Answer {
    async fn ready(self, request_id: RequestId) -> Result<pb::CompareStreamResponse, Status> {
        match self {
            Self::Coming(answer) => answer.await.map_err(|_| Error::Internal { request_id }.into()),
            Self::Broken(status) => Err(status),
        }
    }
}

/// Stops waiting for a permit when the caller has left the stream.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn compare(cancel: &Cancel, input: &CompareInput) -> Result<pb::Comparison, Cancelled> {
    let comparison = pipeline::compare_unless(cancel, &input.readouts, &input.sides, &input.options)?;
    Ok(wire::comparison(&comparison, input.offset_unit))
}

/// What is known of a call, and its message, whose size goes to the log.
fn open<M: Message>(request: Request<M>) -> (CallContext, M) {
    let context = context(&request);
    let message = request.into_inner();
    Span::current().record("request_bytes", message.encoded_len());
    (context, message)
}

fn context<T>(request: &Request<T>) -> CallContext {
    let context = request.extensions().get().cloned();
    context.unwrap_or_else(|| CallContext::detached(RequestId::random()))
}

fn record_input(n_readouts: usize, n_sides: usize) {
    Span::current().record("readouts", n_readouts).record("sides", n_sides);
}
