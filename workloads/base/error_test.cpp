#include "workloads/base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "workloads/workload.hpp"

namespace crossover {
namespace {

TEST(error, kinds_have_protocol_names) {
  EXPECT_EQ(to_string(error_kind::invalid), "invalid");
  EXPECT_EQ(to_string(error_kind::unsupported), "unsupported");
  EXPECT_EQ(to_string(error_kind::resource), "resource");
  EXPECT_EQ(to_string(error_kind::failed), "failed");
}

TEST(error, system_failure_appends_the_errno_text) {
  const error failure = system_failure(error_kind::unwritable, "out.json", ENOSPC);
  EXPECT_EQ(failure.kind(), error_kind::unwritable);
  EXPECT_STREQ(failure.what(), "out.json: No space left on device");
}

TEST(error, operation_error_has_phase_and_symbol) {
  EXPECT_STREQ(operation_error("connect", ECONNREFUSED).what(), "connect:ECONNREFUSED");
  EXPECT_STREQ(operation_error("receive", "EOF").what(), "receive:EOF");
  EXPECT_EQ(errno_name(ECONNRESET), "ECONNRESET");
  EXPECT_EQ(errno_name(9999), "E9999");
}

}  // namespace
}  // namespace crossover
