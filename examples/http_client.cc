// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// An HTTP client over libcurl whose requests survive servers that are down, slow or overloaded.
//   http_client dns:///www.example:80 /index.html
// Prints the body; exit status 0 if a server answered with 200.

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nines/client.h"

namespace {

// GETs are safe to repeat, so whatever may pass elsewhere is retried.
constexpr char kConfig[] = R"({"methodConfig": [{"name": [{}], "timeout": "5s", "retryPolicy": {
    "maxAttempts": 4, "initialBackoff": "0.05s", "maxBackoff": "1s", "backoffMultiplier": 2,
    "perAttemptRecvTimeout": "1s",
    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]}}]})";

size_t Append(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

// What a transfer's end means for the call, and for the server's health.
absl::Status ToStatus(CURL* curl, CURLcode code) {
  const std::string message = curl_easy_strerror(code);
  switch (code) {
    case CURLE_OK:
      break;
    case CURLE_COULDNT_CONNECT:
      return nines::MarkUnprocessed(absl::UnavailableError(message));
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(message);
    default:
      return absl::UnavailableError(message);
  }
  long http = 0;  // NOLINT(google-runtime-int): libcurl's type
  curl_off_t retry_after = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
  const std::string answer = absl::StrCat("the server answered ", http);
  if (http == 200) return absl::OkStatus();
  if (http == 429) return absl::ResourceExhaustedError(answer);
  if (http == 503 && retry_after > 0) {
    return nines::WithPushback(absl::UnavailableError(answer), absl::Seconds(retry_after));
  }
  return http >= 500 ? absl::UnavailableError(answer) : absl::FailedPreconditionError(answer);
}

absl::Status Get(const nines::Attempt& attempt, const std::string& path, std::string* body) {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  const absl::Duration left = attempt.deadline - nines::ProcessClock().Now();
  const std::string url = absl::StrCat("http://", attempt.endpoint.address, path);
  body->clear();
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, std::max(absl::ToInt64Milliseconds(left), 1L));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, body);
  return ToStatus(curl.get(), curl_easy_perform(curl.get()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: http_client TARGET PATH\n"), 2;
  const auto client = nines::Client::Create(argv[1], {.service_config_json = kConfig});
  if (!client.ok()) return std::fprintf(stderr, "%s\n", client.status().ToString().c_str()), 1;
  std::string body;
  const absl::Status status = (*client)->Run(
      {}, [&](const nines::Attempt& attempt) { return Get(attempt, argv[2], &body); });
  if (!status.ok()) return std::fprintf(stderr, "%s\n", status.ToString().c_str()), 1;
  std::fwrite(body.data(), 1, body.size(), stdout);
  return 0;
}
