# Language level, warnings, sanitizers and link-time optimisation, for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

option(TIDEMARK_WERROR "treat warnings as errors" OFF)
option(TIDEMARK_LTO "link-time optimisation" OFF)
set(TIDEMARK_SANITIZER "" CACHE STRING "asan, tsan or empty")

option(TIDEMARK_UNITY "compile the files of a target eight at a time" OFF)
if(TIDEMARK_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers are hashed by content, so their times may differ.
  set(TIDEMARK_CCACHE ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${TIDEMARK_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TIDEMARK_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Wimplicit-fallthrough
                    -fno-omit-frame-pointer -pthread)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-march=x86-64-v2)  # SSE4.2, for CRC32C
endif()
if(TIDEMARK_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety -Wno-sign-conversion "SHELL:-Xclang -fno-pch-timestamp")
  add_link_options(-fuse-ld=lld)
else()
  # GCC 12 sees overreads in the standard library's own string code once it is inlined.
  add_compile_options(-fpch-preprocess -Wno-sign-conversion -Wno-stringop-overread)
  if(TIDEMARK_UNITY)
    # A class of one file that has one of its anonymous namespace: GCC takes the file for a header.
    add_compile_options(-Wno-subobject-linkage)
  endif()
endif()
# No fast-math anywhere: the compensated sums of PromQL depend on IEEE order.
add_compile_options(-ffp-contract=off)

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(_GLIBCXX_ASSERTIONS TIDEMARK_ENABLE_DCHECKS=1)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  string(REPLACE "-O3 -DNDEBUG" "-O3 -g1 -DNDEBUG" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()

if(TIDEMARK_SANITIZER)
  # Enough for the stack traces of reports; full debug information doubles the time of a build.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -gline-tables-only")
endif()
if(TIDEMARK_SANITIZER STREQUAL "asan")
  # What is checked at every access to memory, and the counters that guide the fuzzers, cost nearly
  # as much to compile as all the rest: only what reads foreign bytes has them (tidemark_sanitize_decoder).
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-sanitize=alignment,null,object-size,pointer-overflow,vptr
                      -fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/cmake/sanitizer_ignorelist.txt)
  add_link_options(-fsanitize=address,undefined)
elseif(TIDEMARK_SANITIZER STREQUAL "tsan")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()

if(TIDEMARK_LTO)
  include(CheckIPOSupported)
  check_ipo_supported()
  add_compile_options(-flto=auto -fno-fat-lto-objects)
  add_link_options(-flto=auto -fuse-linker-plugin -Wno-stringop-overread)
  set(CMAKE_AR gcc-ar)
  set(CMAKE_RANLIB gcc-ranlib)
endif()
