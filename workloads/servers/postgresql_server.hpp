#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {

/// Connections that the private server accepts.
constexpr std::uint32_t most_postgresql_connections = 1100;

/// The directory of PostgreSQL's own programs (initdb and postgres): the first of `directories`
/// that holds both, "" if none does.
std::string find_postgresql(std::span<const std::string> directories);
/// In PATH, then where distributions put them, the newest version first.
std::string find_postgresql();

/// The server of `query`: a private cluster in a directory of its own with a table of so many rows,
/// on a Unix socket that only this user can reach; run as an unprivileged user where this process
/// is root's. It keeps nothing safe from a crash: that is not what is measured. Server and
/// directory go with the fixture, or with this process however it ends. The endpoint is a
/// postgresql:// URL. The calling process has one thread. Throws `error` (failed).
std::unique_ptr<workload_server> start_postgresql_server(std::uint64_t rows,
                                                         const server_config& place);

}  // namespace crossover
