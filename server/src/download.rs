//! An export as a file: made while it is sent, at the pace at which the client takes it.

use accounts::{Error, Export};
use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use hyper::body::Frame;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio_util::sync::ReusableBoxFuture;

/// What the browser stores.
const FILE: &str = "attachment; filename=\"account-export.json\"";

/// An answer with a file.
pub(crate) struct Download(pub(crate) Export);

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, FILE)];
        (headers, Body::new(Pieces { next: ReusableBoxFuture::new(piece(self.0)) })).into_response()
    }
}

type Piece = (Export, Result<Option<String>, Error>);

async fn piece(mut export: Export) -> Piece {
    let piece = export.next_piece().await;
    if let Err(error) = &piece {
        tracing::error!(error = edge::problem::chain(error), "an export was cut off");
    }
    (export, piece)
}

/// The next piece is asked for once the one before was sent. A failure cuts the connection: half a file must not look whole.
struct Pieces {
    next: ReusableBoxFuture<'static, Piece>,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let (export, found) = ready!(self.next.poll(context));
        self.next.set(piece(export));
        Poll::Ready(found.transpose().map(|piece| piece.map(|piece| Frame::data(Bytes::from(piece)))))
    }
}
