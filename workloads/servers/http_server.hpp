#pragma once

#include <cstdint>
#include <memory>

#include "workloads/workload.hpp"

namespace crossover {

/// The server of `download`: HTTP/1.1, keep-alive. GET /body?bytes=N is answered after `delay_ns`
/// with N bytes (at most 1 GiB), byte i of them (131 i + i/256) mod 256; GET / with a line of text;
/// all else with 404, another method with 405, what is no HTTP with 400 and a close. One thread on
/// each of the place's CPUs; connections are dealt to them in turn. Throws `error` (failed) when it
/// cannot listen.
std::unique_ptr<workload_server> start_http_server(std::uint64_t delay_ns,
                                                   const server_config& place);

}  // namespace crossover
