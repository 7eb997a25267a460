//! Asking indexes and fetching, as the library does it: which requests are made, and what the answers come to.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::str::FromStr as _;
use std::sync::Arc;

use barrow::archive::{EntryLookup, PartialZip};
use barrow::cache::Cache;
use barrow::fetch::{FetchError, FetchOptions, FetchedFile, Fetcher, WantedFile};
use barrow::http::{Client, ClientOptions};
use barrow::index::{IndexClient, IndexError, IndexLocation, IndexOptions, IndexStrategy};
use barrow::ops::{Error, LiveSource, SupplyError};
use barrow::reporter::Silent;
use barrow::requirements::DirectReference;
use barrow::resolve::{PackageSource as _, ProjectAnswer, ResolveError};
use barrow::spec::{DistFile, PackageName, SafeUrl};

use crate::support::{Fault, Format, IndexServer, Listed, Ranges, RunningIndex, WheelBuilder};

/// A time in the run of every test, seconds since 1970.
const NOW: u64 = 1_800_000_000;

struct World {
    _folder: tempfile::TempDir,
    cache: Arc<Cache>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Arc::new(Cache::at(folder.path().join("cache")));
        Self { _folder: folder, cache }
    }

    fn client(options: &IndexOptions) -> Client {
        let client_options = ClientOptions {
            offline: options.offline,
            retries: 0,
            index_urls: options.indexes.iter().map(|index| index.url.clone()).collect(),
            ..ClientOptions::default()
        };
        Client::new(client_options, Arc::new(Silent)).unwrap()
    }

    fn index(&self, options: IndexOptions) -> IndexClient {
        let client = Self::client(&options);
        IndexClient::new(IndexOptions { now: NOW, ..options }, client, Arc::clone(&self.cache), Arc::new(Silent))
    }

    fn fetcher(&self, options: FetchOptions) -> Fetcher {
        let client = Self::client(&IndexOptions { offline: options.offline, ..IndexOptions::default() });
        Fetcher::new(client, Arc::clone(&self.cache), Arc::new(Silent), options)
    }
}

fn at(url: &str) -> IndexOptions {
    IndexOptions { indexes: vec![IndexLocation::new(SafeUrl::parse(url).unwrap())], ..IndexOptions::default() }
}

fn name(text: &str) -> PackageName {
    PackageName::from_str(text).unwrap()
}

async fn files(index: &IndexClient, project: &str) -> Vec<DistFile> {
    match index.project(&name(project)).await.unwrap() {
        ProjectAnswer::Found(details) => details.iter().flat_map(|detail| detail.files()).collect(),
        other => panic!("{project}: {other:?}"),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// The log without what changes from run to run.
fn log(server: &RunningIndex) -> String {
    server.log()
}

fn large(wheel: WheelBuilder) -> WheelBuilder {
    // Bytes that do not compress, so that the wheel is larger than what is fetched whole.
    let mut state = 1_u64;
    let noise = (0..400_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    wheel.file("noise.bin", noise.collect::<Vec<u8>>())
}

#[tokio::test]
async fn metadata_costs_one_request_and_no_wheel_body() {
    let server = IndexServer::new().file(large(WheelBuilder::new("tiny", "1.0").requires("dep>=2"))).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let files = files(&index, "tiny").await;
    let metadata = index.metadata(&files[0]).await.unwrap();
    assert_eq!(metadata.requires_dist[0].to_string(), "dep>=2");
    insta::assert_snapshot!(log(&server), @r"
    200 /files/tiny-1.0-py3-none-any.whl.metadata
    200 /simple/tiny/
    ");
}

#[tokio::test]
async fn a_second_run_asks_for_nothing_but_confirmation() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let world = World::new();
    for _ in 0..2 {
        let index = world.index(at(&server.url()));
        let files = files(&index, "tiny").await;
        index.metadata(&files[0]).await.unwrap();
    }
    let metadata = server.requests().iter().filter(|request| request.path.ends_with(".metadata")).count();
    assert_eq!(metadata, 1, "{}", log(&server));
    assert_eq!(log(&server).matches("304 /simple/tiny/").count(), 1, "{}", log(&server));
    let url = server.url();
    drop(server);
    let index = world.index(IndexOptions { offline: true, ..at(&url) });
    let files = files(&index, "tiny").await;
    index.metadata(&files[0]).await.unwrap();
    assert!(matches!(index.project(&name("other")).await.unwrap(), ProjectAnswer::Offline));
}

async fn check_large_wheel(server: IndexServer, expected_whole: bool) -> String {
    let server = server.file(large(WheelBuilder::new("tiny", "1.0").requires("dep>=2"))).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let files = files(&index, "tiny").await;
    let metadata = index.metadata(&files[0]).await.unwrap();
    assert_eq!(metadata.requires_dist[0].to_string(), "dep>=2");
    let fetcher = world.fetcher(FetchOptions { offline: true, ..FetchOptions::default() });
    let kept = fetcher.fetch_file(&WantedFile::listed(&files[0])).await;
    assert_eq!(kept.is_ok(), expected_whole, "{kept:?}");
    log(&server)
}

#[tokio::test]
async fn without_metadata_files_the_end_of_the_wheel_is_read() {
    let log = check_large_wheel(IndexServer::new().without_metadata(), false).await;
    assert_eq!(log.matches("206 ").count(), 1, "{log}");
    assert!(!log.contains("200 /files"), "{log}");
    // HTML tells no size: a suffix range.
    let log = check_large_wheel(IndexServer::new().without_metadata().format(Format::Html), false).await;
    insta::assert_snapshot!(log, @r"
    200 /simple/tiny/
    206 /files/tiny-1.0-py3-none-any.whl bytes=-16384
    ");
}

#[tokio::test]
async fn servers_without_ranges_send_the_wheel_once() {
    for ranges in [Ranges::Ignored, Ranges::Refused, Ranges::Forbidden, Ranges::Stumbling, Ranges::CutOff] {
        let log = check_large_wheel(IndexServer::new().without_metadata().ranges(ranges), true).await;
        assert_eq!(log.matches("200 /files").count(), 1, "{ranges:?}: {log}");
    }
    check_large_wheel(IndexServer::new().without_metadata().ranges(Ranges::NoSuffix), false).await;
}

#[tokio::test]
async fn a_bucket_that_forbids_what_is_missing_has_no_metadata_files() {
    check_large_wheel(IndexServer::new().fault(".metadata", Fault::Status(403)), false).await;
}

#[tokio::test]
async fn small_wheels_are_fetched_whole_at_once() {
    let server = IndexServer::new().without_metadata().file(WheelBuilder::new("tiny", "1.0")).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let files = files(&index, "tiny").await;
    index.metadata(&files[0]).await.unwrap();
    world.fetcher(FetchOptions::default()).fetch_file(&WantedFile::listed(&files[0])).await.unwrap();
    assert_eq!(log(&server).matches("/files/").count(), 1, "{}", log(&server));
}

/// The wheel in the cache has the right length and end, and spoiled metadata: that is no word on the release.
#[tokio::test]
async fn a_spoiled_wheel_of_the_cache_is_not_believed() {
    let wheel = WheelBuilder::new("tiny", "1.0").requires("dep");
    let server = IndexServer::new().without_metadata().file(wheel).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let [file] = files(&index, "tiny").await.try_into().unwrap();
    assert_eq!(index.metadata(&file).await.unwrap().requires_dist.len(), 1);
    let kept = world.cache.wheel(&file.hashes[0]);
    let mut bytes = fs_err::read(&kept).unwrap();
    let end = bytes.len() - 100;
    bytes[30..end].fill(0);
    fs_err::write(&kept, bytes).unwrap();
    fs_err::remove_dir_all(world.cache.root().join("metadata-v2")).unwrap();
    assert_eq!(world.index(at(&server.url())).metadata(&file).await.unwrap().requires_dist.len(), 1);
}

#[tokio::test]
async fn a_metadata_file_that_is_missing_or_wrong() {
    let wheel = || large(WheelBuilder::new("tiny", "1.0"));
    let server = IndexServer::new().file(wheel()).fault(".whl.metadata", Fault::Status(404)).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let listed = files(&index, "tiny").await;
    index.metadata(&listed[0]).await.unwrap();
    assert!(log(&server).contains("206 "), "{}", log(&server));

    let server = IndexServer::new().file(wheel()).fault(".whl.metadata", Fault::WrongBytes).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let listed = files(&index, "tiny").await;
    let error = index.metadata(&listed[0]).await.unwrap_err();
    assert!(matches!(error, IndexError::MetadataDigest { .. }) && !error.is_skippable(), "{error}");
}

#[tokio::test]
async fn a_wrong_digest_is_refused_and_never_kept() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).fault(".whl", Fault::WrongBytes).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let files = files(&index, "tiny").await;
    let fetcher = world.fetcher(FetchOptions::default());
    for _ in 0..2 {
        let error = fetcher.fetch_file(&WantedFile::listed(&files[0])).await.unwrap_err();
        assert!(matches!(error, FetchError::DigestMismatch(_)), "{error}");
    }
    assert_eq!(log(&server).matches("whl\n").count(), 2, "{}", log(&server));
}

#[tokio::test]
async fn an_index_that_refuses_or_fails_stops_the_run() {
    let public = IndexServer::new().file(WheelBuilder::new("tiny", "9.0")).start();
    for (server, expected) in [
        (IndexServer::new().credentials("user", "pass"), "401"),
        (IndexServer::new().fault("/tiny/", Fault::Status(403)), "403"),
        (IndexServer::new().fault("/tiny/", Fault::Status(500)), "500"),
    ] {
        let server = server.start();
        let world = World::new();
        let mut options = at(&server.url());
        options.indexes.push(IndexLocation::new(SafeUrl::parse(&public.url()).unwrap()));
        let error = world.index(options).project(&name("tiny")).await.unwrap_err();
        let text = chain(&error);
        assert!(text.contains(expected) && text.contains(&server.url()), "{text}");
    }
    assert_eq!(log(&public), "");
    // The same status as the user's word for "not here".
    let server = IndexServer::new().fault("/tiny/", Fault::Status(403)).start();
    let mut options = at(&server.url());
    options.indexes[0].ignore_status = vec![403];
    options.indexes.push(IndexLocation::new(SafeUrl::parse(&public.url()).unwrap()));
    assert_eq!(files(&World::new().index(options), "tiny").await.len(), 1);
}

#[tokio::test]
async fn the_first_index_answers_alone_unless_told_otherwise() {
    let private = IndexServer::new().file(WheelBuilder::new("acme", "1.0")).start();
    let public =
        IndexServer::new().file(WheelBuilder::new("acme", "9.0")).file(WheelBuilder::new("tiny", "1.0")).start();
    let both = || {
        let mut options = at(&private.url());
        options.indexes.push(IndexLocation {
            name: Some("public".to_owned()),
            ..IndexLocation::new(SafeUrl::parse(&public.url()).unwrap())
        });
        options
    };
    let world = World::new();
    let versions = |files: Vec<DistFile>| files.iter().map(|file| file.version().to_string()).collect::<Vec<_>>();
    let index = world.index(both());
    assert_eq!(versions(files(&index, "acme").await), ["1.0"]);
    assert_eq!(versions(files(&index, "tiny").await), ["1.0"]);
    assert_eq!(log(&public), "200 /simple/tiny/\n");

    let index = world.index(IndexOptions { strategy: IndexStrategy::UnsafeBestMatch, ..both() });
    assert_eq!(versions(files(&index, "acme").await), ["1.0", "9.0"]);
    assert_eq!(index.list(&name("acme")).await.unwrap().evidence.on_several_indexes().len(), 1);

    let pin = (globset::Glob::new("ac*").unwrap(), "public".to_owned());
    let index = world.index(IndexOptions { sources: vec![pin], ..both() });
    assert_eq!(versions(files(&index, "acme").await), ["9.0"]);

    let pin = (globset::Glob::new("ac*").unwrap(), "corp".to_owned());
    let error = world.index(IndexOptions { sources: vec![pin], ..both() }).project(&name("acme")).await.unwrap_err();
    assert!(matches!(error, IndexError::UnknownIndex { .. }), "{error}");

    // What may not be asked is not made up for by another place.
    let pin = (globset::Glob::new("ac*").unwrap(), "public".to_owned());
    let error = world.index(IndexOptions { sources: vec![pin], no_index: true, ..both() }).project(&name("acme")).await;
    assert!(matches!(error, Err(IndexError::ClosedIndex { .. })), "{error:?}");
}

#[tokio::test]
async fn a_page_that_came_for_credentials_is_not_shown_without_them() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).credentials("user", "secret").start();
    let world = World::new();
    assert_eq!(files(&world.index(at(&server.url_with("user", "secret"))), "tiny").await.len(), 1);
    let options = IndexOptions { offline: true, ..at(&server.url()) };
    assert!(matches!(world.index(options).project(&name("tiny")).await.unwrap(), ProjectAnswer::Offline));
    let options = IndexOptions { offline: true, ..at(&server.url_with("user", "other")) };
    assert_eq!(files(&world.index(options), "tiny").await.len(), 1);
}

#[tokio::test]
async fn folders_work_as_indexes_and_as_find_links() {
    let folder = tempfile::tempdir().unwrap();
    let wheel = WheelBuilder::new("Acme.Tools", "1.0+local").requires("dep>=2").build();
    fs_err::write(folder.path().join(&wheel.filename), &wheel.bytes).unwrap();
    fs_err::create_dir_all(folder.path().join("simple/tiny")).unwrap();
    let tiny = WheelBuilder::new("tiny", "2.0").build();
    fs_err::write(folder.path().join(&tiny.filename), &tiny.bytes).unwrap();
    let page = format!("<a href='../../{}'>tiny</a><a href='https://example.com/about'>about</a>", tiny.filename);
    fs_err::write(folder.path().join("simple/tiny/index.html"), page).unwrap();
    let url = SafeUrl::from_path(folder.path(), true).unwrap();

    let world = World::new();
    let index = world.index(at(url.reveal().as_str()));
    let found = files(&index, "acme-tools").await;
    assert_eq!(index.metadata(&found[0]).await.unwrap().requires_dist[0].to_string(), "dep>=2");
    assert!(!files(&index, "tiny").await.is_empty());
    assert!(matches!(index.project(&name("other")).await.unwrap(), ProjectAnswer::NotFound { .. }));

    let index = world.index(IndexOptions { find_links: vec![url], no_index: true, ..IndexOptions::default() });
    let found = files(&index, "acme-tools").await;
    let fetcher = world.fetcher(FetchOptions { offline: true, ..FetchOptions::default() });
    let copied = fetcher.fetch_file(&WantedFile::listed(&found[0])).await.unwrap();
    assert_eq!(fs_err::read(copied.path).unwrap(), wheel.bytes);

    let missing = SafeUrl::from_path(&folder.path().join("missing"), true).unwrap();
    let index = world.index(IndexOptions { find_links: vec![missing], ..IndexOptions::default() });
    assert!(matches!(index.project(&name("tiny")).await.unwrap_err(), IndexError::Folder { .. }));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_fetched_to_its_end() {
    let wheel = large(WheelBuilder::new("tiny", "1.0"));
    let server = IndexServer::new().file(wheel).fault("any.whl", Fault::Truncated(1)).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let wanted = WantedFile::listed(&files(&index, "tiny").await[0]);
    let client_options = ClientOptions { retries: 2, ..ClientOptions::default() };
    let client = Client::new(client_options, Arc::new(Silent)).unwrap();
    let fetcher = Fetcher::new(client, Arc::clone(&world.cache), Arc::new(Silent), FetchOptions::default());
    assert_eq!(Some(fetcher.fetch_file(&wanted).await.unwrap().size), wanted.size);
    let index = world.index(at(&server.url()));
    index.metadata(&files(&index, "tiny").await[0]).await.unwrap();
}

#[tokio::test]
async fn files_of_many_projects_on_one_page() {
    let folder = tempfile::tempdir().unwrap();
    let links: String = (0..20_000)
        .map(|at| format!("<a href='p{at}-1.0-py3-none-any.whl'>x</a><a href='p{at}-1.0.tar.gz'>x</a>\n"))
        .collect();
    let page = folder.path().join("links.html");
    fs_err::write(&page, links).unwrap();
    let url = SafeUrl::from_path(&page, false).unwrap();
    let index = World::new().index(IndexOptions { find_links: vec![url], ..IndexOptions::default() });
    for project in ["p7", "p19999"] {
        assert_eq!(files(&index, project).await.len(), 2);
    }
}

#[test]
fn the_solver_asks_each_question_once() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0").requires("dep")).start();
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let index = world.index(at(&server.url()));
    let source = LiveSource::new(Arc::new(index), world.fetcher(FetchOptions::default()), runtime.handle().clone());
    source.prefetch_projects(&[name("tiny"), name("dep")]);
    let ProjectAnswer::Found(details) = source.project(&name("tiny")).unwrap() else { panic!("it is there") };
    let [file] = details[0].files().try_into().unwrap();
    source.prefetch_metadata(&[&file, &file]);
    for _ in 0..3 {
        assert_eq!(source.metadata(&file).unwrap().requires_dist.len(), 1);
        assert!(matches!(source.project(&name("dep")).unwrap(), ProjectAnswer::NotFound { .. }));
    }
    insta::assert_snapshot!(log(&server), @r"
    200 /files/tiny-1.0-py3-none-any.whl.metadata
    200 /simple/tiny/
    404 /simple/dep/
    ");
    // The same wheel by its URL: read out of the cache.
    let reference = DirectReference::Wheel { url: file.url.clone() };
    let direct = source.direct(&name("tiny"), &reference).unwrap();
    assert_eq!(direct.file.hashes, file.hashes);
    let error = source.direct(&name("other"), &reference).unwrap_err();
    assert!(error.to_string().contains("`other`") && !error.skippable, "{error}");
    let error = source
        .direct(&name("other"), &DirectReference::Folder { path: "/x".into(), editable: false, subdirectory: None })
        .unwrap_err();
    let error = Error::from(SupplyError::from(ResolveError::from(error)));
    assert!(!crate::hints::of(&error).is_empty(), "{error}");
}

#[tokio::test]
async fn offline_names_everything_that_is_missing() {
    let server = IndexServer::new().file(WheelBuilder::new("one", "1.0")).file(WheelBuilder::new("two", "1.0")).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let wanted = [&files(&index, "one").await[0], &files(&index, "two").await[0]].map(WantedFile::listed);
    let offline = world.fetcher(FetchOptions { offline: true, ..FetchOptions::default() });
    let error = offline.check_offline(wanted.iter().cloned()).unwrap_err();
    assert!(matches!(&error, FetchError::Offline(files) if files.len() == 2), "{error}");
    world.fetcher(FetchOptions::default()).fetch_file(&wanted[0]).await.unwrap();
    let error = offline.check_offline(wanted.into_iter()).unwrap_err();
    assert!(matches!(&error, FetchError::Offline(files) if files.len() == 1), "{error}");
}

#[tokio::test]
async fn a_damaged_file_of_the_cache_is_fetched_again() {
    let server = IndexServer::new().file(WheelBuilder::new("tiny", "1.0")).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let wanted = WantedFile::listed(&files(&index, "tiny").await[0]);
    let fetcher = world.fetcher(FetchOptions::default());
    let first = fetcher.fetch_file(&wanted).await.unwrap();
    let kept = FetchedFile { is_fresh: false, ..first.clone() };
    for damage in [&b""[..], b"PK", &[0; 4000]] {
        fs_err::write(&first.path, damage).unwrap();
        let unsized_wanted = WantedFile { size: None, ..wanted.clone() };
        assert_eq!(fetcher.fetch_file(&wanted).await.unwrap(), first);
        assert_eq!(fetcher.fetch_file(&unsized_wanted).await.unwrap(), kept, "it is there again");
    }
}

#[tokio::test]
async fn without_a_digest_the_server_is_asked_whether_the_file_changed() {
    let server = IndexServer::new().file(Listed::new(WheelBuilder::new("tiny", "1.0")).unhashed()).start();
    let world = World::new();
    let index = world.index(at(&server.url()));
    let wanted = WantedFile::listed(&files(&index, "tiny").await[0]);
    assert!(wanted.accepted.is_empty());
    let first = world.fetcher(FetchOptions::default()).fetch_file(&wanted).await.unwrap();
    assert_eq!(world.fetcher(FetchOptions::default()).fetch_file(&wanted).await.unwrap(), first);
    let kept = FetchedFile { is_fresh: false, ..first };
    let offline = world.fetcher(FetchOptions { offline: true, ..FetchOptions::default() });
    assert_eq!(offline.fetch_file(&wanted).await.unwrap(), kept);
}

#[expect(clippy::disallowed_methods, reason = "whether the network may be used is said in the environment")]
pub(crate) fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

#[tokio::test]
async fn pypi_answers() {
    if variable("BARROW_TEST_NETWORK").is_none() {
        return;
    }
    let world = World::new();
    let index = world.index(at(barrow::request::DEFAULT_INDEX_URL));
    for project in ["requests", "numpy", "boto3"] {
        let files = files(&index, project).await;
        let last = files.iter().rev().find(|file| file.filename.as_wheel().is_some()).unwrap();
        let metadata = index.metadata(last).await.unwrap();
        assert_eq!(metadata.name, name(project));
    }
}

/// A wheel with a few bytes changed, of which parts come in any order: an answer or an error, never a panic or a loop.
#[test]
fn broken_ends_of_wheels_are_errors() {
    let wheel = WheelBuilder::new("tiny", "1.0").build().bytes;
    let length = wheel.len() as u64;
    for at in 0..wheel.len() {
        for value in [0, 0xff, wheel[at] ^ 1] {
            let mut bytes = wheel.clone();
            bytes[at] = value;
            let mut zip = PartialZip::new(length);
            let mut wanted = length - 60..length;
            for _ in 0..8 {
                let range = usize::try_from(wanted.start).unwrap()..usize::try_from(wanted.end).unwrap();
                zip.add(wanted.start, bytes[range].to_vec());
                match zip.entry(|name| name.ends_with(".dist-info/METADATA"), 1 << 20) {
                    Ok(EntryLookup::Missing(missing)) => wanted = missing,
                    Ok(EntryLookup::Content(_)) | Err(_) => break,
                }
                assert!(wanted.start < wanted.end && wanted.end <= length, "byte {at}: {wanted:?}");
            }
        }
    }
}

/// Reads a dozen wheels of every project in a list and prints what is skipped or refused, to be looked at by a person.
#[tokio::test]
async fn metadata_of_many_projects() {
    let Some(list) = variable("BARROW_TEST_PROJECTS") else { return };
    let world = World::new();
    let index = Arc::new(world.index(at(barrow::request::DEFAULT_INDEX_URL)));
    let mut tasks = tokio::task::JoinSet::new();
    for project in fs_err::read_to_string(list).unwrap().lines().map(str::to_owned) {
        let index = Arc::clone(&index);
        tasks.spawn(async move {
            let mut lines = Vec::new();
            let ProjectAnswer::Found(details) = index.project(&name(&project)).await.unwrap() else { return lines };
            for skipped in &details[0].skipped {
                lines.push(format!("skipped {}: {}", skipped.filename, skipped.reason));
            }
            let mut wheels = details[0].files();
            wheels.retain(|file| file.filename.as_wheel().is_some());
            for file in wheels.iter().step_by((wheels.len() / 12).max(1)) {
                match index.metadata(file).await {
                    Ok(metadata) => {
                        lines.extend(metadata.warnings.iter().map(|w| format!("warning {}: {w}", file.filename)));
                    }
                    Err(error) => lines.push(format!("error {}: {}", file.filename, chain(&error))),
                }
            }
            lines
        });
    }
    while let Some(lines) = tasks.join_next().await {
        for line in lines.unwrap() {
            println!("{line}");
        }
    }
}
