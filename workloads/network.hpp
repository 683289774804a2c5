#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace crossover {

/// Writes the message that lane `number` of `network` sends: byte i is (31 number + 7 i) mod 256.
void write_network_message(std::span<unsigned char> message, std::uint32_t number);
/// Overwrites the first 8 bytes (fewer in a short message) with the operation's number `turn`,
/// little-endian, so that an echo of an earlier message is detected.
void write_network_turn(std::span<unsigned char> message, std::uint64_t turn);

}  // namespace crossover
