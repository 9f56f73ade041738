// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "baselines/hash.h"
#include "baselines/host_table.h"
#include "baselines/shared_host.h"

namespace nines::bench {

/// What a call tells the balancer.
class HashContext {
 public:
  virtual ~HashContext() = default;

  /// Nothing for a call without a key.
  virtual std::optional<uint64_t> ComputeHash() const = 0;
};

/// The XXH64 of a key.
class KeyContext final : public HashContext {
 public:
  explicit KeyContext(std::string_view key) : key_(key) {}
  std::optional<uint64_t> ComputeHash() const override { return Xxh64(key_); }

 private:
  const std::string_view key_;
};

/// Chooses hosts for one worker thread. Confined to it.
class HostChooser {
 public:
  virtual ~HostChooser() = default;

  /// Null if none of a few attempts finds a healthy host.
  virtual SharedHostPtr ChooseHost(const HashContext& context) const = 0;
};

/// Hash balancing by tables over the healthy hosts, which all workers share and each holds a
/// pointer to: a pick copies the chosen host's shared_ptr and no other. Its calls are those of the
/// proxy that this re-creates, virtual where they are there: the chooser, the call's hash, a
/// priority by that hash (here there is one), its table. A table is built anew for every change, of
/// health too; until it is, a pick passes over a host that is not healthy.
///
/// Thread-compatible: one thread changes it, workers keep the tables that they were made with.
class TableBalancer {
 public:
  using MakeTable =
      std::function<std::shared_ptr<const HostTable>(const std::vector<SharedHostPtr>& hosts)>;

  TableBalancer(size_t hosts, MakeTable make_table);

  std::unique_ptr<HostChooser> MakeWorker() const;

  void SetHealthy(size_t host, bool is_healthy);
  void SetKnown(size_t host, bool is_known);

 private:
  void Rebuild();

  SharedHosts hosts_;
  const MakeTable make_table_;
  std::shared_ptr<const HostTable> table_;
};

}  // namespace nines::bench
