// Mixed: computes, then waits, like a request that renders a page and calls another service.
#include <boost/asio/steady_timer.hpp>
#include <cmath>
#include <crossover/coroutines.hpp>

struct page {
  unsigned words;
  std::chrono::nanoseconds wait;
  double sum = 0;
};

page open_page(const crossover::parameters& cell) {
  return {static_cast<unsigned>(cell.number("words")), cell.duration("wait")};
}

void render(page& p) {
  for (unsigned i = 1; i <= p.words; ++i) p.sum += std::sqrt(i);
}

void request(page& p) {
  render(p);
  crossover::wait_for(p.wait.count());  // unlike nanosleep(2), it lets other fibers run
}

struct page_on_loop : page {
  page_on_loop(boost::asio::io_context& loop, const crossover::parameters& cell)
      : page(open_page(cell)), timer(loop) {}
  boost::asio::steady_timer timer;
};

crossover::awaitable_operation wait_on_loop(page_on_loop& p) {
  p.timer.expires_after(p.wait);
  co_await p.timer.async_wait(crossover::awaited);
}

int main(int argc, char** argv) {
  crossover::program mine("mixed");
  mine.add("request", {{"words", "20000"}, {"wait", "1ms", "time of the other service"}}, open_page,
           request)
      .async([](boost::asio::io_context& loop,
                const crossover::parameters& cell) { return page_on_loop(loop, cell); },
             render, wait_on_loop)
      .least_time([](const crossover::parameters& cell) { return cell.duration("wait"); });
  return mine.main(argc, argv);
}
