# runs clang-tidy over all files, or the ones named: tools/dev tidy [FILE...]
#
# All files from nothing take two cores most of an hour, so this is no part of continuous
# integration: run it on what a change touches. Clean files are remembered in ~/.cache/tidemark-tidy.

source tools/dev.d/setup.sh

dev_tidy() {
  dev_setup
  # clang-tidy reads the precompiled headers and the generated sources of the build.
  build_targets dev
  tools/lint/tidy build/dev "$@"
}
