#pragma once

#include <string>
#include <string_view>

namespace crossover {

/// Names of cells come from other people's programs. These make any bytes fit to print.

/// Valid UTF-8 in one line of visible text: bytes that are no UTF-8 become U+FFFD; control
/// characters, line separators and those that turn the direction of writing become visible (`\n`,
/// `\u{202e}`). Longer than `most` characters (0: no limit), the middle gives way to "…", since
/// names differ at both ends.
std::string one_line(std::string_view text, std::size_t most = 0);

/// One line for XML text and attribute values: `&`, `<`, `>` and quotes as entities.
std::string xml_text(std::string_view text);

/// One line for a cell of a GitHub-flavoured Markdown table, as `<code>` whose content no renderer
/// reads as markup or mention.
std::string markdown_code(std::string_view text, std::size_t most);

/// One line for Markdown prose: what could be markup stands as entities.
std::string markdown_text(std::string_view text);

/// One line for the message of a GitHub workflow command (`%`, CR and LF encoded), and for its
/// properties
/// (`:` and `,` too).
std::string workflow_message(std::string_view text);
std::string workflow_property(std::string_view text);

}  // namespace crossover
