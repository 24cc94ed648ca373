# builds and runs the tests: tools/dev test [--quick | --only STAGE]
#
#   unit    Clang debug build, every unit test; only with --quick or --only
#   asan    every unit test, under the address, undefined-behaviour and leak sanitizers
#   tsan    tests of code that several threads run, under the thread sanitizer
#   fuzz    every fuzzer for TIDEMARK_FUZZ_SECONDS (10) seconds, in the build of asan
#   system  GCC build without link-time optimisation; the real binary over HTTP, beside a real
#           Prometheus, and crash tests
#
# Without options all stages but `unit`, whose tests `asan` runs as well, run in this order; the
# first that fails ends the run. --quick is --only unit. What failed is told again at the end, and
# kept in build/failures.log. The last line is "N passed, M failed".

source tools/dev.d/setup.sh

passed=0
failed=0
readonly failures_log=build/failures.log
readonly failed_tests=Testing/Temporary/LastTestsFailed.log
readonly error_line='(error|ERROR|FAILED|Failure|SUMMARY)(:|$)|: ThreadSanitizer|\[  FAILED'

# record_failure NAME LOG: told behind everything else, where the reader of a long log begins.
record_failure() {
  {
    echo "== failed: $1"
    grep -E -m 20 "$error_line" "$2" || true
    echo "-- its last lines:"
    tail -n 100 "$2"
  } >>"$failures_log"
}

# build_tests PRESET TARGET
build_tests() {
  local log=build/build.log
  timed "$1: build" build_targets "$@" 2>&1 | tee "$log" && return
  record_failure "build of $2 in build/$1" "$log"
  return 1
}

# run_ctest PRESET ARGUMENTS...: adds to passed and failed.
run_ctest() {
  local preset=$1 log status=0
  shift
  log=build/$preset/ctest.log
  rm -f "build/$preset/$failed_tests"
  timed "$preset: tests" ctest --test-dir "build/$preset" --output-on-failure --no-tests=error \
    "$@" </dev/null 2>&1 | tee "$log" || status=$?
  count_ctest "$log"
  [[ $status -eq 0 ]] || record_failed_tests "$preset" "$log"
  return "$status"
}

# record_failed_tests PRESET LOG: ctest lists them as "51:server_test".
record_failed_tests() {
  local test
  [[ -f build/$1/$failed_tests ]] || record_failure "ctest in build/$1" "$2"
  while IFS=: read -r _ test; do
    awk -v test="$test" '$2 == "Testing:" { ours = $3 == test } ours' \
      "build/$1/Testing/Temporary/LastTest.log" >"build/$1/failed_test.log"
    record_failure "$test in build/$1" "build/$1/failed_test.log"
  done < <(cat "build/$1/$failed_tests" 2>/dev/null)
}

# ctest closes with "97% tests passed, 1 tests failed out of 34".
count_ctest() {
  local bad all
  read -r bad all < <(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' \
    "$1" | tail -n 1) || return 0
  passed=$((passed + all - bad))
  failed=$((failed + bad))
}

stage_unit() {
  build_tests dev unit_tests && run_ctest dev -L unit -j "$cores"
}

stage_asan() {
  build_tests asan unit_tests && run_ctest asan -L unit -j "$cores"
}

stage_tsan() {
  build_tests tsan concurrency_tests && run_ctest tsan -L concurrency -j "$cores"
}

stage_fuzz() {
  build_tests asan fuzzers && run_ctest asan -L fuzz_seconds -j "$cores"
}

stage_system() {
  build_tests system system_tests && run_ctest system -L 'system|crash'
}

print_results() {
  cat "$failures_log"
  echo "$passed passed, $failed failed"
  [[ -z ${TIDEMARK_TOTALS:-} ]] || echo "$passed passed, $failed failed" >"$TIDEMARK_TOTALS"
}

dev_test() {
  local stages=(asan tsan fuzz system)
  case ${1:-} in
    '') ;;
    --quick) stages=(unit) ;;
    --only)
      stages+=(unit)
      [[ $# -eq 2 && " ${stages[*]} " == *" $2 "* ]] || fail "--only takes one of: ${stages[*]}"
      stages=("$2")
      ;;
    *) fail "unknown option '$1'; see tools/dev test --help" ;;
  esac
  dev_setup
  mkdir -p build
  : >"$failures_log"
  local stage start=$SECONDS
  for stage in "${stages[@]}"; do
    say "== $stage"
    if ! timed "$stage" "stage_$stage"; then
      say "stage $stage failed"
      [[ $failed -gt 0 ]] || failed=1
      print_results
      return 1
    fi
  done
  say "-- all stages: $((SECONDS - start)) s"
  print_results
}
