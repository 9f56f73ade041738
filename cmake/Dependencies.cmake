# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0

# Finds everything that the build needs, and decides NINES_BUILD_GRPC.
# Targets: absl::*, nines_dep::{cares,curl,uv,xxhash,nlohmann_json,cli11,grpcpp,protobuf,
# grpc_core_headers}, GTest::*.

include(ThirdParty)

# So that a program that adds nines with add_subdirectory sees the same targets as with find_package.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

find_package(Threads REQUIRED)
if(NOT TARGET absl::base)
  find_package(absl CONFIG REQUIRED)
endif()

set(NINES_MISSING "")
nines_find_client_libraries()
nines_import_library(xxhash HEADER xxhash.h PACKAGE libxxhash-dev)
nines_import_library(nlohmann_json HEADER nlohmann/json.hpp PACKAGE nlohmann-json3-dev)
if(NINES_BUILD_NINESCTL)
  nines_import_library(cli11 HEADER CLI/CLI.hpp PACKAGE libcli11-dev)
endif()
if(NINES_MISSING)
  list(JOIN NINES_MISSING ", " missing)
  message(FATAL_ERROR "nines needs what is not installed: ${missing}")
endif()

nines_find_grpc_libraries()
if(TARGET nines_dep::grpcpp)
  set(grpc_found ON)
else()
  set(grpc_found OFF)
endif()
if(NOT DEFINED NINES_BUILD_GRPC AND NOT grpc_found)
  message(STATUS "nines: building without gRPC, which is not installed: ${NINES_MISSING}")
endif()
option(NINES_BUILD_GRPC "Build nines::grpc" ${grpc_found})
if(NINES_BUILD_GRPC AND NOT grpc_found)
  message(FATAL_ERROR "NINES_BUILD_GRPC is ON, but this is not installed: ${NINES_MISSING}")
endif()
if(NINES_BUILD_GRPC AND NINES_SANITIZE STREQUAL "thread")
  message(FATAL_ERROR "NINES_SANITIZE=thread needs NINES_BUILD_GRPC=OFF: the installed gRPC is not "
                      "instrumented, and ThreadSanitizer would report races that are not there")
endif()
if(NINES_BUILD_GRPC)
  include(GrpcCoreHeaders)
endif()

if(NINES_BUILD_TESTS)
  find_package(GTest CONFIG REQUIRED)
endif()
if(NINES_BUILD_GRPC AND PROJECT_IS_TOP_LEVEL)
  find_package(Protobuf REQUIRED)  # for the testbed's and the examples' messages
  find_program(NINES_GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
endif()
