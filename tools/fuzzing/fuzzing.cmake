# The fuzz targets with only the sources that they need, so that clang builds them in about a minute.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(utf8cpp REQUIRED)
pkg_check_modules(re2 REQUIRED re2)

add_executable(fuzz
  ${fuzz_targets}
  tools/fuzzing/libfuzzer.cpp
  tools/flag_values.cpp
  workloads/endpoint.cpp
  workloads/hashing.cpp
  workloads/http_reply.cpp
  workloads/http_url.cpp
  workloads/parameters.cpp
  workloads/waits.cpp
  workloads/base/atomic_file.cpp
  workloads/base/command_words.cpp
  workloads/base/error.cpp
  workloads/base/nearest.cpp
  workloads/base/quantities.cpp
  workloads/base/scratch_file.cpp
  workloads/servers/connection_loop.cpp
  workloads/servers/echo_server.cpp
  workloads/servers/http_server.cpp
  bench/cell/cell_location.cpp
  bench/cell/replies.cpp
  bench/cell/requests.cpp
  bench/fleet/host_messages.cpp
  bench/results/benchmark_rows.cpp
  bench/results/cell_spec.cpp
  bench/results/findings.cpp
  bench/results/json_text.cpp
  bench/results/latency.cpp
  bench/results/metrics.cpp
  bench/results/results.cpp
  bench/results/results_members.cpp
  bench/results/results_reader.cpp
  bench/results/sample_json.cpp
  bench/results/sample_spool.cpp
  bench/results/schema_1.cpp
  bench/results/trace.cpp
  reports/environment_differences.cpp
  reports/escape.cpp
  reports/machine_types.cpp
  reports/panels.cpp
  reports/units.cpp
  reports/check/compare_files.cpp
  reports/check/comparison.cpp
  reports/check/history.cpp
  reports/check/judged_metric.cpp
  reports/check/match_cells.cpp
  reports/check/thresholds.cpp
  reports/statistics/change_points.cpp
  reports/statistics/critical_values.cpp
  reports/statistics/interval.cpp
  reports/statistics/moments.cpp
  reports/statistics/permutation_test.cpp
  reports/statistics/t_estimate.cpp)
target_include_directories(fuzz PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(fuzz PRIVATE Boost::headers Boost::url fmt::fmt nlohmann_json::nlohmann_json OpenSSL::Crypto Threads::Threads utf8cpp ${re2_LINK_LIBRARIES})
target_precompile_headers(fuzz PRIVATE <fmt/format.h> <map> <nlohmann/json.hpp> <string> <vector>)
# It contains Boost.JSON's definitions, which must precede every other use of that library.
set_source_files_properties(bench/results/json_text.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)

# The first finding ends the run.
target_compile_options(fuzz PRIVATE -fsanitize=fuzzer -fno-sanitize-recover=all -Wno-unknown-warning-option -Wno-missing-field-initializers)
target_link_options(fuzz PRIVATE -fsanitize=fuzzer)
