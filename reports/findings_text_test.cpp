#include "reports/findings_text.hpp"

#include <gtest/gtest.h>

#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

TEST(findings_text, leaves_out_doubts_that_a_row_mentions) {
  results value = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101})});
  value.cells[0].findings = {{"server_bound", "97 %"}, {"steal", "4 %"}};
  EXPECT_EQ(findings_text(value, {0}), "steal in 1 cell (the hypervisor took CPU time)");
  EXPECT_EQ(findings_text(value),
            "server_bound in 1 cell (the server was the limit, not the model), steal in 1 cell "
            "(the hypervisor took CPU time)");
}

TEST(findings_text, counts_cells_most_frequent_first) {
  results value = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101}),
                                    cell_for_test("thread_pool", 1, 64, {90, 91})});
  EXPECT_EQ(findings_text(value), "");
  value.cells[0].findings = {{"alien", ""}, {"steal", "4 %"}};
  value.cells[1].findings = {{"steal", "4 %"}, {"steal", "5 %"}};
  EXPECT_EQ(findings_text(value),
            "steal in 2 cells (the hypervisor took CPU time), alien in 1 cell");
}

}  // namespace
}  // namespace crossover
