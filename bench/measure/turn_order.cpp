#include "bench/measure/turn_order.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace crossover {
namespace {

/// Stands for a contest in the seed of a pass; other hosts have smaller numbers.
constexpr std::uint64_t no_contest = 0xffffffff;

}  // namespace

std::mt19937_64 generator_of(std::uint64_t seed, std::uint64_t number, std::uint64_t contest) {
  std::seed_seq words{seed & 0xffffffff, seed >> 32, number, contest};
  return std::mt19937_64(words);
}

void turn_order::add_earlier(std::size_t contest, std::uint64_t pass) {
  pass_ = std::max(pass_, pass);
  std::uint64_t& next = next_pass_[contest];
  next = std::max(next, pass + 1);
}

void turn_order::begin_pass(const std::deque<planned_contest>& contests) {
  order_.resize(contests.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::mt19937_64 random = generator_of(seed_, pass_, no_contest - host_);
  for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random() % i]);
  std::erase_if(order_, [&](std::size_t c) { return contests[c].settled; });
  double measured_s = 0;
  for (const std::size_t c : order_) measured_s += contests[c].measured_s;
  share_s_ = 2 * measured_s / static_cast<double>(order_.size());
  position_ = 0;
  any_ = false;
}

std::optional<std::size_t> turn_order::next(const std::deque<planned_contest>& contests,
                                            const due& is_due) {
  for (;;) {
    if (!std::exchange(is_begun_, true)) begin_pass(contests);
    while (position_ < order_.size()) {
      const std::size_t c = order_[position_++];
      if (contests[c].settled || !is_due(c, share_s_)) continue;
      any_ = true;
      std::uint64_t& next_pass = next_pass_[c];
      if (next_pass > pass_) continue;
      next_pass = pass_ + 1;
      return c;
    }
    is_begun_ = false;
    if (!any_) return std::nullopt;
    ++pass_;
  }
}

}  // namespace crossover
