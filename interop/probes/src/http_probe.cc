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

/// A connection that was kept may have died without a word, or die just now. So what fails on one
/// is asked again on a fresh one, at once; and if nothing has come after half of the time, on both.
/// The fresh one decides as if there were no others.
class HttpProbe final : public Prober::Probe {
 public:
  HttpProbe(EventLoop& loop, std::shared_ptr<HttpFetcher> fetcher,
            std::shared_ptr<const HttpCheck> check, const std::string& address,
            Prober::Callback done)
      : loop_(loop),
        fetcher_(std::move(fetcher)),
        check_(std::move(check)),
        address_(address),
        done_(std::move(done)) {}

  void Start(absl::Duration timeout) {
    if (const auto target = ParseSocketAddress(address_); !target.ok()) {
      timer_ = loop_.RunAfter(absl::ZeroDuration(), [this, status = target.status()]() mutable {
        Finish(std::move(status));
      });
      return;
    }
    first_ = fetcher_->Start(address_, HttpFetcher::Connection::kKeptIfThereIsOne,
                             [this](const absl::StatusOr<int>& status) { OnFirst(status); });
    timer_ = loop_.RunAfter(timeout / 2, [this, timeout] { OnHalfTime(timeout); });
  }

 private:
  void OnFirst(const absl::StatusOr<int>& status) {
    if (status.ok() || !first_->is_on_kept_connection()) return Judge(status);
    if (fresh_ == nullptr) StartFresh();
  }

  void OnHalfTime(absl::Duration timeout) {
    if (fresh_ == nullptr && first_->is_on_kept_connection()) StartFresh();
    timer_ = loop_.RunAfter(timeout - timeout / 2, [this, timeout] {
      Finish(Named(absl::DeadlineExceededError(
          absl::StrCat("no whole answer within ", absl::FormatDuration(timeout)))));
    });
  }

  void StartFresh() {
    fresh_ = fetcher_->Start(address_, HttpFetcher::Connection::kFresh,
                             [this](const absl::StatusOr<int>& status) { Judge(status); });
  }

  void Judge(const absl::StatusOr<int>& status) {
    absl::Status verdict = status.ok() ? JudgeStatus(*check_, *status) : status.status();
    // Whoever is ill is to show next time that it accepts connections, too.
    if (!verdict.ok()) fetcher_->Forget(address_);
    Finish(Named(verdict));
  }

  absl::Status Named(const absl::Status& status) const {
    if (status.ok()) return absl::OkStatus();
    return absl::Status(status.code(), absl::StrCat("GET ", check_->url, " from ", address_, ": ",
                                                    status.message()));
  }

  void Finish(absl::Status status) {
    Prober::Callback done = std::move(done_);  // on the stack: it may destroy this probe
    first_.reset();
    fresh_.reset();
    timer_.reset();
    done(std::move(status));
  }

  EventLoop& loop_;
  const std::shared_ptr<HttpFetcher> fetcher_;
  const std::shared_ptr<const HttpCheck> check_;
  const std::string address_;
  Prober::Callback done_;
  std::unique_ptr<HttpFetcher::Fetch> first_;
  std::unique_ptr<HttpFetcher::Fetch> fresh_;  // null as long as the first is believed
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
    auto probe = std::make_unique<HttpProbe>(loop_, fetcher_, check_, address, std::move(done));
    probe->Start(timeout);
    return probe;
  }

  std::unique_ptr<Probe> Listen(const std::string& /*address*/,
                                WatchCallbacks /*callbacks*/) override {
    return nullptr;
  }

  void Forget(const std::string& address) override { fetcher_->Forget(address); }

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
  check.expected_statuses = config.expected_statuses;
  if (absl::Status status = CheckUrl(config, check.url); !status.ok()) return status;
  if (absl::Status status = CheckReadable(config.ca_file); !status.ok()) return status;
  auto fetcher = HttpFetcher::Create(*context.loop, {check.url, config.ca_file});
  if (!fetcher.ok()) return fetcher.status();
  return std::make_shared<HttpProber>(*context.loop, *std::move(fetcher), std::move(check));
}

}  // namespace nines
