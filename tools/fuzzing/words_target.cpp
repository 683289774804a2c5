#include <cmath>
#include <string>

#include "reports/escape.hpp"
#include "tools/flag_values.hpp"
#include "tools/fuzzing/target.hpp"
#include "workloads/base/command_words.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/quantities.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/http_url.hpp"
#include "workloads/parameters.hpp"

namespace crossover {
namespace {

/// Calls `read`, which refuses bad input with an `error` (invalid).
template <typename Read>
void refuses_only_as_invalid(const Read& read) {
  try {
    read();
  } catch (const error& e) {
    require(e.kind() == error_kind::invalid, "a bad word is invalid");
    require(std::string_view(e.what()).find('\n') == std::string::npos, "an error is one line");
  }
}

void numbers(std::string_view text) {
  if (const auto size = parse_size(text))
    require(parse_size(format_size(*size)) == size, "a printed size is the same size");
  if (const auto ns = parse_duration_ns(text))
    require(parse_duration_ns(format_duration(*ns)) == ns, "a printed duration is the same");
  if (const auto share = parse_share(text))
    require(std::isfinite(*share) && *share >= 0, "a share is finite and not negative");
  if (const auto number = parse_decimal(text)) require(std::isfinite(*number), "finite");
  size_advice(text);
  duration_advice(text);
  share_advice(text);
}

void flags(const std::string& text) {
  refuses_only_as_invalid([&] { decimal_text{0, 1e9}(text); });
  refuses_only_as_invalid([&] { positive_text()(text); });
  refuses_only_as_invalid([&] { whole_text{0, 65535}(text); });
  refuses_only_as_invalid([&] { probability_text()(text); });
  refuses_only_as_invalid(
      [&] { require(duration_text()(text) > 0, "a duration of a flag is positive"); });
  refuses_only_as_invalid([&] { word_text{{"run", "check", "report"}}(text); });
}

void lists(const std::string& text) {
  std::string joined;
  for (const std::string& part : split_list(text)) joined += (joined.empty() ? "" : ",") + part;
  require(joined.size() <= text.size(), "a list is not longer than its text");
  refuses_only_as_invalid([&] {
    for (const std::string& name : split_names(text)) {
      const named_parameters parsed = parse_named_parameters(name);
      require(name.starts_with(parsed.name), "a name precedes its parameters");
      static constexpr parameter known[] = {
          {"bytes", parameter_kind::size, "64KiB", 1, 1 << 24},
          {"delay", parameter_kind::duration, "10ms", 1000, 60'000'000'000},
          {"rows", parameter_kind::count, "100", 1, 1000},
          {"algorithm", parameter_kind::choice, "sha256", 0, 0, "sha256|sha512"}};
      const parameter_values values("workload", known, parsed.values);
      require(values.number("bytes") >= 1 && values.number("bytes") <= 1 << 24,
              "a parameter is within its range");
    }
  });
  refuses_only_as_invalid([&] { require(!split_words(text).empty(), "a command has words"); });
}

void addresses(const std::string& text) {
  refuses_only_as_invalid([&] {
    const host_and_port parts = parse_endpoint(text);
    require(!parts.host.empty() && parts.port > 0, "an endpoint has a host and a port");
  });
  refuses_only_as_invalid([&] {
    const http_url url = parse_http_url(text);
    require(url.target.starts_with('/'), "a target begins with a slash");
    require((url.endpoint + url.authority + url.target).find_first_of("\r\n ") == std::string::npos,
            "a URL cannot add lines to a request");
  });
}

/// A quoted field is one field of one record, and no spreadsheet takes it for a formula.
void csv(std::string_view text) {
  const std::string field = csv_field(text);
  std::string_view inside = field;
  if (inside.starts_with('"')) {
    require(inside.size() >= 2 && inside.ends_with('"'), "a quoted field is closed");
    inside = inside.substr(1, inside.size() - 2);
    for (std::size_t i = 0; i < inside.size(); ++i)
      if (inside[i] == '"')
        require(++i < inside.size() && inside[i] == '"', "a quote in a field is doubled");
  } else {
    require(inside.find_first_of(",\"\r\n") == std::string_view::npos, "a plain field is plain");
  }
  require(inside.empty() || std::string_view("=+-@\t\r").find(inside[0]) == std::string_view::npos,
          "a text is not a formula");
}

/// Returns whether a Markdown renderer could take a character for markup.
bool has_markdown(std::string_view text) {
  for (std::size_t at; (at = text.find_first_of("<>[]`*_|@\\!#~&$")) != std::string_view::npos;) {
    text.remove_prefix(at);
    const std::size_t end = text.find(';');
    if (!text.starts_with("&#") || end == std::string_view::npos || end > 5) return true;
    text.remove_prefix(end + 1);
  }
  return false;
}

/// Names in results come from other people's programs.
void escapes(const std::string& text) {
  for (const std::string& line :
       {one_line(text), one_line(text, 20), xml_text(text), markdown_code(text),
        markdown_text(text, 30), workflow_message(text), workflow_property(text)})
    require(line.find_first_of("\r\n") == std::string::npos, "an escaped name is one line");
  for (const std::string& escaped : {html_text(text), xml_text(text)})
    require(escaped.find_first_of("<>\"'") == std::string::npos, "no markup in HTML or XML");
  for (const std::string& escaped : {markdown_text(text), markdown_code(text).substr(6)})
    require(!has_markdown(std::string_view(escaped).substr(0, escaped.rfind("</code>"))),
            "no markup in Markdown");
  require(workflow_property(text).find_first_of(":,") == std::string::npos,
          "no separator in a property");
  csv(text);
}

}  // namespace

/// Values of flags, parameters, lists, commands and addresses; names on their way to an output.
void fuzz_words(std::string_view input) {
  if (input.size() > 4096) return;
  const std::string text(input);
  numbers(input);
  flags(text);
  lists(text);
  addresses(text);
  escapes(text);
}

}  // namespace crossover
