// A program with workloads of its own that misbehave on request.
#include <crossover/crossover.hpp>
#include <cstdlib>
#include <stdexcept>

int main(int argc, char** argv) {
  crossover::program mine("faulty");
  mine.add("fault", {{"kind", "none|throws|throws_number|wrong|counted|unknown_parameter"}},
           [](const crossover::parameters& cell) {
             if (cell.text("kind") == "unknown_parameter") cell.number("size");
             return [kind = cell.text("kind"), calls = 0]() mutable {
               if (++calls < 3) return true;
               if (kind == "throws") throw std::runtime_error("no more paper");
               if (kind == "throws_number") throw 42;
               if (kind == "counted" && calls % 2 == 0)
                 throw crossover::operation_error("print", "JAM");
               return kind != "wrong";
             };
           });
  if (const char* name = std::getenv("SECOND_WORKLOAD"))
    mine.add(name, {}, [](const crossover::parameters&) { return [] {}; });
  return mine.main(argc, argv);
}
