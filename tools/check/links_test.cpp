#include "tools/check/links.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace crossover {
namespace {

class links_of_side_of : public testing::Test {
 protected:
  links_of_side_of()
      : directory_(std::filesystem::temp_directory_path() /
                   ("links_test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(directory_);
  }
  ~links_of_side_of() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& name, mode_t mode) {
    const std::string path = (directory_ / name).string();
    std::ofstream(path) << "#!/bin/true\n";
    ::chmod(path.c_str(), mode);
    return path;
  }

  static std::string message_for(const std::string& side) try {
    links_of_side(side);
    return {};
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::unreadable);
    return e.what();
  }

  const std::filesystem::path directory_;
};

TEST_F(links_of_side_of, directory_is_its_programs_by_name) {
  const std::string b = file("b", 0755), a = file("a", 0755);
  file("map.txt", 0644);
  EXPECT_EQ(links_of_side(directory_.string()), (std::vector<std::string>{a, b}));
}

TEST_F(links_of_side_of, list_is_split_at_commas_unless_such_a_file_exists) {
  const std::string a = file("a", 0755), b = file("b", 0755), both = file("x,y", 0755);
  EXPECT_EQ(links_of_side(a + "," + b), (std::vector<std::string>{a, b}));
  EXPECT_EQ(links_of_side(both), std::vector<std::string>{both});
  EXPECT_EQ(links_of_side("missing"), std::vector<std::string>{"missing"});
}

TEST_F(links_of_side_of, bad_lists_name_the_link) {
  const std::string a = file("a", 0755), text = file("text", 0644);
  EXPECT_NE(message_for(a + "," + text).find(text + ": not a program"), std::string::npos);
  EXPECT_NE(message_for(a + ",/nowhere/b").find("/nowhere/b: no such file"), std::string::npos);
  EXPECT_NE(message_for(a + ",").find("an empty name"), std::string::npos);
  std::filesystem::remove(a);
  EXPECT_NE(message_for(directory_.string()).find("a directory without programs"),
            std::string::npos);
}

TEST(pair_links, shuffles_both_sides_and_drops_the_rest) {
  const side_links links = {{{"a", "b", "c", "d", "e", "f", "g", "h"}, {"1", "2", "3", "4", "5"}}};
  const side_links paired = pair_links(links, 1);
  ASSERT_EQ(paired[0].size(), 5u);
  ASSERT_EQ(paired[1].size(), 5u);
  EXPECT_FALSE(std::is_sorted(paired[0].begin(), paired[0].end()));
  EXPECT_EQ(std::set(paired[1].begin(), paired[1].end()).size(), 5u);
  EXPECT_EQ(pair_links(links, 1), paired);
  EXPECT_NE(pair_links(links, 2), paired);
  EXPECT_EQ(pair_count(paired), 5u);
  EXPECT_EQ(pair_count({{{"old"}, {"new"}}}), 0u);
}

TEST(require_one_build, names_a_cell_that_only_one_link_has) {
  results first, other;
  first.cells.resize(2);
  first.cells[0].name = "a";
  first.cells[1].name = "b";
  other.cells = {first.cells[1], first.cells[0]};
  EXPECT_NO_THROW(require_one_build("old/1", first, "old/2", other));
  other.cells.pop_back();
  try {
    require_one_build("old/1", first, "old/2", other);
    FAIL() << "different cells";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::unreadable);
    EXPECT_NE(std::string(e.what()).find("only the first has 'a'"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace crossover
