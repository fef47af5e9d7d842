// Rows and answers of DataLink for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/model/model.h"

namespace esofs::tests {

inline const std::string kThird = "ADP.2018-06-21T20:32:57.738";
inline const std::string kFourth = "ADP.2018-06-21T20:32:57.739";
inline const std::string kFilePrefix = "http://archive/file/";
inline const std::string kLinksPrefix = "http://archive/links?ID=";

inline client::Link link(std::string semantics, std::string url, std::string type = "",
                         std::string original = "") {
  client::Link link;
  link.semantics = std::move(semantics);
  link.access_url = std::move(url);
  link.content_type = std::move(type);
  link.eso_origfile = std::move(original);
  return link;
}

inline client::Link failed(std::string semantics, std::string message) {
  client::Link link;
  link.semantics = std::move(semantics);
  link.error_message = std::move(message);
  return link;
}

inline client::Links answer(std::vector<client::Link> rows, std::string document = "<VOTABLE/>") {
  client::Links links;
  links.rows = std::move(rows);
  links.document = std::move(document);
  return links;
}

}  // namespace esofs::tests
