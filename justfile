# Lists the commands.
default:
    @just --list

# Runs every check.
check:
    .ci/run

# Writes the generated files of wheels-fixtures anew.
fixtures:
    BARROW_WRITE_FIXTURES=1 cargo test --locked --test it fixtures

# Times barrow, uv and pip side by side; arguments go to the script.
compare *arguments:
    cargo build --release --locked
    benches/compare {{ arguments }}
