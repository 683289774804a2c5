#pragma once

#include <functional>
#include <memory>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {

/// Starts a server that leaves nothing behind. Calls `make_server` in a separate process, the
/// server supervisor, with the path of an empty directory in TMPDIR (or /tmp) that only this user
/// can enter. The supervisor destroys the server and removes the directory when the returned object
/// is destroyed, or when this process ends in any way (SIGKILL included). The calling process must
/// have a single thread. Throws `error` (failed) if `make_server` throws or no directory can be
/// created, `error` (resource) if no process can be created.
std::unique_ptr<workload_server> start_supervised(
    const std::function<std::unique_ptr<workload_server>(const std::string& directory)>&
        make_server);

}  // namespace crossover
