#include "query/engine/calendar.h"

#include <chrono>
#include <cmath>

namespace tidemark::query {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;

// The Gregorian calendar repeats after this many years and days, which keeps any 64-bit time
// within the years that std::chrono knows.
constexpr int64_t kCycleYears = 400;
constexpr int64_t kCycleDays = 146'097;

// Far below the int64 range in seconds, so that nothing overflows; clearly out of history.
constexpr double kMaxSeconds = 9e18;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

Date DateOf(double seconds) {
  const double whole = std::trunc(seconds);
  const int64_t time = std::isnan(whole)      ? INT64_MIN / 2
                       : whole > kMaxSeconds  ? static_cast<int64_t>(kMaxSeconds)
                       : whole < -kMaxSeconds ? -static_cast<int64_t>(kMaxSeconds)
                                              : static_cast<int64_t>(whole);
  const int64_t days = FloorDiv(time, kSecondsPerDay);
  const int64_t second_of_day = time - days * kSecondsPerDay;
  const int64_t cycle = FloorDiv(days, kCycleDays);
  namespace chr = std::chrono;
  const chr::sys_days day{chr::days{static_cast<int>(days - cycle * kCycleDays)}};
  const chr::year_month_day ymd{day};
  const chr::sys_days new_year{ymd.year() / chr::January / 1};
  const chr::year_month_day_last month_end{ymd.year() / ymd.month() / chr::last};
  Date date;
  date.year = static_cast<int>(ymd.year()) + cycle * kCycleYears;
  date.month = static_cast<int>(static_cast<unsigned>(ymd.month()));
  date.day = static_cast<int>(static_cast<unsigned>(ymd.day()));
  date.day_of_week = static_cast<int>(chr::weekday{day}.c_encoding());
  date.day_of_year = static_cast<int>((day - new_year).count()) + 1;
  date.days_in_month = static_cast<int>(static_cast<unsigned>(month_end.day()));
  date.hour = static_cast<int>(second_of_day / 3600);
  date.minute = static_cast<int>(second_of_day / 60 % 60);
  return date;
}

}  // namespace tidemark::query
