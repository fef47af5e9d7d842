// RawClient: HTTP over a bare socket, so that a test sees the bytes as sent: framing, cuts, pauses.
//
//   threads  one request at a time
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace esofs::sim {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // chunks joined
  bool complete = false;                       // has the length that its framing says

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class RawClient {
 public:
  explicit RawClient(const std::string& base_url);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // Sends a request and does not wait for the answer.
  void send(const std::string& method, const std::string& target, const Headers& headers = {},
            const std::string& body = {});
  void send_bytes(std::string_view bytes);
  // The next answer, or the part of it that came. for_head: it has no body.
  Reply receive(bool for_head = false);
  // Reads until `bytes` of body have come; the rest stays for receive_rest().
  Reply receive_some(std::size_t bytes);
  // True if nothing more comes within the time; false if bytes or the end come.
  bool silent_for(int milliseconds);
  bool at_end();  // waits for the end of the connection: true if no byte comes before it

 private:
  bool more();
  bool head(Reply& reply);

  int socket_;
  std::string buffer_;
};

// One request on a connection of its own.
Reply request(const std::string& base_url, const std::string& method, const std::string& target,
              const RawClient::Headers& headers = {}, const std::string& body = {});
Reply get(const std::string& base_url, const std::string& target, const RawClient::Headers& headers = {});
Reply get_range(const std::string& base_url, const std::string& target, const std::string& range);

}  // namespace esofs::sim
