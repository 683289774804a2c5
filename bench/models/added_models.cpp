#include "bench/models/added_models.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <deque>

#include "workloads/base/command_words.hpp"

namespace crossover {
namespace {

/// A row of the model table, and what it refers to.
struct added_model {
  std::string name, summary;
  std::vector<std::string> command;
  model_type row;
};

void add(std::string name, std::string summary, std::vector<std::string> command, model_type row) {
  static std::deque<added_model> all;
  added_model& added =
      all.emplace_back(added_model{std::move(name), std::move(summary), std::move(command), row});
  added.row.name = added.name;
  added.row.summary = added.summary;
  added.row.command = added.command;
  add_model(added.row);
}

bool is_model_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

std::unique_ptr<model> refuse_program_model(const model_setup&) {
  throw error(error_kind::unsupported, "this model runs in another program");
}

}  // namespace

program_model parse_program_model(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || !is_model_name(text.substr(0, equals)))
    throw error(error_kind::invalid,
                "expected NAME=COMMAND, as in 'mine=./my_cell --fast'; a name has letters, digits, "
                "'_', '-' and '.'");
  program_model parsed{text.substr(0, equals), split_words(text.substr(equals + 1))};
  require_program(parsed.command);
  return parsed;
}

void add_program_model(const program_model& added) {
  model_type row{};
  row.prepare = refuse_program_model;
  row.workers = one_worker_per_lane;
  add(added.name, fmt::format("{}", fmt::join(added.command, " ")), added.command, row);
}

void add_command_model(const std::string& command, const model_type& through) {
  require_program(split_words(command));
  model_type row = through;
  row.runs_as = &through;
  add(command, fmt::format("this command, under {}", through.name), {}, row);
}

}  // namespace crossover
