// Profile: what esofs knows about an archive beforehand. `eso` is built in, others are JSON files. A bare TAP URL makes one
// that holds only that URL: everything else is then learnt from answers.
//
//   shapes   URL patterns hold "{id}"; id patterns are ECMAScript regular expressions, matched whole, against the id with
//            the ':' of its times (an id whose ':' are written '_' is mapped back first). A JSON profile may
//            say "extends": "eso" and "base_url": "http://host:port", which replaces scheme, host and port of every URL
//            that it inherits (a mirror, a simulator)
//   errors   EINVAL with the key's name, the place and the nearest valid key; ENOENT for a file that is not there
//   source   client/ESO.md for `eso`; the JSON form: client/README.md, "Profiles"
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

struct TapService {
  std::string name;                  // "obs", "cat"
  std::string url;                   // base URL, without /sync
  std::vector<std::string> schemas;  // whose tables it holds, e.g. {"ivoa", "dbo"}; empty: any
  std::uint64_t maxrec = 0;          // rows asked for when a query says none; 0: the server's default
  bool authorised = false;           // accepts a token, and then shows more
};

// A service that takes credentials: every URL that begins with `url`.
struct AuthorisedService {
  std::string url;                   // with its path: "https://dataportal.eso.org/dataPortal/file/"
  std::vector<std::string> schemes;  // "bearer", "basic"; the first one that can be had is used
};

struct Profile {
  std::string name;                 // "eso", or the host of a bare TAP URL
  std::string title;                // for README.txt
  std::vector<std::string> limits;  // for README.txt, a sentence each
  std::vector<TapService> tap;      // at least one; the first is the default
  std::string datalink_pattern;     // "" none
  std::string file_pattern;         // "" none
  std::vector<std::string> ids;  // patterns of identifiers; all three lists empty: none is valid by its form
  std::vector<std::string> raw_ids;   // patterns, tried first, of ids that live in raw_table
  std::vector<std::string> file_ids;  // patterns of ids that have a file but no DataLink of their own
  std::string obscore_table = "ivoa.ObsCore";
  std::string obscore_id_column = "obs_publisher_did";  // dp_id at ESO
  std::string raw_table;                                // "" none
  std::string raw_id_column;
  std::string product_files_table;                 // of all files of each product; "" none
  std::string product_id_column = "product_id";    // of product_files_table
  std::string sizes_table;                         // of the bytes of each file; "" none
  std::vector<std::uint64_t> placeholder_lengths;  // content_length values that say nothing
  // Bytes of one unit of access_estsize ("kbyte"). Most archives do not say which kilobyte they mean, and an estimate below
  // the truth makes some programs cut files.
  std::uint64_t estsize_unit = 1024;
  std::string calselector_url;  // these URLs are for services of their own
  std::string ssap_url;
  std::string soda_url;
  std::string token_url;
  std::string token_method = "get";          // "get": all in the query, as ESO; "post": RFC 6749 section 4.3
  std::string token_client_id = "clientid";  // as ESO's own programs say
  std::string token_client_secret;           // not secret: of the program, not of the user
  std::string token_scope;                   // "" none
  std::string resolver_url;
  std::vector<std::string> credential_hosts;
  // If these are given, credentials are sent only there; else to every service on credential_hosts except TAP.
  std::vector<AuthorisedService> authorised;
};

// The built-in profile of the ESO archive.
Profile eso_profile();

// `text` is JSON; `where` names it in errors.
Result<Profile> parse_profile(const std::string& text, const std::string& where);

// ARCHIVE of the command line: the name of a built-in or user profile (directory/NAME.json), a profile file, or a TAP
// base URL. profile_dir: e.g. ~/.config/esofs/archives.
Result<Profile> find_profile(const std::string& archive, const std::string& profile_dir);

}  // namespace esofs::client
