#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {

/// Looks up rows in the database file at `path`, which `start_sqlite_file` created. Blocking only.
std::unique_ptr<workload> make_sqlite_query(std::uint64_t rows, const std::string& path);

/// Creates a database file in a private directory. Both are removed with the returned object, or
/// when this process ends in any way. The endpoint is the file's path. The calling process must
/// have a single thread. Throws `error` (failed), for example if the disk is full.
std::unique_ptr<workload_server> start_sqlite_file(std::uint64_t rows);

}  // namespace crossover
