#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace crossover {

/// Filter of cell or benchmark names, with the rules of Google Benchmark's `--benchmark_filter`: a
/// regular expression found anywhere in the name; a leading '-' inverts it. RE2 matches in linear
/// time, so no expression can run forever.
class name_filter {
 public:
  /// Empty or "all" keeps every name. Throws `error` (invalid) that names `flag` if `text` is not a
  /// regular expression.
  explicit name_filter(const std::string& text, std::string_view flag = "--benchmark_filter");
  bool keeps(const std::string& name) const;

 private:
  std::shared_ptr<const re2::RE2> regex_;
  bool negative_ = false;
};

/// Returns a regular expression that matches only these names, in both dialects that builds of
/// Google Benchmark use.
std::string exact_filter(std::span<const std::string> names);

}  // namespace crossover
