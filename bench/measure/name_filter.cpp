#include "bench/measure/name_filter.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "workloads/base/error.hpp"

namespace crossover {

name_filter::name_filter(const std::string& text, std::string_view flag) {
  if (text.empty() || text == "all") return;
  negative_ = text.starts_with('-');
  regex_ = std::make_shared<const RE2>(negative_ ? text.substr(1) : text, RE2::Quiet);
  if (!regex_->ok())
    throw error(error_kind::invalid,
                fmt::format("{}={}: not a regular expression: {}", flag, text, regex_->error()));
}

bool name_filter::keeps(const std::string& name) const {
  return regex_ == nullptr || RE2::PartialMatch(name, *regex_) != negative_;
}

std::string exact_filter(std::span<const std::string> names) {
  std::string expression = "^(";
  for (const std::string& name : names) {
    if (expression.size() > 2) expression += '|';
    for (const char c : name) {
      if (std::string_view(".[]{}()*+?^$|\\").find(c) != std::string_view::npos) expression += '\\';
      expression += c;
    }
  }
  return expression + ")$";
}

}  // namespace crossover
