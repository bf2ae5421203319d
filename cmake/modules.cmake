# sl_module(NAME SOURCES a.cc ... DEPENDS sl::base fmt::fmt ...) declares one static library, sl::NAME.
# Programs use sl_program(NAME SOURCES ... DEPENDS ...), which puts them into build/<preset>/bin.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# Asserts stay on in every build: they guard against our own bugs, never against bytes from outside.
foreach(lang C CXX)
  set(CMAKE_${lang}_FLAGS_RELEASE "-O2 -g1")
  set(CMAKE_${lang}_FLAGS_DEBUG "-O1 -g1")
endforeach()

add_library(sl_flags INTERFACE)
target_compile_options(sl_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Werror
  -fstack-protector-strong -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ 12 sees uninitialised members in std::variant and std::optional where there are none, and overruns where a
  # literal moves into a vector of strings (GCC bug 105329).
  target_compile_options(sl_flags INTERFACE -Wno-maybe-uninitialized -Wno-array-bounds -Wno-restrict
    -Wno-stringop-overread -Wno-stringop-overflow)
endif()
if(SL_SANITIZE)
  target_compile_options(sl_flags INTERFACE -fsanitize=${SL_SANITIZE})
  target_link_options(sl_flags INTERFACE -fsanitize=${SL_SANITIZE})
else()
  target_compile_options(sl_flags INTERFACE -D_FORTIFY_SOURCE=2)
endif()
if(SL_FUZZ)
  # Coverage for libFuzzer. clang 14 has coroutines but does not say so to libstdc++, and cannot check the types of
  # called functions where they are coroutines. Warnings are g++'s to raise.
  target_compile_options(sl_flags INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize=function
    -D__cpp_impl_coroutine=201902L -Wno-error)
endif()
target_compile_definitions(sl_flags INTERFACE _GLIBCXX_ASSERTIONS SL_VERSION="${PROJECT_VERSION}")

# A library that a program does not use would only cost it start-up time.
add_link_options(-Wl,--as-needed)

function(sl_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(sl_${name} STATIC ${arg_SOURCES})
  add_library(sl::${name} ALIAS sl_${name})
  target_include_directories(sl_${name} PUBLIC ${PROJECT_SOURCE_DIR}/libstreamlog ${PROJECT_SOURCE_DIR}/daemon
    ${PROJECT_SOURCE_DIR})
  target_link_libraries(sl_${name} PUBLIC ${arg_DEPENDS} PRIVATE sl_flags ${arg_PRIVATE})
  sl_precompile(sl_${name})
endfunction()

function(sl_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/libstreamlog ${PROJECT_SOURCE_DIR}/daemon
    ${PROJECT_SOURCE_DIR}/tools ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} sl_flags)
  sl_precompile(${name})
endfunction()

function(sl_precompile target)
  if(SL_PCH)
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <coroutine> <cstdint> <cstring> <functional>
      <map> <memory> <optional> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>
      <fmt/core.h>)
  endif()
endfunction()
