# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0

# nines_dep::grpc_core_headers: the headers of gRPC's core, which no distribution installs, with the
# macros that make them describe the installed library. gRPC's core has no stable ABI: with headers of
# another version, or with the other NDEBUG, a program crashes at its first call. So everything is
# compared here, and a mismatch ends the configure step.

set(NINES_GRPC_GENERATION 1.51.1)  # what interop/grpc/src/core_1_51 is written against

set(NINES_GRPC_CORE_HEADERS "" CACHE PATH
    "Folder that holds gRPC's src/core (with version.cc); empty: from the distribution's source package")
set(NINES_GRPC_LIBRARY_VERSIONS "" CACHE STRING
    "Cross-compiling: 'CORE;CPP' versions of the target's gRPC library, such as '29.0.0;1.51.1'")
set(NINES_GRPC_LIBRARY_NDEBUG "" CACHE STRING
    "Cross-compiling: whether the target's gRPC library was built with NDEBUG (ON or OFF)")
mark_as_advanced(NINES_GRPC_CORE_HEADERS NINES_GRPC_LIBRARY_VERSIONS NINES_GRPC_LIBRARY_NDEBUG)

# Sets core_version, cpp_version and ndebug from the installed library, or from what the user states.
macro(nines_probe_grpc_library)
  if(NINES_GRPC_LIBRARY_VERSIONS AND NOT NINES_GRPC_LIBRARY_NDEBUG STREQUAL "")
    set(probe_output ${NINES_GRPC_LIBRARY_VERSIONS} ${NINES_GRPC_LIBRARY_NDEBUG})
  elseif(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    message(FATAL_ERROR "Cross-compiling: the gRPC library cannot be run to ask what it is. "
                        "Set NINES_GRPC_LIBRARY_VERSIONS and NINES_GRPC_LIBRARY_NDEBUG.")
  else()
    try_run(probe_exit probe_compiles
            SOURCES ${CMAKE_CURRENT_LIST_DIR}/probes/grpc_library.cc
            LINK_LIBRARIES nines_dep::grpcpp
            COMPILE_OUTPUT_VARIABLE probe_compile_output
            RUN_OUTPUT_STDOUT_VARIABLE probe_output)
    if(NOT probe_compiles)
      message(FATAL_ERROR "The installed gRPC does not link:\n${probe_compile_output}")
    elseif(NOT probe_exit EQUAL 0)
      message(FATAL_ERROR "The installed gRPC (${NINES_grpc_LIBRARY}) does not say how it was built: "
                          "cmake/probes/grpc_library.cc ended with '${probe_exit}'")
    endif()
    # Asked anew at every configure: an upgrade of the package changes the answer.
    unset(probe_exit CACHE)
    unset(probe_compiles CACHE)
  endif()
  list(GET probe_output 0 core_version)
  list(GET probe_output 1 cpp_version)
  list(GET probe_output 2 ndebug)
endmacro()

# Sets headers, the folder, and headers_origin, for messages.
macro(nines_find_grpc_core_headers)
  if(NINES_GRPC_CORE_HEADERS)
    set(headers ${NINES_GRPC_CORE_HEADERS})
    set(headers_origin "NINES_GRPC_CORE_HEADERS")
  else()
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/fetch_grpc_core_headers.sh
                    OUTPUT_VARIABLE headers OUTPUT_STRIP_TRAILING_WHITESPACE
                    RESULT_VARIABLE fetch_result)
    if(NOT fetch_result EQUAL 0)
      message(FATAL_ERROR "No gRPC core headers: see above. Set NINES_GRPC_CORE_HEADERS to a gRPC "
                          "${NINES_GRPC_GENERATION} source tree, or NINES_BUILD_GRPC=OFF.")
    endif()
    set(headers_origin "the source package of libgrpc-dev")
  endif()
endmacro()

# Sets header_core_version from src/core/lib/surface/version.cc.
macro(nines_read_header_version)
  set(version_file ${headers}/src/core/lib/surface/version.cc)
  if(NOT EXISTS ${version_file})
    message(FATAL_ERROR "${headers} (${headers_origin}) has no src/core/lib/surface/version.cc")
  endif()
  file(STRINGS ${version_file} version_line REGEX "grpc_version_string")
  string(REGEX MATCH "\"([^\"]+)\"" unused "${version_line}")
  set(header_core_version "${CMAKE_MATCH_1}")
endmacro()

function(nines_add_grpc_core_headers)
  nines_probe_grpc_library()
  if(NOT cpp_version VERSION_EQUAL NINES_GRPC_GENERATION)
    message(FATAL_ERROR "The installed gRPC is ${cpp_version}; nines::grpc supports "
                        "${NINES_GRPC_GENERATION}. Set NINES_BUILD_GRPC=OFF to build without it.")
  endif()
  nines_find_grpc_core_headers()
  nines_read_header_version()
  if(NOT header_core_version STREQUAL core_version)
    message(FATAL_ERROR "gRPC core headers are of core version '${header_core_version}' (${headers}, "
                        "from ${headers_origin}), but the library ${NINES_grpc_LIBRARY} is "
                        "'${core_version}'. They must be the same.")
  endif()
  message(STATUS "nines: gRPC ${cpp_version}, core ${core_version}, NDEBUG ${ndebug}, headers ${headers}")

  add_library(nines_dep::grpc_core_headers INTERFACE IMPORTED GLOBAL)
  target_include_directories(nines_dep::grpc_core_headers SYSTEM INTERFACE ${headers})
  target_compile_definitions(nines_dep::grpc_core_headers INTERFACE
                             NINES_GRPC_CORE_VERSION="${cpp_version}")
  # Comes after the build type's own -DNDEBUG, and overrides it.
  target_compile_options(nines_dep::grpc_core_headers INTERFACE
                         $<IF:$<BOOL:${ndebug}>,-DNDEBUG,-UNDEBUG>)
endfunction()

nines_add_grpc_core_headers()
