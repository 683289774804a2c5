#include "reports/html.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "reports/compressed.hpp"
#include "reports/page_parts.hpp"

namespace crossover {
namespace {

constexpr std::size_t packed_from = 150'000;  // bytes

std::string sha256_source(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return "'sha256-" + base64({reinterpret_cast<const char*>(digest.data()), size}) + "'";
}

}  // namespace

std::string script_json(std::string json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view three = std::string_view(json).substr(i, 3);
    if (json[i] == '<') {
      out += "\\u003c";
    } else if (three == "\u2028" || three == "\u2029") {
      out += three == "\u2028" ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += json[i];
    }
  }
  return out;
}

std::string fill(std::string_view shell, const std::map<std::string_view, std::string>& texts) {
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const std::size_t open = shell.find("{{", from);
    if (open == std::string_view::npos) break;
    const std::size_t close = shell.find("}}", open);
    if (close == std::string_view::npos) break;
    const auto found = texts.find(shell.substr(open + 2, close - open - 2));
    if (found == texts.end())
      throw std::logic_error("page: no text for " +
                             std::string(shell.substr(open, close + 2 - open)));
    out += shell.substr(from, open - from);
    out += found->second;
    from = close + 2;
  }
  return out += shell.substr(from);
}

std::string content_policy(std::string_view script) {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {}; img-src data: blob:; base-uri 'none'; "
      "form-action 'none'",
      sha256_source(page_loader), sha256_source(script), sha256_source(page_style));
}

embedded_json embed_json(std::string json) {
  std::string text = script_json(std::move(json));
  if (text.size() <= packed_from) return {"", std::move(text)};
  return {" data-packed=\"deflate\"", compressed_base64(text)};
}

}  // namespace crossover
