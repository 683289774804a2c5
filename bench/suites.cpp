#include "bench/suites.hpp"

#include <fmt/format.h>

#include <array>

#include "workloads/nearest.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

std::vector<named_parameters> named(std::initializer_list<std::string_view> texts) {
  std::vector<named_parameters> parsed;
  for (const std::string_view text : texts) parsed.push_back(parse_named_parameters(text));
  return parsed;
}

std::vector<named_parameters> every_model() {
  std::vector<named_parameters> models;
  for (const model_type* type : all_models()) models.push_back({std::string(type->name), {}});
  return models;
}

std::vector<named_parameters> every_workload() {
  std::vector<named_parameters> workloads;
  for (const workload_type* type : all_workloads()) workloads.push_back({std::string(type->name), {}});
  return workloads;
}

const std::initializer_list<std::string_view> contenders = {"serial", "event_loop", "shared_loop", "thread_pool", "processes", "reference"};

std::vector<matrix> standard_matrices(const machine& here) {
  const auto cores = standard_cores(here);
  return {
      {named({"sleep"}), named(contenders), cores, {64}},
      {named({"hashing"}), named(contenders), cores, {16}},
      {named({"network"}), named(contenders), cores, {64}},
      {named({"network"}), named({"event_loop", "thread_pool", "processes", "reference"}), {1}, {1, 8, 512}},
      {named({"sleep"}), named({"event_loop", "thread_pool", "reference"}), {1}, {1, 1024}},
      {named({"noop"}), named({"event_loop", "thread_pool", "processes", "reference"}), {1}, {64}},
  };
}

std::vector<matrix> quick_matrices(const machine& here) {
  const std::vector<std::uint32_t> ends = here.usable() == 1 ? std::vector<std::uint32_t>{1} : std::vector<std::uint32_t>{1, here.usable()};
  return {{named({"sleep", "hashing", "network"}), named({"event_loop", "thread_pool", "processes", "reference"}), ends, {16}}};
}

std::vector<matrix> thorough_matrices(const machine& here) {
  return {{every_workload(), every_model(), standard_cores(here), {1, 8, 64, 512}},
          {named({"sleep:delay=1ms", "sleep:delay=100ms", "network:delay=1ms", "network:bytes=16KiB", "hashing:bytes=4KiB"}), every_model(),
           standard_cores(here), {64}}};
}

std::vector<matrix> check_matrices(const machine&) {
  // One core each: where threads are placed on several is not the program's doing, and moves figures by tens of percents.
  return {
      {named({"noop"}), named({"serial", "event_loop", "shared_loop", "thread_pool", "processes"}), {1}, {64}},
      {named({"hashing:bytes=4KiB"}), named({"serial", "event_loop", "thread_pool", "processes", "reference"}), {1}, {16}},
      {named({"network"}), named({"event_loop", "shared_loop", "thread_pool", "processes", "reference"}), {1}, {64}},
      {named({"network"}), named({"event_loop", "reference"}), {1}, {1}},
      {named({"sleep:delay=1ms"}), named({"event_loop", "thread_pool", "reference"}), {1}, {64}},
  };
}

const std::array suites = {
    suite{"standard", "the default: what each model makes of waiting, computing and talking", 0.2, 5, standard_matrices},
    suite{"quick", "a first look (--quick)", 0.1, 3, quick_matrices},
    suite{"check", "what check compares of two programs when nothing is said: 20 short cells", 0.1, 5, check_matrices},
    suite{"thorough", "every workload, model, core count and many in flight (--thorough)", 1.0, 10, thorough_matrices},
};

}  // namespace

std::span<const suite> all_suites() { return suites; }

const suite& find_suite(std::string_view name) {
  std::vector<std::string> names;
  for (const suite& s : suites) {
    if (s.name == name) return s;
    names.emplace_back(s.name);
  }
  throw error(error_kind::invalid, fmt::format("unknown suite '{}': {}", name, suggestion(name, names)));
}

}  // namespace crossover
