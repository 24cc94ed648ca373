// Numbers in the forms that people read. Pure functions; NaN and infinities are named as such.
#pragma once

#include <string>

namespace tidemark::alert::templates {

std::string Humanize(double v);            // 1234567 → "1.235M", 0.00001 → "10u"
std::string Humanize1024(double v);        // 1048576 → "1Mi"
std::string HumanizeDuration(double s);    // seconds: 93784 → "1d 2h 3m 4s", 0.5 → "500ms"
std::string HumanizePercentage(double v);  // 0.1234 → "12.34%"

}  // namespace tidemark::alert::templates
