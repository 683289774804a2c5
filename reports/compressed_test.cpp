#include "reports/compressed.hpp"

#include <gtest/gtest.h>

#include "reports/text_for_test.hpp"

namespace crossover {
namespace {

TEST(compressed, unpacks_to_the_original_text) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919 % 1000) + ",";
  EXPECT_EQ(inflated(compressed_base64(text)), text);
  EXPECT_EQ(inflated(compressed_base64("")), "");
}

TEST(compressor, pieces_unpack_to_the_whole_text) {
  compressor packed;
  std::string text;
  for (unsigned i = 0; i < 300; ++i) {
    std::string piece;
    for (unsigned j = 0; j < 40 * i; ++j) piece += static_cast<char>(i * j * 7919 % 251);
    packed.add(piece);
    text += piece;
  }
  EXPECT_EQ(inflated(packed.finish()), text);
}

}  // namespace
}  // namespace crossover
