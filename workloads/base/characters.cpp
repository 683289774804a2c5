#include "workloads/base/characters.hpp"

#include <utf8.h>

#include <string>

namespace crossover {

std::size_t character_count(std::string_view text) {
  const std::string valid = utf8::replace_invalid(text);
  return static_cast<std::size_t>(utf8::distance(valid.begin(), valid.end()));
}

}  // namespace crossover
