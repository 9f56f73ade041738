// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <future>
#include <thread>

namespace nines::bench {

/// A thread that only waits for the end of this object. As long as a process has one thread, the C
/// library and shared_ptr leave the atomic operations out of locks and reference counts, and every
/// baseline would look four times as fast as in a program that calls servers.
class SecondThread {
 public:
  SecondThread() : thread_([wait = end_.get_future()] { wait.wait(); }) {}
  SecondThread(const SecondThread&) = delete;
  SecondThread& operator=(const SecondThread&) = delete;
  ~SecondThread() {
    end_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> end_;
  std::thread thread_;
};

}  // namespace nines::bench
