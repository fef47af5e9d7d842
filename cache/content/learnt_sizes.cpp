#include "cache/content/learnt_sizes.h"

#include <spdlog/spdlog.h>

#include "cache/store/records.h"
#include "client/http/url.h"

namespace esofs::cache {

std::string LearntSizes::key(const client::Dataset& dataset, Form form) const {
  std::string key = "size\n" + archive_ + '\n' + dataset.id + '\n' + client::name_of_url(dataset.access_url);
  if (!dataset.cutout.empty()) key += "\ncutout " + dataset.cutout;
  return key + '\n' + std::to_string(dataset.modified) +
         (form == Form::kDelivered ? "\ndelivered" : "\nplain");
}

void LearntSizes::learn(const client::Dataset& dataset, Form form, std::uint64_t size) {
  if (known(dataset, form) == size) return;
  const auto kept = store_.put(Shelf::kNumbers, key(dataset, form), encode(NumberRecord{size}));
  if (!kept) spdlog::warn("the size of a file is not remembered: {}", kept.error().what());
}

std::optional<std::uint64_t> LearntSizes::known(const client::Dataset& dataset, Form form) {
  const auto value = store_.get(Shelf::kNumbers, key(dataset, form));
  if (!value || !*value) return std::nullopt;
  const auto record = decode<NumberRecord>(**value);
  return record ? std::optional(record->number) : std::nullopt;
}

}  // namespace esofs::cache
