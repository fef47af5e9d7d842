#include "fs/datasets/dataset_sections.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "client/base/in_turn.h"
#include "client/model/identifiers.h"
#include "fs/datasets/calibration_nodes.h"
#include "fs/datasets/cutout_nodes.h"
#include "fs/datasets/header_text.h"
#include "fs/datasets/link_file.h"
#include "fs/datasets/link_terms.h"
#include "fs/datasets/links_json.h"
#include "fs/tree/plain_nodes.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

bool always(const DatasetPlace&, const client::Links*) { return true; }
bool has_links(const DatasetPlace&, const client::Links* links) { return links != nullptr; }

template <class Make>
NodePtr made_text(const DatasetPlace& place, const std::string& name, Make make) {
  return std::make_shared<MadeText>(name + ":" + place.dataset.id, place.path + "/" + name,
                                    dataset_mtime(place.dataset), std::move(make));
}

// The row through which the dataset was found; it may have fewer columns than the archive's.
Result<std::string> listed_metadata(const RowReference& row) {
  if (!row.shown()) return Error(EACCES, "it was listed with another login");
  auto values = row.listing->row(row.row);
  if (!values) return values.error();
  return row_json({row.listing->columns(), *std::move(values)});
}

// For a dataset that the archive's tables do not have, such as a master calibration: the row that listed it, else its id
// alone if the archive's DataLink knows it.
Result<std::string> metadata_without_row(cache::Catalog& catalog, const client::Dataset& dataset,
                                         const RowReference& row, const Error& error) {
  if (error.code() != ENOENT) return error;
  if (row.listing) return listed_metadata(row);
  if (!catalog.known_links(dataset)) return error;
  cache::NamedRow known;
  known.columns.emplace_back().name = "dp_id";
  known.row = {client::Value{dataset.id}};
  return row_json(known);
}

NodePtr metadata(const DatasetPlace& place) {
  // The archive can be asked for a row only if its ids have a known form.
  if (place.row.listing && !place.context.ids().valid(place.dataset.id))
    return made_text(place, "metadata.json", [row = place.row](Done<std::string> done) {
      done(listed_metadata(row));
      return Cancel();
    });
  return made_text(
      place, "metadata.json",
      [&catalog = place.context.catalog(), dataset = place.dataset,
       listed = place.row](Done<std::string> done) {
        using RowPtr = std::shared_ptr<const cache::NamedRow>;
        return catalog.row(
            dataset.id,
            AskedBy(done.cause(), [&catalog, dataset, listed, done = done.take()](Result<RowPtr> row) {
              done(row ? row_json(**row) : metadata_without_row(catalog, dataset, listed, row.error()));
            }));
      });
}

NodePtr links_document(const DatasetPlace& place) {
  return made_text(place, "links.vot",
                   [&catalog = place.context.catalog(), dataset = place.dataset](Done<std::string> done) {
                     return catalog.links(dataset,
                                          AskedBy(done.cause(), [done = done.take()](Result<LinksPtr> links) {
                                            if (!links) return done(links.error());
                                            done((*links)->document);
                                          }));
                   });
}

bool has_calibrations_at(const DatasetPlace& place, const client::Links*) {
  return has_calibrations(place.context, place.dataset);
}

// nullptr: none, or the links are not known yet.
NodePtr calibrations(const DatasetPlace& place) {
  if (!has_calibrations(place.context, place.dataset)) return nullptr;
  return make_calibrations(place.context, place.dataset, place.path + "/" + kCalibrationsName);
}

NodePtr links_as_json(const DatasetPlace& place) {
  return made_text(place, "links.json",
                   [&catalog = place.context.catalog(), dataset = place.dataset](Done<std::string> done) {
                     return catalog.links(dataset,
                                          AskedBy(done.cause(), [done = done.take()](Result<LinksPtr> links) {
                                            if (!links) return done(links.error());
                                            done(links_json(**links));
                                          }));
                   });
}

bool is_fits(const DatasetPlace& place, const client::Links*) { return place.dataset.extension == ".fits"; }

NodePtr headers(const DatasetPlace& place) {
  if (!is_fits(place, nullptr)) return nullptr;
  MadeText::MakeFor make = [&context = place.context, dataset = place.dataset](std::optional<uid_t> user,
                                                                               Done<MadeText::Made> done) {
    using FilePtr = std::shared_ptr<cache::OpenFile>;
    return in_turn<FilePtr, MadeText::Made>(
        [&](Done<FilePtr> opened) {
          return context.open_file(user, dataset, cache::Form::kHeaders, std::move(opened));
        },
        [](const FilePtr& file, Done<MadeText::Made> made) {
          return header_text(file, AskedBy(made.cause(), [restricted = file->restricted(),
                                                          made = made.take()](Result<std::string> text) {
                               if (!text) return made(text.error());
                               made(MadeText::Made{*std::move(text), restricted});
                             }));
        },
        std::move(done));
  };
  return made_text(place, "header.txt", std::move(make));
}

const client::Link* night_log_row(const client::Links& links) {
  const auto row = std::find_if(links.rows.begin(), links.rows.end(), [](const client::Link& link) {
    return !link.access_url.empty() && is_night_log(link.semantics);
  });
  return row == links.rows.end() ? nullptr : &*row;
}

bool has_night_log(const DatasetPlace&, const client::Links* links) {
  return links != nullptr && night_log_row(*links) != nullptr;
}

// By the DataLink answer; if that is not here, by the id that ESO gives it (client/ESO.md, "Identifiers").
NodePtr night_log(const DatasetPlace& place) {
  const auto& ids = place.context.ids();
  const LinksPtr links = place.context.catalog().known_links(place.dataset);
  const client::Link* row = links ? night_log_row(*links) : nullptr;
  const std::string id = place.dataset.id + ".NL";
  if (row == nullptr && (links || !ids.valid(id))) return nullptr;
  const client::Link link = row != nullptr ? *row : client::Link();
  client::Dataset dataset = row != nullptr ? dataset_of_link(link, LinkKind::kFile, ids) : ids.dataset(id);
  if (row != nullptr) dataset.extension = ".txt";
  return std::make_shared<LinkFile>(place.context, link, LinkKind::kFile, std::move(dataset), RowReference{},
                                    place.path + "/night_log.txt");
}

}  // namespace

Cancel links_if_any(const DatasetPlace& place, Done<LinksPtr> done) {
  if (LinksPtr known = place.context.catalog().known_links(place.dataset)) {
    done(std::move(known));
    return {};
  }
  return place.context.catalog().links(place.dataset,
                                       AskedBy(done.cause(), [done = done.take()](Result<LinksPtr> links) {
                                         if (!links && links.error().code() == ENOENT)
                                           return done(LinksPtr());
                                         done(std::move(links));
                                       }));
}

std::span<const DatasetSection> dataset_sections() {
  static constexpr std::array kSections{
      DatasetSection{"header.txt", is_fits, headers},
      DatasetSection{"metadata.json", always, metadata},
      DatasetSection{"links.vot", has_links, links_document},
      DatasetSection{"links.json", has_links, links_as_json},
      DatasetSection{"night_log.txt", has_night_log, night_log},
      DatasetSection{kCalibrationsName, has_calibrations_at, calibrations},
      DatasetSection{"cutout", may_offer_cutouts, make_dataset_cutouts},
  };
  return kSections;
}

}  // namespace esofs::fs
