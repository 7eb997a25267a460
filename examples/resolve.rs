//! Prints what a few requirements resolve to on a runtime, from an index of your choice:
//! `cargo run --example resolve -- INDEX-URL CACHE-FOLDER REQUIREMENT…`.

use std::error::Error;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use barrow::ops::{self, Context};
use barrow::reporter::Silent;
use barrow::request::RequestOptions;
use barrow::spec::SafeUrl;
use barrow::target::{Architecture, Runtime, Target};

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn Error>> {
    for line in run(std::env::args().skip(1))? {
        println!("{line}");
    }
    Ok(())
}

/// What the program prints.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<Vec<String>, Box<dyn Error>> {
    let (index, cache) = arguments.next().zip(arguments.next()).ok_or("an index URL and a cache folder are needed")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let request = RequestOptions::new(std::path::absolute(".")?, cache.clone(), now)
        .index(SafeUrl::parse(&index)?)
        .cached_in(cache);
    let request = arguments.fold(request, RequestOptions::requirement);
    let target = Target::new(Runtime::newest(), Architecture::Arm64);

    let runtime = tokio::runtime::Runtime::new()?;
    let context = Context::new(Arc::new(Silent));
    let resolution = runtime.block_on(ops::resolve_only(request, target, context))?;
    let lines =
        resolution.dists.iter().map(|dist| format!("{} {} from {}", dist.name, dist.version, dist.file.filename));
    Ok(lines.collect())
}
