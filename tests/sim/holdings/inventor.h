// Inventor: makes many datasets out of one pattern; and the sources on the sky that they show.
//
//   units    degrees, MJD (UTC)
#pragma once

#include <string>
#include <vector>

#include "tests/sim/holdings/datasets.h"

namespace esofs::sim {

struct Target {
  const char* name;
  double ra, dec;
};
inline constexpr Target kNgc253{"NGC253", 11.8880583, -25.2888};
inline constexpr Target kM83{"M83", 204.253958, -29.865417};
inline constexpr Target kNgc4254{"NGC4254", 184.706668, 14.416509};
inline constexpr Target kSgrA{"Sgr A*", 266.41683, -29.00781};
inline constexpr Target kTauCeti{"HD 10700", 26.017013, -15.937480};
inline constexpr Target kBetaPic{"bet Pic", 86.821237, -51.066500};
inline constexpr Target kBetelgeuse{"Betelgeuse", 88.792938, 7.407063};
inline constexpr Target kOrion{"Orion Nebula", 83.8186, -5.3897};
inline constexpr Target kBlank{"BIAS", 0, 0};

// A dataset with only these fields set.
Dataset invented(Dataset::Kind kind, const char* instrument, const char* telescope, const Target& target);

class Inventor {
 public:
  std::vector<Dataset> take() { return std::move(all_); }

  void one(Dataset d) { all_.push_back(std::move(d)); }

  // `count` raw frames, one each 20 minutes; ids by instrument (5 letters where ESO shortens) and time. Returns the ids.
  std::vector<std::string> raws(Dataset d, const std::string& prefix, int count, double first_mjd);

  // `count` products, ids from `first_id` on, 20 ms apart; each made of `sources` of the raws.
  void products(Dataset d, const std::string& first_id, int count, const std::vector<std::string>& raws,
                int sources);

 private:
  std::vector<Dataset> all_;
};

}  // namespace esofs::sim
