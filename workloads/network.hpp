#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace crossover {

/// The message that lane `number` of `network` sends as its `turn`-th operation, written into
/// `message`: byte i is (31 number + 7 i) mod 256, and its first 8 bytes (or fewer) are `turn`,
/// little-endian, so that a stale echo is found out.
void write_network_message(std::span<unsigned char> message, std::uint32_t number);
void write_network_turn(std::span<unsigned char> message, std::uint64_t turn);

}  // namespace crossover
