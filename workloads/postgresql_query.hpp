#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {

/// Looks rows up in the PostgreSQL server at `url`; a reply takes the server `delay_ns` (pg_sleep,
/// to the ms). Where the server has no table `crossover_rows` (a user's server), each connection
/// fills a temporary one: nothing is left there.
std::unique_ptr<workload> make_postgresql_query(std::uint64_t rows, std::uint64_t delay_ns,
                                                const std::string& url);

/// Connects once. Throws `error` (invalid) for what is no postgresql:// URL, `error` (failed) for a
/// server that refuses.
void try_postgresql(const std::string& url);

}  // namespace crossover
