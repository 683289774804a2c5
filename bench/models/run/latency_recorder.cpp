#include "bench/models/run/latency_recorder.hpp"

#include <algorithm>
#include <bit>
#include <boost/histogram/histogram.hpp>
#include <boost/histogram/make_histogram.hpp>
#include <mutex>
#include <span>
#include <tuple>
#include <vector>

namespace crossover {
namespace {

/// Log-linear axis over whole numbers for Boost.Histogram: one bin per value below 64, then 64 bins
/// of equal width per octave. Values from 2^41 ns (37 minutes) on share the last bin.
class log_linear_axis {
 public:
  static constexpr int sub_bits = 6;
  static constexpr int octaves = 41 - sub_bits;
  boost::histogram::axis::index_type index(std::uint64_t value) const {
    value = std::min(value, (std::uint64_t{1} << 41) - 1);
    if (value < (1U << sub_bits)) return static_cast<int>(value);
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - sub_bits;
    return (shift << sub_bits) + static_cast<int>(value >> shift);
  }
  boost::histogram::axis::index_type size() const { return (octaves + 1) << sub_bits; }
  std::uint64_t value(int index) const { return lower(index); }
  bool operator==(const log_linear_axis&) const = default;
  static std::uint64_t lower(int index) {
    if (index < (1 << sub_bits)) return static_cast<std::uint64_t>(index);
    const int shift = (index >> sub_bits) - 1;
    return static_cast<std::uint64_t>((index & ((1 << sub_bits) - 1)) + (1 << sub_bits)) << shift;
  }
};

using histogram = decltype(boost::histogram::make_histogram_with(std::vector<std::uint64_t>(),
                                                                 log_linear_axis()));

}  // namespace

struct latency_recorder::shard {
  std::mutex mutex;
  histogram bins =
      boost::histogram::make_histogram_with(std::vector<std::uint64_t>(), log_linear_axis());
  std::uint64_t count = 0;
  std::uint64_t max = 0;
  double sum = 0;

  void fill(std::span<const std::uint64_t> values) {
    const std::lock_guard lock(mutex);
    for (const std::uint64_t value : values) {
      bins(value);
      max = std::max(max, value);
      sum += static_cast<double>(value);
    }
    count += values.size();
  }
};

latency_recorder::latency_recorder(std::uint32_t shards)
    : count_(std::max(1U, shards)), shards_(std::make_unique<shard[]>(std::max(1U, shards))) {}
latency_recorder::~latency_recorder() = default;

void latency_recorder::buffer::flush() {
  recorder_->shards_[worker_ % recorder_->count_].fill({values_.data(), used_});
  used_ = 0;
}

void latency_recorder::add(const latency_distribution& recorded) {
  shard& s = shards_[0];
  const std::lock_guard lock(s.mutex);
  for (const latency_bin& bin : recorded.bins)
    s.bins.at(log_linear_axis().index(bin.lower_ns)) += bin.count;
  const std::uint64_t count = recorded.count();
  s.count += count;
  s.max = std::max(s.max, recorded.max_ns);
  s.sum += recorded.mean_ns * static_cast<double>(count);
}

latency_distribution latency_recorder::take() {
  latency_distribution total;
  std::uint64_t count = 0;
  double sum = 0;
  histogram& all = shards_[0].bins;
  for (std::uint32_t i = 0; i < count_; ++i) {
    shard& s = shards_[i];
    const std::lock_guard lock(s.mutex);
    if (s.count == 0) continue;
    if (i > 0) {
      all += s.bins;
      s.bins.reset();
    }
    total.max_ns = std::max(total.max_ns, s.max);
    count += s.count;
    sum += s.sum;
    s.count = s.max = 0;
    s.sum = 0;
  }
  if (count == 0) return total;
  for (int i = 0; i < log_linear_axis().size(); ++i)
    if (const std::uint64_t n = all.at(i); n > 0)
      total.bins.push_back({log_linear_axis::lower(i), log_linear_axis::lower(i + 1), n});
  all.reset();
  total.mean_ns = sum / static_cast<double>(count);
  return total;
}

}  // namespace crossover
