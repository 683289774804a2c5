#pragma once

// CPU work: digests by OpenSSL.
#include <openssl/evp.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

inline std::int64_t now_ns() { return static_cast<std::int64_t>(uv_hrtime()); }

/// An error reply.
struct failure {
  const char* kind;
  std::string message;
};
inline const failure wrong_result{"failed", "an operation returned a wrong result"};

inline std::string pattern(std::size_t length) {
  std::string bytes(length, '\0');
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<char>(131 * i + i / 256);
  return bytes;
}

/// CPU work: the digest of a buffer. The reference digest is computed by another function.
class digester {
 public:
  explicit digester(std::size_t bytes) : input_(pattern(bytes)) {
    std::size_t length = 0;
    EVP_Q_digest(nullptr, "SHA256", nullptr, input_.data(), input_.size(), expected_.data(),
                 &length);
  }
  void operator()() const {
    thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    thread_local EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    std::array<unsigned char, 32> digest{};
    EVP_DigestInit_ex2(context.get(), sha256, nullptr);
    EVP_DigestUpdate(context.get(), input_.data(), input_.size());
    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
    if (digest != expected_) throw wrong_result;
  }
  std::string hex() const {
    std::string text;
    for (const unsigned char byte : expected_)
      text += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    return text;
  }

 private:
  std::string input_;
  std::array<unsigned char, 32> expected_{};
};

/// Returns work of this length, within 2 %; an empty function if it is 0.
inline std::function<void()> calibrated(std::int64_t length_ns) {
  if (length_ns == 0) return {};
  const double target_ns = std::min<double>(static_cast<double>(length_ns), 20e6);
  const int readings = std::clamp(static_cast<int>(20e6 / target_ns), 3, 50);
  double bytes = 1 << 16;
  for (int round = 0; round < 60; ++round) {
    const digester work(static_cast<std::size_t>(bytes));
    std::int64_t fastest_ns = INT64_MAX;
    for (int i = 0; i < readings; ++i) {
      const std::int64_t begin = now_ns();
      work();
      fastest_ns = std::min(fastest_ns, now_ns() - begin);
    }
    const double ratio = static_cast<double>(fastest_ns) / target_ns;
    if (std::abs(ratio - 1) < (round < 5 ? 0.005 : 0.02))
      return digester(static_cast<std::size_t>(bytes * static_cast<double>(length_ns) / target_ns));
    bytes = std::max(64.0, 64 * std::round(bytes / ratio / 64));
  }
  throw failure{"unsupported", "mixed: cannot calibrate the CPU work to within 2 %"};
}
