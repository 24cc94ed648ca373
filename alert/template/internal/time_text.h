// Points in time and lengths of time as Go prints them. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "alert/template/internal/value.h"

namespace tidemark::alert::templates {

// "2026-01-01 00:00:00.5 +0000 UTC"
std::string ToString(Instant instant);
// "1h0m30.5s", "1.5ms", "0s"
std::string ToString(Span span);

// `instant`, in UTC, in the form that `layout` gives the reference time
// "Mon Jan 2 15:04:05 MST 2006".
std::string FormatInstant(Instant instant, std::string_view layout);

// Fields of the date and time in UTC, and counts since the epoch.
struct Fields {
  int64_t year = 1970;
  int month = 1;        // 1 to 12
  int day = 1;          // of the month, from 1
  int day_of_week = 4;  // 0 is Sunday
  int day_of_year = 1;  // from 1
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
};
Fields FieldsOf(Instant instant);

std::string_view MonthName(int month);      // 1 to 12
std::string_view WeekdayName(int weekday);  // 0 is Sunday

}  // namespace tidemark::alert::templates
