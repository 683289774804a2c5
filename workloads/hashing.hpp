#pragma once

#include <cstdint>
#include <vector>

namespace crossover {

/// Input of `hashing`: byte i is (131 i + i/256) mod 256, which is easy to compute in any language.
std::vector<unsigned char> hashing_input(std::uint64_t bytes);

}  // namespace crossover
