#include "workloads/network.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "workloads/async_form.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/servers/echo_server.hpp"
#include "workloads/waits.hpp"
#include "workloads/workload.hpp"

namespace crossover {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using loop_socket = asio::basic_stream_socket<tcp, loop_executor>;

constexpr std::array network_parameters = {
    parameter{"bytes", parameter_kind::size, "64", 1, 16ULL << 20, {}, "message size"},
    parameter{"delay",
              parameter_kind::duration,
              "0",
              0,
              60'000'000'000,
              {},
              "server delay before each reply"},
};

struct message_lane : lane {
  message_lane(std::uint64_t bytes, std::uint32_t number) : sent(bytes), received(bytes) {
    write_network_message(sent, number);
  }
  void next_turn() { write_network_turn(sent, ++turn); }
  void check() const {
    if (sent != received) throw error(error_kind::failed, "an echo differs from what was sent");
  }
  std::vector<unsigned char> sent, received;
  std::uint64_t turn = 0;
};

struct blocking_message_lane final : message_lane {
  using message_lane::message_lane;
  descriptor socket;  // empty after an error: the next operation reconnects
};

struct message_loop_lane final : message_lane {
  message_loop_lane(asio::io_context& loop, std::uint64_t bytes, std::uint32_t number)
      : message_lane(bytes, number), socket(loop) {}
  loop_socket socket;
};

tcp protocol_of(int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length);
  return name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4();
}

class network final : public workload, public async_form {
 public:
  network(std::uint64_t bytes, std::string endpoint)
      : bytes_(bytes), endpoint_(std::move(endpoint)) {}

  std::unique_ptr<lane> open_lane(std::uint32_t number) override {
    auto opened = std::make_unique<blocking_message_lane>(bytes_, number);
    opened->socket = connect_first(endpoint_);
    return opened;
  }

  void run_blocking(lane& base) override {
    auto& lane = static_cast<blocking_message_lane&>(base);
    if (!lane.socket) lane.socket = connect_to(endpoint_);
    lane.next_turn();
    for (std::size_t done = 0; done < bytes_;) {
      const ssize_t n =
          wait_send(lane.socket.get(), lane.sent.data() + done, bytes_ - done, MSG_NOSIGNAL);
      if (n < 0) give_up(lane, "send");
      done += static_cast<std::size_t>(n);
    }
    for (std::size_t done = 0; done < bytes_;) {
      const ssize_t n =
          wait_receive(lane.socket.get(), lane.received.data() + done, bytes_ - done, MSG_WAITALL);
      if (n < 0) give_up(lane, "receive");
      if (n == 0) {
        lane.socket.reset();
        throw operation_error("receive", "EOF");
      }
      done += static_cast<std::size_t>(n);
    }
    lane.check();
  }

  async_form* async() override { return this; }

  std::unique_ptr<lane> open_async_lane(asio::io_context& loop, std::uint32_t number) override {
    auto opened = std::make_unique<message_loop_lane>(loop, bytes_, number);
    adopt(*opened, connect_first(endpoint_));
    return opened;
  }

  awaitable_operation run_async(lane& base) override {
    auto& lane = static_cast<message_loop_lane&>(base);
    if (!lane.socket.is_open()) adopt(lane, connect_to(endpoint_));
    lane.next_turn();
    const char* phase = "send";
    std::size_t received = 0;
    try {
      for (std::size_t done = 0; done < bytes_;) {
        // The socket's buffer usually has room, so try first and wait only if it is full.
        boost::system::error_code failure;
        done +=
            lane.socket.write_some(asio::buffer(lane.sent.data() + done, bytes_ - done), failure);
        if (failure == asio::error::would_block) {
          co_await lane.socket.async_wait(loop_socket::wait_write, awaited);
        } else if (failure) {
          throw boost::system::system_error(failure);
        }
      }
      phase = "receive";
      // Yield once before reading: the echo cannot have arrived yet, so an immediate read would
      // only cost a system call.
      co_await asio::post(lane.socket.get_executor(), awaited);
      while (received < bytes_)
        received +=
            co_await lane.socket.async_read_some(asio::buffer(lane.received) + received, awaited);
    } catch (const boost::system::system_error& e) {
      boost::system::error_code ignored;
      lane.socket.close(ignored);
      if (e.code() == asio::error::eof) throw operation_error(phase, "EOF");
      throw operation_error(phase, e.code().value());
    }
    lane.check();
  }

 private:
  [[noreturn]] static void give_up(blocking_message_lane& lane, const char* phase) {
    const int reason = errno;
    lane.socket.reset();
    throw operation_error(phase, reason);
  }

  static void adopt(message_loop_lane& lane, descriptor fd) {
    const tcp protocol = protocol_of(fd.get());
    lane.socket.assign(protocol, fd.release());
    lane.socket.non_blocking(true);
  }

  std::uint64_t bytes_;
  std::string endpoint_;
};

}  // namespace

void write_network_message(std::span<unsigned char> message, std::uint32_t number) {
  for (std::size_t i = 0; i < message.size(); ++i)
    message[i] = static_cast<unsigned char>(31 * number + 7 * i);
}

void write_network_turn(std::span<unsigned char> message, std::uint64_t turn) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(message.data(), &turn, std::min(message.size(), sizeof turn));
}

extern const workload_type network_workload;
constinit const workload_type network_workload = {
    .name = "network",
    .summary = "send a message, wait for its echo (TCP)",
    .parameters = network_parameters,
    .make = [](const parameter_values& values,
               const std::string& endpoint) -> std::unique_ptr<workload> {
      return std::make_unique<network>(values.number("bytes"), endpoint);
    },
    .min_operation_s =
        [](const parameter_values& values) {
          return static_cast<double>(values.number("delay")) * 1e-9;
        },
    .start_server = [](const parameter_values& values,
                       const server_config& config) -> std::unique_ptr<workload_server> {
      return start_echo_server(values.number("bytes"), values.number("delay"), config);
    },
    .descriptors_per_lane = 1,
};

}  // namespace crossover
