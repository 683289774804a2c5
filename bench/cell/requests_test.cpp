#include "bench/cell/requests.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace crossover {
namespace {

using nlohmann::json;

/// Returns a request as the cell process parses it from a line.
json sent(const json& body) { return json::parse(body.dump()); }

TEST(requests, a_preparation_is_read_as_it_was_written) {
  const json body = sent(to_json(cell_preparation{.workload = "sleep",
                                                  .parameters = {{"delay", "1ms"}},
                                                  .model = "serial",
                                                  .model_parameters = {{"speed", "high"}},
                                                  .cores = {0, 3},
                                                  .in_flight = 7,
                                                  .endpoint = "127.0.0.1:4000",
                                                  .trace = true,
                                                  .sampling_interval = 8,
                                                  .injected_delay_ns = 1.5}));
  EXPECT_EQ(body.size(), 10);
  EXPECT_EQ(to_json(preparation_from_json(body)), body);
}

TEST(requests, a_run_is_read_as_it_was_written) {
  const json open_loop = sent(to_json(run_request{.seconds = 2,
                                                  .rate = 50,
                                                  .seed = 9,
                                                  .lead_s = 0.5,
                                                  .stagger_s = 0.1,
                                                  .series = true,
                                                  .constant_gaps = true,
                                                  .trace = true}));
  EXPECT_EQ(open_loop.size(), 8);
  EXPECT_EQ(to_json(run_request_from_json(open_loop)), open_loop);
  const json counted = sent(to_json(run_request{.operations = 12}));
  EXPECT_EQ(counted, json({{"operations", 12}}));
  EXPECT_EQ(to_json(run_request_from_json(counted)), counted);
}

}  // namespace
}  // namespace crossover
