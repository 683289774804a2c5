#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/reference/shard.hpp"
#include "workloads/hashing.hpp"

namespace crossover {
namespace {

/// Calls `operate` with the pace of each lane in turn, until it has returned false for all of them.
template <typename Operation>
void run_in_turn(shard_lanes& lanes, Operation operate) {
  std::vector<std::size_t> going;
  while (!going.empty() || !lanes.all_begun()) {
    if (going.empty()) wait_until(lanes.next_begin_ns());
    lanes.begin_due([&](std::size_t j) { going.push_back(j); });
    for (std::size_t i = 0; i < going.size();) {
      trace_running(lanes.number(going[i]));
      if (operate(lanes.pace(going[i])))
        ++i;
      else
        going.erase(going.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

class noop_shard final : public reference_shard {
 public:
  using reference_shard::reference_shard;
  void run_loop(tally& worker) override {
    // A lane runs a stretch at a time: there is nothing to wait for.
    run_in_turn(lanes_, [&](lane_pace& pace) {
      for (std::uint32_t& left = pace.stretch_left(); left > 0; --left) worker.slot.count_one();
      return pace.end_stretch(worker);
    });
  }
};

/// A plain EVP loop.
class hashing_shard final : public reference_shard {
 public:
  hashing_shard(std::uint64_t bytes, const std::string& algorithm, const shard_lanes& lanes)
      : reference_shard(lanes),
        input_(hashing_input(bytes)),
        digest_(EVP_MD_fetch(nullptr, algorithm.c_str(), nullptr), &EVP_MD_free),
        context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    std::size_t length = 0;
    if (!digest_ || !context_ ||
        EVP_Q_digest(nullptr, algorithm.c_str(), nullptr, input_.data(), input_.size(),
                     expected_.data(), &length) != 1)
      throw error(error_kind::unsupported,
                  "this OpenSSL has no digest '" + algorithm + "'; choose another algorithm");
  }

  void run_loop(tally& worker) override {
    run_in_turn(lanes_, [&](lane_pace& pace) {
      std::array<unsigned char, EVP_MAX_MD_SIZE> result;
      unsigned length = 0;
      EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr);
      EVP_DigestUpdate(context_.get(), input_.data(), input_.size());
      if (EVP_DigestFinal_ex(context_.get(), result.data(), &length) != 1 ||
          std::memcmp(result.data(), expected_.data(), length) != 0)
        throw error(error_kind::failed,
                    "a digest differs from the reference digest of the same bytes");
      return pace.done(worker);
    });
  }

 private:
  std::vector<unsigned char> input_;
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> digest_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::array<unsigned char, EVP_MAX_MD_SIZE> expected_{};
};

}  // namespace

std::unique_ptr<reference_shard> make_noop_shard(const model_setup&, const shard_lanes& lanes) {
  return std::make_unique<noop_shard>(lanes);
}

std::unique_ptr<reference_shard> make_hashing_shard(const model_setup& setup,
                                                    const shard_lanes& lanes) {
  return std::make_unique<hashing_shard>(setup.workload_values.number("bytes"),
                                         setup.workload_values.text("algorithm"), lanes);
}

}  // namespace crossover
