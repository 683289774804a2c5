#include "reports/html.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace crossover {
namespace {

TEST(html, fills_texts_in_once) {
  EXPECT_EQ(script_json("\"</script>\u2028\""), "\"\\u003c/script>\\u2028\"");
  EXPECT_EQ(fill("{{a}}-{{b}}", {{"a", "{{b}}"}, {"b", "x"}}), "{{b}}-x");
  EXPECT_THROW(fill("{{c}}", {}), std::logic_error);
}

}  // namespace
}  // namespace crossover
