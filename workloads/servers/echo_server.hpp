#pragma once

#include <cstdint>
#include <memory>

#include "workloads/workload.hpp"

namespace crossover {

/// Starts the server of `network`: TCP, messages of exactly `bytes`, each echoed `delay_ns` after
/// all of it has arrived. One thread with its own epoll on each configured CPU; connections are
/// distributed to them in turn. Throws `error` (failed) if it cannot listen.
std::unique_ptr<workload_server> start_echo_server(std::uint64_t bytes, std::uint64_t delay_ns,
                                                   const server_config& config);

}  // namespace crossover
