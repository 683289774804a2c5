#pragma once

#include <string>
#include <string_view>

namespace crossover {

/// Cell names come from other people's programs. These functions make any bytes safe to print.

/// Returns whether the text is valid UTF-8 without control characters, line separators and
/// bidirectional controls.
bool is_visible_line(std::string_view text);

/// Returns valid UTF-8 on one line. Invalid bytes become U+FFFD; control characters, line
/// separators and bidirectional controls become visible (`\n`, `\u{202e}`). A space breaks up what
/// GitHub would take for a workflow command (`::` at the beginning, `##[`). If longer than `limit`
/// characters (0: no limit), the middle is replaced by "…", because names differ at both ends.
std::string one_line(std::string_view text, std::size_t limit = 0);

/// Cuts the text after `limit` characters (not bytes) and appends an ellipsis.
std::string clipped(std::string_view text, std::size_t limit);

/// Escapes text for HTML elements and quoted attributes. Control characters become spaces.
std::string html_text(std::string_view text);

/// Escapes one line for XML text and attribute values: `&`, `<`, `>` and quotes become entities.
std::string xml_text(std::string_view text);

/// Escapes one line for a cell of a GitHub-flavoured Markdown table, as `<code>` whose content no
/// renderer treats as markup or mention.
std::string markdown_code(std::string_view text, std::size_t limit = 0);

/// Escapes one line for Markdown prose: possible markup becomes entities.
std::string markdown_text(std::string_view text, std::size_t limit = 0);

/// Quotes a text of a CSV record if necessary (RFC 4180). An apostrophe precedes what a spreadsheet
/// would take for a formula (`=`, `+`, `-`, `@`).
std::string csv_field(std::string_view text);

/// Escapes one line for the message of a GitHub workflow command (`%`, CR and LF encoded).
std::string workflow_message(std::string_view text);
/// The same for a property of such a command (`:` and `,` encoded too).
std::string workflow_property(std::string_view text);

}  // namespace crossover
