#pragma once

#include <cstdint>
#include <vector>

namespace crossover {

/// The bytes that `hashing` digests: byte i is (131 i + i/256) mod 256, so that a cell in any
/// language can make them.
std::vector<unsigned char> hashing_input(std::uint64_t bytes);

}  // namespace crossover
