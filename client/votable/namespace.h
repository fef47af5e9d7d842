// Names and attributes of XML elements, and which elements are of the VOTable namespaces.
//
//   threads  plain values
//   source   Namespaces in XML 1.0; VOTable 1.5 section 3.1 (the namespaces of the versions)
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace esofs::client {

// Expat's list of attributes: name, value, …, nullptr. Valid as long as that.
class Attributes {
 public:
  explicit Attributes(const char* const* list) : list_(list) {}

  bool empty() const { return list_[0] == nullptr; }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string_view get(std::string_view name) const {  // "" if absent
    const char* value = find(name);
    return value == nullptr ? std::string_view{} : value;
  }
  std::string text(std::string_view name) const { return std::string(get(name)); }

  const char* const* begin() const { return list_; }

 private:
  const char* find(std::string_view name) const {
    for (const char* const* at = list_; *at != nullptr; at += 2)
      if (name == at[0]) return at[1];
    return nullptr;
  }

  const char* const* list_;
};

// "vot:TABLE" -> "vot", "TABLE".
struct ElementName {
  explicit ElementName(std::string_view name);
  std::string_view prefix;
  std::string_view local;
};

// The namespace declarations in force.
class NamespaceScope {
 public:
  // The declarations of an element at `depth` (1: the root, whose own namespace is VOTable's whatever it is).
  void enter(int depth, std::string_view prefix, const Attributes& attributes);
  void leave(int depth);

  // An element with this prefix is of another namespace than VOTable's. A prefix that nobody declared is not.
  bool foreign(std::string_view prefix) const;
  // The namespace of a prefix, nullptr: none.
  const std::string* uri(std::string_view prefix) const;

 private:
  struct Binding {
    int depth;
    std::string prefix;
    std::string uri;
    bool foreign;
  };
  const Binding* find(std::string_view prefix) const;
  void update_default();

  std::string own_;  // of the root
  std::vector<Binding> bindings_;
  bool default_foreign_ = false;  // of elements without prefix: kept, because each cell asks
};

}  // namespace esofs::client
