#pragma once

#include <cstdint>
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

class async_form;  // workloads/async_form.hpp: kept apart since it needs Boost.Asio

/// The state that one in-flight operation owns: its socket, its buffers. A lane runs one operation
/// at a time.
class lane {
 public:
  virtual ~lane() = default;
  lane() = default;
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;
};

/// An operation that went wrong in a way that counts: a reset connection, an HTTP status. It is
/// counted by name, apart from the operations, and the run goes on. A *wrong result* is an `error`
/// (failed) instead: it ends the cell.
class operation_error : public std::runtime_error {
 public:
  /// `phase` says where ("connect", "send", "receive"), `name` what ("ECONNRESET").
  operation_error(std::string_view phase, std::string_view name)
      : std::runtime_error(std::string(phase) + ":" + std::string(name)) {}
  operation_error(std::string_view phase, int errno_value)
      : operation_error(phase, errno_name(errno_value)) {}
};

/// WHAT is done. Made once in the cell process; its members are called from many threads at a time,
/// each with lanes of its own.
class workload {
 public:
  virtual ~workload() = default;
  /// Opens lane `number` for blocking operations, in the thread or process that will use it. Throws
  /// `error`.
  virtual std::unique_ptr<lane> open_lane(std::uint32_t number) = 0;
  /// One operation, its result checked. Throws `operation_error` or `error` (failed).
  virtual void run_blocking(lane& mine) = 0;
  /// The same operation as a coroutine, or nullptr: a CPU-bound workload has none and runs inline
  /// on a loop.
  virtual async_form* async() { return nullptr; }
  /// What the operations' results come to, for comparison between models ("" where there is nothing
  /// to say).
  virtual std::string checksum() const { return {}; }
};

/// A running server that a workload talks to. The destructor stops it.
class workload_server {
 public:
  virtual ~workload_server() = default;
  /// "127.0.0.1:4000"
  virtual std::string endpoint() const = 0;
};

/// Where a fixture listens and how much of the machine it may use.
struct server_config {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any that is free
  std::vector<int> cpus;   ///< one thread on each
};

/// What the operations of a cell talk to.
enum class target_kind {
  none,
  file,    ///< one that the fixture makes, and removes when it ends; nobody works in it
  server,  ///< the fixture, or a server of the user's
};

/// What the plan tells a workload of a cell, to hear whether it can be.
struct workload_request {
  const parameter_values* values = nullptr;
  std::uint32_t in_flight = 1;
  bool external_server = false;  ///< the user named a server of his own for it
};

/// A workload's row in the registry: all that plans, pages and checks need to know of it.
struct workload_type {
  std::string_view name;
  std::string_view summary;
  std::span<const parameter> parameters;
  /// `endpoint` is "" for a workload without fixture.
  std::unique_ptr<workload> (*make)(const parameter_values&, const std::string& endpoint);
  /// The least time that an operation can take by its parameters, in s (0: unknown). in flight /
  /// this is the ceiling of throughput.
  double (*min_operation_s)(const parameter_values&);
  /// nullptr for a workload that needs no server.
  std::unique_ptr<workload_server> (*start_server)(const parameter_values&, const server_config&);
  /// File descriptors that a lane holds.
  std::uint32_t descriptors_per_lane = 0;
  /// nullptr: a server, where there is a `start_server`.
  target_kind (*target)(const parameter_values&) = nullptr;
  /// Why this cell cannot be on this machine ("" when it can). Throws `error` (invalid) for values
  /// that make no sense, each alone or together. nullptr: it always can.
  std::string (*unsupported_reason)(const workload_request&) = nullptr;
  /// Tries a server of the user's once. Throws `error`. nullptr: a TCP connection to HOST:PORT.
  void (*try_endpoint)(const std::string&) = nullptr;
};

inline target_kind target_of(const workload_type& type, const parameter_values& values) {
  if (type.target != nullptr) return type.target(values);
  return type.start_server != nullptr ? target_kind::server : target_kind::none;
}

}  // namespace crossover
