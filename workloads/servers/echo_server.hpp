#pragma once

#include <cstdint>
#include <memory>

#include "workloads/workload.hpp"

namespace crossover {

/// The server of `network`: TCP, messages of exactly `bytes`, each echoed whole, `delay_ns` after
/// it has arrived whole. One thread with an epoll of its own on each of the place's CPUs;
/// connections are dealt to them in turn. Throws `error` (failed) when it cannot listen.
std::unique_ptr<workload_server> start_echo_server(std::uint64_t bytes, std::uint64_t delay_ns,
                                                   const server_config& place);

}  // namespace crossover
