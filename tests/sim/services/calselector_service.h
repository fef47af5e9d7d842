// CalSelectorService: /calselector/v1/associations, the calibrations of raw science frames.
//
//   shapes   a tree (XML) for one dp_id; several trees as multipart/form-data; with responseformat=votable a table of
//            DataLink's columns but eso_origfile
//   errors   only ESO's message for frames that are not science frames is recorded, and used here; the rest is invented:
//            an id that does not exist is an error row, or 404; no id, or an unknown mode, is 400
//   threads  thread-safe
//   source   client/ESO.md, "calSelector"
#pragma once

#include <httplib.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/holdings/holdings.h"
#include "tests/sim/http/http_server.h"

namespace esofs::sim {

// A node of an association tree.
struct AssociationNode {
  struct File {
    std::string category, name;
  };
  std::string category, mode, match, type = "main";  // mode: of the root; match: of the others; "": left out
  bool certified = true;
  bool complete = true;
  std::vector<File> files;
  std::vector<std::string> messages;
  std::vector<AssociationNode> children;
};

// The document in ESO's layout: lines of at most 72 characters if the tags allow it.
std::string association_xml(const AssociationNode& root);

class CalSelectorService {
 public:
  CalSelectorService(std::shared_ptr<const Holdings> holdings, std::string base_url)
      : holdings_(std::move(holdings)), base_url_(std::move(base_url)) {}

  // GET and POST; parameters dp_id (repeatable), mode, responseformat.
  Answer answer(const httplib::Request& request) const;

 private:
  std::shared_ptr<const Holdings> holdings_;
  std::string base_url_;
};

}  // namespace esofs::sim
