# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0

# How every target of nines is made. A folder's CMakeLists.txt uses only these functions:
#
#   nines_add_library(<name> SOURCES ... [HEADERS ...] [PUBLIC_DEPS ...] [PRIVATE_DEPS ...]
#                     [INTERNAL_INCLUDE_DIRS ...])
#     Target nines_<name>, alias nines::<name>, installed. The folder's include/ is public, its src/
#     is private, and so are INTERNAL_INCLUDE_DIRS, which libraries of this tree share (sdk/internal).
#     Private dependencies that are only headers (xxhash) are not passed on to users.
#   nines_add_executable(<name> SOURCES ... [DEPS ...])
#     Target <name>, not installed.
#   nines_add_test(<name> SOURCES ... [DEPS ...] [LABELS ...])
#     GoogleTest executable; each test is known to ctest. May include "support/..." (tests/), and the
#     private headers of every nines:: library that DEPS names, as that library itself does.
#   nines_add_benchmark(<name> SOURCES ... [DEPS ...])
#     bench/<name>_bench for ./dev bench <name>; sees private headers as tests do.
#   nines_add_fuzzer(<name> SOURCES ... [DEPS ...])
#     <name>_fuzz from LLVMFuzzerTestOneInput: a libFuzzer program with NINES_FUZZ; otherwise a test
#     that runs the inputs in corpus/<name>/ (past crashes stay there), built with any compiler.
#   nines_add_proto_library(<name> PROTO <file.proto>)
#     Static library <name> of the generated messages and gRPC stubs; include "<file>.grpc.pb.h".
#   nines_set_compile_options(<target>)
#     Language level, warnings and sanitizers, for the rare target made otherwise (object library).
#
# What ./dev builds of them: targets nines_tests, nines_benchmarks and nines_fuzzers.

include_guard(GLOBAL)

add_custom_target(nines_tests)
add_custom_target(nines_benchmarks)
add_custom_target(nines_fuzzers)

function(nines_set_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_17)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  # Options structs are filled by name, which C++17 compilers accept as an extension. What a newer
  # Abseil deprecates may be all that an older one has, so that is no error.
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-align -Wvla
    $<$<CXX_COMPILER_ID:GNU>:-Wno-c++20-extensions -Wduplicated-cond -Wlogical-op>
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Wno-c++20-designator>
    $<$<BOOL:${NINES_WERROR}>:-Werror -Wno-error=deprecated-declarations>)
  if(NINES_SANITIZE STREQUAL "address+undefined")
    # NDEBUG_SANITIZER keeps Abseil's hash tables laid out as in the installed, uninstrumented Abseil.
    target_compile_definitions(${target} PRIVATE NDEBUG_SANITIZER)
    # vptr opens a pipe to look at memory, and takes having no descriptor left for a wrong type:
    # our tests make descriptors run out.
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize=vptr
                           -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  elseif(NINES_SANITIZE STREQUAL "thread")
    target_compile_options(${target} PRIVATE -fsanitize=thread -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=thread)
  elseif(NOT NINES_SANITIZE STREQUAL "")
    message(FATAL_ERROR "NINES_SANITIZE is '${NINES_SANITIZE}'; allowed: address+undefined, thread")
  endif()
  if(NINES_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# Component grpc needs gRPC to be found, everything else is component client, which must not.
function(nines_install_library target name)
  set(component client)
  if(name STREQUAL "grpc")
    set(component grpc)
  endif()
  install(TARGETS ${target} EXPORT nines-${component}-targets COMPONENT ${component}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/include)
    install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT ${component})
  endif()
  set_property(GLOBAL APPEND PROPERTY NINES_${component}_LIBRARIES ${target})
endfunction()

function(nines_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" ""
                        "SOURCES;HEADERS;PUBLIC_DEPS;PRIVATE_DEPS;INTERNAL_INCLUDE_DIRS")
  set(target nines_${name})
  set(private_dirs ${CMAKE_CURRENT_SOURCE_DIR}/src ${arg_INTERNAL_INCLUDE_DIRS})
  add_library(${target} ${arg_SOURCES} ${arg_HEADERS})
  add_library(nines::${name} ALIAS ${target})
  nines_set_compile_options(${target})
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${private_dirs})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib INSTALL_RPATH "$ORIGIN"
    NINES_PRIVATE_INCLUDE_DIRS "${private_dirs}")
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC_DEPS})
  foreach(dep IN LISTS arg_PRIVATE_DEPS)
    if(dep MATCHES "^nines_dep::(xxhash|nlohmann_json|grpc_core_headers)$")
      target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${dep}>)
    else()
      target_link_libraries(${target} PRIVATE ${dep})
    endif()
  endforeach()
  if(NINES_INSTALL)
    nines_install_library(${target} ${name})
  endif()
endfunction()

# The private headers of the nines libraries in `deps`, for tests and benchmarks of a unit.
function(nines_include_private_headers target)
  foreach(dep IN LISTS ARGN)
    if(dep MATCHES "^nines::" AND TARGET ${dep})
      get_target_property(dirs ${dep} NINES_PRIVATE_INCLUDE_DIRS)
      if(dirs)
        target_include_directories(${target} PRIVATE ${dirs})
      endif()
    endif()
  endforeach()
endfunction()

function(nines_add_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  add_executable(${name} ${arg_SOURCES})
  nines_set_compile_options(${name})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
endfunction()

function(nines_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;LABELS")
  nines_add_executable(${name} SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} GTest::gmock_main)
  nines_include_private_headers(${name} ${arg_DEPS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_dependencies(nines_tests ${name})
  # Values in names would make the names differ from run to run: some print as their address.
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 120 LABELS "${arg_LABELS}")
endfunction()

function(nines_add_benchmark name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  nines_add_executable(${name}_bench SOURCES ${arg_SOURCES} DEPS ${arg_DEPS})
  nines_include_private_headers(${name}_bench ${arg_DEPS})
  set_target_properties(${name}_bench PROPERTIES
                        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  add_dependencies(nines_benchmarks ${name}_bench)
endfunction()

function(nines_add_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  set(target ${name}_fuzz)
  if(NOT NINES_FUZZ)
    list(APPEND arg_SOURCES ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME ${target} COMMAND ${target} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  endif()
  nines_add_executable(${target} SOURCES ${arg_SOURCES} DEPS ${arg_DEPS})
  nines_include_private_headers(${target} ${arg_DEPS})
  add_dependencies(nines_tests ${target})
  add_dependencies(nines_fuzzers ${target})
  if(NINES_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${target} PROPERTIES
                          RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  endif()
endfunction()

function(nines_add_proto_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROTO" "")
  get_filename_component(stem ${arg_PROTO} NAME_WE)
  set(out ${CMAKE_CURRENT_BINARY_DIR})
  set(generated ${out}/${stem}.pb.cc ${out}/${stem}.pb.h ${out}/${stem}.grpc.pb.cc
                ${out}/${stem}.grpc.pb.h)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND protobuf::protoc --cpp_out=${out} --grpc_out=${out}
            --plugin=protoc-gen-grpc=${NINES_GRPC_CPP_PLUGIN}
            -I ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${arg_PROTO}
    DEPENDS ${arg_PROTO}
    VERBATIM)
  add_library(${name} STATIC ${generated})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_features(${name} PUBLIC cxx_std_17)
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC nines_dep::grpcpp protobuf::libprotobuf)
endfunction()
