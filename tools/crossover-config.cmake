# find_package(crossover): the target crossover::crossover, for programs with their own workloads;
# crossover::benchmark_main, for programs with Google Benchmark benchmarks; crossover_links.
include(${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/crossover-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/crossover-links.cmake)
