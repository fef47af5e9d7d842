// VotableDocument: elements and text of a VOTable, made into events.
//
// Elements are known by their local names, in any VOTable namespace or none. Elements of other namespaces, unknown
// ones, and known ones in the wrong place are left out with their content. The order of elements is not enforced, except that
// FIELDs come before the DATA.
//
//   errors   EBADMSG: not a VOTable, nested too deep, damaged rows; EFBIG: a text over the limit; those of the events
//   threads  one document, one thread
//   source   VOTable 1.5; DALI 1.1 section 4.4; DataLink 1.1 section 4
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/base/result.h"
#include "client/votable/namespace.h"
#include "client/votable/table.h"
#include "client/votable/votable.h"

namespace esofs::client {

class VotableDocument {
 public:
  // events, options: outlive this.
  VotableDocument(VotableEvents& events, const VotableReader::Options& options);

  // name: with its prefix; attributes: name, value, …, nullptr (as expat gives them).
  Result<void> start(std::string_view name, const char* const* attributes);
  Result<void> end();
  Result<void> text(std::string_view piece);

  bool begun() const noexcept { return begun_; }  // the root element was seen
  std::uint64_t unparsable() const noexcept { return rows_.unparsable(); }
  // The last error came from the events, not from the document.
  bool refused() const noexcept { return refused_ || rows_.refused(); }

 private:
  enum class Element : std::uint8_t {
    kNone,
    kVotable,
    kDefinitions,
    kResource,
    kTable,
    kField,
    kParam,
    kGroup,
    kInfo,
    kDescription,
    kValues,
    kMin,
    kMax,
    kOption,
    kData,
    kTableData,
    kTr,
    kTd,
    kBinary,
    kBinary2,
    kFits,
    kStream
  };
  using Params = std::vector<std::pair<Column, std::string>>;
  struct Resource {
    VotableResource what;
    int children = 0;  // RESOURCEs seen
    int tables = 0;    // TABLEs begun
    bool service = false;
    Params params;
    ServiceDescriptor descriptor;
  };

  static Element element_named(std::string_view local);
  static bool belongs(Element parent, Element child);

  Element top() const { return open_.empty() ? Element::kNone : open_.back(); }
  Result<void> begin_document(std::string_view name, const Attributes& attributes);
  Result<void> begin(Element element, const Attributes& attributes);
  void begin_resource(const Attributes& attributes);
  Result<void> begin_table(const Attributes& attributes);
  void begin_item(const Attributes& attributes);  // a FIELD or a PARAM
  void begin_values(const Attributes& attributes);
  void begin_info(const Attributes& attributes);
  Result<void> begin_rows(Element element, const Attributes& attributes);
  Result<void> finish(Element element);
  Result<void> end_resource();
  Result<void> end_table();
  Result<void> end_field();
  Result<void> end_param();
  Result<void> announce_table();
  Result<void> told(Result<void> taken);  // Remembers whether the events refused.

  VotableEvents& events_;
  const VotableReader::Options& options_;
  NamespaceScope namespaces_;
  int depth_ = 0;
  int left_out_ = 0;  // depth of the outermost element that is left out, 0: none
  std::vector<Element> open_;
  bool begun_ = false;
  bool refused_ = false;
  bool char_is_utf8_ = false;  // since VOTable 1.6

  std::vector<Resource> resources_;  // open ones, outermost first
  int root_resources_ = 0;
  VotableTable table_;
  std::size_t tables_ = 0;  // begun so far
  bool announced_ = false;  // table_ was given to the events
  bool data_seen_ = false;  // in table_
  Serialization serialization_ = Serialization::kNone;
  std::map<std::string, std::vector<Column>, std::less<>> columns_by_id_;  // for TABLE/@ref
  std::map<std::string, std::string, std::less<>> nulls_by_id_;            // for VALUES/@ref
  TableRows rows_;

  ServiceParam item_;     // the FIELD or PARAM that is open
  int input_params_ = 0;  // GROUPs open inside the inputParams of a service descriptor, itself included
  bool status_open_ = false;
  bool failure_open_ = false;  // inside an INFO named Error
  QueryStatus status_;
  std::string failure_;
  std::string text_;  // of the TD, INFO or DESCRIPTION that is open
  bool cell_is_base64_ = false;
  TableRows::Stream stream_;  // what BINARY, BINARY2 or FITS and STREAM say
};

}  // namespace esofs::client
