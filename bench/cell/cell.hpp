#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "bench/cell/arrival_schedule.hpp"
#include "bench/cell/requests.hpp"
#include "bench/cell/run_tracer.hpp"
#include "bench/models/model.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// The cell that a cell process measures: prepares it, runs it and reports its samples.
class cell {
 public:
  /// `prepare` accepts only `models`; if `model` is given, it runs that one under any name.
  cell(std::span<const model_type* const> models, const model_type* model)
      : models_(models), only_model_(model) {}

  /// Returns the reply to a request (PROTOCOL.md). Throws `error`, and whatever an operation
  /// throws.
  nlohmann::json handle(const nlohmann::json& request);
  /// Returns whether it has handled `finish`.
  bool is_finished() const { return finished_; }

 private:
  nlohmann::json prepare(const nlohmann::json& body);
  nlohmann::json run(const nlohmann::json& body);
  nlohmann::json finish();
  const model_type& find_type(const std::string& name) const;
  run_plan plan_of(const run_request& request);
  sample sample_of(const run_plan& plan, run_outcome& outcome, double rate) const;

  std::span<const model_type* const> models_;
  const model_type* only_model_;
  std::unique_ptr<run_tracer> tracer_;
  bool traced_ = false;
  arrival_schedule arrivals_;
  std::unique_ptr<model> model_;
  std::uint32_t cores_ = 1;
  std::uint32_t programs_ = 0;  ///< number that the operations run at once
  std::uint32_t sampling_interval_ = 1;
  bool chooses_interval_ = true;        ///< after the first run of a closed loop
  std::int64_t injected_delay_ns_ = 0;  ///< busy-wait after each operation
  bool finished_ = false;
  std::string checksum_;
  std::string open_loop_refusal_;  ///< why the model runs no open loop; "" if it does
};

}  // namespace crossover
