//! Prints the tags of a target, best first, and the values of its markers, for comparison with other tools:
//! `cargo run --example target_tags -- python3.12 arm64 [2.28]`.

use std::process::ExitCode;

use barrow::spec::MarkerEnvironment;
use barrow::target::{Target, TargetError};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match target(&arguments) {
        Ok(target) => {
            for tag in target.tags().iter() {
                println!("{tag}");
            }
            print!("{}", markers(target.markers()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn target(arguments: &[String]) -> Result<Target, TargetError> {
    let argument = |at: usize| arguments.get(at).map_or("", String::as_str);
    let glibc = arguments.get(2).map(|glibc| glibc.parse()).transpose()?;
    Ok(Target::with_overrides(argument(0).parse()?, argument(1).parse()?, glibc, None))
}

/// One `name=value` line for every marker of the specification.
fn markers(markers: &MarkerEnvironment) -> String {
    format!(
        "implementation_name={}\nimplementation_version={}\nos_name={}\nplatform_machine={}\n\
         platform_python_implementation={}\nplatform_release={}\nplatform_system={}\nplatform_version={}\n\
         python_full_version={}\npython_version={}\nsys_platform={}\n",
        markers.implementation_name(),
        markers.implementation_version(),
        markers.os_name(),
        markers.platform_machine(),
        markers.platform_python_implementation(),
        markers.platform_release(),
        markers.platform_system(),
        markers.platform_version(),
        markers.python_full_version(),
        markers.python_version(),
        markers.sys_platform(),
    )
}
