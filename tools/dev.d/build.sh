# builds everything with a preset: tools/dev build [dev|release|system|asan|tsan]

source tools/dev.d/setup.sh

dev_build() {
  local preset=${1:-dev}
  dev_setup
  build_targets "$preset"
}
