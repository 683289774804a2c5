#include "tools/results_writer.hpp"

#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "workloads/base/atomic_file.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Directory of the output, or that for temporary files if the output has none.
std::filesystem::path directory_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!is_replaceable(file)) return std::filesystem::temp_directory_path(ignored);
  return file.has_parent_path() ? file.parent_path() : ".";
}

std::string text_without_samples(results document) {
  document.status = results_status::interrupted;
  std::string text;
  write_document(document, document_content::everything, file_indent,
                 [&text](std::string_view piece) { text += piece; });
  return text + "\n";
}

}  // namespace

results_writer::results_writer(const std::string& file, bool replaces, file_lock lock, results& all)
    : file_(file),
      lock_(std::move(lock)),
      all_(all),
      spool_(directory_of(file)),
      pause_(all.hosts.empty() ? 20 : 50) {
  if (replaces) {
    check_writable(file);
  } else {
    new_file created = write_new(file, text_without_samples(all));
    file_ = std::move(created.name);
    lock_ = std::move(created.lock);
  }
  is_empty_ = !replaces && is_replaceable(file);
}

results_writer::~results_writer() {
  if (is_empty_) ::unlink(file_.c_str());
}

std::string results_writer::save() {
  spool_.store_new(all_);
  const std::int64_t begin = now_ns();
  if (begin < next_ns_ || !is_replaceable(file_)) return {};
  std::string problem;
  try {
    write();
  } catch (const error& e) {
    if (!std::exchange(has_failed_, true)) problem = e.what();
  }
  const std::int64_t took = now_ns() - begin;
  next_ns_ = took < 5'000'000 ? 0 : now_ns() + pause_ * took;
  return problem;
}

void results_writer::write() {
  lock_ = write_results(file_, all_, &spool_);
  is_empty_ = false;
}

}  // namespace crossover
