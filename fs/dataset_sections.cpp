#include "fs/dataset_sections.h"

#include <array>
#include <utility>

#include "fs/calibration_nodes.h"
#include "fs/plain_nodes.h"
#include "fs/value_text.h"

namespace esofs::fs {
namespace {

bool always(const DatasetPlace&, const client::Links*) { return true; }

NodePtr made_text(const DatasetPlace& place, const std::string& name, MadeText::Make make) {
  return std::make_shared<MadeText>(name + ":" + place.dataset.id, place.path + "/" + name,
                                    dataset_mtime(place.dataset), std::move(make));
}

NodePtr metadata(const DatasetPlace& place) {
  return made_text(place, "metadata.json",
                   [&catalog = place.tree.catalog(), id = place.dataset.id](Done<std::string> done) {
                     using RowPtr = std::shared_ptr<const cache::NamedRow>;
                     return catalog.row(id, [done = std::move(done)](Result<RowPtr> row) {
                       if (!row) return done(row.error());
                       done(row_json(**row));
                     });
                   });
}

NodePtr links_document(const DatasetPlace& place) {
  return made_text(place, "links.vot",
                   [&catalog = place.tree.catalog(), dataset = place.dataset](Done<std::string> done) {
                     return catalog.links(dataset, [done = std::move(done)](Result<LinksPtr> links) {
                       if (!links) return done(links.error());
                       done((*links)->document);
                     });
                   });
}

bool has_calibrations_at(const DatasetPlace& place, const client::Links*) {
  return has_calibrations(place.tree, place.dataset);
}

// nullptr: none, also where the links are not known yet.
NodePtr calibrations(const DatasetPlace& place) {
  if (!has_calibrations(place.tree, place.dataset)) return nullptr;
  return make_calibrations(place.tree, place.dataset, place.path + "/" + kCalibrationsName);
}

}  // namespace

std::span<const DatasetSection> dataset_sections() {
  static constexpr std::array kSections{
      DatasetSection{"metadata.json", always, metadata},
      DatasetSection{"links.vot", always, links_document},
      DatasetSection{kCalibrationsName, has_calibrations_at, calibrations},
  };
  return kSections;
}

}  // namespace esofs::fs
