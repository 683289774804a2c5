#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {

/// Looks rows up in the database file at `path`, which `start_sqlite_file` made.
/// It has a blocking form alone.
std::unique_ptr<workload> make_sqlite_query(std::uint64_t rows, const std::string& path);

/// A database file in a private directory of its own, which goes with the fixture, or with this
/// process however it ends. Its endpoint is its path. The calling process has one thread. Throws
/// `error` (failed), as for a full disk.
std::unique_ptr<workload_server> start_sqlite_file(std::uint64_t rows);

}  // namespace crossover
