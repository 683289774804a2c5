#include "reports/first_screen.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "reports/answer_text.hpp"
#include "reports/contest_text.hpp"
#include "reports/escape.hpp"
#include "reports/families.hpp"
#include "reports/findings_text.hpp"
#include "reports/machine_text.hpp"
#include "reports/machine_types.hpp"
#include "reports/outcomes.hpp"
#include "reports/questions.hpp"
#include "reports/units.hpp"
#include "workloads/base/command_words.hpp"

namespace crossover {
namespace {

/// Rows and their lines of text that fit a screen of 1400 × 900.
constexpr std::size_t first_rows = 10, first_lines = 27;
constexpr std::size_t contest_rows = 500;
constexpr std::size_t text_length = 160;

std::string environment_text(const results& now, const char* key) {
  const auto found = now.environment.find(key);
  return found == now.environment.end() ? std::string() : clipped(found->second, 60);
}

std::string joined(std::vector<std::string> parts, std::string_view separator) {
  std::erase(parts, "");
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string host_text(const results& now) {
  return environment_text(now, now.foreign ? "host_name" : "host");
}

/// "2 cores", from the environment. Google Benchmark counts CPUs.
std::string with_noun(const std::string& number, const char* noun) {
  return number.empty() ? number : fmt::format("{} {}{}", number, noun, number == "1" ? "" : "s");
}

/// "64 cores (128 CPUs)", "8 + 4 cores" of a hybrid machine, "4 cores, quota 1.5 CPUs".
std::string cores_text(const results& now) {
  if (now.foreign) return with_noun(environment_text(now, "num_cpus"), "CPU");
  const std::string cores = environment_text(now, "cores"), cpus = environment_text(now, "cpus"),
                    kinds = environment_text(now, "core_kinds"),
                    quota = environment_text(now, "quota");
  std::string text = with_noun(kinds.empty() ? cores : kinds, "core");
  if (!text.empty() && !cpus.empty() && cpus != cores)
    text += fmt::format(" ({})", with_noun(cpus, "CPU"));
  if (!text.empty() && !quota.empty() && quota != "none") text += ", quota " + quota;
  return text;
}

/// "Linux 6.18.44-fc-v669" is "Linux 6.18".
std::string kernel_text(const results& now) {
  const std::string kernel = environment_text(now, "kernel");
  const std::size_t major = kernel.find('.');
  const std::size_t minor =
      major == std::string::npos ? major : kernel.find_first_not_of("0123456789", major + 1);
  return kernel.substr(0, minor);
}

/// Returns the heading of the page. In a contest of commands, they have the place of models.
const char* heading_text(const results& now) {
  if (now.foreign) return "Benchmark results";
  const bool is_of_commands =
      !now.cells.empty() && std::all_of(now.cells.begin(), now.cells.end(), [](const auto& cell) {
        return cell.workload == "command" && !cell.parameters.contains("run");
      });
  return is_of_commands ? "Which command is best here?" : "Which concurrency model is best here?";
}

std::string heading_html(const results& now, const answer_set& all) {
  const std::string where =
      now.hosts.empty() ? joined({host_text(now), cores_text(now)}, ", ") : fleet_text(now);
  const std::string facts = joined({decided_text(all), now.date.substr(0, 10)}, " · ");
  return fmt::format(
      "<h1>{}{}</h1><p class=\"where\"><bdi>{}</bdi></p><p class=\"facts\"><bdi>{}</bdi></p>",
      heading_text(now),
      now.suite.empty() || now.suite == "standard"
          ? ""
          : fmt::format(" <small><bdi>suite {}</bdi></small>", html_text(clipped(now.suite, 60))),
      html_text(where), html_text(facts));
}

std::string lede_html(const results& now, const std::vector<panel>& panels, const answer_set& all) {
  std::vector<std::string> sentences = suite_outcomes_of({now, panels, all});
  if (now.foreign) sentences.push_back(families_lede(now, panels));
  if (sentences.empty()) sentences.push_back(leading_text(all));
  sentences.push_back(machines_sentence(all.contests));
  if (now.status == results_status::interrupted)
    sentences.emplace_back("The run was interrupted: the remaining cells are missing.");
  std::string out;
  for (const std::string& sentence : sentences)
    if (!sentence.empty()) out += fmt::format("<p>{}</p>", html_text(sentence));
  return out;
}

/// Text whose figures keep their units on the same line, "64 B". Places break only after commas.
std::string figures_html(const std::string& text, bool is_place = false) {
  const std::string escaped = html_text(clipped(text, text_length));
  std::string out;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    const char before = i == 0 ? ' ' : escaped[i - 1];
    const bool is_kept = is_place
                             ? before != ','
                             : before >= '0' && before <= '9' && escaped.compare(i, 4, " to ") != 0;
    if (escaped[i] == ' ' && is_kept)
      out += "&nbsp;";
    else
      out += escaped[i];
  }
  return out;
}

/// "64-core AMD EPYC 7B13, 1 core, 64 in flight".
std::string place_of(const question& row) { return joined({row.machine, row.place}, ", "); }

std::string row_html(const question& row) {
  const std::string panels = fmt::format("{}", fmt::join(row.panels, " "));
  return fmt::format(
      "<tr data-panels=\"{}\"><th scope=\"row\"><b><bdi>{}</bdi></b> <span>{}</span></th>"
      "<td class=\"answer\"><strong data-leader=\"{}\"><bdi>{}</bdi></strong> "
      "<span><bdi>{}</bdi></span></td><td class=\"forest\" data-contest=\"{}\"></td>"
      "<td class=\"cost\">{}</td></tr>\n",
      panels, figures_html(row.title), figures_html(place_of(row), true), html_text(row.leader),
      figures_html(row.answer), figures_html(row.remark), row.contests.back(),
      figures_html(row.cost));
}

/// Returns the lines of text of a row, by the widths of its columns on a large screen.
std::size_t lines_of_row(const question& row) {
  const auto lines = [](const std::string& text, std::size_t width) {
    return (text.size() + width - 1) / width;
  };
  return std::max(lines(row.title, 22) + lines(place_of(row), 25), 1 + lines(row.remark, 56));
}

/// Returns the rows of the first screen.
std::vector<question> fitting_rows(const std::vector<question>& rows) {
  for (std::size_t count = first_rows;; --count) {
    std::vector<question> first = first_of(rows, count);
    std::size_t lines = 0;
    for (const question& row : first) lines += lines_of_row(row);
    if (lines <= first_lines || count == 1) return first;
  }
}

std::string questions_html(const std::vector<question>& rows, const std::vector<question>& first) {
  if (rows.empty()) return "<p class=\"note\">No result: see the cells that were not measured.</p>";
  std::string out =
      "<table class=\"questions\"><thead><tr><th scope=\"col\">question</th><th "
      "scope=\"col\">answer</th><th scope=\"col\" class=\"scale\"><span>relative to "
      "the best</span><div></div></th><th scope=\"col\" class=\"cost\">CPU, "
      "memory</th></tr></thead><tbody>\n";
  for (const question& row : first) out += row_html(row);
  out += "</tbody></table>";
  if (rows.size() > first.size())
    out += fmt::format("<p class=\"others\"><a href=\"#contests\">{} below</a></p>",
                       counted(rows.size() - first.size(), "more answer"));
  return out;
}

/// Share of the cells' CPU time that the hypervisor took.
std::optional<double> steal_share(const results& now) {
  double stolen = 0, total = 0;
  for (const cell_result& cell : now.cells)
    for (const sample& s : cell.samples) {
      if (!s.steal_s || !cell.cores) continue;
      stolen += *s.steal_s;
      total += s.wall_s * *cell.cores;
    }
  return total > 0 ? std::optional(stolen / total) : std::nullopt;
}

std::string command_text(const results& now) {
  std::vector<std::string> words;
  for (const std::string& word : now.command) words.push_back(shell_word(word));
  if (!words.empty() && !now.foreign &&
      std::none_of(now.command.begin(), now.command.end(),
                   [](const std::string& word) { return word.starts_with("--seed"); }))
    words.push_back(fmt::format("--seed {}", now.seed));
  return fmt::format("{}", fmt::join(words, " "));
}

std::string run_html(const results& now, const answer_set& all, const std::vector<question>& rows) {
  std::vector<std::string> machine = {host_text(now), cores_text(now),
                                      environment_text(now, "cpu_model"), kernel_text(now),
                                      environment_text(now, "executable")};
  if (!now.hosts.empty()) machine.clear();
  for (const machine_type& type : machine_types_of(now))
    machine.push_back(fmt::format("{} ({})", type.name, host_names(now, type.hosts)));
  if (now.foreign && environment_text(now, "library_build_type") == "debug")
    machine.push_back("debug build of Google Benchmark");
  if (const auto share = steal_share(now))
    machine.push_back(fmt::format("steal {:.1f} %", 100 * *share));
  std::string out = html_text(joined(machine, " · "));
  if (const std::string command = command_text(now); !command.empty())
    out += fmt::format("{}Repeat: <code dir=\"auto\">{}</code>", out.empty() ? "" : " · ",
                       html_text(clipped(command, 300)));
  if (const std::string findings = findings_text(now, cells_shown(rows, all)); !findings.empty())
    out += fmt::format("<br>Findings: {}.", html_text(findings));
  for (const std::string& sentence : host_sentences(now))
    out += fmt::format("<br>{}", html_text(sentence));
  return out;
}

}  // namespace

first_screen first_screen_of(const results& now, const std::vector<panel>& panels,
                             const answer_set& all) {
  constexpr std::string_view ratio_scale =
      "Answers <small>throughput relative to the best model, simultaneous 95 % intervals; click a "
      "point for its blocks</small>";
  constexpr std::string_view time_scale =
      "Families <small>time per iteration of each benchmark, on one logarithmic scale; click a "
      "point for its repetitions</small>";
  const std::vector<question> rows = questions_of(now, all);
  const std::vector<question> first = fitting_rows(rows);
  return {heading_html(now, all), lede_html(now, panels, all),
          std::string(now.foreign ? time_scale : ratio_scale),
          now.foreign ? families_html(now, panels) : questions_html(rows, first),
          run_html(now, all, first)};
}

std::string contest_table(const results& now, const answer_set& all) {
  if (all.contests.empty()) return {};
  std::string rows;
  for (std::size_t i = 0; i < std::min(contest_rows, all.contests.size()); ++i) {
    const contest_row row = row_of(now, all.contests[i]);
    rows += fmt::format("<tr><th scope=\"row\" dir=\"auto\">{}</th>", html_text(row.question));
    for (const std::string* field :
         {&row.place, &row.verdict, &row.others, &row.of_reference, &row.cpu, &row.memory})
      rows += fmt::format("<td dir=\"auto\">{}</td>", html_text(*field));
    rows += "</tr>\n";
  }
  std::string table = fmt::format(
      "<details id=\"contests\"><summary>{}: verdicts and intervals</summary><div "
      "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Contests\"><table "
      "class=\"plain\"><thead><tr>",
      counted(all.contests.size(), "contest"));
  for (const std::string_view title : {"question", "place", "answer", "other models",
                                       "of reference", "CPU per operation", "peak memory"})
    table += fmt::format("<th scope=\"col\">{}</th>", title);
  table += "</tr></thead><tbody>" + rows + "</tbody></table></div>";
  if (all.contests.size() > contest_rows)
    table += fmt::format("<p>Showing the first {} of {}.</p>", contest_rows, all.contests.size());
  return table + "</details>";
}

}  // namespace crossover
