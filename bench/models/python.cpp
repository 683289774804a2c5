#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "bench/models/model.hpp"

namespace crossover {
namespace {

/// Returns whether PATH has this program.
bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "");
  for (std::string directory; std::getline(directories, directory, ':');)
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

std::string python_unsupported_reason(const cell_request& cell) {
  constexpr std::array<std::string_view, 6> known = {"noop",    "sleep",    "hashing",
                                                     "network", "download", "mixed"};
  if (std::find(known.begin(), known.end(), cell.type->name) == known.end())
    return "the CPython cell does not support " + std::string(cell.type->name);
  if (cell.type->name == "hashing" && cell.workload_values->text("releases_gil") != "false")
    return "CPython's hashlib decides whether a digest releases the lock: 'releases_gil' is not "
           "supported";
  static const bool installed = on_path("python3");
  return installed ? "" : "python3 not found in PATH: apt-get install python3";
}

/// Never prepared in this program: the cell process is CPython itself.
std::unique_ptr<model> refuse_to_prepare(const model_setup&) {
  throw error(error_kind::unsupported,
              "this model runs in a CPython cell process: start tools/cells/python_cell.py");
}

}  // namespace

extern const model_type python_asyncio_model, python_threads_model, python_processes_model;
constinit const model_type python_asyncio_model = {
    .name = "python_asyncio",
    .summary = "CPython: tasks on asyncio's event loop",
    .parameters = {},
    .prepare = refuse_to_prepare,
    .unsupported_reason = python_unsupported_reason,
    .workers = one_worker,
    .script = "python_cell.py",
};
constinit const model_type python_threads_model = {
    .name = "python_threads",
    .summary = "CPython: threads under its global interpreter lock",
    .parameters = {},
    .prepare = refuse_to_prepare,
    .unsupported_reason = python_unsupported_reason,
    .workers = one_worker_per_lane,
    .script = "python_cell.py",
};
constinit const model_type python_processes_model = {
    .name = "python_processes",
    .summary = "CPython: forked workers, one interpreter each",
    .parameters = {},
    .prepare = refuse_to_prepare,
    .unsupported_reason = python_unsupported_reason,
    .workers = one_worker_per_lane,
    .forks = true,
    .script = "python_cell.py",
};

}  // namespace crossover
