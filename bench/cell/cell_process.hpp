#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/cell/child_process.hpp"
#include "bench/cell/replies.hpp"
#include "bench/cell/requests.hpp"
#include "bench/results/results.hpp"
#include "bench/results/trace.hpp"

namespace crossover {

/// The harness's side of the protocol (PROTOCOL.md). Every member throws `error` (failed, or the
/// kind that the cell reported) and `interrupted`.
class cell_process {
 public:
  /// `command`: launcher, if any, then the program and its arguments up to `cell`. `grace_s`: extra
  /// time for each reply before the process is killed.
  cell_process(std::vector<std::string> command, double grace_s, const child_options& options = {});

  /// Sends `prepare` and returns once the cell is ready.
  void prepare(const cell_preparation& preparation);
  /// Runs once. The sample includes the start-up figures.
  sample run(const run_request& request);
  /// Runs once and returns the sample with its trace. The cell must have been prepared with
  /// `trace`. Throws `error` (unsupported) if the cell records no trace.
  std::pair<sample, run_trace> run_traced(run_request request);
  /// Ends the cell. Returns its peak memory in bytes, if reported.
  std::optional<std::uint64_t> finish();

  pid_t pid() const { return child_.pid(); }
  /// Protocol version of the cell: 2, or 1 for a cell without windows.
  int protocol() const { return ready_.protocol; }
  /// Throws `error` (failed) unless the cell reported this name and version, for example
  /// "crossover 0.1.0": its launcher started another program.
  void expect_program(const std::string& expected) const;
  /// Location that the cell reported, if any.
  const std::optional<cell_location>& location() const { return ready_.location; }
  double startup_s() const { return startup_s_; }
  /// Environment that a cell in another language reported, such as its interpreter's version.
  const std::map<std::string, std::string>& environment() const { return ready_.environment; }

 private:
  nlohmann::json request_sample(const run_request& request);
  sample read_sample(const nlohmann::json& reply) const;
  /// Sends a request and returns the member `expected` of the reply.
  nlohmann::json ask(const nlohmann::json& request, const char* expected, double timeout_s);

  std::int64_t started_ns_;
  child_process child_;
  ready_reply ready_;
  double grace_s_;
  double in_flight_grace_s_ = 0;  ///< additional timeout for many operations in flight
  double startup_s_ = 0;
};

}  // namespace crossover
