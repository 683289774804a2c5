#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/cell/child_process.hpp"
#include "bench/measure/arm.hpp"

namespace crossover {

// External programs that `limits` compares against. Each function returns an arm whose slices run
// one on the given CPUs, for at least one second. A slice throws `error` (unsupported) if the
// program is missing or prints no figure.

/// SHA-256 of `bytes` by `openssl speed`.
std::unique_ptr<arm> openssl_speed(const std::vector<int>& cpus, std::size_t bytes);
/// GET of `url` by `wrk` with one thread.
std::unique_ptr<arm> wrk(const std::vector<int>& cpus, std::uint32_t connections,
                         const std::string& url);
/// `pgbench -M prepared -S` with one thread, on the tables of `prepare_pgbench`.
std::unique_ptr<arm> pgbench(const std::vector<int>& cpus, std::uint32_t connections,
                             const std::string& url);
/// Creates the tables of pgbench. Returns false if pgbench is missing or failed.
bool prepare_pgbench(const std::string& url);

/// An nginx with one worker on loopback that serves one file of `bytes` with the content of the
/// `download` workload. It uses a temporary directory and stops with this object.
class nginx_server {
 public:
  /// Throws `error` (unsupported) if nginx does not start, (failed) if there is no free port or no
  /// temporary directory.
  nginx_server(const std::vector<int>& cpus, std::size_t bytes);
  ~nginx_server();
  const std::string& url() const { return url_; }

 private:
  std::string directory_, url_;
  std::unique_ptr<child_process> process_;
};

}  // namespace crossover
