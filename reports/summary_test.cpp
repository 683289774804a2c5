#include "reports/summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "reports/results_for_test.hpp"

namespace crossover {
namespace {

std::vector<std::string> lines_of_summary(const results& value, const terminal& to) {
  std::istringstream in(summary(value, to));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(summary, has_a_line_per_answer_and_then_the_problems) {
  results value = three_contests_for_test();
  value.cells[0].findings = value.cells[1].findings = {{"steal", "the hypervisor took 4 %"}};
  value.status = results_status::interrupted;
  EXPECT_EQ(summary(value, {}), R"(Summary (2 questions, 2 decided)
  network 64 B  event_loop, 2 × thread_pool  1 core, 64 in flight
  sleep 64 B    all reach the ceiling        1 core, 64 in flight
failed: 1× ECONNREFUSED
findings: steal in 2 cells (the hypervisor took CPU time)
The run was interrupted: the remaining cells are missing.
)");
}

TEST(summary, wide_terminal_has_remarks) {
  const auto lines = lines_of_summary(three_contests_for_test(), {.columns = 140});
  EXPECT_EQ(lines.at(1),
            "  network 64 B  event_loop, 2 × thread_pool  1 core, 64 in flight  "
            "0.91 of reference");
}

TEST(summary, hostile_names_and_many_answers_fit_one_screen) {
  std::vector<cell_result> cells;
  for (std::uint32_t in_flight = 1; in_flight <= 40; ++in_flight)
    for (const char* model : {"event_loop", "thread_pool"}) {
      cells.push_back(cell_for_test(model, 1, in_flight,
                                    around(1'000 + in_flight % 3 * 500, 8, 0.002, in_flight),
                                    "work" + std::to_string(in_flight / 2)));
      cells.back().parameters["url"] = "http://\x1b[31m\xff\n" + std::string(100, 'x');
      cells.back().findings = {{"code\t" + std::string(90, 'y'), "detail"}};
    }
  cells.push_back(cells.back());
  cells.back().status = cell_status::failed;
  cells.back().reason = "exited\n" + std::string(200, 'z');
  for (const std::size_t columns : {20, 40, 80, 140}) {
    const auto lines = lines_of_summary(results_for_test(cells), {.columns = columns});
    EXPECT_LE(lines.size(), 21u);
    for (const std::string& line : lines) {
      EXPECT_LE(width_of(line), columns) << line;
      EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < ' '; }))
          << line;
    }
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("  … and ") == 0;
    })) << "the answers that are left out are counted";
  }
}

TEST(summary, sentences_of_a_suite_fit_too) {
  results value = three_contests_for_test();
  value.suite = "lightweight";
  for (std::uint32_t in_flight = 1; in_flight < 30; ++in_flight)
    value.cells.push_back(cell_for_test("event_loop", 1, in_flight, around(1'000, 8, 0.002, 1)));
  const auto lines = lines_of_summary(value, {});
  EXPECT_LE(lines.size(), 21u);
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("Cost with 1 in flight: ") == 0;
  }));
}

}  // namespace
}  // namespace crossover
