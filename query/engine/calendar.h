// Fields of a date in UTC. Pure functions.
#pragma once

#include <cstdint>

namespace tidemark::query {

struct Date {
  int64_t year = 1970;
  int month = 1;        // 1 to 12
  int day = 1;          // of the month, from 1
  int day_of_week = 4;  // 0 is Sunday
  int day_of_year = 1;  // from 1
  int days_in_month = 31;
  int hour = 0;
  int minute = 0;
};

// The date `seconds` after the epoch, cut to whole seconds; proleptic Gregorian calendar.
Date DateOf(double seconds);

}  // namespace tidemark::query
