# With TIDEMARK_UNITY: those whose files use one name for several things, and are compiled one by one.
set(TIDEMARK_APART
    alert_check alert_live alert_template alert_unittest_test fleet_diagnosis_test fleetsim_model
    fleetsim_test ingest_decode query_engine query_numbers_test query_parser query_parser_test
    query_remote_read server_api server_test storage_head storage_journal)

# What the fuzzers of tests/fuzz go through: it reads bytes and texts that others wrote.
set(TIDEMARK_DECODERS
    alert_history alert_rule_parser alert_template alert_unittest alert_yaml fleet_registry ingest_decode
    query_notation query_parser query_remote_read storage storage_backup storage_chunk storage_cold
    storage_deletion storage_journal storage_rocksdb)

# With the preset `asan`: all of the undefined-behaviour sanitizer, and what guides libFuzzer. The
# flags leave precompiled headers of other targets usable, as -fsanitize=fuzzer-no-link would not.
function(tidemark_sanitize_decoder target)
  if(TIDEMARK_SANITIZER STREQUAL "asan")
    target_compile_options(${target} PRIVATE
      -fsanitize=undefined -fno-sanitize-recover=all
      -fsanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table)
  endif()
endfunction()

# tidemark_library(NAME SOURCES … HEADERS … DEPS …)
#
# One room or part of a room, with the alias tidemark::NAME. DEPS are PUBLIC: a target names what
# its headers and sources include, and tools/check_arrows tells when it includes more.
function(tidemark_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(tidemark_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_precompile_headers(tidemark_${name} REUSE_FROM ${TIDEMARK_LIBRARY_PCH})
    if(${name} IN_LIST TIDEMARK_APART)
      set_target_properties(tidemark_${name} PROPERTIES UNITY_BUILD OFF)
    endif()
    if(${name} IN_LIST TIDEMARK_DECODERS)
      tidemark_sanitize_decoder(tidemark_${name})
    endif()
  else()
    add_library(tidemark_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(tidemark::${name} ALIAS tidemark_${name})
  if(ARG_HEADERS)
    target_sources(tidemark_${name} ${scope} FILE_SET HEADERS
                   BASE_DIRS ${CMAKE_SOURCE_DIR} FILES ${ARG_HEADERS})
  endif()
  target_include_directories(tidemark_${name} ${scope} ${CMAKE_SOURCE_DIR})
  target_link_libraries(tidemark_${name} ${scope} ${ARG_DEPS})
endfunction()

# What nearly every file includes anyway, compiled twice: for libraries, and with GoogleTest.
function(tidemark_pch_source name)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE absl::status absl::statusor fmt::fmt)
  target_precompile_headers(${name} PRIVATE
    <algorithm> <atomic> <cstdint> <memory> <optional> <span> <string> <string_view> <utility>
    <vector> <absl/status/status.h> <absl/status/statusor.h> <fmt/format.h> ${ARGN})
endfunction()
tidemark_pch_source(tidemark_library_pch)
tidemark_pch_source(tidemark_test_pch <gtest/gtest.h>)
target_link_libraries(tidemark_test_pch PRIVATE GTest::gtest)
# What tidemark_library() takes; tests/ changes it where it has other flags.
set(TIDEMARK_LIBRARY_PCH tidemark_library_pch)
if(TIDEMARK_LTO)
  tidemark_pch_source(tidemark_test_library_pch)
  target_compile_options(tidemark_test_library_pch PRIVATE -fno-lto)
  target_compile_options(tidemark_test_pch PRIVATE -fno-lto)
endif()

# What a stage of `tools/dev test` builds, so that no stage builds more than it runs.
foreach(group unit concurrency system)
  add_custom_target(${group}_tests)
endforeach()
add_custom_target(fuzzers)
add_custom_target(benchmarks)

# tidemark_test(NAME SOURCES … DEPS … [LABELS …] [ENVIRONMENT …])
#
# One GoogleTest binary for a room. Labels say when it runs: `unit` (the default), `concurrency`
# (besides, under the thread sanitizer), `system` and `crash` (with the preset `system` only: the
# real binary, or much to compute).
function(tidemark_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS;ENVIRONMENT" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_precompile_headers(${name} REUSE_FROM tidemark_test_pch)
  if(${name} IN_LIST TIDEMARK_APART)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  if(TIDEMARK_SANITIZER STREQUAL "asan")
    target_compile_options(${name} PRIVATE -fno-sanitize=undefined)  # what is tested has it
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  if(TIDEMARK_SANITIZER STREQUAL "tsan")
    list(APPEND ARG_ENVIRONMENT "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan.supp")
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
                       ENVIRONMENT "${ARG_ENVIRONMENT}")
  foreach(label ${ARG_LABELS})
    string(REGEX REPLACE "^crash$" "system" label ${label})
    add_dependencies(${label}_tests ${name})
  endforeach()
endfunction()

# tidemark_fuzzer(NAME SOURCES … DEPS …): with the preset `asan` a libFuzzer binary, with any
# other a test that runs the saved corpus tests/fuzz/corpus/NAME once through the target.
function(tidemark_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  tidemark_sanitize_decoder(${name})
  if(TIDEMARK_SANITIZER STREQUAL "asan")
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${name} COMMAND ${name} -runs=0 ${corpus})
    add_test(NAME ${name}_seconds
             COMMAND ${CMAKE_SOURCE_DIR}/tools/fuzz_target $<TARGET_FILE:${name}> ${corpus})
    set_tests_properties(${name}_seconds PROPERTIES LABELS fuzz_seconds TIMEOUT 86400)
  else()
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME ${name} COMMAND ${name} ${corpus})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "unit;fuzz" TIMEOUT 300)
  add_dependencies(unit_tests ${name})
  add_dependencies(fuzzers ${name})
endfunction()

# tidemark_benchmark(NAME SOURCES … DEPS …): one Google Benchmark binary for a room.
function(tidemark_benchmark name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} benchmark::benchmark benchmark::benchmark_main)
  add_dependencies(benchmarks ${name})
endfunction()
