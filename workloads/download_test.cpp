#include "workloads/download.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <thread>

#include "workloads/async_form.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/hashing.hpp"
#include "workloads/registry.hpp"
#include "workloads/run_async_for_test.hpp"

namespace crossover {
namespace {

using string_map = std::map<std::string, std::string>;

/// Behaviour of a server on one connection: a reply to each request; then it closes, or waits until
/// the client does.
struct conversation {
  std::vector<std::string> replies;
  bool closes = false;
  bool in_pieces = false;
};

/// A server that follows a script: one conversation per connection, the last one repeatedly.
class scripted_server {
 public:
  explicit scripted_server(std::vector<conversation> script) : script_(std::move(script)) {
    listener_ = listen_on("127.0.0.1", 0, endpoint_);
    ::fcntl(listener_.get(), F_SETFL, 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~scripted_server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  const std::string& endpoint() const { return endpoint_; }
  std::string url() const { return "http://" + endpoint_ + "/page"; }

 private:
  void serve() {
    for (std::size_t turn = 0;; ++turn) {
      const descriptor fd(::accept(listener_.get(), nullptr, nullptr));
      if (!fd) return;
      converse(fd.get(), script_[std::min(turn, script_.size() - 1)]);
    }
  }

  static void converse(int fd, const conversation& script) {
    std::string request;
    for (std::size_t sent = 0; !script.closes || sent < script.replies.size();) {
      char chunk[4096];
      const ssize_t n = ::recv(fd, chunk, sizeof chunk, 0);
      if (n <= 0) return;
      request.append(chunk, static_cast<std::size_t>(n));
      for (std::size_t end; (end = request.find("\r\n\r\n")) != std::string::npos;
           request.erase(0, end + 4)) {
        const std::string& reply = script.replies[std::min(sent++, script.replies.size() - 1)];
        const std::size_t piece = script.in_pieces ? 1 : reply.size();
        for (std::size_t done = 0; done < reply.size(); done += piece)
          ::send(fd, reply.data() + done, std::min(piece, reply.size() - done), MSG_NOSIGNAL);
      }
    }
  }

  std::vector<conversation> script_;
  std::string endpoint_;
  descriptor listener_;
  std::thread thread_;
};

std::string body(std::size_t bytes) {
  const auto input = hashing_input(bytes);
  return {input.begin(), input.end()};
}
std::string reply(std::string_view text, std::string_view fields = "",
                  std::string_view status = "200 OK") {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, text.size(), fields,
                     text);
}
std::string chunked(std::string_view text, std::size_t chunk) {
  std::string whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size())))
    whole += fmt::format("{:x}\r\n{}\r\n", std::min(chunk, text.size()), text.substr(0, chunk));
  return whole + "0\r\n\r\n";
}

enum class form { blocking, async };

class download : public ::testing::TestWithParam<form> {
 protected:
  static std::unique_ptr<workload> make(const string_map& parameters,
                                        const std::string& endpoint = "") {
    const workload_type& type = find_workload("download");
    return type.make(parameter_values(type.name, type.parameters, parameters), endpoint);
  }

  /// Runs operations on one lane. Returns the result of each: "ok", the name of a counted error, or
  /// "failed".
  static std::vector<std::string> outcomes(workload& work, int times) {
    std::vector<std::string> all;
    const auto record = [&](const std::exception_ptr& thrown) {
      try {
        if (thrown) std::rethrow_exception(thrown);
        all.emplace_back("ok");
      } catch (const operation_error& e) {
        all.emplace_back(e.what());
      } catch (const error& e) {
        EXPECT_EQ(e.kind(), error_kind::failed);
        all.emplace_back("failed");
      }
    };
    boost::asio::io_context loop(1);
    const auto lane =
        GetParam() == form::blocking ? work.open_lane(0) : work.async()->open_async_lane(loop, 0);
    for (int i = 0; i < times; ++i) {
      try {
        if (GetParam() == form::async)
          run_on(loop, work.async()->run_async(*lane));
        else
          work.run_blocking(*lane);
        record(nullptr);
      } catch (...) {
        record(std::current_exception());
      }
    }
    return all;
  }

  /// Returns the outcomes of downloading 10-byte bodies from a server with this script.
  static std::vector<std::string> outcomes_with(std::vector<conversation> script, int times) {
    const scripted_server server(std::move(script));
    return outcomes(*make({{"bytes", "10"}}, server.endpoint()), times);
  }
};
using strings = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(forms, download, ::testing::Values(form::blocking, form::async),
                         [](const auto& test) {
                           return test.param == form::blocking ? "blocking" : "async";
                         });

TEST_P(download, accepts_bodies_of_any_size) {
  const workload_type& type = find_workload("download");
  const auto server = type.start_server(parameter_values(type.name, type.parameters, {}), {});
  for (const char* bytes : {"0", "1", "255", "16KiB", "1048579"}) {
    const auto work = make({{"bytes", bytes}}, server->endpoint());
    EXPECT_EQ(outcomes(*work, 3), strings(3, "ok")) << bytes;
    EXPECT_EQ(work->checksum().size(), 64U);
  }
}

TEST_P(download, counts_replies_other_than_200) {
  const std::string moved = reply("moved", "Location: /elsewhere\r\n", "302 Found");
  EXPECT_EQ(outcomes_with({{{moved, reply("gone", "", "404 Not Found"), reply(body(10))}}}, 3),
            (strings{"status:302", "status:404", "ok"}));
}

TEST_P(download, counts_truncated_bodies) {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + body(5);
  EXPECT_EQ(outcomes_with({{{half}, true}, {{reply(body(10))}}}, 2),
            (strings{"receive:EOF", "ok"}));
  const std::string lost = chunked(body(10), 4).substr(0, 60);
  EXPECT_EQ(outcomes_with({{{lost}, true}, {{reply(body(10))}}}, 2),
            (strings{"receive:EOF", "ok"}));
  const std::string until_the_end = "HTTP/1.0 200 OK\r\n\r\n";
  EXPECT_EQ(
      outcomes_with({{{until_the_end + body(9)}, true}, {{until_the_end + body(10)}, true}}, 3),
      (strings{"receive:EOF", "ok", "ok"}));
}

TEST_P(download, accepts_chunked_and_fragmented_replies) {
  EXPECT_EQ(outcomes_with({{{chunked(body(10), 3), chunked(body(10), 100)}}}, 3), strings(3, "ok"));
  EXPECT_EQ(outcomes_with({{{reply(body(10)), chunked(body(10), 4)}, false, true}}, 3),
            strings(3, "ok"));
}

TEST_P(download, accepts_informational_replies) {
  EXPECT_EQ(
      outcomes_with({{{"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + reply(body(10))}}}, 2),
      strings(2, "ok"));
}

TEST_P(download, reconnects_after_a_close) {
  EXPECT_EQ(outcomes_with({{{reply(body(10), "Connection: close\r\n")}, true}}, 4),
            strings(4, "ok"));
  EXPECT_EQ(outcomes_with({{{reply(body(10))}, true}}, 4), strings(4, "ok"))
      << "unannounced close between two requests";
  EXPECT_EQ(outcomes_with({{{}, true}, {{reply(body(10))}}}, 1), strings{"ok"})
      << "close before the first request of the lane";
  const strings results = outcomes_with({{{}, true}, {{}, true}, {{reply(body(10))}}}, 2);
  EXPECT_NE(results[0], "ok") << "close instead of a reply on a new connection";
  EXPECT_EQ(results[1], "ok");
}

TEST_P(download, fails_on_a_wrong_body) {
  std::string flipped = body(10);
  flipped.back() ^= 1;
  EXPECT_EQ(outcomes_with({{{reply(flipped)}}}, 1), strings{"failed"});
  EXPECT_EQ(outcomes_with({{{chunked(flipped, 4)}}}, 1), strings{"failed"});
  EXPECT_EQ(outcomes_with({{{reply(body(9))}}}, 1), strings{"failed"});
  EXPECT_EQ(outcomes_with({{{reply(body(11))}}}, 1), strings{"failed"});
}

TEST_P(download, counts_malformed_http) {
  const strings results = outcomes_with({{{"220 mail.example.org ESMTP\r\n\r\n"}}}, 1);
  EXPECT_TRUE(results.front().starts_with("receive:bad_")) << results.front();
}

TEST_P(download, compares_url_bodies_with_the_first_reply) {
  const scripted_server same({{{reply("hello")}}});
  const auto work = make({{"url", same.url()}});
  EXPECT_EQ(outcomes(*work, 3), strings(3, "ok"));
  EXPECT_EQ(work->checksum(), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  const scripted_server changing({{{reply("one"), reply("one"), reply("two")}}});
  EXPECT_EQ(outcomes(*make({{"url", changing.url()}}), 3), (strings{"ok", "ok", "failed"}));
  const scripted_server moved({{{reply("moved", "", "302 Found")}}});
  EXPECT_EQ(outcomes(*make({{"url", moved.url()}}), 2), strings(2, "status:302"));
  EXPECT_EQ(make({{"url", moved.url()}})->checksum(), "");
}

TEST(download_plan, rejects_invalid_parameters) {
  const workload_type& type = find_workload("download");
  const auto problem = [&](const string_map& parameters) {
    const parameter_values checked(type.name, type.parameters, parameters);
    try {
      return type.unsupported_reason({&checked, 1, false});
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::invalid);
      return std::string(e.what());
    }
  };
  EXPECT_EQ(problem({}), "");
  EXPECT_EQ(problem({{"url", "http://a/"}}), "");
  EXPECT_NE(problem({{"url", "https://a/"}}).find("not supported"), std::string::npos);
  EXPECT_NE(problem({{"url", "nowhere"}}).find("not a URL"), std::string::npos);
  EXPECT_NE(problem({{"url", "http://a/"}, {"delay", "1ms"}}).find("not with url"),
            std::string::npos);
  EXPECT_NE(problem({{"url", "http://a/"}, {"bytes", "1"}}).find("not with url"),
            std::string::npos);
  const parameter_values url(type.name, type.parameters, {{"url", "http://a/"}});
  EXPECT_EQ(target_of(type, url), target_kind::none);
  EXPECT_EQ(described_by(type, url), (std::map<std::string, std::string>{{"url", "http://a/"}}));
  EXPECT_EQ(target_of(type, parameter_values(type.name, type.parameters, {})), target_kind::server);
}

/// Debian's nginx on loopback in its own directory. It ends with this object or this process.
class nginx {
 public:
  nginx() {
    std::string path = (std::filesystem::temp_directory_path() / "crossover-nginx-XXXXXX").string();
    directory_ = ::mkdtemp(path.data());
    std::string endpoint;
    listen_on("127.0.0.1", 0, endpoint);  // a port that was free a moment ago
    url_ = "http://" + endpoint + "/page";
    std::ofstream(directory_ + "/page") << body(16384);
    std::ofstream(directory_ + "/conf") << fmt::format(
        "daemon off; master_process off; pid {0}/pid; error_log {0}/log;\nevents {{}}\n"
        "http {{ access_log off; client_body_temp_path {0}/1; proxy_temp_path {0}/2; "
        "fastcgi_temp_path {0}/3; uwsgi_temp_path {0}/4; scgi_temp_path "
        "{0}/5;\n"
        "keepalive_requests 5; server {{ listen {1}; root {0}; location = /moved {{ return 302 "
        "/page; }} }} }}\n",
        directory_, endpoint);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(127);
      ::execlp("nginx", "nginx", "-p", directory_.c_str(), "-c", (directory_ + "/conf").c_str(),
               "-e", (directory_ + "/log").c_str(), nullptr);
      ::execl("/usr/sbin/nginx", "nginx", "-p", directory_.c_str(), "-c",
              (directory_ + "/conf").c_str(), "-e", (directory_ + "/log").c_str(), nullptr);
      ::_exit(127);
    }
    for (int tries = 0; tries < 2000 && !runs_; ++tries) {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = -1;
        return;
      }
      try {
        connect_to(endpoint);
        runs_ = true;
      } catch (const operation_error&) {
        ::usleep(5000);
      }
    }
  }
  ~nginx() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(directory_);
  }
  bool runs() const { return runs_; }
  const std::string& url() const { return url_; }

 private:
  std::string directory_, url_;
  pid_t pid_ = -1;
  bool runs_ = false;
};

TEST_P(download, works_with_nginx_that_closes_after_five_requests) {
  const nginx server;
  if (!server.runs()) GTEST_SKIP() << "nginx not found: apt-get install nginx-light";
  const auto work = make({{"url", server.url()}});
  EXPECT_EQ(outcomes(*work, 23), strings(23, "ok"));
  EXPECT_EQ(make({{"url", server.url()}})->checksum(),
            make({{"bytes", "16KiB"}}, "127.0.0.1:1")->checksum());
  const std::string root = server.url().substr(0, server.url().rfind('/'));
  EXPECT_EQ(outcomes(*make({{"url", root + "/moved"}}), 7), strings(7, "status:302"));
  EXPECT_EQ(outcomes(*make({{"url", root + "/nothing"}}), 7), strings(7, "status:404"));
}

}  // namespace
}  // namespace crossover
