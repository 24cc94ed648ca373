// How the two languages of a cluster spell a number on a metrics page.
#pragma once

#include <string>

namespace tidemark::fleetsim {

enum class NumberStyle {
  kRust,  // TiKV: shortest digits, never an exponent: 468522211737600000
  kGo,    // TiDB, PD: an exponent from 1e+06 on and below 1e-04: 4.685222117376e+17
};

void AppendNumber(NumberStyle style, double v, std::string* out);
std::string NumberText(NumberStyle style, double v);

}  // namespace tidemark::fleetsim
