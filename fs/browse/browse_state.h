// What all nodes of browse/ share: the templates, and the values that the archive has listed.
//
//   threads  thread-safe
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "client/base/guarded.h"
#include "fs/browse/browse_templates.h"
#include "fs/tree/context.h"

namespace esofs::fs {

// The values of an argument that the archive lists: shown name → value.
using BrowseValues = std::shared_ptr<const std::map<std::string, std::string>>;

struct BrowseState {
  explicit BrowseState(Context& mount)
      : context(mount), templates(mount.config().browse, [&mount](const Error& problem) {
          mount.errors().add(mount.now(), "/browse/.templates", problem);
        }) {}

  Context& context;  // outlives it
  BrowseTemplates templates;
  Guarded<std::map<std::string, BrowseValues>> values;  // by listing
};

}  // namespace esofs::fs
