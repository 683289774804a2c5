#pragma once

#include <string>
#include <thread>

#include "workloads/endpoint.hpp"

namespace crossover {

/// Echoes messages of 64 bytes: the first ones correctly, then with a bit of each byte flipped.
class lying_server {
 public:
  lying_server();
  const std::string& endpoint() const { return endpoint_; }

 private:
  void serve(const std::stop_token& stopping);

  std::string endpoint_;
  descriptor listener_;
  std::jthread thread_;  // last: it ends before the members that it uses
};

}  // namespace crossover
