#include <algorithm>
#include <cstring>
#include <string>

#include "tools/fuzzing/target.hpp"
#include "workloads/http_reply.hpp"
#include "workloads/workload.hpp"

namespace crossover {

/// Replies of a foreign HTTP server, as the lanes of `download` read them. The first byte is the
/// size of the pieces that arrive.
void fuzz_replies(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  reference_body reference;
  reply_reader reader(reference);
  reader.begin();
  int replies = 0;
  try {
    while (!input.empty()) {
      const auto room = reader.receive_buffer();
      require(room.size() > 0 && room.size() <= 1 << 20, "the receive buffer is bounded");
      const std::size_t size = std::min({piece, input.size(), room.size()});
      std::memcpy(room.data(), input.data(), size);
      input.remove_prefix(size);
      if (!reader.parse_received(size)) continue;
      reader.check();
      ++replies;
      if (!reader.keep_alive()) return;
      reader.begin();
    }
    if (!reader.is_empty() && reader.handle_close()) reader.check();
  } catch (const operation_error&) {  // counted as a failed operation
  } catch (const error& e) {
    require(e.kind() == error_kind::failed, "a wrong body fails the cell");
    require(replies > 0 || reference.get() != nullptr, "the first body is the reference");
  }
}

}  // namespace crossover
