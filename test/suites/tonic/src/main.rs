//! Sends gRPC frames as they are through tonic's channel, and writes what comes back.
//!
//! Each line of standard input is one call: the path, `identity` or `gzip`, and in hex the frame and its signature in
//! base64. Each line of standard output is its answer: the body in hex, and the trailer `sig-bin` as it came.
//! Arguments: the address, the file of the authority's certificate.
use std::{env, error::Error, fs, io};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tower_service::Service;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, authority] = arguments.as_slice() else {
        return Err("address and certificate".into());
    };
    let trust = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(fs::read(authority)?))
        .domain_name("localhost");
    let uri = format!("https://{address}");
    let mut channel = Channel::from_shared(uri.clone())?.tls_config(trust)?.connect().await?;
    for line in io::stdin().lines() {
        let line = line?;
        let [path, encoding, frame, signature] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err("a line has four words".into());
        };
        let body = tonic::body::Body::new(Full::new(Bytes::from(bytes_of(frame)?)));
        let request = http::Request::post(format!("{uri}{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("grpc-encoding", encoding)
            .header("grpc-accept-encoding", encoding)
            .header("sig-bin", signature)
            .body(body)?;
        std::future::poll_fn(|context| channel.poll_ready(context)).await?;
        let answer = channel.call(request).await?.into_body().collect().await?;
        let trailer = answer.trailers().and_then(|all| all.get("sig-bin"));
        let theirs = trailer.map_or(Ok("-"), |value| value.to_str())?.to_owned();
        println!("{} {theirs}", hex_of(&answer.to_bytes()));
    }
    Ok(())
}

fn bytes_of(hex: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
