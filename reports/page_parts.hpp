#pragma once

#include <string_view>

namespace crossover {

// Output of web/build.mjs.

/// Bundled scripts of the page of results and of a check's page.
extern const std::string_view page_script;
extern const std::string_view check_script;
/// HTML documents of the two, with `{{…}}` placeholders.
extern const std::string_view page_shell;
extern const std::string_view check_shell;
/// Shared by both: the loader that unpacks and runs the script, and the style sheet.
extern const std::string_view page_loader;
extern const std::string_view page_style;

}  // namespace crossover
