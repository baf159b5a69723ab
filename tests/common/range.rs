//! The beginning of an answer of a web server that gives ranges of one file.

use std::io::{Read, Result, Write};
use std::net::TcpStream;

/// Reads a request and answers with the head for the range asked for, of a file of `all` bytes; gives where that begins.
pub(crate) fn begin(stream: &mut TcpStream, all: usize) -> Result<usize> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).to_lowercase();
    let first = request.split("range: bytes=").nth(1).and_then(|range| range.split('-').next()?.parse().ok());
    let first = first.unwrap_or(0_usize).min(all);
    let (length, last) = (all - first, all - 1);
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {length}\r\nContent-Range: bytes {first}-{last}/{all}\r\n\
         Accept-Ranges: bytes\r\nConnection: close\r\n\r\n"
    )?;
    Ok(first)
}
