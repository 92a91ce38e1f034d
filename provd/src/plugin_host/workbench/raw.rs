//! Messages that no stub would send: of a later revision of the contract, too large, or none at all.

use std::io;

use bytes::{Buf as _, BufMut as _};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Response, Status};

use super::super::connection::Authenticated;

/// The service of the contract.
const SERVICE: &str = "/provd.plugin.v1.Plugin/";

/// Calls a method of the service by its name.
pub(super) async fn call(
    channel: Authenticated,
    method: &str,
    message: Vec<u8>,
) -> Result<Response<Vec<u8>>, Status> {
    let path: PathAndQuery = format!("{SERVICE}{method}")
        .parse()
        .map_err(|_| Status::invalid_argument(format!("`{method}` cannot be a method")))?;
    let mut stub = Grpc::new(channel).max_decoding_message_size(usize::MAX);
    stub.ready().await.map_err(|error| Status::unavailable(io::Error::other(error).to_string()))?;
    stub.unary(Request::new(message), path, Bytewise).await
}

/// Messages as the bytes they are.
#[derive(Debug, Clone, Copy)]
struct Bytewise;

impl Codec for Bytewise {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Bytewise;
    type Decoder = Bytewise;

    fn encoder(&mut self) -> Bytewise {
        Bytewise
    }

    fn decoder(&mut self) -> Bytewise {
        Bytewise
    }
}

impl Encoder for Bytewise {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytewise {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        Ok(Some(bytes.to_vec()))
    }
}
