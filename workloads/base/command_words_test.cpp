#include "workloads/base/command_words.hpp"

#include <gtest/gtest.h>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using words = std::vector<std::string>;

TEST(command_words, are_separated_by_spaces) {
  EXPECT_EQ(split_words("  gzip -kf\tbig.txt\n"), (words{"gzip", "-kf", "big.txt"}));
}

TEST(command_words, quotes_and_backslashes_keep_characters) {
  EXPECT_EQ(split_words(R"(sh -c 'exit "1"' "a 'b'" c\ d '' "x\"y" 'p\q' "r\s" e"f"'g')"),
            (words{"sh", "-c", "exit \"1\"", "a 'b'", "c d", "", "x\"y", "p\\q", "r\\s", "efg"}));
}

TEST(command_words, nothing_is_expanded) {
  EXPECT_EQ(split_words("echo $HOME * ~ | cat"), (words{"echo", "$HOME", "*", "~", "|", "cat"}));
}

TEST(command_words, open_quote_and_empty_text_are_refused) {
  EXPECT_THROW(split_words("echo 'a"), error);
  EXPECT_THROW(split_words(" "), error);
}

TEST(command_words, a_quoted_word_is_split_into_itself) {
  for (const char* const word : {"", "a b", "don't", "$HOME", "\\", "--launcher"})
    EXPECT_EQ(split_words(shell_word(word)), words{word});
  EXPECT_EQ(shell_word("--budget=2min"), "--budget=2min");
}

TEST(command_words, program_must_exist) {
  EXPECT_NO_THROW(require_program({"true"}));
  EXPECT_NO_THROW(require_program({"/bin/sh", "-c", "exit"}));
  EXPECT_THROW(require_program({"no-such-program-here"}), error);
  EXPECT_THROW(require_program({"/etc/passwd"}), error);
}

}  // namespace
}  // namespace crossover
