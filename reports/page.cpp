#include "reports/page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "reports/answer_text.hpp"
#include "reports/changes.hpp"
#include "reports/compressed.hpp"
#include "reports/escape.hpp"
#include "reports/first_screen.hpp"
#include "reports/html.hpp"
#include "reports/machine_types.hpp"
#include "reports/page_parts.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t label_length = 160;
constexpr std::size_t missing_rows = 500;
constexpr std::size_t trial_cells = 1'000;

std::string text_of(const ordered_json& document) {
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string title_of(const results& now) {
  std::string title =
      now.suite.empty() ? "crossover" : fmt::format("crossover: {}", clipped(now.suite, 60));
  if (!now.hosts.empty())
    title += " on " + counted(now.hosts.size(), "host");
  else if (const auto host = now.environment.find("host");
           host != now.environment.end() && !host->second.empty())
    title += fmt::format(" on {}", clipped(host->second, 60));
  if (!now.date.empty()) title += fmt::format(", {}", now.date.substr(0, 10));
  return title;
}

std::string paragraphs(const std::vector<std::string>& sentences) {
  std::string out;
  for (const std::string& sentence : sentences)
    out += fmt::format("<p>{}</p>\n", html_text(sentence));
  return out;
}

std::string rows_of(const std::map<std::string, std::string>& pairs) {
  std::string out;
  for (const auto& [key, text] : pairs)
    out += fmt::format("<tr><th scope=\"row\" dir=\"auto\">{}</th><td dir=\"auto\">{}</td></tr>\n",
                       html_text(clipped(key, label_length)), html_text(clipped(text, 400)));
  return out;
}

/// Values of a fact on the hosts of a type: the value, or each with the hosts that have it.
std::string fact_text(const results& now, const machine_type& type, const std::string& key) {
  const auto facts = facts_of(now, type);
  const auto of_key = facts.find(key);
  if (of_key == facts.end()) return {};
  if (of_key->second.size() == 1) return of_key->second.front().text;
  std::vector<std::string> parts;
  for (const shared_fact& fact : of_key->second)
    parts.push_back(fmt::format("{} ({})", fact.text.empty() ? "unknown" : clipped(fact.text, 60),
                                host_names(now, fact.hosts)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// One column for each machine type, and the hosts of each.
std::string fleet_rows(const results& now) {
  const std::vector<machine_type> types = machine_types_of(now);
  std::set<std::string> keys;
  for (const host& machine : now.hosts)
    for (const auto& [key, fact] : machine.environment) keys.insert(key);
  std::string out = "<tr><th scope=\"col\">machine type</th>";
  for (const machine_type& type : types)
    out += fmt::format("<th scope=\"col\" dir=\"auto\">{}</th>", html_text(type.name));
  out += "</tr>\n<tr><th scope=\"row\">hosts</th>";
  for (const machine_type& type : types)
    out += fmt::format("<td dir=\"auto\">{}: {}</td>", type.hosts.size(),
                       html_text(host_names(now, type.hosts)));
  out += "</tr>\n";
  keys.erase("host");
  for (const std::string& key : keys) {
    out += fmt::format("<tr><th scope=\"row\" dir=\"auto\">{}</th>",
                       html_text(clipped(key, label_length)));
    for (const machine_type& type : types)
      out += fmt::format("<td dir=\"auto\">{}</td>",
                         html_text(clipped(fact_text(now, type, key), 400)));
    out += "</tr>\n";
  }
  return out;
}

std::string environment_of(const results& now) {
  std::string command;
  for (const std::string& word : now.command) command += (command.empty() ? "" : " ") + word;
  std::map<std::string, std::string> run;
  if (!command.empty()) run["command"] = command;
  if (!now.date.empty()) run["date"] = now.date;
  if (!now.foreign) run["seed"] = fmt::format("{}", now.seed);
  if (now.plan && now.plan->clients > 0)
    run["servers"] =
        fmt::format("on another host than the cells; {} at once, figures are those of one",
                    counted(now.plan->clients, "client"));
  return rows_of(run) + (now.hosts.empty() ? rows_of(now.environment) : fleet_rows(now));
}

std::string missing_of(const results& now) {
  std::string rows;
  std::size_t count = 0;
  for (const cell_result& cell : now.cells) {
    if (cell.status == cell_status::ok || ++count > missing_rows) continue;
    rows += fmt::format(
        "<tr class=\"{0}\"><th scope=\"row\" dir=\"auto\">{1}</th><td>{0}</td><td "
        "dir=\"auto\">{2}</td></tr>\n",
        to_string(cell.status), html_text(clipped(cell.name, label_length)),
        html_text(clipped(cell.reason, 400)));
  }
  if (count == 0) return {};
  std::string table =
      "<section id=\"missing\" aria-labelledby=\"missing-title\"><h2 id=\"missing-title\">Not "
      "measured</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Cells that "
      "were not "
      "measured\"><table class=\"plain\">"
      "<thead><tr><th scope=\"col\">cell</th><th scope=\"col\">status</th><th "
      "scope=\"col\">reason</th></tr></thead><tbody>" +
      rows + "</tbody></table></div>";
  if (count > missing_rows)
    table += fmt::format("<p>Showing the first {} of {}; the table of cells lists all.</p>",
                         missing_rows, count);
  return table + "</section>";
}

/// Section about the baseline: environment differences and unmatched cells.
std::string baseline_of(const results& now, const results* baseline) {
  if (baseline == nullptr) return {};
  std::string out =
      "<section id=\"baseline\" aria-labelledby=\"baseline-title\"><h2 "
      "id=\"baseline-title\">Baseline</h2>";
  const auto differences = machine_differences(*baseline, now);
  if (differences.empty()) {
    out += "<p>Both runs recorded the same environment.</p>";
  } else {
    out +=
        "<p class=\"note\">The environments differ, so no change is judged.</p><div "
        "class=\"scroll\" tabindex=\"0\" "
        "role=\"region\" aria-label=\"Environment differences\"><table "
        "class=\"plain\"><thead><tr><th scope=\"col\">environment</th>"
        "<th scope=\"col\">baseline</th><th scope=\"col\">now</th></tr></thead><tbody>";
    for (const environment_difference& d : differences)
      out += fmt::format(
          "<tr><th scope=\"row\" dir=\"auto\">{}</th><td dir=\"auto\">{}</td><td "
          "dir=\"auto\">{}</td></tr>\n",
          html_text(clipped(d.key, label_length)), html_text(clipped(d.old_value, 400)),
          html_text(clipped(d.new_value, 400)));
    out += "</tbody></table></div>";
  }
  out += fmt::format("<p><code>crossover check</code> of the two files: {}.</p>",
                     html_text(check_headline(*baseline, now)));
  return out + "</section>";
}

/// The embedded results document, as much of it as fits.
struct embedded {
  std::string_view contains;
  std::string bytes;
};

embedded embed(const results& now, std::size_t room) {
  // A sample takes at least 40 bytes compressed, so results that cannot fit are not serialised.
  std::size_t samples = 0;
  for (const cell_result& cell : now.cells) samples += cell.samples.size() + 1;
  if (samples > room / 40) return {"nothing", ""};
  for (const auto& [content, name] :
       {std::pair(document_content::everything, "everything"),
        std::pair(document_content::no_distributions, "no_distributions")}) {
    compressor packed;
    write_document(now, content, -1, [&packed](std::string_view piece) { packed.add(piece); });
    std::string bytes = packed.finish();
    if (bytes.size() <= room) return {name, std::move(bytes)};
  }
  return {"nothing", ""};
}

/// Note about what the page leaves out, if it has `shown` of a file's `cells` cells.
std::string thinned_of(const nlohmann::ordered_json& data, std::size_t shown, std::size_t cells) {
  if (data["values"] == "all" && shown == cells) return {};
  std::string out = "<p class=\"note\" id=\"thinned\">Reduced to limit file size. ";
  if (shown < cells)
    out += fmt::format("The page has only the first {} of {} cells. ", shown, cells);
  if (data["values"] == "means")
    out += "It has means and intervals of the main metrics only, and no latency distributions. ";
  else if (data["values"] != "all")
    out += fmt::format("Of {} blocks it keeps {}. ", data["repetitions"].get<std::size_t>(),
                       data["values"] == "headline"
                           ? "single values only for throughput, latency, CPU and memory"
                           : "no single values, so the charts have no dots for them");
  return out +
         "All means and intervals use every block. <code>crossover report --complete</code> keeps "
         "everything.</p>";
}

/// Page of the first cells of a file that has `cells` cells.
std::string page_of(const results& file, const results* baseline, const page_limits& limits,
                    std::size_t cells) {
  const std::optional<results> split = split_by_machine_type(file);
  const results& now = split ? *split : file;
  const std::vector<panel> panels = panels_of(now);
  const answer_set all = answers_of(now, panels);
  const outcome_input judged{now, panels, all};
  first_screen first = first_screen_of(now, panels, all);
  const std::string contests = contest_table(now, all);
  const nlohmann::ordered_json figures = page_data(judged, baseline, limits);
  embedded_json data = embed_json(text_of(figures));
  std::string script = compressed_base64(page_script);
  const std::size_t taken = page_shell.size() + page_style.size() + script.size() +
                            first.answers.size() + contests.size() + data.text.size() + 8'000;
  embedded document = embed(file, limits.bytes - std::min(limits.bytes, taken));
  return fill(page_shell, {{"title", html_text(title_of(now))},
                           {"policy", content_policy(page_script)},
                           {"style", std::string(page_style)},
                           {"script", std::move(script)},
                           {"loader", std::string(page_loader)},
                           {"heading", std::move(first.heading)},
                           {"lede", std::move(first.lede)},
                           {"answers_title", std::move(first.title)},
                           {"answers", std::move(first.answers)},
                           {"run", std::move(first.run)},
                           {"contests", contests},
                           {"outcomes", paragraphs(run_outcomes_of(judged))},
                           {"baseline", baseline_of(now, baseline)},
                           {"missing", missing_of(now)},
                           {"environment", environment_of(now)},
                           {"thinned", thinned_of(figures, file.cells.size(), cells)},
                           {"packed", std::move(data.attribute)},
                           {"data", std::move(data.text)},
                           {"contains", std::string(document.contains)},
                           {"results", std::move(document.bytes)}});
}

/// Copy with the first `count` cells.
results first_cells(const results& now, std::size_t count) {
  results first;
  first.context = now.context;
  first.environment = now.environment;
  first.hosts = now.hosts;
  first.command = now.command;
  first.seed = now.seed;
  first.equal = now.equal;
  first.date = now.date;
  first.suite = now.suite;
  first.status = now.status;
  first.foreign = now.foreign;
  first.cells.assign(now.cells.begin(), now.cells.begin() + static_cast<std::ptrdiff_t>(count));
  return first;
}

}  // namespace

std::string page(const results& now, const results* baseline, const page_limits& limits) {
  const std::size_t cells = now.cells.size();
  page_limits of_page = limits;
  if (cells > limits.whole_cells) of_page.whole_cells = 0;
  const auto page_of_first = [&](std::size_t count) {
    return count == cells ? page_of(now, baseline, of_page, cells)
                          : page_of(first_cells(now, count), baseline, of_page, cells);
  };
  std::size_t shown = cells;
  std::string text;
  if (cells > std::max(limits.whole_cells, trial_cells)) {
    // A few cells show how many fit. The results document would hide their size.
    of_page.bytes = 0;
    shown = trial_cells;
    text = page_of_first(shown);
    of_page.bytes = limits.bytes;
  } else {
    text = page_of_first(cells);
    if (text.size() <= limits.most_bytes) return text;
  }
  // A page without cells has nothing to compare with a baseline.
  const double fixed =
      static_cast<double>(page_of(first_cells(now, 0), nullptr, limits, cells).size());
  const double room = std::max(0.0, static_cast<double>(limits.most_bytes) - fixed);
  do {
    const double per_cell =
        std::max(1.0, (static_cast<double>(text.size()) - fixed) / static_cast<double>(shown));
    shown = std::min(cells, static_cast<std::size_t>(0.95 * room / per_cell));
    text = page_of_first(shown);
  } while (text.size() > limits.most_bytes && shown > 0);
  return text;
}

}  // namespace crossover
