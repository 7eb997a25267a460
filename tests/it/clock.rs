//! Results that were made while the clock was wrong.

use std::sync::Arc;

use barrow::ops::{self, Context, Recall};
use barrow::reporter::Silent;
use barrow::request::{BundleOptions, RequestOptions};
use barrow::spec::SafeUrl;
use barrow::target::{Architecture, Runtime, Target};

use crate::support::{IndexServer, TestContext, WheelBuilder};

const NOW: u64 = 1_800_000_000;
const YEAR: u64 = 365 * 24 * 3600;

#[test]
fn what_was_made_in_the_future_is_asked_about() {
    let context = TestContext::new();
    let index = IndexServer::new().max_age(600).file(WheelBuilder::new("tiny", "1.0")).start();
    context.write("app/requirements.txt", "tiny\n");
    let is_done_again_at = |now: u64| {
        let request = RequestOptions::new(context.path(""), context.path("temporary"), now)
            .file(context.path("app/requirements.txt"))
            .index(SafeUrl::parse(&index.url()).unwrap())
            .cached_in(context.cache());
        let target = Target::new(Runtime::newest(), Architecture::Arm64);
        let options = BundleOptions::new(request, target, context.path("out"), context.path("state"));
        let options = options.source(context.path("app"));
        let told = Context::new(Arc::new(Silent));
        match ops::recall(&options, &told).unwrap() {
            Recall::Unchanged(_) => false,
            Recall::Changed(preparation) => {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(ops::bundle(options, *preparation, told)).unwrap();
                true
            }
        }
    };
    assert!(is_done_again_at(NOW + YEAR));
    assert!(!is_done_again_at(NOW + YEAR + 1), "the page is fresh");
    assert!(is_done_again_at(NOW), "the clock is right again");
    assert!(is_done_again_at(NOW + YEAR + 1), "what was asked last is not what was remembered then");
}
