#pragma once

#include <string_view>

namespace crossover {

/// What the build made of web/: the bundled script, the script that unpacks and runs it, the style
/// sheet, and the document with
/// `{{…}}` where the results go.
extern const std::string_view page_script;
extern const std::string_view page_loader;
extern const std::string_view page_style;
extern const std::string_view page_shell;

}  // namespace crossover
