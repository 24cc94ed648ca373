# tidemark_library(NAME SOURCES … HEADERS … DEPS …)
#
# One room or part of a room, with the alias tidemark::NAME. DEPS are PUBLIC: a target names what
# its headers and sources include, and tools/check_arrows tells when it includes more.
function(tidemark_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(tidemark_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    tidemark_pch(tidemark_${name})
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

# What nearly every file includes anyway, compiled once per target.
function(tidemark_pch target)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <atomic> <cstdint> <memory> <optional> <span> <string> <string_view> <utility>
    <vector> <absl/status/status.h> <absl/status/statusor.h> <fmt/format.h>)
endfunction()

# tidemark_test(NAME SOURCES … DEPS … [LABELS …] [ENVIRONMENT …])
#
# One GoogleTest binary for a room; `ctest -L unit` runs the ordinary ones.
function(tidemark_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS;ENVIRONMENT" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  tidemark_pch(${name})
  target_precompile_headers(${name} PRIVATE <gtest/gtest.h>)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
                       ENVIRONMENT "${ARG_ENVIRONMENT}")
endfunction()

# tidemark_fuzzer(NAME SOURCES … DEPS …): with the preset `fuzz` a libFuzzer binary, with any
# other a test that runs the saved corpus tests/fuzz/corpus/NAME once through the target.
function(tidemark_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  if(TIDEMARK_SANITIZER STREQUAL "fuzz")
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${name} COMMAND ${name} -runs=0 ${corpus})
  else()
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME ${name} COMMAND ${name} ${corpus})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "unit;fuzz" TIMEOUT 300)
endfunction()

# tidemark_benchmark(NAME SOURCES … DEPS …): one Google Benchmark binary for a room.
function(tidemark_benchmark name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} benchmark::benchmark benchmark::benchmark_main)
endfunction()
