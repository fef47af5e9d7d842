#include "client/votable/namespace.h"

#include "client/base/text.h"

namespace esofs::client {
namespace {

bool is_votable(std::string_view uri) {
  const std::string low = lower(uri);
  return low.empty() || low.find("votable") != std::string::npos;
}

}  // namespace

ElementName::ElementName(std::string_view name) : local(name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return;
  prefix = name.substr(0, colon);
  local = name.substr(colon + 1);
}

void NamespaceScope::enter(int depth, std::string_view prefix, const Attributes& attributes) {
  for (const char* const* at = attributes.begin(); *at != nullptr; at += 2) {
    const std::string_view name = at[0];
    if (name == "xmlns")
      bindings_.push_back({depth, {}, at[1], false});
    else if (name.starts_with("xmlns:"))
      bindings_.push_back({depth, std::string(name.substr(6)), at[1], false});
  }
  if (bindings_.empty() || bindings_.back().depth < depth) return;
  if (depth == 1)
    if (const auto* own = uri(prefix); own != nullptr) own_ = *own;
  for (auto& binding : bindings_)
    if (binding.depth == depth) binding.foreign = binding.uri != own_ && !is_votable(binding.uri);
  update_default();
}

void NamespaceScope::update_default() {
  const Binding* unprefixed = find({});
  default_foreign_ = unprefixed != nullptr && unprefixed->foreign;
}

void NamespaceScope::leave(int depth) {
  if (bindings_.empty() || bindings_.back().depth < depth) return;
  while (!bindings_.empty() && bindings_.back().depth >= depth) bindings_.pop_back();
  update_default();
}

const NamespaceScope::Binding* NamespaceScope::find(std::string_view prefix) const {
  for (auto at = bindings_.rbegin(); at != bindings_.rend(); ++at)
    if (at->prefix == prefix) return &*at;
  return nullptr;
}

bool NamespaceScope::foreign(std::string_view prefix) const {
  if (prefix.empty()) return default_foreign_;
  const Binding* binding = find(prefix);
  return binding != nullptr && binding->foreign;
}

const std::string* NamespaceScope::uri(std::string_view prefix) const {
  const Binding* binding = find(prefix);
  return binding == nullptr ? nullptr : &binding->uri;
}

}  // namespace esofs::client
