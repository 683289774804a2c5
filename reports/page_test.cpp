#include "reports/page.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <nlohmann/json.hpp>
#include <random>

#include "bench/results/document_for_test.hpp"
#include "reports/compressed.hpp"
#include "reports/results_for_test.hpp"
#include "reports/text_for_test.hpp"

namespace crossover {
namespace {

using nlohmann::json;

json data_of(const std::string& html) {
  const std::string packed =
      between(html, "id=\"page-data\" data-packed=\"deflate\">", "</script>");
  return json::parse(packed.empty() ? between(html, "id=\"page-data\">", "</script>")
                                    : inflated(packed));
}

TEST(page, policy_has_the_hashes_of_scripts_and_style) {
  const auto html = page(results_for_test({}), nullptr);
  const std::string policy = between(html, "Content-Security-Policy\" content=\"", "\"");
  EXPECT_EQ(policy.rfind("default-src 'none';", 0), 0u);
  const auto hash = [](std::string_view text) {
    unsigned char digest[32];
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
    return "'sha256-" + base64({reinterpret_cast<const char*>(digest), size}) + "'";
  };
  EXPECT_NE(policy.find(hash(between(html, "<style>", "</style>"))), std::string::npos);
  EXPECT_NE(policy.find(hash(between(html, "<script>", "</script>"))), std::string::npos);
  EXPECT_NE(policy.find(hash(inflated(between(html, "id=\"script\">", "</script>")))),
            std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  const std::string without_licences = html.substr(0, html.find("<!-- Libraries in this page"));
  EXPECT_EQ(without_licences.find("http://"), std::string::npos);
  EXPECT_EQ(without_licences.find("https://"), std::string::npos);
}

TEST(page, escapes_hostile_names) {
  const auto plain = page(results_for_test({cell_for_test("m", 1, 1, {100, 101})}), nullptr);
  const auto html = page(hostile_results_for_test(), nullptr);
  EXPECT_EQ(count_of(html, "<script"), count_of(plain, "<script"));
  EXPECT_EQ(count_of(html, "</script"), count_of(plain, "</script"));
  EXPECT_EQ(count_of(html, "<img"), 0u);
  EXPECT_EQ(count_of(html, "<!--"), count_of(plain, "<!--"));
  const json data = data_of(html);
  EXPECT_EQ(data["cells"].size(), 2 * hostile_texts().size());
  EXPECT_EQ(data["cells"][0]["model"], hostile_texts()[0]);
  EXPECT_EQ(data["suite"], hostile_texts()[0]);
}

TEST(page, embeds_the_results_unchanged) {
  const auto value = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101}),
                                       cell_for_test("thread_pool", 1, 64, {90, 91})});
  const auto html = page(value, nullptr);
  EXPECT_EQ(between(html, "data-contains=\"", "\""), "everything");
  const auto read = results_from_json(
      json::parse(inflated(between(html, "data-contains=\"everything\">", "</script>"))),
      "embedded");
  EXPECT_EQ(document_of(read), document_of(value));
}

TEST(page, packs_large_data_and_keeps_small_data_as_json) {
  const auto small =
      page(results_for_test({cell_for_test("event_loop", 1, 64, {100, 101})}), nullptr);
  EXPECT_EQ(count_of(small, "data-packed"), 0u);
  EXPECT_NE(small.find("id=\"page-data\">{"), std::string::npos);
  std::vector<cell_result> cells;
  for (std::uint32_t i = 1; i <= 400; ++i)
    cells.push_back(cell_for_test("</script>", 1, i, {100.0 + i, 101, 102, 103, 104}));
  const auto large = page(results_for_test(cells), nullptr);
  EXPECT_NE(large.find("id=\"page-data\" data-packed=\"deflate\">"), std::string::npos);
  EXPECT_EQ(data_of(large)["cells"].size(), 400u);
}

TEST(page, leaves_out_values_over_the_size_limit_with_a_note) {
  std::vector<cell_result> cells;
  std::mt19937_64 random(4);
  for (int i = 0; i < 400; ++i) {
    cells.push_back(cell_for_test("event_loop", 1, static_cast<std::uint32_t>(i + 1),
                                  {100.0 + i, 101, 102, 103, 104}));
    for (sample& s : cells.back().samples) {
      latency_distribution latency;
      for (std::uint64_t bin = 64; bin < 128; ++bin)
        latency.bins.push_back({bin << 10, (bin + 1) << 10, 1 + random() % 100'000});
      latency.max_ns = 128 << 10;
      s.latency = latency;
    }
  }
  const auto value = results_for_test(cells);
  const auto html = page(value, nullptr);
  EXPECT_EQ(data_of(html)["values"], "headline");
  EXPECT_NE(between(html, "data-contains=\"", "\""), "everything");
  EXPECT_LE(html.size(), 500'000u);
  EXPECT_NE(html.find("Reduced to limit file size. Of 2000 blocks"), std::string::npos);
  const auto complete = page(value, nullptr, complete_page());
  EXPECT_EQ(data_of(complete)["values"], "all");
  EXPECT_EQ(between(complete, "data-contains=\"", "\""), "everything");
  EXPECT_EQ(complete.find("Reduced to limit file size"), std::string::npos);
  const auto with_baseline = page(value, &value);
  EXPECT_LE(with_baseline.size(), 500'000u);
  EXPECT_EQ(data_of(with_baseline)["baseline"]["changes"].size(),
            4 * cells.size());  // throughput, p50, p99 and CPU
}

TEST(page, many_cells_keep_only_the_means_of_the_headline_metrics) {
  std::vector<cell_result> cells;
  for (std::uint32_t i = 1; i <= 40; ++i)
    cells.push_back(cell_for_test("event_loop", 1, i, {100.0 + i, 101, 102}));
  cells[0].samples[0].latency = latency_distribution{{{64, 65, 10}}, 64, 64, 1};
  page_limits limits;
  limits.whole_cells = 39;
  const auto html = page(results_for_test(cells), nullptr, limits);
  const json data = data_of(html);
  EXPECT_EQ(data["values"], "means");
  EXPECT_FALSE(data["cells"][0].contains("latency"));
  EXPECT_EQ(data["cells"][1]["metrics"][0].size(), 4u) << "mean, bounds and count";
  EXPECT_NE(html.find("no latency distributions"), std::string::npos);
}

TEST(page, stays_below_its_size_limit_with_a_note_about_the_cells_left_out) {
  std::vector<cell_result> cells;
  std::mt19937_64 random(5);
  for (std::uint32_t i = 1; i <= 3'000; ++i) {
    cells.push_back(
        cell_for_test("event_loop", 1, i, {100.0 + static_cast<double>(random() % 100)}));
    for (int word = 0; word < 4; ++word) cells.back().name += std::to_string(random());
  }
  page_limits limits;
  limits.most_bytes = 300'000;
  const auto html = page(results_for_test(cells), nullptr, limits);
  EXPECT_LE(html.size(), limits.most_bytes);
  const std::size_t shown = data_of(html)["cells"].size();
  EXPECT_GT(shown, 100u);
  EXPECT_LT(shown, 3'000u);
  EXPECT_NE(html.find("has only the first " + std::to_string(shown) + " of 3000 cells"),
            std::string::npos);
  EXPECT_EQ(data_of(page(results_for_test(cells), nullptr, complete_page()))["cells"].size(),
            3'000u);
  const results value = results_for_test(cells);
  EXPECT_LE(page(value, &value, limits).size(), limits.most_bytes) << "with a baseline";
  limits.whole_cells = 2'999;
  const json only_means = data_of(page(value, nullptr, limits));
  EXPECT_EQ(only_means["values"], "means") << "although fewer cells are shown";
  EXPECT_GT(only_means["cells"].size(), shown);
  EXPECT_EQ(data_of(page(value, nullptr, {.whole_cells = 2'999}))["cells"].size(), 3'000u);
}

TEST(page, the_first_screen_of_a_google_benchmark_file_has_a_row_per_family) {
  const results foreign = results_from_json(json::parse(R"({"context":{"host_name":"far",
      "num_cpus":8},"benchmarks":[
      {"name":"BM_sort/8/threads:2","iterations":1,"real_time":5,"cpu_time":4.5,"time_unit":"us",
       "bytes_per_second":2e9,"misses":3},
      {"name":"BM_sort/64/threads:2","iterations":1,"real_time":50,"cpu_time":45,"time_unit":"us",
       "bytes_per_second":1e9,"misses":4,"zeros":0},
      {"name":"BM_<b>","error_occurred":true,"error_message":"no GPU"}]})"),
                                            "foreign.json");
  const auto html = page(foreign, nullptr);
  for (const char* text :
       {"<bdi>BM_sort</bdi>", "argument 1: 8 to 64, threads: 2",
        "<strong>5&nbsp;µs&nbsp;to&nbsp;50&nbsp;µs</strong>", "4.5 µs to 45 µs",
        "bytes&nbsp;1&nbsp;GB/s&nbsp;to&nbsp;2&nbsp;GB/s, misses&nbsp;3&nbsp;to&nbsp;4, "
        "1&nbsp;more&nbsp;counter",
        "BM_&lt;b&gt;", "<strong>failed</strong>", "3 benchmarks in 2 families, 1 repetition.",
        "far, 8 CPUs"})
    EXPECT_NE(html.find(text), std::string::npos) << text;
}

TEST(page, has_a_note_if_the_environments_differ) {
  auto before = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101, 102})});
  const auto after = before;
  before.environment["kernel"] = "6.0";
  EXPECT_NE(page(after, &before).find("The environments differ"), std::string::npos);
  EXPECT_EQ(page(after, &after).find("The environments differ"), std::string::npos);
}

}  // namespace
}  // namespace crossover
