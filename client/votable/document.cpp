#include "client/votable/document.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "client/base/text.h"

namespace esofs::client {
namespace {

// "adhoc:service", "adhoc:this".
bool is_service(std::string_view utype) {
  return same_word(trimmed(utype), "adhoc:service") || same_word(trimmed(utype), "adhoc:this");
}

bool since_1_6(std::string_view version) {
  version = trimmed(version);
  int major = 0;
  int minor = 0;
  const char* const last = version.data() + version.size();
  const auto read = std::from_chars(version.data(), last, major);
  if (read.ec != std::errc() || read.ptr == last || *read.ptr != '.') return false;
  std::from_chars(read.ptr + 1, last, minor);
  return major > 1 || (major == 1 && minor >= 6);
}

// DALI's words in their own spelling; others as they are.
std::string status_word(std::string_view value) {
  value = trimmed(value);
  for (const std::string_view word : {"OK", "ERROR", "OVERFLOW"})
    if (same_word(value, word)) return std::string(word);
  return std::string(value);
}

}  // namespace

VotableDocument::VotableDocument(VotableEvents& events, const VotableReader::Options& options)
    : events_(events), options_(options), rows_(events, options) {}

VotableDocument::Element VotableDocument::element_named(std::string_view local) {
  static constexpr std::array<std::pair<std::string_view, Element>, 21> kNames{{
      {"TD", Element::kTd},
      {"TR", Element::kTr},
      {"FIELD", Element::kField},
      {"PARAM", Element::kParam},
      {"DESCRIPTION", Element::kDescription},
      {"VALUES", Element::kValues},
      {"MIN", Element::kMin},
      {"MAX", Element::kMax},
      {"OPTION", Element::kOption},
      {"GROUP", Element::kGroup},
      {"INFO", Element::kInfo},
      {"TABLE", Element::kTable},
      {"RESOURCE", Element::kResource},
      {"DATA", Element::kData},
      {"TABLEDATA", Element::kTableData},
      {"BINARY", Element::kBinary},
      {"BINARY2", Element::kBinary2},
      {"FITS", Element::kFits},
      {"STREAM", Element::kStream},
      {"DEFINITIONS", Element::kDefinitions},
      {"VOTABLE", Element::kVotable},
  }};
  for (const auto& [name, element] : kNames)
    if (name == local) return element;
  return Element::kNone;
}

bool VotableDocument::belongs(Element parent, Element child) {
  const auto parent_in = [parent](std::initializer_list<Element> parents) {
    return std::find(parents.begin(), parents.end(), parent) != parents.end();
  };
  switch (child) {
    case Element::kTd:
      return parent == Element::kTr;
    case Element::kTr:
      return parent == Element::kTableData;
    case Element::kField:
    case Element::kData:
      return parent == Element::kTable;
    case Element::kParam:
      return parent_in(
          {Element::kVotable, Element::kDefinitions, Element::kResource, Element::kTable, Element::kGroup});
    case Element::kGroup:
      return parent_in({Element::kVotable, Element::kResource, Element::kTable, Element::kGroup});
    case Element::kInfo:
      return parent_in({Element::kVotable, Element::kResource, Element::kTable, Element::kData});
    case Element::kDescription:
    case Element::kValues:
      return parent_in({Element::kField, Element::kParam});
    case Element::kMin:
    case Element::kMax:
      return parent == Element::kValues;
    case Element::kOption:
      return parent_in({Element::kValues, Element::kOption});
    case Element::kResource:
    case Element::kTable:
      return parent_in({Element::kVotable, Element::kResource});
    case Element::kTableData:
    case Element::kBinary:
    case Element::kBinary2:
    case Element::kFits:
      return parent == Element::kData;
    case Element::kStream:
      return parent_in({Element::kBinary, Element::kBinary2, Element::kFits});
    case Element::kDefinitions:
      return parent == Element::kVotable;
    case Element::kNone:
    case Element::kVotable:
      break;
  }
  return false;
}

Result<void> VotableDocument::told(Result<void> taken) {
  refused_ = !taken;
  return taken;
}

Result<void> VotableDocument::start(std::string_view name, const char* const* attribute_list) {
  if (++depth_ > options_.most_depth)
    return Error(EBADMSG, "elements nested deeper than " + std::to_string(options_.most_depth));
  if (left_out_ != 0) return {};
  const Attributes attributes(attribute_list);
  const ElementName parts(name);
  if (!attributes.empty()) namespaces_.enter(depth_, parts.prefix, attributes);
  if (!begun_) return begin_document(name, attributes);
  const Element element = namespaces_.foreign(parts.prefix) ? Element::kNone : element_named(parts.local);
  if (!belongs(top(), element)) {
    left_out_ = depth_;
    return {};
  }
  open_.push_back(element);
  return begin(element, attributes);
}

Result<void> VotableDocument::begin_document(std::string_view name, const Attributes& attributes) {
  const ElementName parts(name);
  if (same_word(parts.local, "html")) return Error(EBADMSG, "an HTML page instead of a VOTable");
  if (parts.local != "VOTABLE")
    return Error(EBADMSG, "not a VOTable: the root element is " + std::string(name.substr(0, 80)));
  begun_ = true;
  open_.push_back(Element::kVotable);
  VotableInfo info;
  if (attributes.has("version")) info.version = attributes.text("version");
  char_is_utf8_ = info.version && since_1_6(*info.version);
  if (const auto* uri = namespaces_.uri(parts.prefix); uri != nullptr) info.xml_namespace = *uri;
  return told(events_.document(info));
}

Result<void> VotableDocument::begin(Element element, const Attributes& attributes) {
  switch (element) {
    case Element::kTd:
      text_.clear();
      cell_is_base64_ = attributes.get("encoding") == "base64";
      break;
    case Element::kTr:
      rows_.begin_row();
      break;
    case Element::kResource:
      begin_resource(attributes);
      break;
    case Element::kTable:
      return begin_table(attributes);
    case Element::kField:
    case Element::kParam:
      begin_item(attributes);
      break;
    case Element::kGroup:
      if (input_params_ > 0 ||
          (top() == Element::kGroup && !resources_.empty() && resources_.back().service && open_.size() > 1 &&
           open_[open_.size() - 2] == Element::kResource &&
           same_word(trimmed(attributes.get("name")), "inputParams")))
        ++input_params_;
      break;
    case Element::kInfo:
      begin_info(attributes);
      break;
    case Element::kDescription:
      text_.clear();
      break;
    case Element::kValues:
      begin_values(attributes);
      break;
    case Element::kMin:
      item_.min = attributes.get("value");
      break;
    case Element::kMax:
      item_.max = attributes.get("value");
      break;
    case Element::kOption:
      item_.options.emplace_back(attributes.get("name"), attributes.get("value"));
      break;
    case Element::kTableData:
    case Element::kBinary:
    case Element::kBinary2:
    case Element::kFits:
      return begin_rows(element, attributes);
    case Element::kStream:
      stream_.encoding = attributes.get("encoding");
      stream_.href = attributes.get("href");
      rows_.begin_stream(stream_);
      break;
    default:
      break;
  }
  return {};
}

void VotableDocument::begin_resource(const Attributes& attributes) {
  Resource resource;
  auto& what = resource.what;
  what.type = attributes.get("type");
  what.utype = attributes.get("utype");
  what.name = attributes.get("name");
  what.id = attributes.get("ID");
  if (resources_.empty()) {
    what.path = {root_resources_++};
  } else {
    what.path = resources_.back().what.path;
    what.path.push_back(resources_.back().children++);
  }
  resource.service = is_service(what.utype);
  if (resource.service) {
    resource.descriptor.id = what.id;
    resource.descriptor.name = what.name;
    resource.descriptor.utype = what.utype;
  }
  resources_.push_back(std::move(resource));
}

Result<void> VotableDocument::begin_table(const Attributes& attributes) {
  table_ = {};
  table_.index = tables_++;
  table_.name = attributes.get("name");
  table_.id = attributes.get("ID");
  if (!resources_.empty()) {
    ++resources_.back().tables;
    table_.resource = resources_.back().what;
  }
  announced_ = false;
  data_seen_ = false;
  serialization_ = Serialization::kNone;
  if (const auto structure = columns_by_id_.find(attributes.get("ref")); structure != columns_by_id_.end())
    table_.columns = structure->second;
  return {};
}

void VotableDocument::begin_item(const Attributes& attributes) {
  item_ = {};
  Column& column = item_.column;
  column.name = attributes.get("name");
  column.id = attributes.get("ID");
  column.datatype = attributes.get("datatype");
  column.arraysize = attributes.get("arraysize");
  column.unit = attributes.get("unit");
  column.ucd = attributes.get("ucd");
  column.utype = attributes.get("utype");
  column.xtype = attributes.get("xtype");
  column.ref = attributes.get("ref");
  column.width = attributes.get("width");
  column.precision = attributes.get("precision");
  item_.value = attributes.get("value");
  item_.has_value = attributes.has("value");
}

void VotableDocument::begin_values(const Attributes& attributes) {
  auto null = attributes.get("null");
  if (const auto known = nulls_by_id_.find(attributes.get("ref"));
      null.empty() && known != nulls_by_id_.end())
    null = known->second;
  if (item_.column.null_value.empty()) item_.column.null_value = null;
  if (attributes.has("ID")) nulls_by_id_.insert_or_assign(attributes.text("ID"), std::string(null));
}

void VotableDocument::begin_info(const Attributes& attributes) {
  const auto name = trimmed(attributes.get("name"));
  status_open_ = same_word(name, "QUERY_STATUS");
  failure_open_ = same_word(name, "Error");
  text_.clear();
  if (failure_open_) failure_ = attributes.get("value");
  if (!status_open_) return;
  status_ = {};
  status_.value = status_word(attributes.get("value"));
  switch (open_[open_.size() - 2]) {
    case Element::kVotable:
      status_.parent = "VOTABLE";
      status_.after_table = tables_ > 0;
      break;
    case Element::kResource:
      status_.parent = "RESOURCE";
      status_.after_table = resources_.back().tables > 0;
      break;
    default:
      status_.parent = "TABLE";
      status_.after_table = data_seen_ || (!resources_.empty() && resources_.back().tables > 1);
      break;
  }
}

Result<void> VotableDocument::announce_table() {
  announced_ = true;
  Params params;
  for (const auto& resource : resources_)
    params.insert(params.end(), resource.params.begin(), resource.params.end());
  table_.params.insert(table_.params.begin(), params.begin(), params.end());
  rows_.begin(table_.columns, char_is_utf8_);
  return told(events_.table(table_));
}

Result<void> VotableDocument::begin_rows(Element element, const Attributes& attributes) {
  if (data_seen_) return Error(EBADMSG, "a TABLE with more than one set of rows");
  data_seen_ = true;
  stream_ = {};
  switch (element) {
    case Element::kBinary:
      serialization_ = Serialization::kBinary;
      break;
    case Element::kBinary2:
      serialization_ = Serialization::kBinary2;
      break;
    case Element::kFits: {
      serialization_ = Serialization::kFits;
      const auto hdu = trimmed(attributes.get("extnum"));
      std::from_chars(hdu.data(), hdu.data() + hdu.size(), stream_.fits_hdu);
      break;
    }
    default:
      serialization_ = Serialization::kTableData;
  }
  stream_.kind = serialization_;
  return announce_table();
}

Result<void> VotableDocument::text(std::string_view piece) {
  if (left_out_ != 0) return {};
  switch (top()) {
    case Element::kTd:
    case Element::kDescription:
      break;
    case Element::kInfo:
      if (!status_open_ && !failure_open_) return {};
      break;
    case Element::kStream:
      return rows_.stream_text(piece);
    default:
      return {};
  }
  if (text_.size() + piece.size() > options_.most_text_bytes)
    return Error(EFBIG, "a text of more than " + std::to_string(options_.most_text_bytes) + " bytes");
  text_.append(piece);
  return {};
}

Result<void> VotableDocument::end() {
  const int depth = depth_--;
  if (left_out_ == 0) {
    const Element element = top();
    auto done = finish(element);
    open_.pop_back();
    namespaces_.leave(depth);
    return done;
  }
  if (left_out_ == depth) {
    left_out_ = 0;
    namespaces_.leave(depth);
  }
  return {};
}

Result<void> VotableDocument::finish(Element element) {
  switch (element) {
    case Element::kTd:
      rows_.cell(text_, cell_is_base64_);
      return {};
    case Element::kTr:
      return rows_.end_row();
    case Element::kStream:
      return rows_.end_stream();
    case Element::kResource:
      return end_resource();
    case Element::kTable:
      return end_table();
    case Element::kField:
      return end_field();
    case Element::kParam:
      return end_param();
    case Element::kGroup:
      if (input_params_ > 0) --input_params_;
      return {};
    case Element::kDescription:
      item_.column.description = trimmed(text_);
      return {};
    case Element::kInfo:
      if (std::exchange(failure_open_, false))
        return told(events_.failure(failure_.empty() ? std::string(trimmed(text_)) : failure_));
      if (!std::exchange(status_open_, false)) return {};
      status_.text = trimmed(text_);
      return told(events_.status(status_));
    default:
      return {};
  }
}

Result<void> VotableDocument::end_field() {
  if (announced_) return Error(EBADMSG, "a FIELD after the DATA of its TABLE");
  table_.columns.push_back(std::move(item_.column));
  return {};
}

Result<void> VotableDocument::end_param() {
  if (input_params_ > 0) {
    resources_.back().descriptor.inputs.push_back(std::move(item_));
    return {};
  }
  if (same_word(item_.column.name, "Error"))
    if (auto taken = told(events_.failure(item_.value)); !taken) return taken;
  const auto in_table = std::find(open_.begin(), open_.end(), Element::kTable) != open_.end();
  if (in_table) {
    table_.params.emplace_back(std::move(item_.column), std::move(item_.value));
  } else if (!resources_.empty()) {
    auto& resource = resources_.back();
    if (resource.service) resource.descriptor.params.emplace(item_.column.name, item_.value);
    resource.params.emplace_back(std::move(item_.column), std::move(item_.value));
  }
  return {};
}

Result<void> VotableDocument::end_table() {
  if (!announced_)
    if (auto taken = announce_table(); !taken) return taken;
  if (!table_.id.empty()) columns_by_id_.insert_or_assign(table_.id, std::move(table_.columns));
  return told(events_.table_end(serialization_, rows_.rows()));
}

Result<void> VotableDocument::end_resource() {
  const Resource resource = std::move(resources_.back());
  resources_.pop_back();
  return resource.service ? told(events_.service(resource.descriptor)) : Result<void>{};
}

}  // namespace esofs::client
