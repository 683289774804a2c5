#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/base/error.hpp"
#include "workloads/parameters.hpp"

namespace crossover {

class async_form;  // in workloads/async_form.hpp, which includes Boost.Asio
class own_workload;

/// The state that one in-flight operation owns: its socket, its buffers. A lane runs one operation
/// at a time.
class lane {
 public:
  virtual ~lane() = default;
  lane() = default;
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;
};

/// A failed operation, for example a reset connection or an HTTP status. Errors are counted by
/// name, separately from the operations, and the run continues. A *wrong result* is an `error`
/// (failed) instead: it ends the cell.
class operation_error : public std::runtime_error {
 public:
  /// `phase`: the step that failed ("connect", "send", "receive"); `name`: the error
  /// ("ECONNRESET").
  operation_error(std::string_view phase, std::string_view name)
      : std::runtime_error(std::string(phase) + ":" + std::string(name)) {}
  operation_error(std::string_view phase, int errno_value)
      : operation_error(phase, errno_name(errno_value)) {}
};

/// The operation of a cell. One object per cell process; many threads call its members at the same
/// time, each with its own lanes.
class workload {
 public:
  virtual ~workload() = default;
  /// Opens lane `number` for blocking operations, in the thread or process that will use it.
  /// Throws `error`.
  virtual std::unique_ptr<lane> open_lane(std::uint32_t number) = 0;
  /// Runs one operation and checks its result. Throws `operation_error` or `error` (failed).
  virtual void run_blocking(lane& state) = 0;
  /// Runs `left` operations. Each adds 1 to `counter` and takes 1 from `left`. Stops at the first
  /// that throws. Overridden if a call per operation would cost more than the operation.
  virtual void run_stretch(lane& state, std::atomic<std::uint64_t>& counter, std::uint32_t& left) {
    run_each(*this, state, counter, left);
  }
  /// Returns the coroutine form, or nullptr for a workload that only computes: it runs inline on a
  /// loop.
  virtual async_form* async() { return nullptr; }
  /// Returns a checksum of the operations' results, for comparison between models ("" if there is
  /// none).
  virtual std::string checksum() const { return {}; }

 protected:
  /// Implements `run_stretch`. Only this worker writes the counter.
  template <typename Work>
  static void run_each(Work& work, lane& state, std::atomic<std::uint64_t>& counter,
                       std::uint32_t& left) {
    for (; left > 0; --left) {
      work.run_blocking(state);
      counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }
};

/// A running server that a workload talks to. The destructor stops it.
class workload_server {
 public:
  virtual ~workload_server() = default;
  /// Returns the address to connect to, for example "127.0.0.1:4000".
  virtual std::string endpoint() const = 0;
  /// Returns a descriptor that is readable if the server has failed; -1 if it has none.
  virtual int failure_descriptor() const { return -1; }
  /// Throws the `error` of a server whose `failure_descriptor` is readable.
  virtual void throw_failure() {}
};

/// Address and CPUs of a server that we start.
struct server_config {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: a free one
  std::vector<int> cpus;   ///< one thread on each
  double idle_s = 600;     ///< a connection without a complete request is closed after it
};

/// Target that the operations of a cell connect to.
enum class target_kind {
  none,
  file,    ///< a file that exists as long as the `workload_server` object; no process serves it
  server,  ///< the server that we start, or the user's own
};

/// A cell that a workload has to support or reject.
struct workload_request {
  const parameter_values* values = nullptr;
  std::uint32_t in_flight = 1;
  bool external_server = false;  ///< the user named their own server for it
};

/// A workload's row in the registry: everything that plans, pages and checks need to know about it.
struct workload_type {
  std::string_view name;
  std::string_view summary;
  std::span<const parameter> parameters;
  /// `endpoint` is "" for a workload without a server.
  std::unique_ptr<workload> (*make)(const parameter_values&, const std::string& endpoint);
  /// Minimum time of an operation in s, from its parameters (0: unknown). in flight / this time is
  /// the upper limit of the throughput.
  double (*min_operation_s)(const parameter_values&);
  /// nullptr for a workload that needs no server.
  std::unique_ptr<workload_server> (*start_server)(const parameter_values&, const server_config&);
  /// Maximum number of file descriptors that a lane holds.
  std::uint32_t descriptors_per_lane = 0;
  /// nullptr: a server if there is a `start_server`, otherwise nothing.
  target_kind (*target)(const parameter_values&) = nullptr;
  /// Returns why this cell cannot run on this machine, or "" if it can. Throws `error` (invalid)
  /// for invalid values or combinations of values. nullptr: every cell can run.
  std::string (*unsupported_reason)(const workload_request&) = nullptr;
  /// Connects once to the user's own server. Throws `error`. nullptr: a TCP connection to
  /// HOST:PORT.
  void (*try_endpoint)(const std::string&) = nullptr;
  /// Returns whether a parameter has an effect beside the values of the others. nullptr: always.
  bool (*uses)(const parameter_values&, std::string_view parameter) = nullptr;
  bool starts_programs = false;       ///< the cell's memory includes that of its programs
  const own_workload* own = nullptr;  ///< definition in the user's program, if it is one
};

/// Returns the parameters that describe an operation, as a user would write them: those without an
/// effect beside the others, and empty texts, are left out.
inline std::map<std::string, std::string> described_by(const workload_type& type,
                                                       const parameter_values& values) {
  std::map<std::string, std::string> described;
  for (const parameter& p : type.parameters)
    if (const std::string& text = values.text(p.name);
        !text.empty() && (type.uses == nullptr || type.uses(values, p.name)))
      described.emplace(p.name, text);
  return described;
}

/// Returns what operations with these parameters connect to.
inline target_kind target_of(const workload_type& type, const parameter_values& values) {
  if (type.target != nullptr) return type.target(values);
  return type.start_server != nullptr ? target_kind::server : target_kind::none;
}

}  // namespace crossover
