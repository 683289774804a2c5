#include <crossover/crossover.hpp>

int main(int count, char** arguments) {
  return crossover::program("crossover", "").main(count, arguments);
}
