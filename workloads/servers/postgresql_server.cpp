#include "workloads/servers/postgresql_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <vector>

#include "workloads/base/child_exit.hpp"
#include "workloads/postgresql_connection.hpp"
#include "workloads/servers/supervisor.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;
using steady_clock = std::chrono::steady_clock;

/// User that the server runs as, because PostgreSQL refuses to run as root.
struct account {
  std::string name;
  uid_t uid;
  gid_t gid;
};

account unprivileged() {
  if (::geteuid() != 0) return {{}, ::geteuid(), ::getegid()};
  for (const char* name : {"postgres", "nobody"})
    if (const passwd* entry = ::getpwnam(name)) return {name, entry->pw_uid, entry->pw_gid};
  throw error(error_kind::failed,
              "PostgreSQL cannot run as root; create a user 'postgres' or 'nobody'");
}

/// Runs a PostgreSQL program as an account in `directory`; its output is appended to the log there.
class database_program {
 public:
  database_program(std::vector<std::string> command, const account& user,
                   const std::string& directory, const std::vector<int>& cpus) {
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : cpus) CPU_SET(cpu, &set);
    const std::string log = directory + "/log";
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw system_failure(error_kind::resource, "cannot fork for PostgreSQL", errno);
    if (pid_ > 0) return;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
    if (!user.name.empty() && (::initgroups(user.name.c_str(), user.gid) != 0 ||
                               ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0))
      ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which clears it
    if (::getppid() != parent || ::chdir(directory.c_str()) != 0) ::_exit(126);
    if (!cpus.empty()) ::sched_setaffinity(0, sizeof set, &set);
    ::setenv("LC_ALL", "C", 1);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::syscall(SYS_close_range, 3U, ~0U, 0U);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~database_program() {
    if (status_) return;
    ::kill(pid_, SIGQUIT);
    ::kill(pid_, SIGCONT);  // if it is stopped
    if (!wait(std::chrono::seconds(10))) {
      ::kill(pid_, SIGKILL);
      wait(std::chrono::seconds(10));
    }
  }
  database_program(const database_program&) = delete;
  database_program& operator=(const database_program&) = delete;

  /// Waits up to `timeout` for the program to exit; returns whether it has.
  bool wait(std::chrono::milliseconds timeout) {
    if (!status_) status_ = wait_for_exit(pid_, timeout);
    return status_.has_value();
  }
  bool succeeded() const { return status_ && WIFEXITED(*status_) && WEXITSTATUS(*status_) == 0; }

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// Returns the last line of a log that reports an error, or its last line.
std::string last_error_line(const std::string& path) {
  std::ifstream in(path);
  std::string last_line, error_line;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    last_line = line;
    for (const char* word : {"error", "FATAL", "could not"})
      if (line.find(word) != std::string::npos) error_line = line;
  }
  return error_line.empty() ? last_line : error_line;
}

std::string percent_encoded(const std::string& path) {
  std::string encoded;
  for (const char c : path)
    encoded += std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view("/-_.").find(c) != std::string_view::npos
                   ? std::string(1, c)
                   : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return encoded;
}

class postgresql_server final : public workload_server {
 public:
  postgresql_server(std::uint64_t rows, const server_config& config, const std::string& directory)
      : url_(fmt::format("postgresql:///postgres?host={}&user=crossover",
                         percent_encoded(directory))) {
    constexpr std::size_t max_length = 80;  // the path of a Unix socket has at most 107 characters
    if (directory.size() > max_length)
      throw error(error_kind::failed,
                  fmt::format("path too long for a Unix socket: {}; set TMPDIR to a shorter path",
                              directory));
    const std::string programs = find_postgresql();
    const account user = unprivileged();
    if (!user.name.empty() && ::chown(directory.c_str(), user.uid, user.gid) != 0)
      throw system_failure(error_kind::failed,
                           fmt::format("cannot change the owner of {} to {}", directory, user.name),
                           errno);
    const auto explain = [&](std::string_view program) {
      return error(error_kind::failed, fmt::format("{} in {} failed to start: {}", program,
                                                   directory, last_error_line(directory + "/log")));
    };

    // --no-clean: its server ends only after it, and must not lose its files before.
    database_program initdb(
        {programs + "/initdb", "-D", directory + "/data", "-U", "crossover", "--auth-local=trust",
         "--auth-host=reject", "-E", "UTF8", "--locale=C", "--no-sync", "--no-clean"},
        user, directory, config.cpus);
    if (!initdb.wait(std::chrono::seconds(50)) || !initdb.succeeded()) throw explain("initdb");

    std::vector<std::string> command = {
        programs + "/postgres", "-D", directory + "/data", "-k", directory, "-h", ""};
    for (const char* setting :
         {"fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
          "wal_level=minimal", "max_wal_senders=0", "unix_socket_permissions=0700",
          "max_parallel_workers_per_gather=0", "jit=off", "dynamic_shared_memory_type=mmap"}) {
      command.emplace_back("-c");
      command.emplace_back(setting);
    }
    command.emplace_back("-c");
    command.push_back(fmt::format("max_connections={}", max_postgresql_connections + 10));
    server_ = std::make_unique<database_program>(command, user, directory, config.cpus);
    for (const auto deadline = steady_clock::now() + std::chrono::seconds(30);
         libpq().PQping(url_.c_str()) != PQPING_OK;)
      if (server_->wait(std::chrono::milliseconds(10)) || steady_clock::now() > deadline)
        throw explain("postgres");

    const postgresql_connection connection = connect_postgresql(url_);
    make_postgresql_rows(connection.get(), "TABLE", rows);
    execute(connection.get(), "VACUUM (FREEZE, ANALYZE) crossover_rows");
  }
  std::string endpoint() const override { return url_; }

 private:
  std::string url_;
  std::unique_ptr<database_program> server_;
};

}  // namespace

std::string find_postgresql(std::span<const std::string> directories) {
  for (const std::string& directory : directories)
    if (::access((directory + "/initdb").c_str(), X_OK) == 0 &&
        ::access((directory + "/postgres").c_str(), X_OK) == 0)
      return directory;
  return {};
}

std::string find_postgresql() {
  std::vector<std::string> directories;
  if (const char* path = std::getenv("PATH")) {
    std::istringstream in(path);
    for (std::string directory; std::getline(in, directory, ':');)
      if (directory.starts_with('/')) directories.push_back(directory);
  }
  const std::size_t path_count = directories.size();
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored))
    directories.push_back(version.path() / "bin");
  for (const auto& entry : fs::directory_iterator("/usr", ignored))
    if (entry.path().filename().string().starts_with("pgsql-"))
      directories.push_back(entry.path() / "bin");
  std::sort(directories.begin() + static_cast<std::ptrdiff_t>(path_count), directories.end(),
            std::greater<>());
  return find_postgresql(directories);
}

std::unique_ptr<workload_server> start_postgresql_server(std::uint64_t rows,
                                                         const server_config& config) {
  return start_supervised([&](const std::string& directory) {
    return std::make_unique<postgresql_server>(rows, config, directory);
  });
}

}  // namespace crossover
