#include <array>
#include <string>

#include "tools/fuzzing/target.hpp"

namespace crossover {
namespace {

constexpr std::array targets = {
    fuzz_target{"check", "json", fuzz_check},     fuzz_target{"protocol", "json", fuzz_protocol},
    fuzz_target{"replies", "http", fuzz_replies}, fuzz_target{"results", "json", fuzz_results},
    fuzz_target{"servers", "http", fuzz_servers}, fuzz_target{"words", "words", fuzz_words},
};

}  // namespace

std::span<const fuzz_target> all_fuzz_targets() { return targets; }

const fuzz_target& find_fuzz_target(std::string_view name) {
  std::string names;
  for (const fuzz_target& target : targets) {
    if (target.name == name) return target;
    names += " " + std::string(target.name);
  }
  throw std::invalid_argument("no fuzz target '" + std::string(name) + "'; there are:" + names);
}

}  // namespace crossover
