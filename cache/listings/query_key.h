// QueryKey: two saved queries with equal keys are one query. Listings are kept under it.
//
//   shapes   text(): ARCHIVE or "ARCHIVE for NAME" (client/base/login.h), service, maxrec, ADQL, separated by line feeds
//   source   cache/README.md, "Metadata on disk"
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/base/login.h"

namespace esofs::cache {

struct QueryKey {
  std::string archive;
  Login login;  // different logins may see different rows
  std::string service;
  std::uint64_t maxrec = 0;
  std::string adql;

  std::string text() const;
  // How the texts of all queries of this archive and login begin.
  static std::string beginning(const std::string& archive, const Login& login);
  // The key of such a text; nullopt for another text.
  static std::optional<QueryKey> of_text(const std::string& archive, const Login& login,
                                         std::string_view text);

  friend bool operator==(const QueryKey&, const QueryKey&) = default;
};

}  // namespace esofs::cache

template <>
struct std::hash<esofs::cache::QueryKey> {
  std::size_t operator()(const esofs::cache::QueryKey& key) const noexcept;
};
