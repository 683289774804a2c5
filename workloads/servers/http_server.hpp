#pragma once

#include <cstdint>
#include <memory>

#include "workloads/workload.hpp"

namespace crossover {

/// Starts the server of `download`: HTTP/1.1, keep-alive. One thread on each configured CPU;
/// connections are distributed to them in turn. Throws `error` (failed) if it cannot listen.
///
/// GET /body?bytes=N: N bytes (at most 1 GiB) after `delay_ns`; byte i is (131 i + i/256) mod 256.
/// GET /: a line of text. Any other target: 404. Any other method: 405. Malformed HTTP: 400 and the
/// connection is closed.
std::unique_ptr<workload_server> start_http_server(std::uint64_t delay_ns,
                                                   const server_config& config);

}  // namespace crossover
