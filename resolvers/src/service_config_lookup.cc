// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "service_config_lookup.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace nines {

absl::StatusOr<std::string> ServiceConfigIn(absl::StatusOr<TxtReply> reply,
                                            const ServiceConfigClient& client) {
  if (!reply.ok()) return reply.status();
  for (absl::string_view text : reply->texts) {
    if (absl::ConsumePrefix(&text, "grpc_config=")) return ChooseServiceConfig(text, client);
  }
  return absl::NotFoundError("no TXT record of a service config");
}

class ServiceConfigLookup::Query final : public LookupQuery {
 public:
  Query(ServiceConfigLookup& lookup, Callback done) : lookup_(lookup), done_(std::move(done)) {}

  void Start() {
    endpoints_ = lookup_.parts_.endpoints->Start(
        [this](absl::StatusOr<FoundEndpoints> found) { OnEndpoints(std::move(found)); });
    texts_ = lookup_.parts_.texts->Start(
        [this](absl::StatusOr<TxtReply> reply) { OnTexts(std::move(reply)); });
  }

 private:
  // Each of these may destroy this, as the last thing that it does.

  void OnEndpoints(absl::StatusOr<FoundEndpoints> found) {
    found_ = std::move(found);
    if (!found_->ok() || config_.has_value()) return Finish();
    wait_ = lookup_.loop_.RunAfter(lookup_.parts_.wait, [this] {
      config_ = absl::UnavailableError(absl::StrCat(
          "no answer within ", absl::FormatDuration(lookup_.parts_.wait), " of the addresses'"));
      Finish();
    });
  }

  void OnTexts(absl::StatusOr<TxtReply> reply) {
    if (reply.ok()) ttl_ = reply->ttl;
    config_ = ServiceConfigIn(std::move(reply), lookup_.parts_.client);
    if (found_.has_value()) Finish();
  }

  void Finish() {
    wait_.reset();
    texts_.reset();
    if (found_->ok()) {
      (*found_)->service_config = *std::move(config_);
      (*found_)->ttl = std::min((*found_)->ttl, ttl_);
    }
    Callback done = std::move(done_);  // on the stack: it may destroy this
    done(*std::move(found_));
  }

  ServiceConfigLookup& lookup_;
  Callback done_;
  std::optional<absl::StatusOr<FoundEndpoints>> found_;  // once it is there
  std::optional<absl::StatusOr<std::string>> config_;
  absl::Duration ttl_ = absl::InfiniteDuration();  // of the texts
  std::unique_ptr<EventLoop::Handle> wait_;
  std::unique_ptr<LookupQuery> endpoints_;
  std::unique_ptr<LookupQuery> texts_;
};

std::unique_ptr<LookupQuery> ServiceConfigLookup::Start(Callback done) {
  auto query = std::make_unique<Query>(*this, std::move(done));
  query->Start();
  return query;
}

}  // namespace nines
