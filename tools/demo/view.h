// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "snapshot.h"

namespace nines::demo {

/// Shows the demo while it runs. Confined to one thread. What it did to the terminal is undone when
/// it is destroyed.
class View {
 public:
  virtual ~View() = default;

  /// Called a few times a second.
  virtual void Show(const Snapshot& snapshot) = 0;
};

/// Whether stdout is a terminal that can be drawn on and nobody asked for plain output (NO_COLOR,
/// TERM=dumb).
bool CanDraw();

/// Redraws a table in place on the terminal that stdout is.
std::unique_ptr<View> MakeLiveView();

/// Writes a line to stdout for each second, each thing that happens and each event.
std::unique_ptr<View> MakePlainView();

}  // namespace nines::demo
