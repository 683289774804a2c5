#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstring>
#include <map>

#include "workloads/async_form.hpp"
#include "workloads/hashing.hpp"
#include "workloads/registry.hpp"
#include "workloads/servers/echo_server.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

using steady_clock = std::chrono::steady_clock;
using loop_timer =
    boost::asio::basic_waitable_timer<steady_clock, boost::asio::wait_traits<steady_clock>,
                                      loop_executor>;

constexpr std::array mixed_parameters = {
    parameter{"cpu",
              parameter_kind::duration,
              "100us",
              0,
              10'000'000'000,
              {},
              "CPU time per operation (hashing, calibrated on this machine)"},
    parameter{"wait",
              parameter_kind::duration,
              "1ms",
              0,
              60'000'000'000,
              {},
              "duration of the wait after the CPU work"},
    parameter{"io", parameter_kind::choice, "sleep", 0, 0, "sleep|network",
              "wait on a timer, or on a delayed server reply"},
    parameter{"long",
              parameter_kind::duration,
              "0",
              0,
              10'000'000'000,
              {},
              "CPU time on lane 0 instead: one long operation among short ones"},
};

/// Calibration rounds of 20 ms: another process may keep the CPU busy for a second.
constexpr int max_rounds = 60;
/// Unit of hashing: about 0.3 µs, the resolution of the calibration.
constexpr std::size_t piece_bytes = 512;
constexpr std::uint64_t message_bytes = 64;  ///< size of a request (io=network)

/// CPU work: digests the same piece repeatedly and checks each digest.
class digest_loop {
 public:
  digest_loop()
      : input_(hashing_input(piece_bytes)),
        digest_(EVP_MD_fetch(nullptr, "sha256", nullptr), &EVP_MD_free) {
    std::size_t length = 0;
    EVP_Q_digest(nullptr, "sha256", nullptr, input_.data(), input_.size(), expected_.data(),
                 &length);
  }

  void run(EVP_MD_CTX* context, std::uint64_t pieces) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> result;
    unsigned length = 0;
    for (std::uint64_t i = 0; i < pieces; ++i) {
      if (EVP_DigestInit_ex2(context, digest_.get(), nullptr) != 1 ||
          EVP_DigestUpdate(context, input_.data(), input_.size()) != 1 ||
          EVP_DigestFinal_ex(context, result.data(), &length) != 1)
        throw operation_error("digest", "EVP");
      if (std::memcmp(result.data(), expected_.data(), length) != 0)
        throw error(error_kind::failed,
                    "a digest differs from the reference digest of the same bytes");
    }
  }

 private:
  std::vector<unsigned char> input_;
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> digest_;
  std::array<unsigned char, EVP_MAX_MD_SIZE> expected_{};
};

struct digest_context {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  digest_context() = default;
  ~digest_context() { EVP_MD_CTX_free(context); }
  digest_context(const digest_context&) = delete;
  digest_context& operator=(const digest_context&) = delete;
};

/// Returns how many pieces take `cpu_ns` on this machine. Starts from the minimum of many short
/// measurements, because a disturbance only adds time, then corrects the count with measurements of
/// the full length. Throws `error` (unsupported) if the result cannot be within 2 %.
std::uint64_t calibrated_pieces(const digest_loop& work, std::uint64_t cpu_ns) {
  if (cpu_ns == 0) return 0;
  const digest_context digest;
  const auto minimum_ns = [&](std::uint64_t pieces, int readings) {
    double minimum = 1e300;
    for (int i = 0; i < readings; ++i) {
      const auto start = steady_clock::now();
      work.run(digest.context, pieces);
      minimum = std::min(
          minimum, std::chrono::duration<double, std::nano>(steady_clock::now() - start).count());
    }
    return minimum;
  };
  const double target_ns = static_cast<double>(cpu_ns);
  minimum_ns(2000, 1);  // warm-up
  auto pieces = static_cast<std::uint64_t>(std::max(1.0, target_ns / (minimum_ns(100, 20) / 100)));
  const int readings = std::clamp(static_cast<int>(20e6 / target_ns), 3, 50);
  double deviation = 0;
  for (int round = 0; round < max_rounds; ++round) {
    const double elapsed_ns = minimum_ns(pieces, readings);
    deviation = elapsed_ns / target_ns - 1;
    if (std::abs(deviation) < 0.005 || (std::abs(deviation) < 0.02 && round >= 4)) return pieces;
    const auto corrected = static_cast<std::uint64_t>(
        std::max(1.0, std::round(static_cast<double>(pieces) / (elapsed_ns / target_ns))));
    if (corrected == pieces) break;  // the remaining error is less than one piece
    pieces = corrected;
  }
  if (std::abs(deviation) < 0.02) return pieces;
  throw error(error_kind::unsupported, fmt::format("mixed: cannot calibrate {} ns of CPU work to "
                                                   "within 2 % (best {:+.1f} %); use {} us or more",
                                                   cpu_ns, 100 * deviation, 20));
}

struct mixed_lane final : lane {
  mixed_lane(std::uint64_t digest_count, std::unique_ptr<lane> wait_lane)
      : pieces(digest_count), wait(std::move(wait_lane)) {}
  std::uint64_t pieces;
  digest_context digest;
  std::unique_ptr<lane> wait;  // lane of `network` (io=network)
  std::unique_ptr<loop_timer> timer;
};

class mixed final : public workload, public async_form {
 public:
  mixed(const parameter_values& values, const std::string& endpoint)
      : wait_(values.number("wait")) {
    if (values.text("io") == "network")
      network_ = find_workload("network").make(
          parameter_values("network", find_workload("network").parameters, {{"bytes", "64"}}),
          endpoint);
    pieces_ = pieces_of(values.number("cpu"));
    long_pieces_ = values.number("long") > 0 ? pieces_of(values.number("long")) : pieces_;
  }

  std::unique_ptr<lane> open_lane(std::uint32_t number) override {
    return std::make_unique<mixed_lane>(number == 0 ? long_pieces_ : pieces_,
                                        network_ ? network_->open_lane(number) : nullptr);
  }

  void run_blocking(lane& base) override {
    auto& lane = static_cast<mixed_lane&>(base);
    work_.run(lane.digest.context, lane.pieces);
    if (network_)
      network_->run_blocking(*lane.wait);
    else if (wait_.count() > 0)
      wait_for(wait_.count());
  }

  async_form* async() override { return this; }

  std::unique_ptr<lane> open_async_lane(boost::asio::io_context& loop,
                                        std::uint32_t number) override {
    auto opened = std::make_unique<mixed_lane>(
        number == 0 ? long_pieces_ : pieces_,
        network_ ? network_->async()->open_async_lane(loop, number) : nullptr);
    opened->timer = std::make_unique<loop_timer>(loop);
    return opened;
  }

  bool has_parts() const override { return true; }

  void compute(lane& base) override {
    auto& lane = static_cast<mixed_lane&>(base);
    work_.run(lane.digest.context, lane.pieces);
  }

  awaitable_operation wait_async(lane& base) override {
    auto& lane = static_cast<mixed_lane&>(base);
    if (network_) {
      co_await network_->async()->run_async(*lane.wait);
      co_return;
    }
    lane.timer->expires_after(wait_);
    co_await lane.timer->async_wait(awaited);
  }

  awaitable_operation run_async(lane& base) override {
    compute(base);
    co_await wait_async(base);
  }

 private:
  /// Calibrates once per process: it takes some tens of ms, and a model may create the workload
  /// several times.
  std::uint64_t pieces_of(std::uint64_t cpu_ns) const {
    static std::map<std::uint64_t, std::uint64_t> calibrated;
    const auto [entry, inserted] = calibrated.try_emplace(cpu_ns);
    if (inserted) entry->second = calibrated_pieces(work_, cpu_ns);
    return entry->second;
  }

  digest_loop work_;
  std::uint64_t pieces_ = 0, long_pieces_ = 0;
  std::chrono::nanoseconds wait_;
  std::unique_ptr<workload> network_;
};

bool over_network(const parameter_values& values) { return values.text("io") == "network"; }

}  // namespace

extern const workload_type mixed_workload;
constinit const workload_type mixed_workload = {
    .name = "mixed",
    .summary = "CPU work of a calibrated length, then a wait",
    .parameters = mixed_parameters,
    .make = [](const parameter_values& values, const std::string& endpoint)
        -> std::unique_ptr<workload> { return std::make_unique<mixed>(values, endpoint); },
    .min_operation_s =
        [](const parameter_values& values) {
          return static_cast<double>(values.number("wait")) * 1e-9;
        },
    .start_server = [](const parameter_values& values,
                       const server_config& config) -> std::unique_ptr<workload_server> {
      return start_echo_server(message_bytes, values.number("wait"), config);
    },
    .descriptors_per_lane = 1,
    .target =
        [](const parameter_values& values) {
          return over_network(values) ? target_kind::server : target_kind::none;
        },
};

}  // namespace crossover
