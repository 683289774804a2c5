#include "reports/page.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <boost/beast/zlib/inflate_stream.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "bench/results/metrics.hpp"
#include "reports/compressed.hpp"
#include "reports/escape.hpp"
#include "reports/html.hpp"
#include "reports/page_parts.hpp"
#include "reports/results_for_test.hpp"
#include "reports/tables.hpp"

namespace crossover {
namespace {

using nlohmann::json;

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t start = text.find(from);
  if (start == std::string::npos) return {};
  return text.substr(start + from.size(), text.find(to, start + from.size()) - start - from.size());
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size()))
    ++count;
  return count;
}

std::string inflated(const std::string& base64_text) {
  std::string bytes(base64_text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(base64_text.data()),
                                   static_cast<int>(base64_text.size()));
  EXPECT_GE(size, 0);
  boost::beast::zlib::inflate_stream stream;
  std::string out(64 << 20, '\0');
  boost::beast::zlib::z_params params;
  params.next_in = bytes.data();
  params.avail_in = static_cast<std::size_t>(size);
  params.next_out = out.data();
  params.avail_out = out.size();
  boost::system::error_code ec;
  stream.write(params, boost::beast::zlib::Flush::finish, ec);
  out.resize(params.total_out);
  return out;
}

json data_of(const std::string& html) {
  const std::string packed =
      between(html, "id=\"page-data\" data-packed=\"deflate\">", "</script>");
  return json::parse(packed.empty() ? between(html, "id=\"page-data\">", "</script>")
                                    : inflated(packed));
}

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = {"</script><script>window.hacked=1</script>",
                                                 "\"><img src=x onerror=alert(1)>",
                                                 "a\nb\r\tc",
                                                 "\u202Eabc",
                                                 std::string(4000, 'x'),
                                                 "{{data}}",
                                                 "<!--<script>",
                                                 "\u2028",
                                                 "",
                                                 "__proto__",
                                                 "'=1+1"};
  return texts;
}

results hostile() {
  std::vector<cell_result> cells;
  for (const std::string& text : hostile_texts()) {
    cell_result cell = cell_for_test(text, 1, 1, {100, 101}, text);
    cell.parameters = {{text, text}};
    cell.findings.push_back({text, text});
    cells.push_back(cell);
    cell.status = cell_status::failed;
    cell.reason = text;
    cell.name += "!";
    cells.push_back(cell);
  }
  results value = results_for_test(cells);
  value.suite = hostile_texts()[0];
  value.environment = {{"host", hostile_texts()[0]}, {hostile_texts()[1], hostile_texts()[4]}};
  value.command = hostile_texts();
  return value;
}

TEST(page, has_mean_and_interval_of_the_samples) {
  const auto html =
      page(results_for_test({cell_for_test("event_loop", 2, 64, {100, 110, 120})}), nullptr);
  const json data = data_of(html);
  const json& figure = data["cells"][0]["metrics"][0];
  EXPECT_EQ(data["metrics"][0]["id"], "throughput");
  EXPECT_DOUBLE_EQ(figure[0].get<double>(), 110);
  EXPECT_NEAR(figure[1].get<double>(), 110 - 4.302653 * 10 / std::sqrt(3.0), 0.005);
  EXPECT_NEAR(figure[2].get<double>(), 110 + 4.302653 * 10 / std::sqrt(3.0), 0.005);
  EXPECT_EQ(figure[3], 3);
  EXPECT_EQ(figure.size(), 7u);
}

TEST(page, has_null_interval_for_one_repetition_and_null_for_unmeasured) {
  const json data =
      data_of(page(results_for_test({cell_for_test("event_loop", 2, 64, {100})}), nullptr));
  const json& metrics = data["cells"][0]["metrics"];
  EXPECT_TRUE(metrics[0][1].is_null());
  EXPECT_TRUE(metrics[0][2].is_null());
  for (std::size_t i = 0; i < metrics.size(); ++i)
    if (data["metrics"][i]["id"] == "p50") {
      EXPECT_TRUE(metrics[i].is_null());
    }
}

TEST(page, has_no_interval_for_two_blocks) {
  const json data =
      data_of(page(results_for_test({cell_for_test("event_loop", 2, 64, {100, 110})}), nullptr));
  EXPECT_EQ(data["cells"][0]["metrics"][0], json::parse("[105, null, null, 2, 100, 110]"));
}

TEST(page, marks_findings_that_every_model_of_a_contest_has) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101}),
                                 cell_for_test("thread_pool", 1, 64, {90, 91})});
  for (cell_result& cell : value.cells) cell.findings = {{"shared_cores", "of 2"}};
  value.cells[1].findings.push_back({"steal", "4 %"});
  const json data = data_of(page(value, nullptr));
  EXPECT_EQ(data["cells"][0]["findings"][0]["shared"], true);
  EXPECT_FALSE(data["cells"][1]["findings"][1].contains("shared"));
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
  const auto html = page(hostile(), nullptr);
  EXPECT_EQ(count_of(html, "<script"), count_of(plain, "<script"));
  EXPECT_EQ(count_of(html, "</script"), count_of(plain, "</script"));
  EXPECT_EQ(count_of(html, "<img"), 0u);
  EXPECT_EQ(count_of(html, "<!--"), count_of(plain, "<!--"));
  const json data = data_of(html);
  EXPECT_EQ(data["cells"].size(), 2 * hostile_texts().size());
  EXPECT_EQ(data["cells"][0]["model"], hostile_texts()[0]);
  EXPECT_EQ(data["suite"], hostile_texts()[0]);
}

TEST(page, omits_figures_that_are_not_finite) {
  auto value = results_for_test({cell_for_test("event_loop", 1, 1, {100, 101})});
  value.cells[0].samples[0].wall_s = std::numeric_limits<double>::quiet_NaN();
  value.cells[0].samples[1].wall_s = 0;
  value.cells[0].ceiling = std::numeric_limits<double>::infinity();
  const json data = data_of(page(value, nullptr));
  EXPECT_TRUE(data["cells"][0]["metrics"][0].is_null());
  EXPECT_TRUE(data["cells"][0]["ceiling"].is_null());
}

TEST(page, embeds_the_results_unchanged) {
  const auto value = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101}),
                                       cell_for_test("thread_pool", 1, 64, {90, 91})});
  const auto html = page(value, nullptr);
  EXPECT_EQ(between(html, "data-contains=\"", "\""), "everything");
  const auto read = results_from_json(
      json::parse(inflated(between(html, "data-contains=\"everything\">", "</script>"))),
      "embedded");
  EXPECT_EQ(to_json(read), to_json(value));
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
  const json data = data_of(html);
  EXPECT_EQ(data["metrics"].back()["id"], "counter zeros");
  EXPECT_EQ(data["metrics"][all_metrics().size()]["unit"], "bytes/s");
  EXPECT_EQ(data["cells"][0]["metrics"][all_metrics().size()][0], 2'000'000'000);
}

TEST(page, cpu_time_of_a_google_benchmark_file_is_in_every_format) {
  const results foreign = results_from_json(json::parse(R"({"benchmarks":[
      {"name":"BM","iterations":1000,"real_time":5,"cpu_time":4.5,"time_unit":"us"},
      {"name":"BM","iterations":1000,"real_time":6,"cpu_time":4.5,"time_unit":"us"}]})"),
                                            "foreign.json");
  EXPECT_NE(table_markdown(foreign).find("| 4.5 µs |"), std::string::npos)
      << table_markdown(foreign);
  EXPECT_NE(table_csv(foreign).find(",4.5e-06,"), std::string::npos) << table_csv(foreign);
  const std::size_t cpu = static_cast<std::size_t>(find_metric("cpu") - all_metrics().data());
  for (const json& data : {data_of(page(foreign, nullptr)), json::parse(table_json(foreign))}) {
    EXPECT_EQ(data["metrics"][cpu]["id"], "cpu");
    EXPECT_DOUBLE_EQ(data["cells"][0]["metrics"][cpu][0].get<double>(), 4.5e-6);
  }
}

TEST(page, has_changes_and_environment_differences_of_a_baseline) {
  auto before = results_for_test(
      {cell_for_test("event_loop", 1, 64, {100, 101, 102}), cell_for_test("gone", 1, 64, {1, 2})});
  auto after = results_for_test(
      {cell_for_test("event_loop", 1, 64, {80, 81, 82}), cell_for_test("fresh", 1, 64, {1, 2})});
  const json same_machine = data_of(page(after, &before))["baseline"];
  EXPECT_EQ(same_machine["changes"][0]["verdict"], "regression");
  EXPECT_EQ(same_machine["headline"], "regression: 1 cell compared, 1 regressed, 1 removed");
  before.environment["kernel"] = "6.0";
  after.environment["kernel"] = "6.1";
  const auto html = page(after, &before);
  const json baseline = data_of(html)["baseline"];
  EXPECT_EQ(baseline["environment_differences"], json::parse(R"([["kernel", "6.0", "6.1"]])"));
  EXPECT_EQ(baseline["changes"][0]["metric"], "throughput");
  EXPECT_EQ(baseline["changes"][0]["verdict"], "inconclusive");
  EXPECT_NEAR(baseline["changes"][0]["ratio"][0].get<double>(), 0.802, 0.001);
  EXPECT_LT(baseline["changes"][0]["ratio"][1].get<double>(), 0.802);
  EXPECT_GT(baseline["changes"][0]["ratio"][2].get<double>(), 0.802);
  EXPECT_NE(html.find("The environments differ"), std::string::npos);
}

TEST(tables, have_every_cell_and_escape_hostile_names) {
  const auto value = hostile();
  const std::string markdown = table_markdown(value);
  EXPECT_EQ(markdown.find('<'), std::string::npos);
  EXPECT_EQ(count_of(markdown, "| failed |"), hostile_texts().size());
  const std::string csv = table_csv(value);
  EXPECT_EQ(csv.rfind("name,workload,parameters,model,cores,in_flight,status,reason,findings,"
                      "repetitions,verdict,class,to_best,to_best_lower,to_best_upper,"
                      "throughput,throughput_lower,throughput_upper,",
                      0),
            0u);
  EXPECT_EQ(json::parse(table_json(value))["cells"].size(), value.cells.size());
}

TEST(tables, csv_has_one_record_per_cell_with_intervals) {
  const std::string csv =
      table_csv(results_for_test({cell_for_test("a,\"b\"", 1, 64, {100, 100})}));
  const std::string record = csv.substr(csv.find("\r\n") + 2);
  EXPECT_EQ(
      record.rfind(
          "\"network/a,\"\"b\"\"/cores:1/"
          "in_flight:64\",network,bytes=64,\"a,\"\"b\"\"\",1,64,ok,,,2,single,,,,,100,100,100,"
          "0.01,0.01,0.01,,,,",
          0),
      0u)
      << record;
}

TEST(tables, have_the_changes_since_a_baseline) {
  const auto before = results_for_test({cell_for_test("event_loop", 1, 64, {100, 101, 102}),
                                        cell_for_test("thread_pool", 1, 64, {100, 120, 140})});
  auto after = results_for_test({cell_for_test("event_loop", 1, 64, {80, 81, 82}),
                                 cell_for_test("thread_pool", 1, 64, {101, 121, 141})});
  const std::string markdown = table_markdown(after, &before);
  EXPECT_NE(
      markdown.find("| network/event&#95;loop/cores:1/in&#95;flight:64 | throughput | regression | "
                    "0.802× ("),
      std::string::npos)
      << markdown;
  EXPECT_EQ(markdown.find("| network/thread&#95;pool/cores:1/in&#95;flight:64 | throughput |"),
            std::string::npos)
      << markdown;
  EXPECT_NE(markdown.find("regression: 2 cells compared, 1 regressed, 1 inconclusive."),
            std::string::npos)
      << markdown;
  EXPECT_EQ(table_markdown(after).find("Changes since"), std::string::npos);
  const std::string csv = table_csv(after, &before);
  const auto fields = [&csv](std::size_t line) {
    std::size_t from = 0;
    while (line-- > 0) from = csv.find("\r\n", from) + 2;
    return count_of(csv.substr(from, csv.find("\r\n", from) - from), ",");
  };
  EXPECT_EQ(fields(0), fields(1));
  EXPECT_NE(csv.find(",throughput_ratio,throughput_ratio_lower,throughput_ratio_upper,"
                     "throughput_verdict,"),
            std::string::npos);
  EXPECT_EQ(json::parse(table_json(after, &before))["baseline"]["changes"][0]["verdict"],
            "regression");
  after.environment["kernel"] = "6.1";
  const std::string differing = table_markdown(after, &before);
  EXPECT_NE(differing.find("The environments differ in kernel: not recorded before, 6.1 now."),
            std::string::npos)
      << differing;
  EXPECT_EQ(differing.find("| regression |"), std::string::npos) << differing;
}

TEST(tables, json_has_the_contests) {
  const json data = json::parse(table_json(three_contests_for_test()));
  ASSERT_EQ(data["contests"].size(), 3u);
  const json& c = data["contests"][0];
  EXPECT_EQ(c["workload"], "network");
  EXPECT_EQ(c["parameters"], json::parse(R"({"bytes": "64"})"));
  EXPECT_EQ(c["cores"], 1);
  EXPECT_EQ(c["in_flight"], 64);
  EXPECT_EQ(c["verdict"], "best");
  EXPECT_EQ(c["best"], json::parse(R"(["event_loop"])"));
  EXPECT_EQ(c["equivalent"], json::array());
  EXPECT_EQ(c["blocks"], 8);
  EXPECT_TRUE(c["blocks_wanted"].is_null());
  EXPECT_NEAR(c["of_reference"]["ratio"].get<double>(), 0.91, 0.01);
  const json& slower = c["ratios"][1];
  EXPECT_EQ(slower["model"], "thread_pool");
  EXPECT_EQ(slower["class"], "slower");
  EXPECT_LT(slower["lower"].get<double>(), slower["ratio"].get<double>());
  EXPECT_LT(slower["ratio"].get<double>(), slower["upper"].get<double>());
  EXPECT_EQ(slower["memory_bytes"], 7'000'000);
  EXPECT_GT(slower["cpu_s"].get<double>(), 0);
  EXPECT_EQ(data["contests"][1]["verdict"], "capped");
  EXPECT_EQ(data["contests"][1]["why"], "ceiling");
  EXPECT_EQ(data["contests"][1]["ratios"][0]["cheapest"], true);
  EXPECT_TRUE(data["contests"][1]["ratios"][0]["class"].is_null());
  EXPECT_EQ(data["contests"][2]["verdict"], "single");
  EXPECT_EQ(data["contests"][2]["failed"], json::parse(R"(["fibers"])"));
  EXPECT_EQ(data["answers"][0]["contest"], 0);
}

TEST(tables, markdown_has_a_row_per_contest) {
  const std::string markdown = table_markdown(three_contests_for_test());
  EXPECT_NE(markdown.find("2 questions, 2 decided."), std::string::npos);
  EXPECT_NE(markdown.find("| sleep 64 B | 1 core, 64 in flight | capped at 6.4 k/s |"),
            std::string::npos)
      << markdown;
}

TEST(html, fills_texts_in_once) {
  EXPECT_EQ(script_json("\"</script>\u2028\""), "\"\\u003c/script>\\u2028\"");
  EXPECT_EQ(fill("{{a}}-{{b}}", {{"a", "{{b}}"}, {"b", "x"}}), "{{b}}-x");
  EXPECT_THROW(fill("{{c}}", {}), std::logic_error);
}

TEST(compressed, unpacks_to_the_original_text) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919 % 1000) + ",";
  EXPECT_EQ(inflated(compressed_base64(text)), text);
  EXPECT_EQ(inflated(compressed_base64("")), "");
}

}  // namespace
}  // namespace crossover
