#include "tools/peers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "workloads/base/command_words.hpp"
#include "workloads/base/error.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/hashing.hpp"

namespace crossover {
namespace {

/// Returns the standard output of a command, or "" if it fails.
std::string output_of(const std::string& command, double timeout_s) {
  try {
    return child_process(split_words(command)).read_to_end(child_process::duration(timeout_s));
  } catch (const error&) {  // not installed, for example
    return {};
  }
}

std::string taskset(const std::vector<int>& cpus) {
  return fmt::format("taskset -c {}", fmt::join(cpus, ","));
}

/// Each slice runs a program that prints its rate.
class client_arm final : public arm {
 public:
  /// `pattern` finds the rate in the output; times `unit` it is operations per second.
  client_arm(std::string name, std::function<std::string(int seconds)> command, const char* pattern,
             double unit = 1)
      : name_(std::move(name)), command_(std::move(command)), pattern_(pattern), unit_(unit) {}

  void start() override {}
  sample slice(const slice_plan& plan) override {
    const int seconds = std::max(1, static_cast<int>(plan.seconds));
    const std::string output = output_of(command_(seconds), seconds + 60);
    double rate = 0;
    if (!RE2::PartialMatch(output, pattern_, &rate))
      throw error(error_kind::unsupported,
                  fmt::format("{} printed no rate; is it installed?", name_));
    sample s;
    s.wall_s = seconds;
    s.operations = static_cast<std::uint64_t>(rate * unit_ * seconds);
    return s;
  }
  std::optional<double> cpu_s() const override { return 0; }  // no process lives between slices
  std::optional<std::uint64_t> finish() override { return std::nullopt; }

 private:
  std::string name_;
  std::function<std::string(int)> command_;
  const char* pattern_;
  double unit_;
};

std::uint16_t free_port() {
  const descriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof name;
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 ||
      ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&name), &length) != 0)
    throw system_failure(error_kind::failed, "no free port on 127.0.0.1", errno);
  return ntohs(name.sin_port);
}

}  // namespace

std::unique_ptr<arm> openssl_speed(const std::vector<int>& cpus, std::size_t bytes) {
  const auto command = [prefix = taskset(cpus), bytes](int seconds) {
    return fmt::format("{} openssl speed -elapsed -seconds {} -bytes {} -evp sha256", prefix,
                       seconds, bytes);
  };
  return std::make_unique<client_arm>("openssl", command, R"(([0-9.]+)k\s*$)",
                                      1000 / static_cast<double>(bytes));
}

std::unique_ptr<arm> wrk(const std::vector<int>& cpus, std::uint32_t connections,
                         const std::string& url) {
  const auto command = [prefix = taskset(cpus), connections, url](int seconds) {
    return fmt::format("{} wrk -t1 -c{} -d{}s {}", prefix, connections, seconds, url);
  };
  return std::make_unique<client_arm>("wrk", command, R"(Requests/sec:\s*([0-9.]+))");
}

std::unique_ptr<arm> pgbench(const std::vector<int>& cpus, std::uint32_t connections,
                             const std::string& url) {
  const auto command = [prefix = taskset(cpus), connections, url](int seconds) {
    return fmt::format("{} pgbench -n -M prepared -S -c {} -j 1 -T {} '{}'", prefix, connections,
                       seconds, url);
  };
  return std::make_unique<client_arm>("pgbench", command, R"(tps = ([0-9.]+))");
}

bool prepare_pgbench(const std::string& url) {
  try {
    child_process({"pgbench", "-i", "-q", "-s", "1", url}).read_to_end(child_process::duration(60));
    return true;
  } catch (const error&) {
    return false;
  }
}

nginx_server::nginx_server(const std::vector<int>& cpus, std::size_t bytes) {
  char name[] = "/tmp/crossover.XXXXXX";
  if (::mkdtemp(name) == nullptr)
    throw system_failure(error_kind::failed, "cannot create a directory under /tmp", errno);
  directory_ = name;
  try {
    const std::uint16_t port = free_port();
    std::ofstream(directory_ + "/nginx.conf") << fmt::format(
        "daemon off; master_process off; pid {0}/pid; error_log stderr;\n"
        "events {{ worker_connections 2048; }}\n"
        "http {{ access_log off; sendfile on; keepalive_requests 1000000000; client_body_temp_path "
        "{0}/b; proxy_temp_path {0}/p; fastcgi_temp_path "
        "{0}/f;\n"
        "  uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; open_file_cache max=10;\n"
        "  server {{ listen 127.0.0.1:{1} backlog=4096; root {0}; }} }}\n",
        directory_, port);
    const std::vector<unsigned char> body = hashing_input(bytes);
    std::ofstream(directory_ + "/body", std::ios::binary)
        .write(reinterpret_cast<const char*>(body.data()),
               static_cast<std::streamsize>(body.size()));
    process_ = std::make_unique<child_process>(std::vector<std::string>{
        "taskset", "-c", fmt::format("{}", fmt::join(cpus, ",")), "/usr/sbin/nginx", "-p",
        directory_, "-c", directory_ + "/nginx.conf"});
    url_ = fmt::format("http://127.0.0.1:{}/body", port);
    for (int attempt = 0;; ++attempt) {
      try {
        connect_first(fmt::format("127.0.0.1:{}", port));
        break;
      } catch (const error&) {
        if (attempt == 200)
          throw error(error_kind::unsupported,
                      "nginx did not start; is it installed? apt-get install nginx-light");
        ::usleep(10'000);
      }
    }
  } catch (...) {
    std::filesystem::remove_all(directory_);
    throw;
  }
}

nginx_server::~nginx_server() {
  process_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace crossover
