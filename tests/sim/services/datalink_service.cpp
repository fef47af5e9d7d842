#include "tests/sim/services/datalink_service.h"

#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "tests/sim/holdings/linked.h"
#include "tests/sim/holdings/rows.h"
#include "tests/sim/services/datalink_fields.h"
#include "tests/sim/services/pages.h"
#include "tests/sim/soda/soda_descriptor.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

constexpr std::size_t kManyProgenitors = 10;  // more than so many become one link

struct Link {
  std::string id, access_url, service_def, error_message, semantics, description, content_type;
  std::optional<std::uint64_t> length;
  std::string origfile, category, datalink;

  std::array<std::string, kDataLinkFields.size()> cells() const {
    return {id,        access_url,  service_def,  error_message,
            semantics, description, content_type, length ? std::to_string(*length) : "",
            origfile,  category,    datalink};
  }
};

// Which links are asked for: EXCLUDE and INCLUDE name terms, "ALL" is every term.
class Selection {
 public:
  Selection(const std::set<std::string>& excluded, const std::set<std::string>& included)
      : excluded_(excluded), included_(included) {}
  bool takes(const std::string& semantics) const {
    const std::string term = semantics.substr(semantics.find('#') + 1);
    if (included_.count(term) != 0) return true;
    return excluded_.count("ALL") == 0 && excluded_.count(term) == 0;
  }
  bool names(const std::string& term) const { return included_.count(term) != 0; }

 private:
  std::set<std::string> excluded_;
  std::set<std::string> included_;
};

std::vector<std::string> not_empty_parts(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto end = std::min(text.find(separator, start), text.size());
    if (end > start) out.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

bool same_name(const std::string& a, const char* b) {
  std::size_t i = 0;
  for (; i < a.size() && b[i] != '\0'; ++i) {
    if (std::toupper(static_cast<unsigned char>(a[i])) != std::toupper(static_cast<unsigned char>(b[i])))
      return false;
  }
  return i == a.size() && b[i] == '\0';
}

// DALI: names of parameters are case-insensitive.
std::vector<std::string> values(const httplib::Request& request, const char* name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : request.params) {
    if (!same_name(key, name)) continue;
    for (std::string& part : not_empty_parts(value, ',')) out.push_back(std::move(part));
  }
  return out;
}

std::string archive_id(const std::string& id) {
  const std::string prefix = kIdPrefix;
  return id.rfind(prefix, 0) == 0 ? id.substr(prefix.size()) : id;
}

class Links {
 public:
  Links(const Holdings& holdings, const std::string& base_url, const Selection& selection,
        const DataLinkService::Hidden& hidden)
      : holdings_(holdings), base_url_(base_url), selection_(selection), hidden_(hidden) {}

  void add_all(const std::string& asked) {
    const std::string id = archive_id(asked);
    about_ = kIdPrefix + id;
    if (hidden_ && hidden_(id)) {
      add_refusal(asked);
    } else if (const Holding* holding = holdings_.find(id)) {
      holding->raw ? add_raw(*holding) : add_reduced(*holding);
    } else if (const File* file = holdings_.find_file(id)) {
      add_file("#this", "Requested file", *file);
      add_cutouts(*file);
    } else {
      add_refusal(asked);
    }
  }

  // Unknown and hidden ids get the same sentence.
  void add_refusal(const std::string& asked) {
    Link link = start("#this", "");
    link.id = asked;
    link.error_message = "NotFoundFault: " + asked + " does not exist, or you do not have access permissions";
    rows_.push_back(std::move(link));
  }

  const std::vector<Link>& rows() const { return rows_; }
  const std::string& services() const { return services_; }
  const std::string& token() const { return token_; }  // "": there is no such column
  bool refers_to_id() const { return refers_to_id_; }

 private:
  Link start(const std::string& semantics, const std::string& description) const {
    Link link;
    link.id = about_;
    link.semantics = semantics;
    link.description = description;
    return link;
  }
  void add(Link link) {
    if (selection_.takes(link.semantics)) rows_.push_back(std::move(link));
  }
  void add_file(const std::string& semantics, const std::string& description, const File& file) {
    Link link = start(semantics, description);
    link.access_url = file_url(base_url_, file.id);
    if (file.announced) {
      link.content_type = file.content_type;
      link.length = file.content->size();
    }
    link.origfile = file.original_name;
    link.category = file.category;
    link.datalink = datalink_url(base_url_, file.id);
    add(std::move(link));
  }
  void add_page(const std::string& semantics, const std::string& description, const std::string& url,
                const std::string& type, std::uint64_t placeholder) {
    Link link = start(semantics, description);
    link.access_url = url;
    link.content_type = type;
    link.length = placeholder;
    add(std::move(link));
  }

  void add_reduced(const Holding& holding) {
    const std::string& id = holding.dp_id;
    add_file("#this", "Requested file", holding.file);
    if (id.rfind("M.", 0) == 0) return;
    add_cutouts(holding.file);
    add_page("#preview", "PDF preview of the requested file",
             base_url_ + "/previews/v1/files/" + id + "/preview?format=DOWNLOAD", "application/pdf", 1000000);
    add_page("#preview", "HTML representation of the dataset", base_url_ + "/dataset/" + id, "text/html",
             1000000);
    for (const File& file : holding.auxiliary) {
      add_file(file.semantics, "Ancillary file associated to the requested file", file);
    }
    for (const ExtraLink& link : holding.extra_links) add_extra(link);
    add_progenitors(holding);
    add_derived(holding);
    add_page(std::string(kEsoTerm) + "data_documentation",
             "Release description of the collection the requested file belongs to",
             datalink_url(base_url_, id) + "&eso_download=data_documentation", "application/pdf", 1000000);
  }

  void add_progenitors(const Holding& holding) {
    if (holding.progenitors.size() > kManyProgenitors && !selection_.names("progenitor")) {
      Link link =
          start("#progenitor", "Link that brings to the actual list of progenitors (processing provenance)");
      link.access_url = datalink_url(base_url_, holding.dp_id) + "&EXCLUDE=ALL&INCLUDE=progenitor";
      link.content_type = "application/x-votable+xml";
      return add(std::move(link));
    }
    for (const std::string& source : holding.progenitors) {
      const Holding* found = holdings_.find(source);
      if (found == nullptr) continue;
      File file = found->file;
      file.original_name.clear();  // ESO leaves it out here
      add_file("#progenitor", "File used to generate the requested file (processing provenance)", file);
    }
  }

  void add_derived(const Holding& holding) {
    for (const std::string& product : holding.derived) {
      if (const Holding* found = holdings_.find(product)) {
        add_file("#derivation", "Science product derived from the requested file", found->file);
      }
    }
  }
  void add_extra(const ExtraLink& row) {
    constexpr std::string_view base = "{base}";
    Link link = start(row.semantics, row.description);
    link.access_url = row.url.rfind(base, 0) == 0 ? base_url_ + row.url.substr(base.size()) : row.url;
    link.error_message = row.error;
    link.content_type = row.content_type;
    link.origfile = row.original_name;
    add(std::move(link));
  }

  void add_raw(const Holding& holding) {
    const std::string& id = holding.dp_id;
    add_file("#this", "Requested file", holding.file);
    add_derived(holding);
    if (holding.science) {
      for (const auto& [term, mode, kind] : {std::array{"calSelector_raw2raw", "Raw2Raw", "raw"},
                                             std::array{"calSelector_raw2master", "Raw2Master", "master"}}) {
        add_page(kEsoTerm + std::string(term),
                 "List of access points of all the " + std::string(kind) +
                     " calibrations associated to the provided input raw file, and siblings (if any)",
                 base_url_ + "/calselector/v1/associations?dp_id=" + id + "&mode=" + mode +
                     "&responseformat=votable",
                 "application/x-votable+xml", 500000);
      }
    }
    for (const File& file : holding.auxiliary) {
      Link link =
          start(std::string(kEsoTerm) + "night_log",
                "The Night Log report contains comments on any issues that could have happened during the "
                "observation (e.g. instrument problems), as well as the information about the ambient "
                "conditions (airmass, seeing, transparency, etc.). The content_length provides only an order "
                "of magnitude of the file size.");
      link.access_url = file_url(base_url_, file.id);
      link.content_type = file.content_type;
      link.length = 10000;
      link.origfile = file.original_name;
      link.category = file.category;
      add(std::move(link));
    }
  }

  void add_cutouts(const File& file) {
    for (const SodaDescriptor& service : soda_descriptors(base_url_, file, about_)) {
      Link link = start("#cutout", service.description);
      link.service_def = service.id;
      link.content_type = file.content_type;
      if (!selection_.takes(link.semantics)) continue;
      add(std::move(link));
      services_ += service.xml;
    }
    if (file.cutout.any() && file.cutout.form == CutoutOffer::Form::kCasda) token_ = soda_token(file.id);
    refers_to_id_ |= file.cutout.any() && file.cutout.form == CutoutOffer::Form::kPos;
  }

  const Holdings& holdings_;
  const std::string& base_url_;
  const Selection& selection_;
  const DataLinkService::Hidden& hidden_;
  std::string about_;
  std::vector<Link> rows_;
  std::string services_;
  std::string token_;
  bool refers_to_id_ = false;
};

std::string votable(const Links& links) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
      "<VOTABLE version=\"1.3\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\" "
      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
      "xsi:schemaLocation=\"http://www.ivoa.net/xml/VOTable/v1.3 http://www.ivoa.net/xml/VOTable/v1.3\">\n"
      "<RESOURCE type=\"results\">\n<TABLE>\n";
  for (std::size_t i = 0; i < kDataLinkFields.size(); ++i) {
    out += datalink_field(i, i == 0 && links.refers_to_id() ? " ID=\"primaryID\"" : "");
  }
  if (!links.token().empty()) {
    out +=
        "<FIELD ID=\"authenticatedIdToken\" arraysize=\"*\" datatype=\"char\" "
        "name=\"authenticated_id_token\" "
        "ucd=\"meta.id\"/>\n";
  }
  out += "<DATA>\n<TABLEDATA>\n";
  for (const Link& link : links.rows()) {
    out += "<TR>\n";
    for (const std::string& cell : link.cells()) out += "<TD>" + xml_escape(cell) + "</TD>\n";
    if (!links.token().empty()) out += "<TD>" + links.token() + "</TD>\n";
    out += "</TR>\n";
  }
  return out + "</TABLEDATA>\n</DATA>\n<INFO name=\"QUERY_STATUS\" value=\"OK\"/>\n</TABLE>\n</RESOURCE>\n" +
         links.services() + "</VOTABLE>\n";
}

std::string json(const Links& links) {
  nlohmann::ordered_json document;
  document["metadata"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < kDataLinkFields.size(); ++i) {
    document["metadata"].push_back({{"name", kDataLinkFields[i].name},
                                    {"datatype", i == kDataLinkLength ? "long" : "char"},
                                    {"ucd", kDataLinkFields[i].ucd}});
  }
  document["data"] = nlohmann::ordered_json::array();
  for (const Link& link : links.rows()) {
    auto row = nlohmann::ordered_json::array();
    for (const std::string& cell : link.cells())
      row.push_back(cell.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(cell));
    if (link.length) row[kDataLinkLength] = *link.length;
    document["data"].push_back(std::move(row));
  }
  return document.dump();
}

std::set<std::string> terms(const httplib::Request& request, const char* name) {
  const auto list = values(request, name);
  return {list.begin(), list.end()};
}

Answer usage_fault(const std::string& sentence) {
  return text_answer(400, "application/x-votable+xml",
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VOTABLE version=\"1.3\" "
                     "xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n<RESOURCE type=\"results\">\n"
                     "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">" +
                         xml_escape(sentence) + "</INFO>\n</RESOURCE>\n</VOTABLE>\n");
}

}  // namespace

Answer DataLinkService::answer(const httplib::Request& request, const Hidden& hidden) const {
  const auto ids = values(request, "ID");
  const auto downloads = values(request, "eso_download");
  if (!downloads.empty() && !ids.empty()) {
    if (downloads.front() != "file") return pdf_answer("Document of " + archive_id(ids.front()));
    Answer redirect = text_answer(302, "text/plain", "");
    redirect.set("Location", file_url(base_url_, archive_id(ids.front())));
    return redirect;
  }
  if (!ids.empty()) {
    if (auto hostile = hostile_links(archive_id(ids.front()))) return *std::move(hostile);
  }
  const Selection selection(terms(request, "EXCLUDE"), terms(request, "INCLUDE"));
  Links links(*holdings_, base_url_, selection, hidden);
  for (const std::string& id : ids) links.add_all(id);

  const auto formats = values(request, "RESPONSEFORMAT");
  const std::string format = formats.empty() ? "votable" : formats.front();
  if (format == "json" || format == "application/json")
    return text_answer(200, "application/json", json(links));
  if (format.rfind("votable", 0) != 0 && format.rfind("application/x-votable+xml", 0) != 0 &&
      format != "text/xml") {
    return usage_fault("UsageFault: unknown RESPONSEFORMAT " + format);
  }
  return text_answer(200, "application/x-votable+xml;content=datalink", votable(links));
}

}  // namespace esofs::sim
