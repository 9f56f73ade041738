// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>

#include "subject.h"

namespace nines::bench {

// The structures that other balancers pick from, made anew in baselines/ and each named for what it
// is. In their favour: no virtual call that the originals lack, hosts are found by index, and what
// the originals do around the choice itself (statistics, option checks, a second copied pointer) is
// left out. REQUIRES: hosts > 0.

std::unique_ptr<Subject> MakeLockedCopySubject(size_t hosts);
std::unique_ptr<Subject> MakeLockedPickSubject(size_t hosts);
std::unique_ptr<Subject> MakeSharedRingSubject(size_t hosts);
std::unique_ptr<Subject> MakeSharedMaglevSubject(size_t hosts);
std::unique_ptr<Subject> MakeBufferedRingSubject(size_t hosts);
std::unique_ptr<Subject> MakeBufferedRandomSubject(size_t hosts);
std::unique_ptr<Subject> MakeBufferedTwoChoicesSubject(size_t hosts);

// No balancers: baselines/memory_floor.h. Nothing changes in them.
std::unique_ptr<Subject> MakeSlotFloorSubject(size_t hosts);
std::unique_ptr<Subject> MakeTwoLinesFloorSubject(size_t hosts);

}  // namespace nines::bench
