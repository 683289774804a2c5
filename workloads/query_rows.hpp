#pragma once

#include <cstdint>
#include <string>

namespace crossover {

/// The table of `query`: rows 1 to n of {id, value, label}. Value and label follow from the id, so
/// that each result can be checked.
inline std::int64_t row_value(std::uint64_t id) {
  return static_cast<std::int64_t>(id * 2654435761U % 4294967296U);
}
inline std::string row_label(std::uint64_t id) { return "row " + std::to_string(id); }

/// Sequence of ids that a lane looks up (Knuth's MMIX generator, seeded with the lane's number).
class row_keys {
 public:
  explicit row_keys(std::uint32_t lane) : state_(lane) {}
  std::uint64_t next(std::uint64_t rows) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return 1 + (state_ >> 33) % rows;
  }

 private:
  std::uint64_t state_;
};

}  // namespace crossover
