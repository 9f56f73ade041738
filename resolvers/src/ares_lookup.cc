// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The only file that knows c-ares (1.18 or newer).
//
// Each query has a c-ares channel of its own, made for it and destroyed with it. That costs reading
// /etc/resolv.conf each time, some ten microseconds against a query's milliseconds, and in exchange
// a channel that hangs is gone with its query's time, a changed resolv.conf is seen (a long-lived
// channel keeps its servers for ever), and each query leaves from a port of its own.
//
// c-ares calls back from within its own functions, where its channel must not be destroyed. So the
// callbacks only note what they are told; Advance(), which our event loop's callbacks end with,
// looks whether the query is complete, and only it tells the owner.

#include "ares_lookup.h"

#include <ares.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "srv_reply.h"
#include "txt_reply.h"

namespace nines {
namespace {

/// How long a server has for an answer before the next one, or the same one again, is asked; c-ares
/// doubles it from round to round. Its own default of 5 s would leave no time for a second try.
constexpr int kTryTimeoutMs = 1000;
constexpr int kTries = 3;

/// c-ares wants this before anything else. On Unix it only counts its calls, so that there is
/// nothing to undo, and the counter is not safe against another thread's call: hence once, and not
/// once per loop.
int InitLibrary() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

absl::Status ToStatus(int ares_status) {
  if (ares_status == ARES_SUCCESS) return absl::OkStatus();
  if (ares_status == ARES_ENODATA || ares_status == ARES_ENOTFOUND) {
    return absl::NotFoundError(ares_strerror(ares_status));
  }
  return absl::UnavailableError(ares_strerror(ares_status));
}

std::optional<IpAddress> ToIpAddress(const sockaddr* address) {
  IpAddress converted;
  if (address->sa_family == AF_INET) {
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(address);
    std::memcpy(converted.bytes.data(), &ipv4->sin_addr, sizeof(ipv4->sin_addr));
    return converted;
  }
  if (address->sa_family == AF_INET6) {
    const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(address);
    converted.family = IpAddress::Family::kIpv6;
    std::memcpy(converted.bytes.data(), &ipv6->sin6_addr, sizeof(ipv6->sin6_addr));
    return converted;
  }
  return std::nullopt;
}

/// The part of c-ares's answer that is of `family`.
FamilyAnswer ToFamilyAnswer(int status, const ares_addrinfo* info, IpAddress::Family family) {
  FamilyAnswer answer;
  answer.status = ToStatus(status);
  if (status != ARES_SUCCESS || info == nullptr) return answer;
  int ttl = INT32_MAX;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    const std::optional<IpAddress> address = ToIpAddress(node->ai_addr);
    if (!address.has_value() || address->family != family) continue;
    answer.addresses.push_back(*address);
    ttl = std::min(ttl, node->ai_ttl);
  }
  for (const ares_addrinfo_cname* name = info->cnames; name != nullptr; name = name->next) {
    ttl = std::min(ttl, name->ttl);
  }
  answer.ttl = absl::Seconds(std::max(ttl, 0));
  return answer;
}

std::string NoAnswerWithin(absl::Duration time) {
  return absl::StrCat("no answer within ", absl::FormatDuration(time));
}

/// A c-ares channel at work on the event loop, for one query.
class AresChannel {
 public:
  /// Both run on the loop, and may destroy the channel.
  struct Hooks {
    EventLoop::Callback advance;                        // after whatever may have brought an answer
    absl::AnyInvocable<void(std::string why)> give_up;  // at the end of the time
  };

  AresChannel(EventLoop& loop, Hooks hooks) : loop_(loop), hooks_(std::move(hooks)) {}
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;

  ~AresChannel() {
    if (channel_ != nullptr) ares_destroy(channel_);  // calls back: answers, OnSocketState()
  }

  /// To be followed by the questions. Also if it fails, advance() runs soon: not at once, so that
  /// the owner does not hear from a query before its Start() returns.
  int Open(const AresLookupOptions& settings) {
    deadline_ = loop_.RunAfter(settings.timeout, [this, timeout = settings.timeout] {
      hooks_.give_up(NoAnswerWithin(timeout));
    });
    retry_ = loop_.RunAfter(absl::ZeroDuration(), [this] { hooks_.advance(); });
    if (const int status = InitLibrary(); status != ARES_SUCCESS) return status;
    if (const int status = Make(settings); status != ARES_SUCCESS) return status;
    if (settings.server.empty()) return ARES_SUCCESS;
    return ares_set_servers_ports_csv(channel_, settings.server.c_str());
  }

  ares_channel get() const { return channel_; }

  /// Lets c-ares ask again when it wants to. At the end of each advance() without an answer.
  void AwaitRetry() {
    timeval wait = {};
    if (ares_timeout(channel_, nullptr, &wait) == nullptr) return;
    retry_ = loop_.RunAfter(absl::DurationFromTimeval(wait),
                            [this] { Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); });
  }

  /// Nothing more happens.
  void Silence() {
    sockets_.clear();
    retry_.reset();
    deadline_.reset();
  }

 private:
  int Make(const AresLookupOptions& settings) {
    ares_options options = {};
    char dns_only[] = "b";
    std::string resolv_conf = settings.system.resolv_conf;
    options.flags = ARES_FLAG_EDNS;  // room for some seventy addresses in a datagram, not thirty
    options.timeout = kTryTimeoutMs;
    options.tries = kTries;
    options.lookups = dns_only;
    options.resolvconf_path = resolv_conf.data();
    options.udp_port = settings.system.port;
    options.tcp_port = settings.system.port;
    options.sock_state_cb = &OnSocketState;
    options.sock_state_cb_data = this;
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB |
               ARES_OPT_RESOLVCONF | ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT;
    if (settings.search == SearchDomains::kIgnore) mask |= ARES_OPT_DOMAINS;  // there are none
    if (!settings.server.empty()) mask |= ARES_OPT_LOOKUPS;
    return ares_init_options(&channel_, &options, mask);
  }

  static void OnSocketState(void* argument, ares_socket_t fd, int readable, int writable) {
    auto* self = static_cast<AresChannel*>(argument);
    self->sockets_.erase(fd);  // before the new watch: a descriptor has one at a time
    if (readable == 0 && writable == 0) return;
    self->sockets_[fd] = self->loop_.WatchFd(
        fd, {readable != 0, writable != 0}, [self, fd](EventLoop::IoEvents events) {
          self->Process(events.readable ? fd : ARES_SOCKET_BAD,
                        events.writable ? fd : ARES_SOCKET_BAD);
        });
  }

  void Process(ares_socket_t readable, ares_socket_t writable) {
    ares_process_fd(channel_, readable, writable);
    hooks_.advance();
  }

  EventLoop& loop_;
  Hooks hooks_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::unique_ptr<EventLoop::Handle>> sockets_;
  std::unique_ptr<EventLoop::Handle> retry_;
  std::unique_ptr<EventLoop::Handle> deadline_;
};

class AresAddressQuery final : public LookupQuery {
 public:
  AresAddressQuery(EventLoop& loop, const AresLookupOptions& options, AddressLookup::Callback done)
      : loop_(loop),
        options_(options),
        done_(std::move(done)),
        channel_(loop, {[this] { Advance(); }, [this](const std::string& why) { Finish(why); }}) {}

  void Start() {
    if (const int status = channel_.Open(options_); status != ARES_SUCCESS) {
      OnAnswerForBoth(this, status, 0, nullptr);
    } else if (absl::EqualsIgnoreCase(options_.host, "localhost")) {
      // Never sent to a server (RFC 6761). In one question: c-ares 1.18 leaks ten bytes when asked
      // for a family of it that /etc/hosts does not have.
      Ask(AF_UNSPEC, &OnAnswerForBoth);
    } else {
      Ask(AF_INET, &OnIpv4Answer);
      Ask(AF_INET6, &OnIpv6Answer);
    }
  }

 private:
  void Ask(int family, ares_addrinfo_callback callback) {
    ares_addrinfo_hints hints = {};
    // Not sorted: c-ares would open a socket to every address for it.
    hints.ai_flags = ARES_AI_NOSORT | ARES_AI_ENVHOSTS;
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_.get(), options_.host.c_str(), nullptr, &hints, callback, this);
  }

  static void OnIpv4Answer(void* query, int status, int /*timeouts*/, ares_addrinfo* info) {
    static_cast<AresAddressQuery*>(query)->ipv4_ =
        ToFamilyAnswer(status, info, IpAddress::Family::kIpv4);
    ares_freeaddrinfo(info);
  }

  static void OnIpv6Answer(void* query, int status, int /*timeouts*/, ares_addrinfo* info) {
    static_cast<AresAddressQuery*>(query)->ipv6_ =
        ToFamilyAnswer(status, info, IpAddress::Family::kIpv6);
    ares_freeaddrinfo(info);
  }

  static void OnAnswerForBoth(void* query, int status, int timeouts, ares_addrinfo* info) {
    static_cast<AresAddressQuery*>(query)->ipv4_ =
        ToFamilyAnswer(status, info, IpAddress::Family::kIpv4);
    OnIpv6Answer(query, status, timeouts, info);
  }

  /// The last thing that a callback of the loop does: it may destroy this.
  void Advance() {
    if (ipv4_.has_value() && ipv6_.has_value()) return Finish("");
    const bool has_one =
        (ipv4_.has_value() && ipv4_->status.ok()) || (ipv6_.has_value() && ipv6_->status.ok());
    if (has_one && second_family_ == nullptr) {
      second_family_ = loop_.RunAfter(options_.second_family_wait, [this] {
        Finish(absl::StrCat(NoAnswerWithin(options_.second_family_wait), " of the other family's"));
      });
    }
    channel_.AwaitRetry();
  }

  /// Gives the owner the answers, with `why` as the error of those that are missing.
  void Finish(const std::string& why) {
    LookupAnswer answer{Take(ipv4_, why), Take(ipv6_, why)};
    // The owner may keep this for a while: nothing else shall happen here.
    channel_.Silence();
    second_family_.reset();
    AddressLookup::Callback done = std::move(done_);  // on the stack: it may destroy this
    done(std::move(answer));
  }

  static FamilyAnswer Take(std::optional<FamilyAnswer>& answer, const std::string& why) {
    if (answer.has_value()) return *std::move(answer);
    return {absl::UnavailableError(why), {}, absl::InfiniteDuration()};
  }

  EventLoop& loop_;
  const AresLookupOptions options_;
  AddressLookup::Callback done_;
  std::optional<FamilyAnswer> ipv4_;  // once it is there
  std::optional<FamilyAnswer> ipv6_;
  std::unique_ptr<EventLoop::Handle> second_family_;  // of the other half, once there is one
  AresChannel channel_;                               // goes first: it ends by calling back
};

/// One question, whose answer kParse reads.
template <typename Lookup, typename Reply, int kType,
          absl::StatusOr<Reply> (*kParse)(absl::string_view message)>
class AresMessageQuery final : public LookupQuery {
 public:
  AresMessageQuery(EventLoop& loop, const AresLookupOptions& options,
                   typename Lookup::Callback done)
      : options_(options),
        done_(std::move(done)),
        channel_(loop, {[this] { Advance(); },
                        [this](const std::string& why) { Finish(absl::UnavailableError(why)); }}) {}

  void Start() {
    if (const int status = channel_.Open(options_); status != ARES_SUCCESS) {
      OnAnswer(this, status, 0, nullptr, 0);
    } else {
      ares_search(channel_.get(), options_.host.c_str(), kClassInternet, kType, &OnAnswer, this);
    }
  }

 private:
  static constexpr int kClassInternet = 1;

  static void OnAnswer(void* query, int status, int /*timeouts*/, unsigned char* message,
                       int size) {
    auto* self = static_cast<AresMessageQuery*>(query);
    if (status != ARES_SUCCESS) {
      self->reply_ = ToStatus(status);
      return;
    }
    self->reply_ = kParse(
        absl::string_view(reinterpret_cast<const char*>(message), static_cast<size_t>(size)));
  }

  /// As AresAddressQuery's.
  void Advance() {
    if (reply_.has_value()) return Finish(*std::move(reply_));
    channel_.AwaitRetry();
  }

  void Finish(absl::StatusOr<Reply> reply) {
    channel_.Silence();
    typename Lookup::Callback done = std::move(done_);  // on the stack: it may destroy this
    done(std::move(reply));
  }

  const AresLookupOptions options_;
  typename Lookup::Callback done_;
  std::optional<absl::StatusOr<Reply>> reply_;  // once it is there
  AresChannel channel_;                         // goes first: it ends by calling back
};

constexpr int kTypeSrv = 33;
constexpr int kTypeTxt = 16;
using AresServiceQuery = AresMessageQuery<ServiceLookup, SrvReply, kTypeSrv, &ParseSrvReply>;
using AresTextQuery = AresMessageQuery<TextLookup, TxtReply, kTypeTxt, &ParseTxtReply>;

/// AddressLookup, ServiceLookup or TextLookup, by a Query for each start.
template <typename Lookup, typename Query>
class AresLookup final : public Lookup {
 public:
  AresLookup(EventLoop& loop, AresLookupOptions options)
      : loop_(loop), options_(std::move(options)) {}

  std::unique_ptr<LookupQuery> Start(typename Lookup::Callback done) override {
    auto query = std::make_unique<Query>(loop_, options_, std::move(done));
    query->Start();
    return query;
  }

 private:
  EventLoop& loop_;
  const AresLookupOptions options_;
};

}  // namespace

std::unique_ptr<AddressLookup> MakeAresLookup(EventLoop& loop, AresLookupOptions options) {
  return std::make_unique<AresLookup<AddressLookup, AresAddressQuery>>(loop, std::move(options));
}

std::unique_ptr<ServiceLookup> MakeAresServiceLookup(EventLoop& loop, AresLookupOptions options) {
  return std::make_unique<AresLookup<ServiceLookup, AresServiceQuery>>(loop, std::move(options));
}

std::unique_ptr<TextLookup> MakeAresTextLookup(EventLoop& loop, AresLookupOptions options) {
  return std::make_unique<AresLookup<TextLookup, AresTextQuery>>(loop, std::move(options));
}

}  // namespace nines
