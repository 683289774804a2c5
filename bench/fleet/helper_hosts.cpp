#include "bench/fleet/helper_hosts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "bench/cell/replies.hpp"
#include "bench/measure/block.hpp"
#include "bench/results/sample_json.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using nlohmann::json;

class several_clients_arm final : public arm {
 public:
  several_clients_arm(std::unique_ptr<arm> own, helper_hosts& helpers, std::size_t clients,
                      client_request request)
      : own_(std::move(own)), helpers_(helpers), clients_(clients), request_(std::move(request)) {
    call_all("make", [] {});
  }

  void start() override {
    call_all("start", [this] { own_->start(); });
  }

  sample slice(const slice_plan& plan) override {
    // The others begin a message later, by less than the time of this one and its reply.
    const std::int64_t begin_ns = now_ns();
    call_all("cpu_s", [] {});
    const double skew_s = static_cast<double>(now_ns() - begin_ns) * 1e-9;
    request_.slice = plan;
    sample total;
    const std::vector<json> replies = call_all("slice", [&] { total = own_->slice(plan); });
    const std::optional<double> server_cpu_s = total.server_cpu_s;
    for (const json& reply : replies) {
      sample other = sample_from_json(reply.at("sample"));
      other.server_cpu_s = server_cpu_s;  // its window is added too
      add_slice(total, other);
    }
    total.client_skew_s = skew_s;
    return total;
  }

  /// Mean over the clients.
  std::optional<double> cpu_s() const override {
    std::optional<double> sum;
    const std::vector<json> replies = call_all("cpu_s", [&] { sum = own_->cpu_s(); });
    for (const json& reply : replies) {
      const auto other = optional_number<double>(reply.at("cpu_s"), "cpu_s");
      sum = sum && other ? std::optional(*sum + *other) : std::nullopt;
    }
    if (sum) *sum /= static_cast<double>(clients_);
    return sum;
  }

  /// Returns the greatest memory of a client.
  std::optional<std::uint64_t> finish() override {
    std::optional<std::uint64_t> greatest;
    const std::vector<json> replies = call_all("finish", [&] { greatest = own_->finish(); });
    for (const json& reply : replies)
      if (const auto other =
              optional_number<std::uint64_t>(reply.at("peak_rss_bytes"), "peak_rss_bytes"))
        greatest = std::max(greatest.value_or(0), *other);
    return greatest;
  }

  std::map<std::string, std::string> environment() const override { return own_->environment(); }
  std::vector<finding> findings() const override { return own_->findings(); }
  bool has_windows() const override { return own_->has_windows(); }

 private:
  /// Calls a member of the arms of all helpers and, at the same time, `own`. Returns the replies.
  /// Throws the first error when all have replied.
  template <typename Own>
  std::vector<json> call_all(const char* name, Own own) const {
    client_request request = request_;
    request.call = name;
    for (std::size_t helper = 1; helper < clients_; ++helper) {
      helpers_.send(helper, {{"client", to_json(request)}});
      ++request.slice.seed;  // arrivals and inputs of their own
    }
    std::optional<error> failure;
    const auto attempt = [&failure](const auto& step) {
      try {
        step();
      } catch (const error& e) {
        if (!failure) failure = e;
      }
    };
    std::vector<json> replies;
    attempt(own);
    for (std::size_t helper = 1; helper < clients_; ++helper)
      attempt([&] { replies.push_back(helpers_.receive(helper, "called")); });
    if (failure) throw *failure;
    return replies;
  }

  std::unique_ptr<arm> own_;
  helper_hosts& helpers_;
  std::size_t clients_;
  client_request request_;
};

}  // namespace

void helper_hosts::send(std::size_t helper, const json& request) {
  channel_.send(
      {{"helper", to_json(helper_request{helper, std::make_shared<const json>(request)})}});
}

json helper_hosts::receive(std::size_t helper, const char* expected) {
  for (;;) {
    const auto found = std::find_if(early_.begin(), early_.end(),
                                    [helper](const auto& reply) { return reply.helper == helper; });
    if (found != early_.end()) {
      const helper_request reply = *found;
      early_.erase(found);
      return reply_body(reply.message->dump(), expected, "another host");
    }
    const std::optional<std::string> line = channel_.next();
    if (!line) throw interrupted();
    early_.push_back(helper_request_from_json(reply_body(*line, "helped", "the harness")));
  }
}

server_state helper_hosts::ask_server(const server_request& request) {
  send(0, {{"server", to_json(request)}});
  return server_state_from_json(receive(0, "serving"));
}

std::unique_ptr<arm> several_clients(std::unique_ptr<arm> own, helper_hosts& helpers,
                                     std::size_t clients, client_request request) {
  return std::make_unique<several_clients_arm>(std::move(own), helpers, clients,
                                               std::move(request));
}

json call(arm& client, const client_request& request) {
  const auto or_null = [](const auto& number) { return number ? json(*number) : json(); };
  if (request.call == "start") {
    client.start();
    return json::object();
  }
  if (request.call == "slice") return {{"sample", to_json(client.slice(request.slice))}};
  if (request.call == "cpu_s") return {{"cpu_s", or_null(client.cpu_s())}};
  if (request.call == "finish") return {{"peak_rss_bytes", or_null(client.finish())}};
  throw error(error_kind::invalid, "expected 'make', 'start', 'slice', 'cpu_s' or 'finish'");
}

}  // namespace crossover
