// Keyring: sessions in the desktop's keyring (the Secret Service of GNOME Keyring, KWallet, KeePassXC), through the program
// esofs-keyring (mountopts/keyring_main.cpp), which ends after each question.
//
//   shapes   an item has an id, made here, which is not secret; its content is. The owner of items is a text, which finds
//            all items of one owner
//   errors   ENOTSUP: there is no keyring here; EACCES: it is locked; ENOENT: the item is not in it; ETIMEDOUT; EIO. Every
//            sentence says "the desktop keyring". No error quotes a content
//   threads  thread-safe; blocks, at most kLimit. Never asks the user for anything
//   source   freedesktop.org Secret Service API 0.2
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

class Keyring {
 public:
  static constexpr std::chrono::seconds kLimit{4};

  // program: esofs-keyring; "": there is no keyring.
  explicit Keyring(std::string program, std::chrono::milliseconds limit = kLimit)
      : program_(std::move(program)), limit_(limit) {}

  struct Item {
    std::string id;
    std::string owner;
    std::string label;  // shown to people who look into their keyring
  };
  static std::string new_id();

  Result<void> keep(const Item& item, const std::string& content, const std::stop_token& stop) const;
  Result<std::string> content(const std::string& id, const std::stop_token& stop) const;
  // All items of this owner except `id` ("": all of them).
  Result<void> clear(const std::string& owner, const std::string& id, const std::stop_token& stop) const;

 private:
  Result<std::string> ask(const std::vector<std::string>& words, const std::string& input,
                          const std::stop_token& stop) const;

  std::string program_;
  std::chrono::milliseconds limit_;
};

}  // namespace esofs::client
