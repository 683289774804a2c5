#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <thread>

#include "bench/cell/json_lines.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

/// A host's connection to the harness. Its thread reads requests and sends signs of life, also
/// while a block is measured. The end of input interrupts the process as SIGTERM does.
class host_channel {
 public:
  /// Call `catch_interrupts` before.
  host_channel(int in, int out);
  ~host_channel();
  host_channel(const host_channel&) = delete;
  host_channel& operator=(const host_channel&) = delete;

  /// Waits for the next request; returns nullopt at the end of input or after an interrupt.
  std::optional<std::string> next();
  void send(const nlohmann::json& reply);
  /// Sends a sign of life after each interval.
  void send_signs(double interval_s);

 private:
  void serve();
  void close();

  int in_, out_;
  line_reader reader_;
  descriptor stop_;  ///< readable at the end of this object
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> requests_;
  bool is_open_ = true;
  double interval_s_ = 1;
  std::mutex writing_;
  std::thread thread_;
};

}  // namespace crossover
