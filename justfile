# What one does here. `just` lists it.

default:
    @just --list

# Start the back office with everything it needs, on this machine.
dev:
    cargo run --release

# Play applicant, vendor, reviewer and verifier against a real server.
demo:
    cargo run --release -- demo

# All tests, with everything they need installed and started.
test:
    ./tests/run

# What CI runs.
ci:
    bash .ci/run

# The quick loop: compile, lint and unit-test what needs no services.
check:
    cargo clippy --workspace --all-targets
    cargo test -p sealwright-engine -p sealwright-credentials -p sealwright-workflows

# The figures of the retained-photo application, beside a raw-driver ceiling.
bench:
    cargo bench -p sealwright-tests --bench flow

fmt:
    cargo fmt --all
