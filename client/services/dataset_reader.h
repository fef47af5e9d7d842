// Finds the datasets in the rows of a table: ESO's tables, ObsCore, answers of SSAP and SIA.
//
//   shapes   columns are found by name, else by utype, else by UCD
//   units    access_estsize is taken by its column's unit, else by the profile's, and rounded up
//   threads  a reader is immutable; it may be copied and used by any thread
//   source   ObsCore 1.1, SSA 1.1, SIA 1.0; client/ESO.md, "Tables"
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/model/identifiers.h"
#include "client/model/model.h"

namespace esofs::client {

using DatasetReader = std::function<std::optional<Dataset>(std::span<const Value>)>;

// nullptr if the columns name no dataset. A reader returns nullopt for a row without an id or a URL.
DatasetReader make_dataset_reader(std::shared_ptr<const Identifiers> ids, const std::vector<Column>& columns);

// The content of a cell without the blanks and line ends that some writers add; "" for the word null, which others write.
std::string_view cell_text(std::string_view cell);

// False for "" and for types that say nothing about a file ("application/octet-stream").
bool tells_type(const std::string& content_type);

// The extension of the plain view for a media type: ".fits", ".txt" …; "" if the type does not tell.
std::string extension_of_type(const std::string& content_type);

// The extension of a FITS file, packed or not, at the end of a name or path, as it is written there; "" for others.
std::string_view fits_extension(std::string_view name);

// ".tar", ".tar.gz", ".tgz" or ".zip" of a package of files, by its media type or the end of its name or URL; "" for others.
std::string package_extension(const std::string& content_type, std::string_view name_or_url);

}  // namespace esofs::client
