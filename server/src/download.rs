//! A file that is made while it is sent, at the pace at which the client takes it.

use accounts::{AuditFile, AuditFormat, Error, Export};
use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use hyper::body::Frame;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio_util::sync::ReusableBoxFuture;

/// What comes in pieces.
pub(crate) trait Pieces: Send + 'static {
    /// The media type, and what the browser stores.
    fn headers(&self) -> [&'static str; 2];

    /// The next piece; none at the end.
    fn next_piece(&mut self) -> impl Future<Output = Result<Option<String>, Error>> + Send;
}

impl Pieces for Export {
    fn headers(&self) -> [&'static str; 2] {
        ["application/json", "attachment; filename=\"account-export.json\""]
    }

    async fn next_piece(&mut self) -> Result<Option<String>, Error> {
        Self::next_piece(self).await
    }
}

impl Pieces for AuditFile {
    fn headers(&self) -> [&'static str; 2] {
        match self.format() {
            AuditFormat::Csv => ["text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""],
            AuditFormat::JsonLines => ["application/x-ndjson", "attachment; filename=\"audit.jsonl\""],
        }
    }

    async fn next_piece(&mut self) -> Result<Option<String>, Error> {
        Self::next_piece(self).await
    }
}

/// An answer with a file.
pub(crate) struct Download<P>(pub(crate) P);

impl<P: Pieces> IntoResponse for Download<P> {
    fn into_response(self) -> Response {
        let [kind, file] = self.0.headers();
        let body = Body::new(Sent { next: ReusableBoxFuture::new(piece(self.0)) });
        ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, file)], body).into_response()
    }
}

type Piece<P> = (P, Result<Option<String>, Error>);

async fn piece<P: Pieces>(mut pieces: P) -> Piece<P> {
    let piece = pieces.next_piece().await;
    if let Err(error) = &piece {
        tracing::error!(error = edge::problem::chain(error), "an export was cut off");
    }
    (pieces, piece)
}

/// The next piece is asked for once the one before was sent. A failure cuts the connection: half a file must not look whole.
struct Sent<P> {
    next: ReusableBoxFuture<'static, Piece<P>>,
}

impl<P: Pieces> HttpBody for Sent<P> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let (pieces, found) = ready!(self.next.poll(context));
        self.next.set(piece(pieces));
        Poll::Ready(found.transpose().map(|piece| piece.map(|piece| Frame::data(Bytes::from(piece)))))
    }
}
