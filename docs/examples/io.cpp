// I/O-bound: requests the length of a text from a server. The program brings its own server.
#include <boost/asio.hpp>
#include <crossover/coroutines.hpp>
#include <thread>

namespace asio = boost::asio;
using asio::ip::tcp;

tcp::endpoint address_of(const crossover::parameters& cell) {
  const std::size_t colon = cell.endpoint.rfind(':');
  return {asio::ip::make_address(cell.endpoint.substr(0, colon)),
          static_cast<unsigned short>(std::stoi(cell.endpoint.substr(colon + 1)))};
}

// A connection, and a text that the server has to measure. One operation in flight owns it.
struct connection {
  connection(asio::io_context& loop, const crossover::parameters& cell)
      : socket(loop), text(cell.number("length"), 'x') {
    text += '\n';
    socket.connect(address_of(cell));
    socket.set_option(tcp::no_delay(true));
  }
  bool is_right() const { return answer == text.size() - 1; }

  tcp::socket socket;
  std::string text;
  std::uint32_t answer = 0;
};

// The blocking form needs a loop too, because every Asio socket belongs to one.
struct blocking_connection {
  explicit blocking_connection(const crossover::parameters& cell) : data(loop, cell) {}
  asio::io_context loop;
  connection data;
};

bool measure(blocking_connection& state) {
  connection& c = state.data;
  asio::write(c.socket, asio::buffer(c.text));
  asio::read(c.socket, asio::buffer(&c.answer, sizeof c.answer));
  return c.is_right();
}

crossover::awaitable_operation measure_async(connection& c) {
  co_await asio::async_write(c.socket, asio::buffer(c.text), crossover::awaited);
  co_await asio::async_read(c.socket, asio::buffer(&c.answer, sizeof c.answer), crossover::awaited);
  crossover::require(c.is_right());
}

// Serves each connection with a coroutine, on one thread.
class length_server {
 public:
  explicit length_server(const crossover::parameters& cell) : acceptor_(loop_, address_of(cell)) {
    asio::co_spawn(loop_, accept(), asio::detached);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~length_server() {
    loop_.stop();
    thread_.join();
  }
  std::string endpoint() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

 private:
  asio::awaitable<void> accept() {
    for (;;)
      asio::co_spawn(loop_, serve(co_await acceptor_.async_accept(asio::use_awaitable)),
                     asio::detached);
  }
  static asio::awaitable<void> serve(tcp::socket socket) {
    socket.set_option(tcp::no_delay(true));
    for (std::string text;; text.clear()) {
      const std::uint32_t answer = static_cast<std::uint32_t>(
          co_await asio::async_read_until(socket, asio::dynamic_buffer(text), '\n',
                                          asio::use_awaitable) -
          1);
      co_await asio::async_write(socket, asio::buffer(&answer, sizeof answer), asio::use_awaitable);
    }
  }

  asio::io_context loop_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

int main(int argc, char** argv) {
  crossover::program mine("io");
  mine.add(
          "length", {{"length", "100", "characters of the text"}},
          [](const crossover::parameters& cell) { return blocking_connection(cell); }, measure)
      .async([](asio::io_context& loop,
                const crossover::parameters& cell) { return connection(loop, cell); },
             measure_async)
      .server([](const crossover::parameters& cell) { return length_server(cell); })
      .summary("ask a server for the length of a text");
  return mine.main(argc, argv);
}
