#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "bench/models/model.hpp"

namespace crossover {
namespace {

bool is_executable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

/// Returns whether PATH has this program.
bool on_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "");
  for (std::string directory; std::getline(directories, directory, ':');)
    if (is_executable(directory + "/" + std::string(program))) return true;
  return false;
}

/// Cell programs that this build includes, because it found their compilers.
bool is_built(std::string_view program) {
  std::istringstream built(CROSSOVER_BUILT_CELLS);
  for (std::string name; std::getline(built, name, ',');)
    if (name == program) return true;
  return false;
}

std::string missing_program(std::string_view program, std::string_view package) {
  if (on_path(program)) return {};
  return std::string(program) + " not found in PATH: apt-get install " + std::string(package);
}

std::string missing_cell(std::string_view program, std::string_view package) {
  if (is_built(program)) return {};
  return "built without " + std::string(program) + ": apt-get install " + std::string(package) +
         ", then build again";
}

std::string unsupported_workload(const cell_request& cell, std::string_view language,
                                 std::initializer_list<std::string_view> known) {
  if (std::find(known.begin(), known.end(), cell.type->name) != known.end()) return {};
  return "the " + std::string(language) + " cell does not support " + std::string(cell.type->name);
}

std::string unsupported_by_python(const cell_request& cell) {
  if (std::string reason = unsupported_workload(
          cell, "CPython", {"noop", "sleep", "hashing", "network", "download", "mixed"});
      !reason.empty())
    return reason;
  if (cell.type->name == "hashing" && cell.workload_values->text("releases_gil") != "false")
    return "CPython's hashlib decides whether a digest releases the lock: 'releases_gil' is not "
           "supported";
  static const std::string missing = missing_program("python3", "python3");
  return missing;
}

/// Returns why a cell with the four workloads of every language cannot run, or "" if it can.
std::string unsupported_by(const cell_request& cell, std::string_view language,
                           const std::string& missing) {
  std::string reason =
      unsupported_workload(cell, language, {"sleep", "hashing", "network", "mixed"});
  return reason.empty() ? missing : reason;
}

std::string unsupported_by_node(const cell_request& cell) {
  static const std::string missing = missing_program("node", "nodejs");
  return unsupported_by(cell, "Node.js", missing);
}

std::string unsupported_by_go(const cell_request& cell) {
  return unsupported_by(cell, "Go", missing_cell("go_cell", "golang-go"));
}

std::string unsupported_by_libuv(const cell_request& cell) {
  return unsupported_by(cell, "libuv", missing_cell("libuv_cell", "libuv1-dev"));
}

std::string unsupported_by_java(const cell_request& cell) {
  std::string missing = missing_cell("java_cell.jar", "default-jdk-headless");
  if (missing.empty()) missing = missing_program("java", "default-jre-headless");
  return unsupported_by(cell, "Java", missing);
}

std::string unsupported_by_rust(const cell_request& cell) {
  return unsupported_by(
      cell, "Rust", missing_cell("rust_cell", "cargo librust-tokio-dev librust-serde-json-dev"));
}

/// Returns Debian's interpreter, which has Debian's packages, if there is one.
std::vector<std::string> python() {
  return {is_executable("/usr/bin/python3") ? "/usr/bin/python3" : "python3"};
}
std::vector<std::string> node() { return {"node"}; }
/// The virtual machine writes no files: no log of a crash in the working directory, no figures for
/// other tools in /tmp.
std::vector<std::string> java() {
  return {"java", "-XX:ErrorFile=/dev/null", "-XX:-UsePerfData", "-jar"};
}

/// A cell program, which is one model or several.
struct cell_program {
  std::string_view file;
  std::vector<std::string> (*interpreter)();
  std::string (*unsupported_reason)(const cell_request&);
};
constexpr cell_program python_cell = {"python_cell.py", python, unsupported_by_python},
                       node_cell = {"node_cell.mjs", node, unsupported_by_node},
                       go_cell = {"go_cell", nullptr, unsupported_by_go},
                       libuv_cell = {"libuv_cell", nullptr, unsupported_by_libuv},
                       java_cell = {"java_cell.jar", java, unsupported_by_java},
                       rust_cell = {"rust_cell", nullptr, unsupported_by_rust};

/// Never prepared in this program: the cell process is another one.
std::unique_ptr<model> refuse_to_prepare(const model_setup&) {
  throw error(error_kind::unsupported,
              "this model runs in a cell process in another language: start the one in "
              "tools/cells");
}

constexpr model_type model_of(const cell_program& cell, std::string_view name,
                              std::string_view summary, decltype(model_type::workers) workers,
                              bool forks = false) {
  return {.name = name,
          .summary = summary,
          .parameters = {},
          .prepare = refuse_to_prepare,
          .unsupported_reason = cell.unsupported_reason,
          .workers = workers,
          .forks = forks,
          .program = cell.file,
          .interpreter = cell.interpreter};
}

}  // namespace

extern const model_type python_asyncio_model, python_threads_model, python_processes_model,
    python_uvloop_model, python_trio_model, python_gevent_model, node_loop_model,
    node_workers_model, node_cluster_model, go_goroutines_model, c_libuv_model, java_threads_model,
    rust_tokio_model;
constinit const model_type python_asyncio_model =
    model_of(python_cell, "python_asyncio", "CPython: tasks on asyncio's event loop", one_worker);
constinit const model_type python_threads_model =
    model_of(python_cell, "python_threads", "CPython: threads under its global interpreter lock",
             one_worker_per_lane);
constinit const model_type python_processes_model =
    model_of(python_cell, "python_processes", "CPython: forked workers, one interpreter each",
             one_worker_per_lane, true);
constinit const model_type python_uvloop_model =
    model_of(python_cell, "python_uvloop",
             "CPython: asyncio's tasks on uvloop, which is libuv's loop", one_worker);
constinit const model_type python_trio_model =
    model_of(python_cell, "python_trio", "CPython: trio's tasks in one nursery", one_worker);
constinit const model_type python_gevent_model =
    model_of(python_cell, "python_gevent",
             "CPython: gevent's greenlets, with blocking calls that switch", one_worker);
constinit const model_type node_loop_model =
    model_of(node_cell, "node_loop", "Node.js: async functions on its event loop", one_worker);
constinit const model_type node_workers_model =
    model_of(node_cell, "node_workers", "Node.js: one worker thread per core, a loop in each",
             one_worker_per_core);
constinit const model_type node_cluster_model =
    model_of(node_cell, "node_cluster", "Node.js: one process per core (cluster), a loop in each",
             one_worker_per_core);
constinit const model_type go_goroutines_model =
    model_of(go_cell, "go_goroutines", "Go: goroutines, scheduled on one thread per core",
             one_worker_per_core);
constinit const model_type c_libuv_model =
    model_of(libuv_cell, "c_libuv", "libuv: callbacks on one loop per core", one_worker_per_core);
constinit const model_type java_threads_model =
    model_of(java_cell, "java_threads", "Java: one platform thread per operation in flight",
             one_worker_per_lane);
constinit const model_type rust_tokio_model =
    model_of(rust_cell, "rust_tokio", "Rust: tokio's tasks on its work-stealing threads",
             one_worker_per_core);

}  // namespace crossover
