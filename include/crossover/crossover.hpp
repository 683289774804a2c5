#pragma once

// Measure your own operations under every concurrency model: docs/own_workload.md.
//
// Promised to users are `program`, `own_workload`, `own_parameter`, `parameters`, `require`,
// `operation_error` and the waits of workloads/waits.hpp. The rest of the included files may
// change.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// A parameter of your workload. The spelling of the default gives its type: "640" is a number,
/// "64KiB" a size, "10ms" a duration, "fast|best" a choice whose default is the first word;
/// anything else is a text.
struct own_parameter {
  std::string name;
  std::string default_value;
  std::string description = {};  ///< shown by `list`
};

/// Parameters of a cell: `number("width")` returns a number, a size in bytes or a duration in ns;
/// `text("file")` returns any of them as text. Both throw `error` if there is no such parameter.
struct parameters : parameter_values {
  parameters(const parameter_values& values, std::string address)
      : parameter_values(values), endpoint(std::move(address)) {}
  std::chrono::nanoseconds duration(std::string_view name) const {
    return std::chrono::nanoseconds(number(name));
  }

  /// Address of the server, HOST:PORT; "" without one. For a server: the address to listen on.
  std::string endpoint;
};

/// Ends the cell unless the result of an operation is right.
inline void require(bool is_right) {
  if (!is_right) throw error(error_kind::failed, "an operation had a wrong result");
}

/// Calls an operation that returns nothing, or whether its result is right.
template <typename Run, typename... State>
void run_and_check(Run& run, State&... state) {
  if constexpr (std::is_same_v<std::invoke_result_t<Run&, State&...>, bool>)
    require(run(state...));
  else
    run(state...);
}

/// State of a lane, returned by `open`.
template <typename State>
struct own_lane final : lane {
  template <typename Open>
  explicit own_lane(Open&& open) : state(std::forward<Open>(open)()) {}
  State state;
};

/// Workload whose operations are the calls of a function.
template <typename Open, typename Run>
class own_operations final : public workload {
 public:
  own_operations(parameters cell, Open open, Run run, std::shared_ptr<async_form> async)
      : cell_(std::move(cell)),
        open_(std::move(open)),
        run_(std::move(run)),
        async_(std::move(async)) {}
  std::unique_ptr<lane> open_lane(std::uint32_t) override {
    return std::make_unique<lane_type>([this] { return open_(cell_); });
  }
  void run_blocking(lane& base) override {
    run_and_check(run_, static_cast<lane_type&>(base).state);
  }
  async_form* async() override { return async_.get(); }

 private:
  using lane_type = own_lane<std::invoke_result_t<Open&, const parameters&>>;

  const parameters cell_;
  Open open_;
  Run run_;
  std::shared_ptr<async_form> async_;
};

/// Server of a workload, in its own process.
template <typename Server>
class own_server final : public workload_server {
 public:
  template <typename Start>
  explicit own_server(Start&& start) : server_(std::forward<Start>(start)()) {}
  std::string endpoint() const override { return server_.endpoint(); }

 private:
  Server server_;
};

/// A workload of your program. Each member function adds a part and returns the workload.
class own_workload {
 public:
  own_workload(std::string name, std::vector<own_parameter> parameters);
  own_workload(const own_workload&) = delete;
  own_workload& operator=(const own_workload&) = delete;

  /// Description of an operation, shown by `list`.
  own_workload& summary(std::string text);

  /// The operation as a coroutine, for models with an event loop; without it, they run the blocking
  /// form and block their loop. `open(loop, cell)` returns the state of a lane on a
  /// `boost::asio::io_context&`; `run(state)` returns `awaitable_operation`. Include
  /// <crossover/coroutines.hpp>.
  template <typename Open, typename Run>
  own_workload& async(Open open, Run run);
  /// The same for an operation that computes first, so that the model `offload` can compute on
  /// another thread: `compute(state)` returns as the blocking form does, `wait(state)` as above.
  template <typename Open, typename Compute, typename Wait>
  own_workload& async(Open open, Compute compute, Wait wait);

  /// The server that the operations talk to. `start(cell)` listens on `cell.endpoint` (port 0: any
  /// free port) and returns an object. Its `endpoint()` is the address to connect to; its
  /// destructor ends the server.
  template <typename Start>
  own_workload& server(Start start) {
    start_server_ = [start = std::move(start)](const parameters& cell) {
      using server_type = std::invoke_result_t<const Start&, const parameters&>;
      return std::make_unique<own_server<server_type>>([&] { return start(cell); });
    };
    return *this;
  }

  /// Shortest time of an operation, if it waits for a known time. It gives the page the upper limit
  /// of the throughput.
  own_workload& least_time(std::function<std::chrono::nanoseconds(const parameters&)> time);

 private:
  friend class program;
  struct trampolines;
  using start_function = std::function<std::unique_ptr<workload_server>(const parameters&)>;
  using make_async_function = std::function<std::shared_ptr<async_form>(const parameters&)>;
  using make_function =
      std::function<std::unique_ptr<workload>(const parameters&, std::shared_ptr<async_form>)>;

  /// Returns the row of the registry. Throws `error` (invalid) for a malformed name or parameter.
  const workload_type& type();

  std::string name_, summary_ = "your own operation";
  std::vector<own_parameter> own_parameters_;
  std::vector<parameter> rows_;
  make_function make_;
  make_async_function make_async_;
  start_function start_server_;
  std::function<std::chrono::nanoseconds(const parameters&)> least_time_;
  workload_type type_ = {};
};

#ifndef CROSSOVER_CELLS
#define CROSSOVER_CELLS ""
#endif

/// An executable with every subcommand of `crossover` and your own workloads.
class program {
 public:
  /// `name`: as messages show it. `cells`: directory of the cells in other languages; CMake knows
  /// it.
  explicit program(std::string name, std::string cells = CROSSOVER_CELLS);
  ~program();

  /// Adds a workload. `open(cell)` returns the operation, a callable without arguments. It is
  /// called once per operation in flight, so that what the operation owns is never shared; cell is
  /// the `parameters`. The operation returns nothing, or whether its result is right: a wrong
  /// result ends the cell. It may throw `operation_error("phase", "NAME")`, which is counted; any
  /// other exception ends the cell.
  template <typename Open>
  own_workload& add(std::string name, std::vector<own_parameter> parameters, Open open) {
    return add(std::move(name), std::move(parameters), std::move(open),
               [](auto& operation) { return operation(); });
  }

  /// Adds a workload of operations `run(state)`. `open(cell)` returns the state that one operation
  /// in flight owns, for example its connection.
  template <typename Open, typename Run>
  own_workload& add(std::string name, std::vector<own_parameter> parameters, Open open, Run run) {
    own_workload& added = add(std::move(name), std::move(parameters));
    added.make_ = [open = std::move(open), run = std::move(run)](
                      const crossover::parameters& cell,
                      std::shared_ptr<async_form> async) -> std::unique_ptr<workload> {
      return std::make_unique<own_operations<Open, Run>>(cell, open, run, std::move(async));
    };
    return added;
  }

  /// Runs the subcommand that the arguments name. Returns the exit code.
  int main(int count, char** arguments);

 private:
  own_workload& add(std::string name, std::vector<own_parameter> parameters);

  std::string name_, cells_;
  std::vector<std::unique_ptr<own_workload>> workloads_;
};

}  // namespace crossover
