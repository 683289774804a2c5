#include "bench/measure/benchmark_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/measure/name_filter.hpp"
#include "bench/results/benchmark_rows.hpp"
#include "bench/results/json_text.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {

namespace {

/// Interval between two looks for the end of a process while no row can show it.
constexpr double exit_check_s = 0.01;
/// Length of the turns while two processes start: neither is frozen between them.
constexpr double start_turn_s = 0.001;

std::vector<std::string> command_of(const benchmark_start& start, int rows) {
  return {start.program,
          "--benchmark_filter=" + exact_filter(start.names),
          fmt::format("--benchmark_repetitions={}", start.repetitions),
          "--benchmark_min_time=" + start.min_time,
          fmt::format("--benchmark_out=/proc/{}/fd/{}", ::getpid(), rows),
          "--benchmark_out_format=json"};
}

std::vector<std::string> variables_of(const benchmark_start& start) {
  return {"CROSSOVER_LAYOUT=" + start.layout, "CROSSOVER_SLOWER=" + start.slower,
          // Versions before 1.6 would refuse it as a flag.
          fmt::format("BENCHMARK_ENABLE_RANDOM_INTERLEAVING={}", start.interleaves)};
}

}  // namespace

/// Reads Google Benchmark's JSON while it is written. The library writes the context when the
/// start-up is over, and the rows of a benchmark when its last repetition has ended.
class benchmark_process::document : public json_events {
 public:
  explicit document(const std::vector<std::string>& names) {
    for (const std::string& name : names) awaited_[name] = true;
  }

  void begin_object() override { begin(true); }
  void begin_array() override { begin(false); }
  void key(std::string_view name) override { tree_.key(name); }
  void scalar(nlohmann::json value) override { tree_.scalar(std::move(value)); }
  void end() override {
    tree_.end();
    --depth_;
    if (depth_ == 1) has_context_ = true;
    if (depth_ != 2 || !tree_.innermost().is_array()) return;
    const nlohmann::json& row = tree_.innermost().back();
    rows_.add(row);
    const auto name = row.find(row.contains("run_name") ? "run_name" : "name");
    if (const auto awaited = awaited_.find(name->get<std::string>()); awaited != awaited_.end())
      finished_ += std::exchange(awaited->second, false);
    tree_.innermost().clear();
  }

  /// Adds written text, in whole lines as far as it has any. Throws `error` (unreadable).
  void add(std::string_view text) {
    partial_line_ += text;
    const std::size_t end = partial_line_.rfind('\n');
    if (end != std::string::npos) add_lines(end + 1);
  }
  /// Ends the document and returns its results.
  results finish() {
    add_lines(partial_line_.size());
    return rows_.finish(root_);
  }

  bool has_context() const { return has_context_; }
  std::size_t finished() const { return finished_; }

 private:
  void begin(bool is_object) {
    ++depth_;
    is_object ? tree_.begin_object() : tree_.begin_array();
  }
  void add_lines(std::size_t length) {
    std::string lines = partial_line_.substr(0, length);
    partial_line_.erase(0, length);
    nulls_for_infinities(lines);
    if (!parser_.add(lines))
      throw error(error_kind::unreadable, "--benchmark_out is not Google Benchmark's JSON");
  }

  nlohmann::json root_;
  json_tree tree_{root_};
  json_parser parser_{*this};
  benchmark_rows_reader rows_;
  std::map<std::string, bool> awaited_;  ///< benchmarks, and whether they have no row yet
  std::string partial_line_;
  std::size_t depth_ = 0, finished_ = 0;
  bool has_context_ = false;
};

benchmark_process::benchmark_process(benchmark_start start)
    : start_(std::move(start)),
      document_(std::make_unique<document>(start_.names)),
      seconds_(start_.names.size() + 3) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw system_failure(error_kind::resource, "cannot create a pipe", errno);
  rows_.reset(ends[0]);
  rows_of_child_.reset(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  process_.emplace(command_of(start_, ends[1]), child_options{.discards_output = true,
                                                              .cpu = start_.cpu,
                                                              .variables = variables_of(start_),
                                                              .image = start_.image,
                                                              .is_guarded = true});
}

benchmark_process::~benchmark_process() = default;

void benchmark_process::run(std::size_t stage, double seconds) {
  stage = std::min(stage, last_stage());
  if (stage_ >= stage) return;
  process_->thaw();
  const std::int64_t begin_ns = now_ns();
  std::int64_t last_ns = begin_ns;
  while (stage_ < stage) {
    const double left_s = seconds - static_cast<double>(last_ns - begin_ns) * 1e-9;
    if (left_s <= 0) break;
    await_rows(std::min(left_s, start_.timeout_s));
    if (was_interrupted()) throw interrupted();
    const std::int64_t now = now_ns();
    seconds_[stage_] += static_cast<double>(now - std::exchange(last_ns, now)) * 1e-9;
    advance();
    if (stage_ < last_stage() && seconds_[stage_] > start_.timeout_s) {
      fail(fmt::format("the process was killed: no result within {:.3g} s", start_.timeout_s));
      has_timed_out_ = true;
    }
  }
  if (stage_ > 0 && stage_ < last_stage()) process_->freeze();
}

/// Waits up to `seconds` for rows or, after the last, for the end of the process.
void benchmark_process::await_rows(double seconds) {
  if (!rows_) {
    process_->wait(child_process::duration(std::min(seconds, exit_check_s)));
    return;
  }
  // Only a process that has opened its output closes it when it ends.
  if (rows_of_child_) seconds = std::min(seconds, exit_check_s);
  const double whole_s = std::floor(seconds);
  const timespec timeout{static_cast<time_t>(whole_s),
                         static_cast<long>((seconds - whole_s) * 1e9)};
  pollfd watched[2] = {{rows_.get(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
  ::ppoll(watched, 2, &timeout, nullptr);
}

/// Takes note of what the process has done.
void benchmark_process::advance() {
  const bool has_exited = process_->wait(child_process::duration(0));
  try {
    read_available();
  } catch (const error& e) {
    return fail(e.what());
  }
  if (!has_exited) return;
  if (!process_->has_succeeded()) return fail(process_->exit_failure().what());
  stage_ = last_stage();
}

void benchmark_process::read_available() {
  char chunk[65536];
  while (rows_) {
    const ssize_t n = ::read(rows_.get(), chunk, sizeof chunk);
    if (n < 0) break;
    if (n == 0) return rows_.reset();
    document_->add({chunk, static_cast<std::size_t>(n)});
  }
  if (!document_->has_context()) return;
  rows_of_child_.reset();
  stage_ = 1 + document_->finished();
}

void benchmark_process::fail(const std::string& reason) {
  failure_ = reason;
  process_->kill_group();
  stage_ = last_stage();
}

std::map<std::string, cell_result> benchmark_process::outcomes() {
  results written;
  try {
    written = document_->finish();
  } catch (const error& e) {
    if (failure_.empty()) failure_ = e.what();
  }
  environment_ = std::move(written.environment);
  std::map<std::string, cell_result> outcomes;
  for (cell_result& cell : written.cells) {
    const auto name = std::find(start_.names.begin(), start_.names.end(), cell.name);
    if (name != start_.names.end()) outcomes[cell.name] = std::move(cell);
  }
  const auto fails = [&](const std::string& name, const std::string& reason) {
    cell_result& cell = outcomes[name];
    cell.name = name;
    cell.status = cell_status::failed;
    cell.reason = reason;
  };
  if (stage_ < last_stage()) return outcomes;
  if (failure_.empty()) {
    for (const std::string& name : start_.names)
      if (!outcomes.contains(name)) fails(name, "the program did not run this benchmark");
  } else if (outcomes.size() == start_.names.size() || !document_->has_context()) {
    // It failed when it ended, or before it began.
    for (const std::string& name : start_.names) fails(name, failure_);
  } else if (start_.names.size() == 1 || !start_.interleaves) {
    fails(*std::find_if(start_.names.begin(), start_.names.end(),
                        [&](const std::string& name) { return !outcomes.contains(name); }),
          failure_);
  }
  return outcomes;
}

void take_turns(const std::array<benchmark_process*, 2>& sides, double turn_s,
                std::mt19937_64& random) {
  const auto any = [&](const auto& condition) {
    return std::any_of(sides.begin(), sides.end(), condition);
  };
  const auto behind = [&](std::size_t stage) {
    return any([stage](const benchmark_process* side) { return side->stage() < stage; });
  };
  while (behind(1))
    for (benchmark_process* const side : sides) side->run(1, start_turn_s);
  for (std::size_t stage = 2; stage <= sides[0]->last_stage(); ++stage)
    for (std::size_t first = 0; behind(stage); first = random() % 2)
      for (const std::size_t side : {first, 1 - first, 1 - first, first}) {
        if (any([](const benchmark_process* p) { return p->has_failed(); })) return;
        sides[side]->run(stage, turn_s);
      }
}

}  // namespace crossover
