#include "tests/sim/services/calselector_service.h"

#include <array>
#include <cctype>
#include <set>
#include <utility>

#include "tests/sim/holdings/rows.h"
#include "tests/sim/services/datalink_fields.h"
#include "tests/sim/services/pages.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

constexpr const char* kTreeType = "application/xml;content=calselector";
constexpr const char* kUnsupported = "No association could be established: this file type is not supported";
constexpr const char* kOfCalibration =
    "Calibration file associated to the input raw observation(s): #this (see above) and related siblings (if "
    "any)";
constexpr const char* kBoundary = "uFQlfs9nBIDEAIoz0_ZM-O2SXKsZ2iSd4h7H";
// Masters are certified some days after the observation; frames newer than this are not certified yet.
constexpr const char* kCertifiedUntil = "2026-01-01";

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> not_empty(const httplib::Request& request, const std::string& name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : request.params) {
    if (lower(key) == name && !value.empty()) out.push_back(value);
  }
  return out;
}

std::string prefix_of(const std::string& dp_id) { return dp_id.substr(0, dp_id.find('.')); }

// The calibrations of one science frame, which are those of its instrument.
class Selector {
 public:
  Selector(const Holdings& holdings, bool master) : holdings_(holdings), master_(master) {}

  AssociationNode tree(const Holding& science) const {
    AssociationNode root;
    root.files.push_back({"OBJECT", science.dp_id});
    root.category = "SCI";
    root.mode = master_ ? "Raw2Master" : "Raw2Raw";
    root.certified = science.dp_id.substr(science.dp_id.find('.') + 1) < kCertifiedUntil;
    if (!science.science) {
      root.complete = root.certified = false;
      root.messages.emplace_back(kUnsupported);
      return root;
    }
    if (master_) root.children = masters(science);
    if (root.children.empty()) {
      root.mode = "Raw2Raw";  // ESO does not say so either
      root.children = raws(science);
    }
    if (root.children.empty()) {
      root.complete = false;
      root.messages.push_back("No BIAS found for " + science.dp_id +
                              " within the validity of the calibration plan");
    }
    return root;
  }

 private:
  static AssociationNode child(const std::string& category, const std::string& match) {
    AssociationNode node;
    node.category = category;
    node.match = match;
    return node;
  }

  // One association for each kind. The bias is there again below the flat, as real trees repeat files.
  std::vector<AssociationNode> masters(const Holding& science) const {
    std::vector<AssociationNode> all;
    for (const Holding& holding : holdings_.all()) {
      if (holding.dp_id.rfind("M." + prefix_of(science.dp_id) + ".", 0) != 0) continue;
      const std::string& category = holding.file.category;
      AssociationNode node =
          child(category, category.find("TABLE") == std::string::npos ? "calib_plan" : "N/A");
      node.files.push_back({category, holding.dp_id});
      if (category == "MASTER_FLAT" && !all.empty()) node.children.push_back(all.front());
      all.push_back(std::move(node));
    }
    return all;
  }

  std::vector<AssociationNode> raws(const Holding& science) const {
    AssociationNode bias = child("BIAS", "calib_plan");
    for (const Holding& holding : holdings_.all()) {
      const bool ours =
          holding.raw && !holding.science && prefix_of(holding.dp_id) == prefix_of(science.dp_id);
      if (ours) bias.files.push_back({"BIAS", holding.dp_id});
    }
    if (bias.files.empty()) return {};
    return {bias};
  }

  const Holdings& holdings_;
  const bool master_;
};

// --- the table ---

struct Row {
  std::string id, access_url, error_message, semantics, description, content_type, length, category, datalink;

  std::string xml() const {
    std::string out = "<TR>\n";
    for (const std::string& cell : {id, access_url, std::string(), error_message, semantics, description,
                                    content_type, length, category, datalink})
      out += "<TD>" + xml_escape(cell) + "</TD>\n";
    return out + "</TR>\n";
  }
};

class AnswerTable {
 public:
  AnswerTable(const Holdings& holdings, const std::string& base_url, bool master)
      : holdings_(holdings), base_url_(base_url), master_(master) {}

  void add(const std::string& dp_id) {
    about_ = kIdPrefix + dp_id;
    const Holding* science = holdings_.find(dp_id);
    if (science == nullptr) {
      Row row;
      row.id = about_;
      row.semantics = "#this";
      row.error_message =
          "NotFoundFault: " + dp_id + " does not exist, or you do not have access permissions";
      rows_ += row.xml();
      return;
    }
    const AssociationNode root = Selector(holdings_, master_).tree(*science);
    const auto truth = [](bool is) { return std::string(is ? "true" : "false"); };
    std::string messages;
    for (const auto& message : root.messages) messages += (messages.empty() ? "" : "; ") + message;
    add_file("#this", science->file, "OBJECT",
             "category=\"" + root.category + "\" certified=\"" + truth(root.certified) + "\" complete=\"" +
                 truth(root.complete) + "\" mode=\"" + root.mode + "\" type=\"" + root.type +
                 "\" messages=\"" + messages + "\"");
    add_files(root);
    Row tree;
    tree.id = about_;
    tree.access_url = base_url_ + "/calselector/v1/associations?dp_id=" + dp_id +
                      "&mode=" + (master_ ? "Raw2Master" : "Raw2Raw");
    tree.semantics = std::string(kEsoTerm) + (master_ ? "calSelector_raw2master" : "calSelector_raw2raw");
    tree.description = "Calibration cascade showing relations among all science and the " +
                       std::string(master_ ? "master" : "raw") + " calibration files";
    tree.content_type = "application/xml";
    tree.length = "1000000";
    tree.category = "ASSOCIATION_TREE";
    rows_ += tree.xml();
  }

  std::string document() const {
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        "<VOTABLE version=\"1.3\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi:schemaLocation=\"http://www.ivoa.net/xml/VOTable/v1.3 http://www.ivoa.net/xml/VOTable/v1.3\">\n"
        "<RESOURCE type=\"results\">\n<TABLE>\n";
    for (std::size_t i = 0; i < kDataLinkFields.size(); ++i) {
      if (i != kDataLinkOrigfile) out += datalink_field(i);
    }
    return out + "<DATA>\n<TABLEDATA>\n" + rows_ +
           "</TABLEDATA>\n</DATA>\n<INFO name=\"QUERY_STATUS\" value=\"OK\"/>\n</TABLE>\n</RESOURCE>\n"
           "</VOTABLE>\n";
  }

 private:
  void add_file(const std::string& semantics, const File& file, const std::string& category,
                const std::string& description) {
    Row row;
    row.id = about_;
    row.access_url = file_url(base_url_, file.id);
    row.semantics = semantics;
    row.description = description;
    row.content_type = file.content_type;
    row.length = std::to_string(file.content->size());
    row.category = category;
    row.datalink = datalink_url(base_url_, file.id);
    rows_ += row.xml();
  }
  // Each file once.
  void add_files(const AssociationNode& node) {
    for (const AssociationNode& child : node.children) {
      for (const auto& file : child.files) {
        const Holding* found = holdings_.find(file.name);
        if (found != nullptr && seen_.insert(about_ + file.name).second)
          add_file("#calibration", found->file, file.category, kOfCalibration);
      }
      add_files(child);
    }
  }

  const Holdings& holdings_;
  const std::string& base_url_;
  const bool master_;
  std::string about_;
  std::string rows_;
  std::set<std::string> seen_;
};

// --- trees ---

struct Tree {
  std::string name;  // "<dp_id>_raw2raw.xml"
  std::string xml;
};

Answer one_tree(const Tree& tree) {
  Answer answer = text_answer(200, kTreeType, tree.xml);
  answer.set("Content-Disposition", "attachment; filename=\"" + tree.name + "\"");
  return answer;
}

// Line ends as recorded: LF alone.
Answer many_trees(const std::vector<Tree>& trees) {
  const std::string delimiter = std::string("--") + kBoundary;
  std::string body;
  for (const Tree& tree : trees) {
    body += delimiter + "\nContent-Disposition: attachment; filename=\"" + tree.name +
            "\"\nContent-Type: " + kTreeType + "\nContent-Length: " + std::to_string(tree.xml.size()) +
            "\n\n" + tree.xml + "\n";
  }
  return text_answer(200, std::string("multipart/form-data; boundary=") + kBoundary,
                     body + delimiter + "--\n");
}

}  // namespace

Answer CalSelectorService::answer(const httplib::Request& request) const {
  const auto ids = not_empty(request, "dp_id");
  const auto modes = not_empty(request, "mode");
  const std::string mode = modes.empty() ? "raw2raw" : lower(modes.front());
  if (ids.empty()) return text_answer(400, "text/plain", "The parameter dp_id is missing\n");
  if (mode != "raw2raw" && mode != "raw2master")
    return text_answer(400, "text/plain", "Unknown mode " + modes.front() + "\n");
  const bool master = mode == "raw2master";

  const auto formats = not_empty(request, "responseformat");
  if (!formats.empty() && lower(formats.front()) == "votable") {
    AnswerTable table(*holdings_, base_url_, master);
    for (const auto& id : ids) table.add(id);
    return text_answer(200, "application/x-votable+xml", table.document());
  }
  std::vector<Tree> trees;
  for (const auto& id : ids) {
    const Holding* science = holdings_->find(id);
    if (science == nullptr) return html_answer(404, "Not Found", id + " does not exist.");
    trees.push_back({id + "_" + mode + ".xml", association_xml(Selector(*holdings_, master).tree(*science))});
  }
  return trees.size() == 1 ? one_tree(trees.front()) : many_trees(trees);
}

}  // namespace esofs::sim
