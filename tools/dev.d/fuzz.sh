# fuzzes: tools/dev fuzz [TARGET] [SECONDS]
#
# Without TARGET every fuzzer runs, for SECONDS (30) each. Inputs that fail are kept in
# build/asan/…/found/TARGET-failed.

source tools/dev.d/setup.sh

dev_fuzz() {
  local target=${1:-.*}
  dev_setup
  build_targets asan fuzzers
  TIDEMARK_FUZZ_SECONDS=${2:-30} ctest --test-dir build/asan --output-on-failure --no-tests=error \
    -L fuzz_seconds -R "^${target}_seconds\$" -j "$cores" </dev/null
}
