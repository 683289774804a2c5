#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "bench/results/results.hpp"

namespace crossover {

/// Returns the document as `write_results` writes it.
inline std::string document_text(const results& value) {
  std::string text;
  write_document(value, document_content::everything, 1,
                 [&text](std::string_view piece) { text += piece; });
  return text + "\n";
}

inline nlohmann::ordered_json document_of(const results& value) {
  return nlohmann::ordered_json::parse(document_text(value));
}

}  // namespace crossover
