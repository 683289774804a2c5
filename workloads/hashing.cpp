#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <cstring>

#include "workloads/hashing.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

constexpr std::array hashing_parameters = {
    parameter{
        "bytes", parameter_kind::size, "64KiB", 1, 1ULL << 30, {}, "bytes hashed per operation"},
    parameter{"algorithm", parameter_kind::choice, "sha256", 0, 0,
              "sha256|sha512|sha1|md5|sha3-256|blake2b512", "digest algorithm"},
    parameter{"releases_gil", parameter_kind::choice, "false", 0, 0, "false|true",
              "release the lock of gil_threads while hashing more than 2047 bytes, like CPython's "
              "hashlib"},
};

/// CPython's hashlib releases the lock from this input size on (HASHLIB_GIL_MINSIZE in
/// Modules/hashlib.h).
constexpr std::uint64_t gil_minimum_size = 2048;

struct digest_lane final : lane {
  digest_lane() : context(EVP_MD_CTX_new()) {
    if (context == nullptr) throw error(error_kind::resource, "no memory for a digest context");
  }
  ~digest_lane() override { EVP_MD_CTX_free(context); }
  EVP_MD_CTX* context;
};

class hashing final : public workload {
 public:
  hashing(std::uint64_t bytes, const std::string& algorithm, bool releases_gil)
      : input_(hashing_input(bytes)),
        digest_(nullptr, &EVP_MD_free),
        releases_gil_(releases_gil && bytes >= gil_minimum_size) {
    digest_.reset(EVP_MD_fetch(nullptr, algorithm.c_str(), nullptr));
    if (!digest_)
      throw error(
          error_kind::unsupported,
          fmt::format("this OpenSSL does not support '{}'; choose another algorithm", algorithm));
    // The reference digest uses OpenSSL's one-shot interface; the operations use another one.
    std::size_t length = 0;
    if (EVP_Q_digest(nullptr, algorithm.c_str(), nullptr, input_.data(), input_.size(),
                     expected_.data(), &length) != 1)
      throw error(error_kind::failed, fmt::format("OpenSSL cannot compute a {} digest", algorithm));
    length_ = static_cast<unsigned>(length);
  }

  std::unique_ptr<lane> open_lane(std::uint32_t) override {
    return std::make_unique<digest_lane>();
  }

  void run_blocking(lane& base) override {
    EVP_MD_CTX* context = static_cast<digest_lane&>(base).context;
    std::array<unsigned char, EVP_MAX_MD_SIZE> result;
    unsigned length = 0;
    bool computed = false;
    const auto compute = [&] {
      computed = EVP_DigestInit_ex2(context, digest_.get(), nullptr) == 1 &&
                 EVP_DigestUpdate(context, input_.data(), input_.size()) == 1 &&
                 EVP_DigestFinal_ex(context, result.data(), &length) == 1;
    };
    if (releases_gil_)
      call_without_lock(compute);
    else
      compute();
    if (!computed) throw operation_error("digest", "EVP");
    if (length != length_ || std::memcmp(result.data(), expected_.data(), length) != 0)
      throw error(error_kind::failed,
                  "a digest differs from the reference digest of the same bytes");
  }

  std::string checksum() const override {
    std::string hex;
    for (unsigned i = 0; i < length_; ++i) hex += fmt::format("{:02x}", expected_[i]);
    return hex;
  }

 private:
  std::vector<unsigned char> input_;  // shared by all lanes, read-only
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> digest_;
  std::array<unsigned char, EVP_MAX_MD_SIZE> expected_{};
  unsigned length_ = 0;
  bool releases_gil_;
};

}  // namespace

std::vector<unsigned char> hashing_input(std::uint64_t bytes) {
  std::vector<unsigned char> input(bytes);
  for (std::size_t i = 0; i < input.size(); ++i)
    input[i] = static_cast<unsigned char>((i * 131 + (i >> 8)) & 0xff);
  return input;
}

extern const workload_type hashing_workload;
constinit const workload_type hashing_workload = {
    .name = "hashing",
    .summary = "digest of a buffer (OpenSSL EVP): CPU-bound",
    .parameters = hashing_parameters,
    .make = [](const parameter_values& values, const std::string&) -> std::unique_ptr<workload> {
      return std::make_unique<hashing>(values.number("bytes"), values.text("algorithm"),
                                       values.text("releases_gil") == "true");
    },
    .min_operation_s = [](const parameter_values&) { return 0.0; },
    .start_server = nullptr,
};

}  // namespace crossover
