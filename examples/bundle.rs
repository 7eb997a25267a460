//! Bundles a function's folder with what its `requirements.txt` asks for, and does nothing when nothing has changed:
//! `cargo run --example bundle -- INDEX-URL STATE-FOLDER SOURCE OUT`.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use barrow::ops::{self, Context, Recall};
use barrow::reporter::Silent;
use barrow::request::{BundleOptions, RequestOptions};
use barrow::spec::SafeUrl;
use barrow::target::{Architecture, Runtime, Target};

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("{}", run(&arguments)?);
    Ok(())
}

/// What the program prints.
pub(crate) fn run(arguments: &[String]) -> Result<String, Box<dyn Error>> {
    let [index, state, source, out] = arguments else { return Err("four arguments are needed".into()) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let request = RequestOptions::new(std::path::absolute(".")?, state, now)
        .file(Path::new(source).join("requirements.txt"))
        .index(SafeUrl::parse(index)?)
        .cached_in(Path::new(state).join("cache"));
    let target = Target::new(Runtime::newest(), Architecture::Arm64);
    let options = BundleOptions::new(request, target, out, state).source(source);

    let context = Context::new(Arc::new(Silent));
    // Threads and sockets are made only where there is something to do.
    let published = match ops::recall(&options, &context)? {
        Recall::Unchanged(published) => *published,
        Recall::Changed(preparation) => {
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(ops::bundle(options, *preparation, context))?
        }
    };
    Ok(format!("{} files, {} bytes", published.files, published.size_bytes))
}
