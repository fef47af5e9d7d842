#include "client/services/associations_reader.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <pugixml.hpp>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "client/base/text.h"
#include "client/http/multipart.h"
#include "client/http/url.h"
#include "client/services/datalink.h"
#include "client/services/links_reader.h"
#include "client/services/service_error.h"
#include "client/services/xml_name.h"

namespace esofs::client {

namespace {

constexpr std::size_t kMostMessages = 100;
constexpr std::string_view kRefusal = "No association could be established";

// The name of the first element, "" if there is none.
std::string root_name(std::string_view xml) {
  std::size_t at = 0;
  while ((at = xml.find('<', at)) != std::string_view::npos) {
    const auto rest = xml.substr(at);
    std::string_view end;
    if (rest.starts_with("<!--"))
      end = "-->";
    else if (rest.starts_with("<?"))
      end = "?>";
    else if (rest.starts_with("<!"))
      end = rest.substr(0, rest.find('>')).find('[') == std::string_view::npos ? ">" : "]";
    else
      return std::string(local_name(rest.substr(1, rest.find_first_of(" \t\r\n/>", 1) - 1)));
    at = xml.find(end, at);
    if (at == std::string_view::npos) return "";
    at += end.size();
  }
  return "";
}

std::string without_format(const std::string& url) {
  const auto at = lower(url).find("responseformat=");
  if (at == std::string::npos || at == 0 || (url[at - 1] != '&' && url[at - 1] != '?')) return url;
  const auto end = url.find('&', at);
  return end == std::string::npos ? url.substr(0, at - 1) : url.substr(0, at) + url.substr(end + 1);
}

std::optional<bool> truth(std::string_view text) {
  const auto word = lower(text);
  if (word == "true" || word == "yes" || word == "1") return true;
  if (word == "false" || word == "no" || word == "0") return false;
  return std::nullopt;
}

// The value of `name="value"` in a row of such pairs; a value may hold quotes that no further pair follows.
std::string pair_value(std::string_view text, std::string_view name) {
  const std::string key = std::string(name) + "=\"";
  auto at = text.find(key);
  while (at != std::string_view::npos && at != 0 && text[at - 1] != ' ') at = text.find(key, at + 1);
  if (at == std::string_view::npos) return "";
  const auto rest = text.substr(at + key.size());
  for (auto quote = rest.find('"'); quote != std::string_view::npos; quote = rest.find('"', quote + 1)) {
    const auto after = rest.substr(quote + 1);
    const auto next = after.find_first_not_of(' ');
    const bool ended = next == std::string_view::npos ||
                       (next > 0 && after.find("=\"", next) < after.find_first_of(" \"", next));
    if (ended) return std::string(rest.substr(0, quote));
  }
  return std::string(rest);
}

void add_message(Associations& to, std::string_view text) {
  auto line = one_line(text);
  const bool known = std::find(to.messages.begin(), to.messages.end(), line) != to.messages.end();
  if (!line.empty() && !known && to.messages.size() < kMostMessages) to.messages.push_back(std::move(line));
}

// "No association could be established: …" of any document; "" if it says nothing of the kind.
std::string refusal_in(std::string_view document) {
  const auto at = document.find(kRefusal);
  if (at == std::string_view::npos) return "";
  return one_line(document.substr(at, document.find_first_of("<\"\r\n", at) - at));
}

// Collects files, each once.
class Files {
 public:
  Files(const Identifiers& ids, Associations& to) : ids_(ids), to_(to) {}

  bool full() const { return to_.files.size() >= kMostCalibrations; }

  // By the identifier alone. False: it is none.
  bool add(const std::string& id, const std::string& category, std::uint64_t bytes,
           const std::string& url = "") {
    if (names_.count(id) != 0) return true;  // trees repeat their files, and patterns cost time
    if (!ids_.valid(id)) return false;
    names_.insert(id);
    CalibrationFile file;
    file.dataset = ids_.dataset(id);
    if (file.dataset.access_url.empty()) file.dataset.access_url = url;
    file.name = file.dataset.id + file.dataset.extension;
    keep(std::move(file), category, bytes);
    return true;
  }

  // A file that has a URL only.
  void add_url(const std::string& url, const std::string& category, std::uint64_t bytes,
               const std::string& content_type) {
    CalibrationFile file;
    file.dataset.id = file.dataset.access_url = url;
    file.dataset.access = AccessKind::kFile;
    file.fits = content_type.empty() || lower(content_type).find("fits") != std::string::npos;
    const auto segment = last_part(url);
    file.name = file.fits ? file_stem(segment) + ".fits" : segment;
    if (!file.fits) file.dataset.extension.clear();
    keep(std::move(file), category, bytes);
  }

 private:
  void keep(CalibrationFile file, const std::string& category, std::uint64_t bytes) {
    if (!seen_.insert(file.dataset.id).second) return;
    file.dataset.estimate_bytes = bytes;
    file.category = one_line(category);
    to_.files.push_back(std::move(file));
  }

  const Identifiers& ids_;
  Associations& to_;
  std::unordered_set<std::string> names_;  // identifiers as they were written
  std::unordered_set<std::string> seen_;   // ids of datasets
};

void left_out(Associations& to, std::size_t count) {
  if (count > 0)
    add_message(to, std::to_string(count) +
                        " files were left out: what they are called is no identifier "
                        "of this archive and no web address");
}

class FileReader {
 public:
  FileReader(const std::string& url, const std::string& id, const Identifiers& ids)
      : url_(url), id_(id), ids_(ids) {}

  Result<void> take(std::string_view document) {
    const auto first = document.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (first == std::string_view::npos) return Error(EBADMSG, "an empty answer about calibrations");
    const auto root = document[first] == '{' ? "VOTABLE" : root_name(document);
    if (root == "VOTABLE") return take_table(std::string(document));
    if (root == "association" || root == "associations") return take_tree(document);
    const auto refusal = refusal_in(document);
    if (refusal.empty())
      return Error(EBADMSG, root.empty() ? "no answer about calibrations but: " + one_line(document)
                                         : "no answer about calibrations but <" + one_line(root) + ">");
    return refuse(refusal);
  }

  Result<Associations> answer() {
    if (!table_ && !tree_)
      return Error(EBADMSG, "the answer tells the calibrations of others, not of " + id_);
    Associations found = table_ ? *table_ : *tree_;
    if (table_ && tree_) {
      found.tree = tree_->tree;
      if (found.mode.empty()) found.mode = tree_->mode;
      if (!found.complete) found.complete = tree_->complete;
      if (!found.certified) found.certified = tree_->certified;
      for (const auto& message : tree_->messages) add_message(found, message);
    }
    if (found.tree_url.empty()) found.tree_url = without_format(url_);
    return found;
  }

 private:
  Result<void> refuse(const std::string& sentence) {
    if (!table_) table_.emplace();
    add_message(*table_, sentence);
    return {};
  }

  // "ivo://eso.org/ID?<dp_id>": ours, but not that of M.<dp_id>.
  bool about_us(const Link& link) const {
    if (link.id.empty() || link.id == id_) return true;
    const bool bounded =
        link.id.size() > id_.size() &&
        std::string_view("?/=#").find(link.id[link.id.size() - id_.size() - 1]) != std::string_view::npos;
    return bounded && link.id.ends_with(id_);
  }

  Result<void> take_table(std::string document) {
    const auto refusal = refusal_in(document);
    auto links = parse_links(std::move(document), url_, ids_.profile().placeholder_lengths);
    const auto failed = links ? links_error(*links, url_) : Result<void>(links.error());
    if (!failed) return refusal.empty() ? failed : refuse(refusal);
    Associations found;
    if (auto filled = fill(*links, found); !filled) return filled;
    if (!table_) table_ = std::move(found);
    return {};
  }

  Result<void> fill(const Links& links, Associations& found) const {
    Files files(ids_, found);
    std::size_t strange = 0;
    for (const auto& link : links.rows) {
      if (!about_us(link)) continue;
      if (files.full()) return Error(EFBIG, "too many calibrations for one observation");
      add_message(found, link.error_message);
      if (has_semantics(link, "this")) state(link.description, found);
      if (link.eso_category == "ASSOCIATION_TREE") found.tree_url = link.access_url;
      if (!has_semantics(link, "calibration") || link.access_url.empty()) continue;
      const auto bytes = link.content_length.value_or(0);
      if (files.add(last_part(link.access_url), link.eso_category, bytes, link.access_url)) continue;
      const auto scheme = lower(link.access_url.substr(0, link.access_url.find("://")));
      if (scheme == "http" || scheme == "https")
        files.add_url(link.access_url, link.eso_category, bytes, link.content_type);
      else
        ++strange;
    }
    left_out(found, strange);
    return {};
  }

  // category="SCI" certified="true" complete="true" mode="Raw2Master" type="main" messages=""
  static void state(const std::string& description, Associations& found) {
    found.mode = one_line(pair_value(description, "mode"));
    found.complete = truth(pair_value(description, "complete"));
    found.certified = truth(pair_value(description, "certified"));
    add_message(found, pair_value(description, "messages"));
  }

  Result<void> take_tree(std::string_view document) {
    pugi::xml_document xml;
    // Without entities of its own and without a DOCTYPE: neither is read.
    const auto parsed = xml.load_buffer(document.data(), document.size(), pugi::parse_default);
    if (!parsed) return Error(EBADMSG, std::string("a broken association tree: ") + parsed.description());
    const auto root = xml.document_element();
    if (local_name(root.name()) == "association") return take_association(root, document);
    for (const auto& child : root.children()) {
      if (local_name(child.name()) != "association") continue;
      if (auto taken = take_association(child, document); !taken) return taken;
    }
    return {};
  }

  Result<void> take_association(const pugi::xml_node& root, std::string_view document) {
    if (tree_) return {};
    bool ours = false;
    bool names_any = false;
    for (const auto& file : root.child("mainFiles").children("file")) {
      names_any = true;
      ours = ours || Identifiers::canonical(file.attribute("name").value()) == id_;
    }
    if (names_any && !ours) return {};
    Associations found;
    found.mode = one_line(root.attribute("mode").value());
    found.complete = truth(root.attribute("complete").value());
    found.certified = truth(root.attribute("certified").value());
    Files files(ids_, found);
    if (auto walked = walk(root, files, found); !walked) return walked;
    found.tree = std::string(document);
    tree_ = std::move(found);
    return {};
  }

  // All nodes below `root`, without recursion: the depth is the server's.
  static Result<void> walk(const pugi::xml_node& root, Files& files, Associations& found) {
    std::size_t strange = 0;
    int depth = 0;
    pugi::xml_node node = root;
    while (node) {
      const auto name = local_name(node.name());
      if (name == "message") {
        const auto* text = node.attribute("text").value();
        add_message(found, *text != '\0' ? text : node.child_value());
      }
      const bool science = depth == 2;  // of the root's own mainFiles
      if (name == "file" && !science) {
        if (files.full()) return Error(EFBIG, "too many calibrations for one observation");
        if (!files.add(node.attribute("name").value(), node.attribute("category").value(), 0)) ++strange;
      }
      if (node.first_child()) {
        if (++depth > kMostAssociationDepth * 2) return Error(EBADMSG, "an association tree nested too deep");
        node = node.first_child();
        continue;
      }
      while (node != root && !node.next_sibling()) {
        node = node.parent();
        --depth;
      }
      node = node == root ? pugi::xml_node() : node.next_sibling();
    }
    left_out(found, strange);
    return {};
  }

  const std::string& url_;
  const std::string& id_;
  const Identifiers& ids_;
  std::optional<Associations> table_;
  std::optional<Associations> tree_;
};

// The boundary of a multipart body, by its type or, where that says nothing, by its first line.
std::optional<std::string> boundary_of(const std::string& document, const std::string& content_type) {
  if (auto named = multipart_boundary(content_type)) return named;
  const auto first = document.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || document.compare(first, 2, "--") != 0) return std::nullopt;
  const auto end = document.find_first_of(" \t\r\n", first);
  if (end == std::string::npos || end == first + 2) return std::nullopt;
  return document.substr(first + 2, end - first - 2);
}

}  // namespace

Result<Associations> parse_associations(const std::string& document, const std::string& content_type,
                                        const std::string& url, const std::string& id,
                                        const Identifiers& ids) {
  FileReader reader(url, id, ids);
  if (const auto boundary = boundary_of(document, content_type)) {
    const auto parts = multipart_parts(document, *boundary);
    if (!parts) return parts.error();
    for (const auto& part : *parts) {
      if (auto taken = reader.take(part.body); !taken) return taken.error();
    }
    return reader.answer();
  }
  if (auto taken = reader.take(document); !taken) return taken.error();
  return reader.answer();
}

}  // namespace esofs::client
