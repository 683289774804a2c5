#pragma once

#include <cstdint>
#include <string_view>

namespace crossover {

/// FNV-1a (Fowler, Noll & Vo): a hash of the text that is the same in every run and on every
/// machine.
constexpr std::uint64_t fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace crossover
