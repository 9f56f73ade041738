// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Asks the installed gRPC library what it is, through its public API alone. Prints a CMake list:
// its core version, its C++ version, and whether it was built with NDEBUG.

#include <cstdio>
#include <string>

#include <grpc/grpc.h>

// As grpcpp/grpcpp.h has it; including that costs seconds at every configure.
namespace grpc {
std::string Version();
}

int main() {
  // "http" is a trace flag in every build. "lb_policy_refcount" is a DebugOnlyTraceFlag, which with
  // NDEBUG is an empty class that registers nothing (gRPC's src/core/lib/debug/trace.h): the same
  // macro that gives RefCount its other size.
  if (grpc_tracer_set_enabled("http", 0) == 0) return 1;
  const bool has_debug_flags = grpc_tracer_set_enabled("lb_policy_refcount", 0) != 0;
  std::printf("%s;%s;%s", grpc_version_string(), grpc::Version().c_str(),
              has_debug_flags ? "OFF" : "ON");
  return 0;
}
