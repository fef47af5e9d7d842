#include <utility>

#include "tests/sim/services/calselector_service.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

constexpr std::size_t kLineWidth = 72;

// Writes elements with four blanks of indent a level. A word that would make its line too long begins a new
// line, except the last word of a tag.
class Layout {
 public:
  void tag(const std::vector<std::string>& words) {
    std::string line(indent_, ' ');
    std::string sep;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool last = i + 1 == words.size();
      if (!last && i > 0 && line.size() + sep.size() + words[i].size() > kLineWidth) {
        text_ += line + "\n";
        line.assign(indent_ + 4, ' ');
        sep.clear();
      }
      line += sep + words[i];
      sep = " ";
    }
    text_ += line + "\n";
  }
  void open(const std::vector<std::string>& words) {
    tag(words);
    indent_ += 4;
  }
  void close(const std::string& word) {
    indent_ -= 4;
    tag({word});
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  std::size_t indent_ = 0;
};

std::string attribute(const std::string& name, const std::string& value) {
  return name + "=\"" + xml_escape(value) + "\"";
}

void add(Layout& out, const AssociationNode& node) {
  std::vector<std::string> words{"<association", attribute("category", node.category),
                                 attribute("certified", node.certified ? "true" : "false"),
                                 attribute("complete", node.complete ? "true" : "false")};
  if (!node.match.empty()) words.push_back(attribute("match", node.match));
  if (!node.mode.empty()) words.push_back(attribute("mode", node.mode));
  words.push_back(attribute("type", node.type) + ">");
  out.open(words);
  if (node.files.empty()) {
    out.tag({"<mainFiles/>"});
  } else {
    out.open({"<mainFiles>"});
    for (const auto& file : node.files)
      out.tag({"<file", attribute("category", file.category), attribute("name", file.name) + "/>"});
    out.close("</mainFiles>");
  }
  if (node.messages.empty()) {
    out.tag({"<messages/>"});
  } else {
    out.open({"<messages>"});
    for (const auto& message : node.messages) out.tag({"<message", attribute("text", message) + "/>"});
    out.close("</messages>");
  }
  if (node.children.empty()) {
    out.tag({"<associatedFiles/>"});
  } else {
    out.open({"<associatedFiles>"});
    for (const auto& child : node.children) add(out, child);
    out.close("</associatedFiles>");
  }
  out.close("</association>");
}

}  // namespace

std::string association_xml(const AssociationNode& root) {
  Layout out;
  add(out, root);
  return out.take();
}

}  // namespace esofs::sim
