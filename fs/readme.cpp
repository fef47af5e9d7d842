#include "fs/readme.h"

#include "client/model/identifiers.h"
namespace esofs::fs {
namespace {

std::string queries_text(const Config& config) {
  std::string text = R"(queries/NAME/    a saved query; its directory lists the datasets that the answer names
    mkdir queries/ngc253
    echo "SELECT * FROM )" +
                     config.browse.obscore_table + R"( WHERE target_name='NGC253'" > queries/ngc253/query.adql
    ls -l queries/ngc253            runs the query
    cat queries/ngc253/status.txt   phase, rows, complete or truncated, last error
    cp ngc253.adql queries/ngc253.adql  makes it from a text that you have
    cp -r queries/ngc253 queries/more   copies its text, also that of a directory of browse/
    queries/ngc253/table/result.vot the answer as the server sent it; also .csv .tsv .json .fits .txt
    queries/ngc253/table/headers.csv the headers of its files, a row each; also .fits .vot
    touch queries/ngc253/query.adql asks again; rmdir queries/ngc253 removes the query
  query.adql may begin with directives:
    -- maxrec: 100000    -- mode: sync|async|auto    -- ttl: 1h
    -- headers: OBJECT, EXPTIME, ESO DET DIT    -- headers-of: primary|all
)";
  if (config.tap_services.size() > 1) {
    text += "    -- service: ";
    for (const auto& service : config.tap_services)
      text += (&service == &config.tap_services.front() ? "" : "|") + service;
    text += "    found from the tables that the query names, where it is not said\n";
  }
  return text + "\n";
}

std::string browse_text(const Config& config) {
  const std::string part = config.browse.eso_tables ? "phase3" : "obscore";
  std::string text =
      "browse/          the same without writing ADQL; browse/README.txt tells the forms, such as\n    ls ";
  if (config.browse.resolver) text += "browse/object/NGC_253/" + part + "    ls ";
  text += "browse/cone/83.82_-5.39_10arcmin/" + part;
  if (config.browse.eso_tables) text += "    ls browse/cone/83.82_-5.39_10arcmin/raw";
  return text + R"(
  your own queries with placeholders: *.adql in the directory browse/ of your configuration

)";
}

std::string datasets_text(const Config& config) {
  std::string text = "datasets/ID/     everything known of one dataset; ";
  text += config.ids && config.ids->known_by_form()
              ? "any identifier can be looked up, visited ones are listed\n"
              : "those that a listing has named can be looked up\n";
  text +=
      R"(    ID.fits          the file, always plain FITS; beside it the file as delivered, where that is another
    header.txt       the headers of all its HDUs, one card a line
    metadata.json    its row in the archive's table
    links.vot, links.json   its DataLink answer
    preview/ auxiliary/ progenitors/ derived/ documentation/   what the answer names, where it does
)";
  if (config.calibrations)
    text +=
        R"(    calibrations/raw/, calibrations/master/   of raw observations: the calibration files, associations.xml,
                     and status.txt: complete, certified, messages, master answered as raw
    night_log.txt    of raw frames
    getfattr -n user.eso.origfile FILE tells the name that a file had before it was archived
)";
  return text +
         R"(    cp -r of a raw observation copies derived/ too, with all products, perhaps hundreds of GB; copy
    its files by their names instead
    cutout/SPEC.fits a part of it, cut out by the archive; cutout/README.txt says what it offers. SPEC is
      circle_RA_DEC_RADIUS or band_LO_HI or both joined by __: circle_11.888_-25.288_30arcsec__band_480nm_500nm
    queries/NAME/cutout/SPEC/ID.fits: the same of every dataset of a query

)";
}

std::string services_text(const Config& config) {
  std::string text;
  if (!config.tap_services.empty()) {
    text +=
        R"(tables/SERVICE/SCHEMA/TABLE/        columns.csv, description.txt, sample.csv: what can be asked for
    cone/RA_DEC_RADIUS.csv          rows around a position, where a table has positions: 53.1_-27.8_30arcsec.csv
    night/YYYY-MM-DD.csv            rows of a night, from noon to noon, UTC, where it has times
                                    also .tsv .json .fits .txt .vot; .status.txt: complete or truncated
)";
    text += "  SERVICE is";
    for (const auto& service : config.tap_services) text += " " + service;
    text += "\n\n";
  }
  return text + R"(jobs/SERVICE/NAME/    an asynchronous job
    mkdir jobs/SERVICE/NAME; cp my.adql jobs/SERVICE/NAME/query.adql; echo RUN > jobs/SERVICE/NAME/phase
    phase            what it is doing; RUN and ABORT can be written
    executionduration, destruction   seconds and a time; can be written
    results/         its files, as the server sent them; error.txt: why it failed; job.xml
    rmdir jobs/SERVICE/NAME deletes the job on the server

.esofs/          status.json, errors (the last failures, why, and of which program), config.json, version
If anything fails, `esofs why PATH` says why and what to do.

Before a file is opened its size may be an estimate; from the first open on it is exact. Programs that
look at the size first (bsdtar, cpio, Python's tarfile …) need `esofs warm --sizes DIR` or -o sizes=exact.
getfattr -n user.eso.COLUMN FILE gives a column of its row; user.esofs.url, size_state, cached_bytes,
version and error tell its state.
)";
}

std::string logins_text(const Config& config) {
  if (!config.login) return {};
  std::string text =
      "\nFiles before their release need a login: `esofs login`, then read on; user.eso.obs_release_date "
      "says until when.\n";
  if (config.callers != nullptr)
    text +=
        "Every user of this mount has a login of his own: `esofs login --no-keyring`, which keeps it in the "
        "home "
        "directory.\n";
  return text;
}

std::string users_text(const Config& config) {
  if (config.users_dir.empty()) return {};
  return "\nIn queries/ and jobs/ you see and change your own only, and nobody else sees them: they are kept "
         "in\n~/" +
         config.users_folder.string() +
         ". Queries that belong to another user are offered to all by the administrator.\n"
         "Templates of browse/ are the administrator's: your own are not read.\n";
}

}  // namespace

std::string readme_text(const Config& config) {
  std::string text = config.archive_title.empty() ? config.archive_name : config.archive_title;
  text += ", mounted by esofs as a read-only drive.\n\n";
  text += queries_text(config) + browse_text(config) + datasets_text(config) + services_text(config) +
          logins_text(config) + users_text(config);
  if (!config.limits.empty()) text += "\nLimits of this archive:\n";
  for (const std::string& limit : config.limits) text += "  " + limit + "\n";
  return text;
}

}  // namespace esofs::fs
