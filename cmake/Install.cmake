# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0

# What installs beside the libraries and headers, for each component: the CMake package, the
# pkg-config file, and the Debian package. Included after every library was added.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/nines)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pkgconfig_to_prefix /${pkgconfig_dir} /)  # so that the tree may be moved

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/nines-config.cmake.in
                              ${PROJECT_BINARY_DIR}/nines-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/nines-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/nines-config.cmake
              ${PROJECT_BINARY_DIR}/nines-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/ThirdParty.cmake
        DESTINATION ${package_dir} COMPONENT client)

# Sets `out` to the linker flags of the component's libraries, those that need others first, and
# `out_absl` to the pkg-config names of the Abseil parts that they link.
function(nines_component_flags component out out_absl)
  get_property(libraries GLOBAL PROPERTY NINES_${component}_LIBRARIES)
  list(REVERSE libraries)  # a library is added after those it needs
  set(flags "")
  set(absl "")
  foreach(library IN LISTS libraries)
    list(APPEND flags -l${library})
    get_target_property(deps ${library} LINK_LIBRARIES)
    list(FILTER deps INCLUDE REGEX "^absl::")
    list(APPEND absl ${deps})
  endforeach()
  list(REMOVE_DUPLICATES absl)
  list(TRANSFORM absl REPLACE "^absl::" "absl_")
  list(JOIN flags " " flags)
  list(JOIN absl " " absl)
  set(${out} "${flags}" PARENT_SCOPE)
  set(${out_absl} "${absl}" PARENT_SCOPE)
endfunction()

function(nines_install_component component pkgconfig_file)
  install(EXPORT nines-${component}-targets NAMESPACE nines:: DESTINATION ${package_dir}
          COMPONENT ${component})
  nines_component_flags(${component} flags absl)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${pkgconfig_file}.in
                 ${PROJECT_BINARY_DIR}/${pkgconfig_file} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${pkgconfig_file} DESTINATION ${pkgconfig_dir}
          COMPONENT ${component})
endfunction()

nines_install_component(client nines.pc)
if(NINES_BUILD_GRPC)
  nines_install_component(grpc nines-grpc.pc)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nines)
set(CPACK_PACKAGE_CONTACT "The nines authors")
set(CPACK_PACKAGE_VENDOR "The nines authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL client)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ${BUILD_SHARED_LIBS})
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/lib)
set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME nines-dev)
set(CPACK_DEBIAN_CLIENT_PACKAGE_DEPENDS "libabsl-dev, libc-ares-dev, \
libcurl4-openssl-dev | libcurl-dev, libuv1-dev")
set(CPACK_COMPONENT_CLIENT_DESCRIPTION "${PROJECT_DESCRIPTION}: for programs without gRPC")
if(NINES_BUILD_GRPC)
  list(APPEND CPACK_COMPONENTS_ALL grpc)
  set(CPACK_DEBIAN_GRPC_PACKAGE_NAME nines-grpc-dev)
  # Compiled against the core headers of exactly this gRPC, which has no stable ABI.
  set(CPACK_DEBIAN_GRPC_PACKAGE_DEPENDS "nines-dev (= ${PROJECT_VERSION}), \
libgrpc++-dev (>= ${NINES_GRPC_GENERATION}), libgrpc++-dev (<< ${NINES_GRPC_GENERATION}.0)")
  set(CPACK_COMPONENT_GRPC_DESCRIPTION "${PROJECT_DESCRIPTION}: inside gRPC's own channels")
endif()
if(NINES_BUILD_NINESCTL)
  list(APPEND CPACK_COMPONENTS_ALL ninesctl)
  set(CPACK_DEBIAN_NINESCTL_PACKAGE_NAME ninesctl)
  set(CPACK_DEBIAN_NINESCTL_PACKAGE_SECTION admin)
  set(CPACK_DEBIAN_NINESCTL_PACKAGE_SHLIBDEPS ON)  # a program: it needs what it was linked with
  set(CPACK_COMPONENT_NINESCTL_DESCRIPTION "${PROJECT_DESCRIPTION}: the operators' program")
endif()
include(CPack)
