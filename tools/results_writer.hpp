#pragma once

#include <cstdint>
#include <string>

#include "bench/results/results.hpp"
#include "bench/results/sample_spool.hpp"

namespace crossover {

/// Writes the results after each block, so that they survive a killed process. Writing a document
/// of thousands of samples takes long: it is limited to a twentieth of the time. The harness of a
/// fleet has a fiftieth, because it must have time for many hosts.
class results_writer {
 public:
  /// Creates the file without samples, so that a run that starts now chooses another name. Throws
  /// `error` (unwritable).
  results_writer(const std::string& file, bool replaces, results& all);
  /// Removes the file if the run failed before its first block.
  ~results_writer();
  results_writer(const results_writer&) = delete;
  results_writer& operator=(const results_writer&) = delete;

  const std::string& file() const { return file_; }

  /// Stores the new samples on the disk. Returns why the file could not be written for the first
  /// time: the disk may have space later.
  std::string save();
  void finish() { write(); }

 private:
  void write();

  std::string file_;
  results& all_;
  sample_spool spool_;
  std::int64_t pause_;  ///< after a write, in durations of the write
  bool is_empty_ = false, has_failed_ = false;
  std::int64_t next_ns_ = 0;
};

}  // namespace crossover
