#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {

/// Maximum number of connections to the private server.
constexpr std::uint32_t max_postgresql_connections = 1100;

/// Returns the first of `directories` that contains PostgreSQL's initdb and postgres, or "".
std::string find_postgresql(std::span<const std::string> directories);
/// Searches PATH, then the directories used by distributions, newest version first.
std::string find_postgresql();

/// Starts the server of `query`: a private cluster with a table of `rows` rows, in its own
/// directory and on a Unix socket that only this user can access. Runs as an unprivileged user if
/// this process is root. Durability is off, because it is not measured. Server and directory are
/// removed with the returned object, or when this process ends in any way. The endpoint is a
/// postgresql:// URL. The calling process must have a single thread. Throws `error` (failed).
std::unique_ptr<workload_server> start_postgresql_server(std::uint64_t rows,
                                                         const server_config& config);

}  // namespace crossover
