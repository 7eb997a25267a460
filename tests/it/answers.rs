//! Answers of servers that misbehave, one row each, and how a run ends that meets them: in bounded time and requests,
//! with the right bytes or with a message, and never by way of the next index.

#![expect(
    clippy::too_many_lines,
    clippy::items_after_statements,
    reason = "tables are long, and their helpers stand beside them"
)]
#![expect(
    clippy::match_bool,
    clippy::single_match_else,
    reason = "what a server says to this and to that, as in a table"
)]

use std::io::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::raw_server::{Answer, Asked, RawServer, Step, answer, cut, open};
use crate::support::{BuiltFile, TestContext, WheelBuilder, sha256_hex};

/// How a run ends.
enum Ends {
    /// Installed, byte for byte.
    Well,
    /// Refused, and the message holds this.
    Badly(&'static str),
}

use Ends::{Badly, Well};

/// A row: what it is, which paths it is about, what the server says to a request for one, how the run ends.
struct Row {
    what: &'static str,
    path: &'static str,
    says: fn(&Asked, &Honest) -> Answer,
    ends: Ends,
}

fn row(what: &'static str, path: &'static str, says: fn(&Asked, &Honest) -> Answer, ends: Ends) -> Row {
    Row { what, path, says, ends }
}

const PAGE: &str = "/simple/tiny/";
const FILE: &str = "/files/tiny-1.0-py3-none-any.whl";
const METADATA: &str = "/files/tiny-1.0-py3-none-any.whl.metadata";
const JSON: (&str, &str) = ("content-type", "application/vnd.pypi.simple.v1+json");
const HTML: (&str, &str) = ("content-type", "text/html");
const TAG: (&str, &str) = ("etag", "\"v1\"");

/// What a server that does everything right says.
struct Honest {
    wheel: BuiltFile,
}

impl Honest {
    /// The index lists one wheel of half a megabyte, too large to be fetched whole for its metadata.
    fn new() -> Self {
        let mut state = 1_u64;
        let noise = (0..500_000).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        let wheel = WheelBuilder::new("tiny", "1.0").file("tiny.bin", noise.collect::<Vec<u8>>());
        Self { wheel: wheel.build() }
    }

    /// A file of the page; `more` are further keys.
    fn entry(&self, filename: &str, url: &str, more: &str) -> String {
        let (digest, size) = (sha256_hex(&self.wheel.bytes), self.wheel.bytes.len());
        format!(r#"{{"filename":"{filename}","url":"{url}","hashes":{{"sha256":"{digest}"}},"size":{size}{more}}}"#)
    }

    fn page_of(version: &str, entries: &str) -> String {
        format!(r#"{{"meta":{{"api-version":{version}}},"name":"tiny","files":[{entries}]}}"#)
    }

    fn page(&self) -> String {
        Self::page_of("\"1.1\"", &self.entry(&self.wheel.filename, FILE, ""))
    }

    /// The page with METADATA offered, under this digest.
    fn page_offering(&self, digest: &str) -> String {
        let offer = format!(r#","core-metadata":{{"sha256":"{digest}"}}"#);
        Self::page_of("\"1.1\"", &self.entry(&self.wheel.filename, FILE, &offer))
    }

    fn html(&self) -> String {
        format!(
            "<!DOCTYPE html><html><body><a href=\"{FILE}#sha256={}\">x</a></body></html>",
            sha256_hex(&self.wheel.bytes)
        )
    }

    fn file(&self) -> &[u8] {
        &self.wheel.bytes
    }

    /// A part of the file, truly.
    fn part(&self, asked: &Asked) -> Option<Answer> {
        let (first, last) = asked_range(asked, self.file().len())?;
        Some(self.part_said(first, last, &format!("bytes {first}-{last}/{}", self.file().len())))
    }

    /// A part of the file under another name.
    fn part_said(&self, first: usize, last: usize, said: &str) -> Answer {
        answer(206, &[("content-range", said), TAG], &self.file()[first..=last])
    }

    fn says(&self, asked: &Asked) -> Answer {
        match asked.path.as_str() {
            PAGE => answer(200, &[JSON], self.page()),
            FILE => self.part(asked).unwrap_or_else(|| answer(200, &[TAG], self.file())),
            _ => answer(404, &[], "not here"),
        }
    }
}

/// First and last byte that are asked for.
fn asked_range(asked: &Asked, length: usize) -> Option<(usize, usize)> {
    let (first, last) = asked.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
    Some(match (first.parse(), last.parse::<usize>()) {
        (Ok(first), last) => (first, last.unwrap_or(length - 1)),
        (Err(_), Ok(count)) => (length - count.min(length), length - 1),
        _ => return None,
    })
}

fn nothing() -> Answer {
    Vec::new()
}

fn silence() -> Answer {
    vec![Step::Wait(Duration::from_secs(20))]
}

/// More zeros than a page may have, packed; made once, for it takes a while.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(&vec![b' '; 101 << 20]));

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zstd frame of as many zeros as `blocks` blocks of 128 KiB hold, each of them four bytes (RFC 8878, 3.1.1.2.2:
/// RLE).
fn zstd_zeros(blocks: u32) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for index in 0..blocks {
        let is_last = u32::from(index + 1 == blocks);
        frame.extend(&(is_last | 1 << 1 | (128 << 10) << 3).to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

/// A brotli stream of as many spaces as `blocks` meta-blocks of 16 MiB hold (RFC 7932, 9.2): each of them four spaces
/// and one copy of the last four, over and over, with prefix codes of one symbol, which take no bits.
fn brotli_spaces(blocks: u32) -> Vec<u8> {
    const LENGTH: u32 = 1 << 24;
    // Value and number of bits. First the window: 64 KiB.
    let mut fields = vec![(0, 1)];
    for _ in 0..blocks {
        // Not the last, length in six nibbles, compressed; one block type each, plain distances, one context mode, one
        // tree each.
        fields.extend([(0, 1), (2, 2), (LENGTH - 1, 24), (0, 1), (0, 3), (0, 6), (0, 2), (0, 2)]);
        // The prefix codes: the literal is a space, the command inserts 4 and copies 2118 and more, the distance is the
        // last one.
        fields.extend([(1, 2), (0, 2), (u32::from(b' '), 8), (1, 2), (0, 2), (423, 10), (1, 2), (0, 2), (0, 6)]);
        fields.push((LENGTH - 4 - 2118, 24));
    }
    // The last one, and empty.
    fields.extend([(1, 1), (1, 1)]);
    let mut bytes = Vec::new();
    let (mut buffer, mut filled) = (0_u64, 0);
    for (value, bits) in fields {
        buffer |= u64::from(value) << filled;
        filled += bits;
        while filled >= 8 {
            bytes.extend(buffer.to_le_bytes().first());
            (buffer, filled) = (buffer >> 8, filled - 8);
        }
    }
    bytes.extend(buffer.to_le_bytes().first());
    bytes
}

/// An answer of which nothing is right but its first bytes.
fn raw(bytes: impl AsRef<[u8]>) -> Answer {
    vec![Step::Send(bytes.as_ref().to_vec())]
}

/// What can be said instead of a page.
fn pages() -> Vec<Row> {
    let page = |what, says, ends| row(what, PAGE, says, ends);
    vec![
        page("nothing, for ever", |_, _| silence(), Badly("within")),
        page("an end at once", |_, _| nothing(), Badly("broke")),
        page("a reset at once", |_, _| vec![Step::Reset], Badly("broke")),
        page(
            "a head that drips",
            |_, _| {
                vec![
                    Step::Repeat(b"HTTP/1.1 200 OK\r\nx-a: ".to_vec(), Duration::ZERO),
                    Step::Wait(Duration::from_secs(9)),
                ]
            },
            Badly("broke"),
        ),
        page(
            "a head that comes byte by byte",
            |_, _| {
                [raw("HTTP/1.1 200 OK\r\nx: "), vec![Step::Repeat(b"x".to_vec(), Duration::from_millis(50))]].concat()
            },
            Badly("within"),
        ),
        page(
            "a body that drips",
            |_, _| [cut(200, &[JSON], "{", 900), vec![Step::Repeat(b" ".to_vec(), Duration::from_millis(50))]].concat(),
            Badly("within"),
        ),
        page(
            "a body that drips without length",
            |_, _| [open(200, &[JSON], "{"), vec![Step::Repeat(b" ".to_vec(), Duration::from_millis(50))]].concat(),
            Badly("within"),
        ),
        page(
            "a body without end",
            |_, _| [open(200, &[JSON], "{"), vec![Step::Repeat(vec![b' '; 1 << 20], Duration::ZERO)]].concat(),
            Badly("larger than"),
        ),
        page(
            "a body that is announced as endless",
            |_, _| cut(200, &[JSON], "{", usize::MAX / 2),
            Badly("larger than"),
        ),
        page(
            "redirects without end",
            |asked, _| answer(302, &[("location", &format!("{}x/", asked.path))], ""),
            Badly("redirects more than 10 times"),
        ),
        page("a redirect to itself", |asked, _| answer(302, &[("location", &asked.path)], ""), Badly("in a circle")),
        page(
            "a redirect to a file",
            |_, _| answer(302, &[("location", "file:///etc/passwd")], ""),
            Badly("not an http URL"),
        ),
        page(
            "a redirect to data",
            |_, _| answer(302, &[("location", "data:text/html,x")], ""),
            Badly("not an http URL"),
        ),
        page("a redirect to nowhere", |_, _| answer(302, &[], ""), Badly("302")),
        page(
            "come back in an hour",
            |_, _| answer(503, &[("retry-after", "3600")], ""),
            Badly("come back in 3600 seconds"),
        ),
        page(
            "come back in an eternity",
            |_, _| answer(429, &[("retry-after", "99999999999999999999")], ""),
            Badly("come back in"),
        ),
        page(
            "come back in a second",
            |asked, honest| match asked.before {
                0 => answer(503, &[("retry-after", "1")], ""),
                _ => honest.says(asked),
            },
            Well,
        ),
        page(
            "too many requests, once",
            |asked, honest| match asked.before {
                0 => answer(429, &[("retry-after", "0")], ""),
                _ => honest.says(asked),
            },
            Well,
        ),
        page(
            "an error, twice",
            |asked, honest| match asked.before {
                0 | 1 => answer(500, &[], ""),
                _ => honest.says(asked),
            },
            Well,
        ),
        page("an error, always", |_, _| answer(502, &[], ""), Badly("502")),
        page("a status that nobody knows", |_, _| answer(799, &[], ""), Badly("799")),
        page(
            "a reset in the body, once",
            |asked, honest| match asked.before {
                0 => [cut(200, &[JSON], &honest.page()[..40], honest.page().len()), vec![Step::Reset]].concat(),
                _ => honest.says(asked),
            },
            Well,
        ),
        page(
            "half a page, always",
            |_, honest| cut(200, &[JSON], &honest.page()[..40], honest.page().len()),
            Badly("cut off"),
        ),
        page("half a page without length", |_, honest| open(200, &[JSON], &honest.page()[..40]), Badly("not the JSON")),
        page(
            "half a chunk",
            |_, _| raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n400\r\n{}"),
            Badly("broke"),
        ),
        page(
            "a chunk of no length",
            |_, _| raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nlong\r\n{}"),
            Badly("broke"),
        ),
        page(
            "a chunk that is longer than all memory",
            |_, _| raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}"),
            Badly("broke"),
        ),
        page(
            "two lengths",
            |_, _| raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}{"),
            Badly("broke"),
        ),
        page("a length below nothing", |_, _| raw("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}"), Badly("broke")),
        page("no HTTP", |_, _| raw("SSH-2.0-OpenSSH_9.9\r\n"), Badly("broke")),
        page(
            "a head of a megabyte",
            |_, _| raw(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(1 << 20))),
            Badly("broke"),
        ),
        page(
            "ten thousand headers",
            |_, _| raw(format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(10_000))),
            Badly("broke"),
        ),
        page("an API of version 2", |_, _| answer(200, &[JSON], Honest::page_of("\"2.0\"", "")), Badly("version 2.0")),
        page(
            "an API of version 2, as a number",
            |_, _| answer(200, &[JSON], Honest::page_of("2", "")),
            Badly("version 2"),
        ),
        page(
            "an API of version 2, in HTML",
            |_, honest| {
                let meta = "<meta name=\"pypi:repository-version\" content=\"2.0\">";
                answer(200, &[HTML], format!("<html>{meta}{}", honest.html()))
            },
            Badly("version 2.0"),
        ),
        page("JSON that is said to be HTML", |_, honest| answer(200, &[HTML], honest.page()), Well),
        page("HTML that is said to be JSON", |_, honest| answer(200, &[JSON], honest.html()), Well),
        page("JSON that is no page", |_, _| answer(200, &[JSON], "{\"message\":\"hello\"}"), Badly("not the JSON")),
        page("JSON that is no object", |_, _| answer(200, &[JSON], "[]"), Badly("not the JSON")),
        page(
            "a picture",
            |_, _| answer(200, &[("content-type", "image/png")], b"\x89PNG\r\n"),
            Badly("neither JSON nor HTML"),
        ),
        page("nothing at all", |_, _| answer(200, &[JSON], ""), Badly("not the JSON")),
        page(
            "the page of a hotel",
            |_, _| {
                answer(
                    200,
                    &[HTML],
                    "<html><body><form action='/login'><a href='/terms'>terms</a></form></body></html>",
                )
            },
            Badly("tiny"),
        ),
        page(
            "gzip that is none",
            |_, honest| answer(200, &[JSON, ("content-encoding", "gzip")], honest.page()),
            Badly("cannot be decoded"),
        ),
        page(
            "gzip that ends early",
            |_, honest| {
                let packed = gzip(honest.page().as_bytes());
                answer(200, &[JSON, ("content-encoding", "gzip")], &packed[..packed.len() / 2])
            },
            Badly("is cut off"),
        ),
        page(
            "gzip that ends early, once, without length",
            |asked, honest| {
                let packed = gzip(honest.page().as_bytes());
                let end = if asked.before == 0 { packed.len() / 2 } else { packed.len() };
                open(200, &[JSON, ("content-encoding", "gzip")], &packed[..end])
            },
            Well,
        ),
        page(
            "gzip of three members, of which each has a third of the page",
            |_, honest| {
                let page = honest.page();
                let packed: Vec<u8> = page.as_bytes().chunks(page.len() / 3 + 1).flat_map(gzip).collect();
                answer(200, &[JSON, ("content-encoding", "gzip")], packed)
            },
            Well,
        ),
        page(
            "a whole page in gzip, and a half behind it that is none",
            |_, honest| {
                let packed = [&gzip(honest.page().as_bytes())[..], b"{\"files\":[]}"].concat();
                answer(200, &[JSON, ("content-encoding", "gzip")], packed)
            },
            Badly("bytes behind its end"),
        ),
        page(
            "deflate as zlib, which nobody asked for",
            |_, honest| answer(200, &[JSON, ("content-encoding", "deflate")], zlib(honest.page().as_bytes())),
            Well,
        ),
        page(
            "deflate without its frame",
            |_, honest| {
                let packed = zlib(honest.page().as_bytes());
                answer(200, &[JSON, ("content-encoding", "deflate")], &packed[2..packed.len() - 4])
            },
            Well,
        ),
        page(
            "brotli that is none",
            |_, honest| answer(200, &[JSON, ("content-encoding", "br")], honest.page()),
            Badly("cannot be decoded"),
        ),
        page(
            "zstd that is none",
            |_, honest| answer(200, &[JSON, ("content-encoding", "zstd")], honest.page()),
            Badly("cannot be decoded"),
        ),
        page(
            "a coding that nobody knows",
            |_, honest| answer(200, &[JSON, ("content-encoding", "compress")], honest.page()),
            Badly("was not asked for"),
        ),
        page(
            "a charset in the place of a coding",
            |_, honest| answer(200, &[JSON, ("content-encoding", "utf-8")], honest.page()),
            Well,
        ),
        page(
            "a page that was brought to S3 by chunks",
            |_, honest| {
                let headers = [JSON, ("content-encoding", "aws-chunked"), ("content-encoding", "gzip")];
                answer(200, &headers, gzip(honest.page().as_bytes()))
            },
            Well,
        ),
        page("a gzip bomb", |_, _| answer(200, &[JSON, ("content-encoding", "gzip")], &*BOMB), Badly("larger than")),
        page(
            "a zstd bomb",
            |_, _| answer(200, &[JSON, ("content-encoding", "zstd")], zstd_zeros(100_000)),
            Badly("larger than"),
        ),
        page(
            "a brotli bomb",
            |_, _| answer(200, &[JSON, ("content-encoding", "br")], brotli_spaces(7)),
            Badly("larger than"),
        ),
        page(
            "a page within the limit, in brotli, that is none",
            |_, _| answer(200, &[JSON, ("content-encoding", "br")], brotli_spaces(1)),
            Badly("tiny"),
        ),
        page(
            "a bomb in two codings, one around the other",
            |_, _| answer(200, &[JSON, ("content-encoding", "gzip, gzip")], gzip(&BOMB)),
            Badly("larger than"),
        ),
        page("not modified, though nobody asked", |_, _| answer(304, &[TAG], ""), Badly("304")),
        page("no content", |_, _| answer(204, &[], ""), Badly("204")),
        page(
            "a part of a page",
            |_, honest| answer(206, &[JSON, ("content-range", "bytes 0-9/99")], &honest.page()[..10]),
            Badly("206"),
        ),
        page("no such range", |_, _| answer(416, &[], ""), Badly("416")),
        page("who are you", |_, _| answer(401, &[("www-authenticate", "Basic realm=\"x\"")], ""), Badly("401")),
        page("not for you", |_, _| answer(403, &[], ""), Badly("403")),
        page("a proxy that asks who we are", |_, _| answer(407, &[], ""), Badly("407")),
        page("no longer there, it says", |_, _| answer(451, &[], ""), Badly("451")),
        page(
            "JSON that is not UTF-8",
            |_, _| answer(200, &[JSON], b"{\"files\":[{\"filename\":\"\xff\"}]}"),
            Badly("not the JSON"),
        ),
        page(
            "HTML that is not UTF-8",
            |_, honest| answer(200, &[HTML], [b"<!-- \xff\xfe -->", honest.html().as_bytes()].concat()),
            Well,
        ),
        page(
            "lists in lists without end",
            |_, _| answer(200, &[JSON], format!("{{\"files\":{}", "[".repeat(1 << 20))),
            Badly("not the JSON"),
        ),
        page(
            "objects in objects without end",
            |_, _| answer(200, &[JSON], format!("{{\"meta\":{}", "{\"a\":".repeat(1 << 20))),
            Badly("not the JSON"),
        ),
        page(
            "tags in tags",
            |_, honest| answer(200, &[HTML], format!("{}{}", "<b>".repeat(200_000), honest.html())),
            Well,
        ),
        page(
            "tags that are closed and never opened",
            |_, honest| answer(200, &[HTML], format!("{}{}", "</b>".repeat(200_000), honest.html())),
            Well,
        ),
        page(
            "more files than there are",
            |_, _| answer(200, &[JSON], format!("{{\"files\":[{}{{}}]}}", "{},".repeat(1_000_001))),
            Badly("more than 1000000 files"),
        ),
        page(
            "more tags than files need",
            |_, _| answer(200, &[HTML], "<a>".repeat(3_000_001)),
            Badly("more than 3000000 tags"),
        ),
    ]
}

/// What a page can list that is not for us.
fn listings() -> Vec<Row> {
    let page = |what, says, ends| row(what, PAGE, says, ends);
    fn only(honest: &Honest, filename: &str, url: &str) -> Answer {
        answer(200, &[JSON], Honest::page_of("\"1.0\"", &honest.entry(filename, url, "")))
    }
    let none = || Badly("tiny");
    vec![
        page("a file of another project", |_, honest| only(honest, "evil-1.0-py3-none-any.whl", FILE), none()),
        page("a name with a folder", |_, honest| only(honest, "../tiny-1.0-py3-none-any.whl", FILE), none()),
        page("a name with a folder inside", |_, honest| only(honest, "tiny-1.0-py3-none-any/../x.whl", FILE), none()),
        page("a name with a backslash", |_, honest| only(honest, r"tiny-1.0-py3-none-..\\any.whl", FILE), none()),
        page("a name with an escape", |_, honest| only(honest, r"tiny-1.0-py3-none-any\u001b[2J.whl", FILE), none()),
        page("a name with a line end", |_, honest| only(honest, r"tiny-1.0\n-py3-none-any.whl", FILE), none()),
        page(
            "a name that is turned around",
            |_, honest| only(honest, r"tiny-1.0-1\u202e-py3-none-any.whl", FILE),
            none(),
        ),
        page(
            "a file of this machine",
            |_, honest| only(honest, "tiny-1.0-py3-none-any.whl", "file:///etc/passwd"),
            none(),
        ),
        page("data instead of a file", |_, honest| only(honest, "tiny-1.0-py3-none-any.whl", "data:,x"), none()),
        page(
            "a program instead of a file",
            |_, honest| only(honest, "tiny-1.0-py3-none-any.whl", "javascript:x"),
            none(),
        ),
        page("no URL", |_, honest| only(honest, "tiny-1.0-py3-none-any.whl", ""), none()),
        page("a URL that is none", |_, honest| only(honest, "tiny-1.0-py3-none-any.whl", "https://["), none()),
        page(
            "files of this machine, in HTML",
            |_, _| answer(200, &[HTML], "<a href='file:///etc/tiny-1.0-py3-none-any.whl'>x</a>"),
            none(),
        ),
        page(
            "a base on this machine, which counts for nothing",
            |_, honest| answer(200, &[HTML], format!("<base href='file:///'>{}", honest.html())),
            Well,
        ),
    ]
}

/// What can be said instead of METADATA.
fn metadata() -> Vec<Row> {
    /// The page that offers METADATA with the right digest of `text`, which is then sent.
    fn offer(asked: &Asked, honest: &Honest, text: &str) -> Answer {
        match asked.path.as_str() {
            PAGE => answer(200, &[JSON], honest.page_offering(&sha256_hex(text.as_bytes()))),
            _ => answer(200, &[], text),
        }
    }
    let both = |what, says, ends| row(what, "", says, ends);
    vec![
        both(
            "metadata with another digest",
            |asked, honest| match asked.path.as_str() {
                PAGE => answer(200, &[JSON], honest.page_offering(&"0".repeat(64))),
                METADATA => answer(200, &[], honest.wheel.metadata.clone().unwrap()),
                _ => honest.says(asked),
            },
            Badly("was promised by the index"),
        ),
        both(
            "metadata that is not there",
            |asked, honest| match asked.path.as_str() {
                PAGE => answer(200, &[JSON], honest.page_offering(&"0".repeat(64))),
                _ => honest.says(asked),
            },
            Well,
        ),
        both(
            "metadata that is refused",
            |asked, honest| match asked.path.as_str() {
                PAGE => answer(200, &[JSON], honest.page_offering(&"0".repeat(64))),
                METADATA => answer(403, &[], ""),
                _ => honest.says(asked),
            },
            // Object stores answer so about what they do not have; the wheel says the same.
            Well,
        ),
        both(
            "metadata of another project",
            |asked, honest| match asked.path.as_str() {
                FILE => honest.says(asked),
                _ => offer(asked, honest, "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"),
            },
            Badly("holds the metadata of evil 1.0"),
        ),
        both(
            "metadata of another version",
            |asked, honest| match asked.path.as_str() {
                FILE => honest.says(asked),
                _ => offer(asked, honest, "Metadata-Version: 2.1\nName: tiny\nVersion: 2.0\n"),
            },
            Badly("holds the metadata of tiny 2.0"),
        ),
        both(
            "metadata of version 3",
            |asked, honest| match asked.path.as_str() {
                FILE => honest.says(asked),
                _ => offer(asked, honest, "Metadata-Version: 3.0\nName: tiny\nVersion: 1.0\n"),
            },
            Badly("metadata version 3.0"),
        ),
        both(
            "metadata that is a page",
            |asked, honest| match asked.path.as_str() {
                FILE => honest.says(asked),
                _ => offer(asked, honest, "<html>Please log in</html>"),
            },
            Badly("no `Name` field"),
        ),
        both(
            "metadata that is not the wheel's",
            |asked, honest| match asked.path.as_str() {
                FILE => honest.says(asked),
                "/simple/evil/" => answer(404, &[], ""),
                _ => offer(asked, honest, "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\nRequires-Dist: tiny>=1\n"),
            },
            Badly("the resolution does not hold"),
        ),
        both(
            "metadata without end",
            |asked, honest| match asked.path.as_str() {
                PAGE => answer(200, &[JSON], honest.page_offering(&"0".repeat(64))),
                METADATA => {
                    [open(200, &[], "Name: "), vec![Step::Repeat(vec![b'x'; 1 << 20], Duration::ZERO)]].concat()
                }
                _ => honest.says(asked),
            },
            Badly("larger than 16777216 bytes"),
        ),
        both(
            "more requirements than anyone has",
            |asked, honest| match asked.path.as_str() {
                FILE => honest.says(asked),
                _ => {
                    let lines = "Requires-Dist: a\n".repeat(100_000);
                    offer(asked, honest, &format!("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n{lines}"))
                }
            },
            Badly("more than 524288 bytes"),
        ),
        both(
            "a marker with a million cases",
            |asked, honest| match asked.path.as_str() {
                FILE => honest.says(asked),
                _ => {
                    let pairs: Vec<String> =
                        (0..40).map(|at| format!("(extra == 'a{at}' or extra == 'b{at}')")).collect();
                    let line = format!("Requires-Dist: a ; {}\n", pairs.join(" and "));
                    offer(asked, honest, &format!("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n{line}"))
                }
            },
            Badly("distinguishes too many cases"),
        ),
        both(
            "brackets in brackets",
            |asked, honest| match asked.path.as_str() {
                FILE => honest.says(asked),
                _ => {
                    let line = format!("Requires-Dist: a ; {}\n", "(".repeat(400_000));
                    offer(asked, honest, &format!("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n{line}"))
                }
            },
            Badly("nested more than 64 deep"),
        ),
    ]
}

/// What can be said instead of a part of a file.
fn ranges() -> Vec<Row> {
    let file = |what, says, ends| row(what, FILE, says, ends);
    fn is_part(asked: &Asked) -> bool {
        asked.header("range").is_some()
    }
    vec![
        file("the whole instead of a part", |_, honest| answer(200, &[TAG], honest.file()), Well),
        file(
            "no such range, always",
            |asked, honest| match is_part(asked) {
                true => answer(416, &[], ""),
                false => honest.says(asked),
            },
            Well,
        ),
        file(
            "ranges that are not known",
            |asked, honest| match is_part(asked) {
                true => answer(501, &[], ""),
                false => honest.says(asked),
            },
            Well,
        ),
        file(
            "another part",
            |asked, honest| match is_part(asked) {
                true => honest.part_said(0, 99, &format!("bytes 0-99/{}", honest.file().len())),
                false => honest.says(asked),
            },
            Well,
        ),
        file(
            "another part under the right name",
            |asked, honest| match asked_range(asked, honest.file().len()) {
                Some((first, last)) => {
                    let said = format!("bytes {first}-{last}/{}", honest.file().len());
                    honest.part_said(0, last - first, &said)
                }
                None => honest.says(asked),
            },
            Well,
        ),
        file(
            "a part that is longer than it says",
            |asked, honest| match asked_range(asked, honest.file().len()) {
                Some((first, last)) => {
                    let said = format!("bytes {first}-{last}/{}", honest.file().len());
                    honest.part_said(first - 100, last, &said)
                }
                None => honest.says(asked),
            },
            Well,
        ),
        file(
            "a part that is shorter than it says",
            |asked, honest| match asked_range(asked, honest.file().len()) {
                Some((first, last)) => {
                    let said = format!("bytes {first}-{last}/{}", honest.file().len());
                    honest.part_said(first, last - 100, &said)
                }
                None => honest.says(asked),
            },
            Well,
        ),
        file(
            "a part of a file of another size",
            |asked, honest| match asked_range(asked, honest.file().len()) {
                Some((first, last)) => honest.part_said(first, last, &format!("bytes {first}-{last}/99999999")),
                None => honest.says(asked),
            },
            Well,
        ),
        file(
            "a part of the largest file there is",
            |asked, honest| match asked_range(asked, honest.file().len()) {
                Some((first, last)) => {
                    let end = u64::MAX - 1;
                    let said = format!("bytes {}-{}/{end}", end - 1 - (last - first) as u64, end - 1);
                    honest.part_said(first, last, &said)
                }
                None => honest.says(asked),
            },
            Well,
        ),
        file(
            "a part of an unknown file",
            |asked, honest| match asked_range(asked, honest.file().len()) {
                Some((first, last)) => honest.part_said(first, last, &format!("bytes {first}-{last}/*")),
                None => honest.says(asked),
            },
            Well,
        ),
        file(
            "several parts",
            |asked, honest| match is_part(asked) {
                true => answer(206, &[("content-type", "multipart/byteranges; boundary=x")], "--x\r\n\r\n--x--"),
                false => honest.says(asked),
            },
            Well,
        ),
        file(
            "parts of two files",
            |asked, honest| match asked_range(asked, honest.file().len()) {
                Some((first, last)) => {
                    let said = format!("bytes {first}-{last}/{}", honest.file().len());
                    let tag = format!("\"v{}\"", asked.before);
                    answer(206, &[("content-range", &said), ("etag", &tag)], &honest.file()[first..=last])
                }
                None => honest.says(asked),
            },
            Well,
        ),
    ]
}

/// What can be said instead of a file.
fn files() -> Vec<Row> {
    /// All that is asked for with a range is answered truly; what is said of the whole file is the row's matter.
    fn file_row(what: &'static str, says: fn(&Asked, &Honest) -> Answer, ends: Ends) -> Row {
        row(what, FILE, says, ends)
    }
    fn whole(asked: &Asked, honest: &Honest, says: impl FnOnce() -> Answer) -> Answer {
        // The end of the file is asked for to read METADATA.
        let is_end = asked_range(asked, honest.file().len()).is_some_and(|(first, _)| first > 400_000);
        if is_end { honest.says(asked) } else { says() }
    }
    vec![
        file_row(
            "another file",
            |asked, honest| {
                whole(asked, honest, || {
                    let mut bytes = honest.file().to_vec();
                    bytes[1000] ^= 1;
                    answer(200, &[TAG], bytes)
                })
            },
            Badly("was promised"),
        ),
        file_row(
            "a longer file",
            |asked, honest| whole(asked, honest, || answer(200, &[TAG], [honest.file(), b"x"].concat())),
            Badly("the index says"),
        ),
        file_row(
            "a shorter file",
            |asked, honest| whole(asked, honest, || answer(200, &[TAG], &honest.file()[..300_000])),
            Badly("was promised"),
        ),
        file_row(
            "a file without end",
            |asked, honest| {
                whole(asked, honest, || {
                    [open(200, &[], ""), vec![Step::Repeat(vec![0; 1 << 20], Duration::ZERO)]].concat()
                })
            },
            Badly("the index says"),
        ),
        file_row(
            "the page of a hotel",
            |asked, honest| whole(asked, honest, || answer(200, &[HTML], "<html>Please log in</html>")),
            Badly("was promised"),
        ),
        file_row("nothing, for ever", |asked, honest| whole(asked, honest, silence), Badly("within")),
        file_row(
            "a file that drips",
            |asked, honest| {
                whole(asked, honest, || {
                    let (length, drip) = (honest.file().len(), Step::Repeat(vec![0], Duration::from_millis(50)));
                    [cut(200, &[TAG], "P", length), vec![drip]].concat()
                })
            },
            Badly("within"),
        ),
        file_row("no such file", |asked, honest| whole(asked, honest, || answer(404, &[], "")), Badly("404")),
        file_row(
            "a part of the file that nobody asked for",
            |asked, honest| {
                whole(asked, honest, || honest.part_said(0, 99, &format!("bytes 0-99/{}", honest.file().len())))
            },
            Badly("206"),
        ),
        file_row(
            "a file under another name",
            |asked, honest| {
                whole(asked, honest, || {
                    answer(200, &[("content-disposition", "attachment; filename=\"../../evil.py\"")], honest.file())
                })
            },
            Well,
        ),
        file_row(
            "a file that is called packed",
            |asked, honest| whole(asked, honest, || answer(200, &[("content-encoding", "gzip")], honest.file())),
            Well,
        ),
        file_row(
            "a break, and then the rest",
            |asked, honest| match asked.header("if-range") {
                Some(_) => honest.part(asked).unwrap(),
                None => whole(asked, honest, || cut(200, &[TAG], &honest.file()[..300_000], honest.file().len())),
            },
            Well,
        ),
        file_row(
            "a break, and then the whole",
            |asked, honest| match asked.header("if-range") {
                Some(_) => answer(200, &[TAG], honest.file()),
                None => whole(asked, honest, || cut(200, &[TAG], &honest.file()[..300_000], honest.file().len())),
            },
            Well,
        ),
        file_row(
            "a break, and then another part",
            |asked, honest| match asked.header("if-range") {
                Some(_) => honest.part_said(1, 99, &format!("bytes 1-99/{}", honest.file().len())),
                None if asked.before > 2 => honest.says(asked),
                None => whole(asked, honest, || cut(200, &[TAG], &honest.file()[..300_000], honest.file().len())),
            },
            Well,
        ),
        file_row(
            "a break, and then other bytes",
            |asked, honest| match asked_range(asked, honest.file().len()) {
                Some((first, last)) if asked.header("if-range").is_some() => {
                    let said = format!("bytes {first}-{last}/{}", honest.file().len());
                    answer(206, &[("content-range", &said), TAG], vec![0; last - first + 1])
                }
                _ => whole(asked, honest, || cut(200, &[TAG], &honest.file()[..300_000], honest.file().len())),
            },
            Badly("was promised"),
        ),
        file_row(
            "a break, and then another file",
            |asked, honest| match asked.header("if-range") {
                Some(_) => answer(200, &[("etag", "\"v2\"")], honest.file()),
                None => whole(asked, honest, || cut(200, &[TAG], &honest.file()[..300_000], honest.file().len())),
            },
            Well,
        ),
        file_row(
            "breaks without end",
            |asked, honest| whole(asked, honest, || cut(200, &[TAG], &honest.file()[..10], honest.file().len())),
            Badly(""),
        ),
    ]
}

/// Longest time that a row may take: three attempts of four seconds, with their pauses, on a busy machine.
const LONGEST: Duration = Duration::from_mins(1);
/// Most requests that a row may cost.
const MOST_REQUESTS: usize = 40;

fn meet(row: &Row) -> Result<(), String> {
    let honest = Honest::new();
    let (path, says) = (row.path, row.says);
    let server = RawServer::start(move |asked| {
        let is_about = asked.path == path || path.is_empty() || (path == PAGE && asked.path.starts_with(PAGE));
        if is_about { says(asked, &honest) } else { honest.says(asked) }
    });
    // What is on the next index is newer, and must not be looked at.
    let next = RawServer::start(|_| answer(404, &[], ""));
    let context = TestContext::new();
    let start = Instant::now();
    let output = context
        .barrow()
        .args(["install", "tiny", "-t", "out", "--runtime", "python3.12", "--timeout", "2", "--retries", "2"])
        .args(["--index", &format!("first={}", server.url("/simple/")), "--default-index", &next.url("/simple/")])
        .output()
        .unwrap();
    let shown = format!("{}\n{} requests", context.show(&output), server.asked().len());
    let fail = |why: &str| Err(format!("{}: {why}\n{shown}", row.what));
    match row.ends {
        Well if !output.status.success() => return fail("did not end well"),
        Well if !context.path("out/tiny.bin").exists() => return fail("nothing is installed"),
        Badly(_) if output.status.code() != Some(1) => return fail("did not end with 1"),
        Badly(message) if !crate::support::said(&output).contains(message) => return fail(message),
        Badly(_) if context.path("out").exists() => return fail("something is left"),
        _ => {}
    }
    if crate::support::said(&output).contains("bug in barrow") {
        return fail("it panicked");
    }
    if start.elapsed() > LONGEST {
        return fail("it took too long");
    }
    if server.asked().len() > MOST_REQUESTS {
        return fail("it asked too often");
    }
    let elsewhere: Vec<String> = next.asked().into_iter().map(|asked| asked.path).collect();
    if elsewhere.iter().any(|path| path.contains("tiny")) {
        return fail("the next index was asked");
    }
    Ok(())
}

/// All rows, as many at once as there is patience for: most of their time is waiting.
fn meet_all(rows: &[Row]) {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut failed = Vec::new();
        while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            failed.extend(meet(row).err());
        }
        failed
    };
    let failed: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "{} of {} rows:\n\n{}", failed.len(), rows.len(), failed.join("\n\n"));
}

#[test]
fn instead_of_a_page() {
    meet_all(&pages());
}

#[test]
fn instead_of_the_files_of_the_project() {
    meet_all(&listings());
}

#[test]
fn instead_of_metadata() {
    meet_all(&metadata());
}

#[test]
fn instead_of_a_part() {
    meet_all(&ranges());
}

#[test]
fn instead_of_a_file() {
    meet_all(&files());
}

#[test]
fn the_table_is_as_long_as_promised() {
    let count: usize = [pages(), listings(), metadata(), ranges(), files()].iter().map(Vec::len).sum();
    assert!(count >= 110, "{count}");
}
