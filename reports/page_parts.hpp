#pragma once

#include <string_view>

namespace crossover {

/// Output of web/build.mjs: the bundled script, the loader that unpacks and runs it, the style
/// sheet, and the HTML document with `{{…}}` placeholders.
extern const std::string_view page_script;
extern const std::string_view page_loader;
extern const std::string_view page_style;
extern const std::string_view page_shell;

}  // namespace crossover
