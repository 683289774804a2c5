#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

#include "workloads/async_form.hpp"
#include "workloads/base/child_exit.hpp"
#include "workloads/base/command_words.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

namespace asio = boost::asio;
using loop_descriptor = asio::posix::basic_stream_descriptor<loop_executor>;

constexpr std::array command_parameters = {
    parameter{"run", parameter_kind::text, "true", 0, 0, {}, "program and its arguments, no shell"},
};

/// Keeps what a program writes to its standard error, to explain a failure.
struct process_lane : lane {
  process_lane() : errors(::memfd_create("standard error", MFD_CLOEXEC)) {
    if (!errors) throw system_failure(error_kind::resource, "cannot keep standard error", errno);
  }

  void clear_errors() {
    if (::lseek(errors.get(), 0, SEEK_END) == 0) return;
    (void)!::ftruncate(errors.get(), 0);
    ::lseek(errors.get(), 0, SEEK_SET);
  }

  descriptor errors;
};

struct process_loop_lane final : process_lane {
  explicit process_loop_lane(asio::io_context& loop) : watched(loop) {}
  loop_descriptor watched;
};

descriptor open_pidfd(pid_t pid) {
  descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) throw operation_error("pidfd_open", errno);
  return pidfd;
}

int exit_status_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw operation_error("wait", errno);
  return status;
}

/// Attributes and file actions of the programs: standard input is empty, standard output is
/// discarded, signals have their default actions.
class spawn_settings {
 public:
  explicit spawn_settings(int errors) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t ignored;
    ::sigemptyset(&ignored);
    ::sigaddset(&ignored, SIGPIPE);
    ::sigaddset(&ignored, SIGXFSZ);
    ::posix_spawnattr_setsigdefault(&attributes, &ignored);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_settings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

class command final : public workload, public async_form {
 public:
  explicit command(const std::string& text) : text_(text), words_(split_words(text)) {
    for (std::string& word : words_) arguments_.push_back(word.data());
    arguments_.push_back(nullptr);
    ::sched_getaffinity(0, sizeof cpus_, &cpus_);
  }

  std::unique_ptr<lane> open_lane(std::uint32_t) override {
    return std::make_unique<process_lane>();
  }

  void run_blocking(lane& base) override {
    auto& lane = static_cast<process_lane&>(base);
    const pid_t pid = start(lane);
    if (current_hooks() != nullptr) wait_until_ready(open_pidfd(pid).get(), false);
    check(lane, exit_status_of(pid));
  }

  async_form* async() override { return this; }

  std::unique_ptr<lane> open_async_lane(asio::io_context& loop, std::uint32_t) override {
    return std::make_unique<process_loop_lane>(loop);
  }

  awaitable_operation run_async(lane& base) override {
    auto& lane = static_cast<process_loop_lane&>(base);
    const pid_t pid = start(lane);
    lane.watched.assign(open_pidfd(pid).release());
    co_await lane.watched.async_wait(loop_descriptor::wait_read, awaited);
    lane.watched.close();
    check(lane, exit_status_of(pid));
  }

 private:
  /// Starts the program on all CPUs of the cell: a loop's thread is bound to one of them.
  pid_t start(process_lane& lane) {
    lane.clear_errors();
    cpu_set_t bound;
    ::sched_getaffinity(0, sizeof bound, &bound);
    const bool is_bound = CPU_EQUAL(&bound, &cpus_) == 0;
    if (is_bound) ::sched_setaffinity(0, sizeof cpus_, &cpus_);
    const spawn_settings settings(lane.errors.get());
    pid_t pid = 0;
    const int failure = ::posix_spawnp(&pid, arguments_[0], &settings.actions, &settings.attributes,
                                       arguments_.data(), environ);
    if (is_bound) ::sched_setaffinity(0, sizeof bound, &bound);
    if (failure == ENOENT || failure == EACCES)
      throw system_failure(error_kind::failed, fmt::format("cannot start '{}'", text_), failure);
    if (failure != 0) throw operation_error("spawn", failure);
    return pid;
  }

  void check(process_lane& lane, int status) const {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    const std::string ending = WIFEXITED(status)
                                   ? fmt::format("exited with status {}", WEXITSTATUS(status))
                                   : fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                                                 ::strsignal(WTERMSIG(status)));
    const std::string last = last_line(lane.errors.get());
    throw error(error_kind::failed,
                fmt::format("'{}' {}{}", text_, ending, last.empty() ? "" : "; stderr: " + last));
  }

  std::string text_;
  std::vector<std::string> words_;
  std::vector<char*> arguments_;
  cpu_set_t cpus_;  ///< of the cell
};

}  // namespace

extern const workload_type command_workload;
constinit const workload_type command_workload = {
    .name = "command",
    .summary = "start a program and wait for it",
    .parameters = command_parameters,
    .make = [](const parameter_values& values, const std::string&) -> std::unique_ptr<workload> {
      return std::make_unique<command>(values.text("run"));
    },
    .min_operation_s = [](const parameter_values&) { return 0.0; },
    .start_server = nullptr,
    .descriptors_per_lane = 2,
    .unsupported_reason = [](const workload_request& cell) -> std::string {
      // Several commands are contenders: each then replaces the model's name (`add_command_model`).
      if (const std::string& text = cell.values->text("run"); !text.empty())
        require_program(split_words(text));
      return {};
    },
    .starts_programs = true,
};

}  // namespace crossover
