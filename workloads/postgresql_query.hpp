#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {

/// Looks up rows in the PostgreSQL server at `url`, which delays each reply by `delay_ns`
/// (pg_sleep, resolution 1 ms). If the server has no table `crossover_rows` (the user's own
/// server), each connection fills a temporary one, so that nothing is left behind.
std::unique_ptr<workload> make_postgresql_query(std::uint64_t rows, std::uint64_t delay_ns,
                                                const std::string& url);

/// Connects once. Throws `error` (invalid) if `url` is not a postgresql:// URL, `error` (failed) if
/// the connection fails.
void try_postgresql(const std::string& url);

}  // namespace crossover
