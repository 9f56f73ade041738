// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/http_probe.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "http_fetcher.h"
#include "socket_address.h"

namespace nines {
namespace {

using StatusRange = HttpProbeConfig::StatusRange;

/// What every probe of one prober asks for, and what it hopes for. Immutable.
struct HttpCheck {
  std::string url;
  std::string ca_file;
  std::vector<StatusRange> expected_statuses;
};

std::string FormatRange(const StatusRange& range) {
  if (range.start == range.end) return absl::StrCat(range.start);
  return absl::StrCat(range.start, " to ", range.end);
}

bool IsExpected(const HttpCheck& check, int status) {
  return std::any_of(check.expected_statuses.begin(), check.expected_statuses.end(),
                     [status](const StatusRange& range) {
                       return status >= static_cast<int>(range.start) &&
                              status <= static_cast<int>(range.end);
                     });
}

absl::Status JudgeStatus(const HttpCheck& check, int status) {
  if (IsExpected(check, status)) return absl::OkStatus();
  const bool is_redirect = status >= 300 && status <= 399;
  return absl::UnavailableError(absl::StrCat(
      "status ", status, is_redirect ? " (redirects are not followed)" : "", "; expected ",
      absl::StrJoin(check.expected_statuses, ", ", [](std::string* out, const StatusRange& range) {
        absl::StrAppend(out, FormatRange(range));
      })));
}

class HttpProbe final : public Prober::Probe {
 public:
  HttpProbe(EventLoop& loop, std::shared_ptr<const HttpCheck> check, const std::string& address,
            Prober::Callback done)
      : loop_(loop), check_(std::move(check)), address_(address), done_(std::move(done)) {}

  void Start(HttpFetcher& fetcher, absl::Duration timeout) {
    if (const auto target = ParseSocketAddress(address_); !target.ok()) {
      timer_ = loop_.RunAfter(absl::ZeroDuration(), [this, status = target.status()]() mutable {
        Finish(std::move(status));
      });
      return;
    }
    fetch_ = fetcher.Start(
        {check_->url, address_, check_->ca_file}, [this](const absl::StatusOr<int>& status) {
          Finish(Named(status.ok() ? JudgeStatus(*check_, *status) : status.status()));
        });
    timer_ = loop_.RunAfter(timeout, [this, timeout] {
      Finish(Named(absl::DeadlineExceededError(
          absl::StrCat("no whole answer within ", absl::FormatDuration(timeout)))));
    });
  }

 private:
  absl::Status Named(const absl::Status& status) const {
    if (status.ok()) return absl::OkStatus();
    return absl::Status(status.code(), absl::StrCat("GET ", check_->url, " from ", address_, ": ",
                                                    status.message()));
  }

  void Finish(absl::Status status) {
    Prober::Callback done = std::move(done_);  // on the stack: it may destroy this probe
    fetch_.reset();
    timer_.reset();
    done(std::move(status));
  }

  EventLoop& loop_;
  const std::shared_ptr<const HttpCheck> check_;
  const std::string address_;
  Prober::Callback done_;
  std::unique_ptr<HttpFetcher::Fetch> fetch_;
  std::unique_ptr<EventLoop::Handle> timer_;
};

class HttpProber final : public Prober {
 public:
  HttpProber(EventLoop& loop, std::shared_ptr<HttpFetcher> fetcher, HttpCheck check)
      : loop_(loop),
        fetcher_(std::move(fetcher)),
        check_(std::make_shared<const HttpCheck>(std::move(check))) {}

  const char* kind() const override { return "http"; }

  std::unique_ptr<Probe> Start(const std::string& address, absl::Duration timeout,
                               Callback done) override {
    auto probe = std::make_unique<HttpProbe>(loop_, check_, address, std::move(done));
    probe->Start(*fetcher_, timeout);
    return probe;
  }

  std::unique_ptr<Probe> Listen(const std::string& /*address*/,
                                WatchCallbacks /*callbacks*/) override {
    return nullptr;
  }

  void Forget(const std::string& /*address*/) override {}  // nothing is kept

 private:
  EventLoop& loop_;
  const std::shared_ptr<HttpFetcher> fetcher_;
  const std::shared_ptr<const HttpCheck> check_;
};

absl::Status CheckReadable(const std::string& file) {
  if (file.empty() || access(file.c_str(), R_OK) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::ErrnoToStatus(errno, absl::StrCat("healthCheck.http.caFile: ", file)).message());
}

absl::Status CheckUrl(const HttpProbeConfig& config, const std::string& url) {
  absl::Status status = CheckHttpUrl(url);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(
      "healthCheck.http: ", status.message(),
      config.host.empty() ? "; its host is the target's authority, unless \"host\" is set" : ""));
}

}  // namespace

absl::StatusOr<std::shared_ptr<Prober>> CreateHttpProber(const HttpProbeConfig& config,
                                                         const ProberContext& context) {
  HttpCheck check;
  check.url = absl::StrCat(config.tls ? "https" : "http", "://",
                           config.host.empty() ? context.authority : config.host, config.path);
  check.ca_file = config.ca_file;
  check.expected_statuses = config.expected_statuses;
  if (absl::Status status = CheckUrl(config, check.url); !status.ok()) return status;
  if (absl::Status status = CheckReadable(check.ca_file); !status.ok()) return status;
  auto fetcher = HttpFetcher::Create(*context.loop);
  if (!fetcher.ok()) return fetcher.status();
  return std::make_shared<HttpProber>(*context.loop, *std::move(fetcher), std::move(check));
}

}  // namespace nines
