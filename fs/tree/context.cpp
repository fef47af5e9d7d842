#include "fs/tree/context.h"

#include <utility>

#include "cache/content/callers.h"
#include "cache/sizes/announced_sizes.h"
#include "client/model/identifiers.h"

namespace esofs::fs {
namespace {

Config with_ids(Config config) {
  if (!config.ids) config.ids = std::make_shared<const client::Identifiers>(client::Profile());
  return config;
}

}  // namespace

Context::Context(Config config, cache::Catalog& catalog, cache::FileCache& files, Timer& timer)
    : config_(with_ids(std::move(config))),
      catalog_(catalog),
      files_(files),
      timer_(timer),
      mounted_at_(config_.now()),
      names_(config_.names) {}

cache::QuerySpec Context::query_defaults() const {
  cache::QuerySpec defaults;
  defaults.maxrec = config_.default_maxrec;
  defaults.ttl = config_.default_ttl;
  return defaults;
}

Cancel Context::open_file(std::optional<uid_t> user, const client::Dataset& dataset, cache::Form form,
                          Done<std::shared_ptr<cache::OpenFile>> done) const {
  if (user && config_.callers != nullptr) return config_.callers->open(*user, dataset, form, std::move(done));
  return files_.open(dataset, form, std::move(done));
}

cache::FileFacts Context::facts(const client::Dataset& dataset, cache::Form form) const {
  cache::FileFacts facts = files_.facts(dataset, form);
  if (facts.exact) return facts;
  std::optional<std::uint64_t> size;
  if (config_.callers != nullptr) size = config_.callers->known_size(dataset, form);
  if (!size && config_.announced_sizes != nullptr) size = config_.announced_sizes->known(dataset, form);
  if (!size) return facts;
  facts.size = *size;
  facts.exact = true;
  return facts;
}

}  // namespace esofs::fs
