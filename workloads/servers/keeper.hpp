#pragma once

#include <functional>
#include <memory>
#include <string>

#include "workloads/workload.hpp"

namespace crossover {

/// A fixture that leaves nothing behind. `make` is called in a process of its own, the keeper, with
/// the path of an empty directory that only this user may enter. When the returned fixture goes, or
/// when this process ends in whatever way (SIGKILL too), the keeper destroys what `make` returned
/// and removes the directory. The directory is made in TMPDIR, or /tmp. The calling process has one
/// thread. What `make` throws is thrown here, and so is `error` (failed) where no directory can be
/// made.
std::unique_ptr<workload_server> start_supervised(
    const std::function<std::unique_ptr<workload_server>(const std::string& directory)>& make);

}  // namespace crossover
