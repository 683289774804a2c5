#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/cell/child_process.hpp"

namespace crossover {

/// Programs of others that do an operation of ours, for `limits` to measure against. Each runs on
/// the given CPUs and returns operations a second, or NaN where the program is not there or says
/// nothing.
double openssl_speed(const std::vector<int>& cpus, std::size_t bytes);
/// GET of `url` by wrk with one thread.
double wrk(const std::vector<int>& cpus, std::uint32_t connections, const std::string& url);
/// `pgbench -M prepared -S` with one thread, on tables that `prepare_pgbench` made.
double pgbench(const std::vector<int>& cpus, std::uint32_t connections, const std::string& url);
/// False where pgbench is not there or failed.
bool prepare_pgbench(const std::string& url);

/// An nginx with one worker that serves one file of `bytes`, the content that the workload
/// `download` has, on loopback, from a directory of its own; ends with this object.
class nginx_server {
 public:
  /// Throws `error` (unsupported) where there is no nginx, (failed) where it does not come up.
  nginx_server(const std::vector<int>& cpus, std::size_t bytes);
  ~nginx_server();
  const std::string& url() const { return url_; }

 private:
  std::string directory_, url_;
  std::unique_ptr<child_process> process_;
};

}  // namespace crossover
