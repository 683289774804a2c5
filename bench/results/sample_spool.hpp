#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/results.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/scratch_file.hpp"

namespace crossover {

/// Form of the results file: spaces per level, and the objects and arrays around a row of Google
/// Benchmark and around a sample.
constexpr int file_indent = 1;
constexpr std::size_t depth_of_row = 2, depth_of_sample = 5;

/// Texts of a run's samples, as its results file has them. They are on the disk, so that neither
/// memory nor the time to write the file once more grows with the latency distributions.
class sample_spool {
 public:
  /// `directory`: of the private file that has the texts.
  explicit sample_spool(const std::filesystem::path& directory) : file_(directory) {}

  /// Stores the samples that were added to cells since the last call. A stored sample keeps the
  /// numbers that metrics, findings and statistics read. Samples that do not fit on the disk stay
  /// whole.
  void store_new(results& all);

  /// Returns the sample's `benchmark_figures`; nullopt if it is not stored.
  std::optional<std::string> figures(std::size_t cell, std::size_t number) const;
  /// Returns the sample's text; nullopt if it is not stored.
  std::optional<std::string> text(std::size_t cell, std::size_t number) const;

 private:
  struct place {
    std::uint64_t offset = 0;
    std::uint32_t figures_size = 0, text_size = 0;  ///< 0: not stored
  };
  place store(const cell_result& cell, sample& measured);
  place place_of(std::size_t cell, std::size_t number) const;

  scratch_file file_;
  std::vector<std::vector<place>> places_;  ///< by cell and number of the sample
};

/// Like the functions without a spool, with the texts of the samples that `value` has only in part.
/// `write_results` returns the lock of the file.
void write_document(const results& value, document_content content, int indent,
                    const std::function<void(std::string_view)>& take, const sample_spool* spool);
file_lock write_results(const std::filesystem::path& file, const results& value,
                        const sample_spool* spool);

}  // namespace crossover
