#pragma once

#include <cstdint>
#include <string>

#include "bench/results/results.hpp"
#include "bench/results/sample_spool.hpp"
#include "workloads/base/atomic_file.hpp"

namespace crossover {

/// Writes the results after each block, so that they survive a killed process. Writing a document
/// of thousands of samples takes long: it is limited to a twentieth of the time. The harness of a
/// fleet has a fiftieth, because it must have time for many hosts.
class results_writer {
 public:
  /// Creates the file without samples, so that a run that starts now chooses another name. `lock`:
  /// that of a file to continue. Throws `error` (unwritable).
  results_writer(const std::string& file, bool replaces, file_lock lock, results& all);
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
  file_lock lock_;  ///< keeps `--resume` from the file
  results& all_;
  sample_spool spool_;
  std::int64_t pause_;  ///< after a write, in durations of the write
  bool is_empty_ = false, has_failed_ = false;
  std::int64_t next_ns_ = 0;
};

}  // namespace crossover
