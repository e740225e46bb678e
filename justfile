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

# The figures of the retained-photo application, beside a raw-driver ceiling, and of credentials, beside bare signatures.
bench:
    cargo bench -p sealwright-tests --bench flow --bench credentials

# Fuzz one decoder (`credentials/tests/decoders/targets`) for some seconds. Needs a nightly compiler and cargo-fuzz.
[working-directory: 'credentials']
fuzz decoder seconds='120':
    mkdir -p fuzz/grown/{{decoder}}
    DECODER={{decoder}} cargo +nightly fuzz run decoder fuzz/grown/{{decoder}} tests/decoders/corpus/{{decoder}} -- -max_total_time={{seconds}}

fmt:
    cargo fmt --all
