# checks format, include arrows, words and that headers stand alone: tools/dev lint [--fix]
#
# --fix lets clang-format rewrite the files. clang-tidy is a verb of its own: tools/dev tidy.

source tools/dev.d/setup.sh

source_files() { git ls-files -z --cached --others --exclude-standard '*.h' '*.cc'; }

lint_format() { source_files | xargs -0 clang-format --dry-run -Werror --; }

# Every header of a library compiles alone.
lint_headers() { build_targets dev tidemark_library_pch proto_headers && tools/lint/headers; }

dev_lint() {
  dev_setup
  if [[ ${1:-} == --fix ]]; then
    source_files | xargs -0 clang-format -i --
  fi
  local failed=() check
  for check in lint_format tools/check_arrows tools/lint/text lint_headers; do
    timed "$check" "$check" || failed+=("$check")
  done
  [[ ${#failed[@]} -eq 0 ]] || fail "lint: failed: ${failed[*]}"
}
