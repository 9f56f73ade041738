// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dashboard.h"
#include "view.h"

namespace nines::demo {
namespace {

// xterm's control sequences, which every terminal in use understands. The alternate screen leaves
// what was on the terminal as it was.
constexpr absl::string_view kEnter = "\x1b[?1049h\x1b[?25l";  // alternate screen, no cursor
constexpr absl::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr absl::string_view kHome = "\x1b[H";
constexpr absl::string_view kClearLine = "\x1b[K";
constexpr absl::string_view kClearBelow = "\x1b[J";

struct TerminalSize {
  size_t width = 80;
  size_t height = 24;
};

TerminalSize AskSize() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return TerminalSize();
  }
  return {size.ws_col, size.ws_row};
}

/// In one go, so that a terminal shows no half picture. A terminal that is gone is no error: the
/// hang-up signal follows and ends the demo.
void WriteAll(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

class LiveView final : public View {
 public:
  LiveView() { WriteAll(kEnter); }
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;
  ~LiveView() override { WriteAll(kLeave); }

  void Show(const Snapshot& snapshot) override {
    const TerminalSize size = AskSize();  // anew each time: windows are resized
    std::string picture(kHome);
    absl::string_view separator = "";
    for (const StyledLine& line : RenderDashboard(snapshot, size.width, size.height)) {
      absl::StrAppend(&picture, separator, line.ForTerminal(size.width), kClearLine);
      separator = "\r\n";  // none after the last line, which would scroll
    }
    absl::StrAppend(&picture, kClearBelow);
    WriteAll(picture);
  }
};

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

bool CanDraw() {
  if (isatty(STDOUT_FILENO) == 0 || IsSet("NO_COLOR") || !IsSet("TERM")) return false;
  return absl::string_view(std::getenv("TERM")) != "dumb";
}

std::unique_ptr<View> MakeLiveView() { return std::make_unique<LiveView>(); }

}  // namespace nines::demo
