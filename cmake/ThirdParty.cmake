# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0

# The libraries that nines links, as targets nines_dep::*. Read by nines's own build and, installed,
# by the package config of programs that use nines: so it needs nothing but CMake, and says what is
# missing instead of stopping.

include_guard(GLOBAL)

# nines_import_library(<name> HEADER <header> LIBRARIES <name>... PACKAGE <debian package>)
# Makes nines_dep::<name>, or appends to NINES_MISSING, in the caller's scope, what was not found.
function(nines_import_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;PACKAGE" "LIBRARIES")
  if(TARGET nines_dep::${name})
    return()
  endif()
  find_path(NINES_${name}_INCLUDE_DIR ${arg_HEADER})
  mark_as_advanced(NINES_${name}_INCLUDE_DIR)
  set(found ${NINES_${name}_INCLUDE_DIR})
  set(paths "")
  foreach(library IN LISTS arg_LIBRARIES)
    find_library(NINES_${library}_LIBRARY ${library})
    mark_as_advanced(NINES_${library}_LIBRARY)
    list(APPEND paths ${NINES_${library}_LIBRARY})
    if(NOT NINES_${library}_LIBRARY)
      set(found FALSE)
    endif()
  endforeach()
  if(NOT found)
    list(APPEND NINES_MISSING "${name} (Debian package ${arg_PACKAGE})")
    set(NINES_MISSING "${NINES_MISSING}" PARENT_SCOPE)
    return()
  endif()
  add_library(nines_dep::${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(nines_dep::${name} SYSTEM INTERFACE ${NINES_${name}_INCLUDE_DIR})
  target_link_libraries(nines_dep::${name} INTERFACE ${paths})
endfunction()

# What component client links.
macro(nines_find_client_libraries)
  nines_import_library(cares HEADER ares.h LIBRARIES cares PACKAGE libc-ares-dev)
  nines_import_library(curl HEADER curl/curl.h LIBRARIES curl PACKAGE libcurl4-openssl-dev)
  nines_import_library(uv HEADER uv.h LIBRARIES uv PACKAGE libuv1-dev)
endmacro()

# What component grpc links besides. Not find_package(gRPC): the config that Debian ships names
# modules and libraries which its packages lack.
macro(nines_find_grpc_libraries)
  nines_import_library(grpcpp HEADER grpcpp/grpcpp.h LIBRARIES grpc++ grpc gpr
                       PACKAGE libgrpc++-dev)
  if(TARGET nines_dep::grpcpp)
    # Generated stubs lock absl::Mutex, inline in gRPC's headers.
    target_link_libraries(nines_dep::grpcpp INTERFACE absl::synchronization)
  endif()
endmacro()
