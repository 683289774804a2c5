// CPU-bound: sorts a list of numbers.
#include <algorithm>
#include <crossover/crossover.hpp>
#include <random>

int main(int argc, char** argv) {
  crossover::program mine("cpu");
  mine.add("sort", {{"count", "1000", "numbers to sort"}}, [](const crossover::parameters& cell) {
    std::vector<unsigned> numbers(cell.number("count"));
    std::generate(numbers.begin(), numbers.end(), std::mt19937());
    return [numbers, sorted = numbers]() mutable {
      sorted = numbers;
      std::sort(sorted.begin(), sorted.end());
      return std::is_sorted(sorted.begin(), sorted.end());
    };
  });
  return mine.main(argc, argv);
}
