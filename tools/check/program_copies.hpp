#pragma once

#include <array>
#include <random>
#include <string>
#include <vector>

#include "tools/check/links.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

/// Copies of two programs for one block; empty: the programs themselves are started.
using copy_pair = std::array<descriptor, 2>;

/// Copies two programs for each block. A file keeps its place in memory as long as the system
/// caches it, and the place can change a program's speed by percents. With new copies in every
/// block, either side can get the better place.
///
/// A copy has no name and ends with the last process that has it open, however that ends. It is in
/// the program's own directory, so that $ORIGIN stays right.
class program_copier {
 public:
  /// `obstacle`: why the caller cannot start copies; "": it can.
  explicit program_copier(const side_links& programs, std::string obstacle = {});

  /// Returns copies made in random order; empty descriptors if copies cannot be started. Throws
  /// `error` (resource).
  copy_pair copy(const std::array<std::string, 2>& programs, std::mt19937_64& random) const;

  /// Returns why copies of these programs cannot be started, with the name of the first such
  /// program; "": they can.
  const std::string& obstacle() const { return obstacle_; }

  /// Adds a remark to a check whose blocks have no copies of their own.
  void add_note(std::vector<std::string>& notes) const;

 private:
  std::string obstacle_;
};

}  // namespace crossover
