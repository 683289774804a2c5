#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <utility>

#include "bench/fleet/host_channel.hpp"
#include "bench/fleet/host_messages.hpp"
#include "bench/measure/arm.hpp"

namespace crossover {

/// The hosts that take part in the block of this one: helper 0 runs the server, the others run
/// clients. The harness passes the messages on.
class helper_hosts {
 public:
  explicit helper_hosts(host_channel& channel) : channel_(channel) {}

  void send(std::size_t helper, const nlohmann::json& request);
  /// Returns the member `expected` of a helper's next reply. Throws `error` of the kind that the
  /// helper reported, and `interrupted`.
  nlohmann::json receive(std::size_t helper, const char* expected);
  /// Sends a request to helper 0, which runs the server.
  server_state ask_server(const server_request& request);

 private:
  host_channel& channel_;
  std::deque<helper_request> early_;  ///< replies that came before those of other helpers
};

/// Returns an arm that runs the cell on this host and on helpers 1 to `clients - 1` at once. Its
/// samples add up the windows of all.
std::unique_ptr<arm> several_clients(std::unique_ptr<arm> own, helper_hosts& helpers,
                                     std::size_t clients, client_request request);

/// Calls the member of an arm that the request names. Returns the body of the reply.
nlohmann::json call(arm& client, const client_request& request);

}  // namespace crossover
