#include "alert/template/internal/time_text.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "fmt/format.h"
#include "query/engine/calendar.h"

namespace tidemark::alert::templates {
namespace {

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kWeekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

int Hour12(const Fields& f) { return f.hour % 12 == 0 ? 12 : f.hour % 12; }

// One piece of a layout with what it becomes. Longer pieces stand before their prefixes.
struct Piece {
  std::string_view layout;
  std::string (*text)(const Fields&);
};

constexpr Piece kPieces[] = {
    {"January", [](const Fields& f) { return std::string(MonthName(f.month)); }},
    {"Jan", [](const Fields& f) { return std::string(MonthName(f.month).substr(0, 3)); }},
    {"Monday", [](const Fields& f) { return std::string(WeekdayName(f.day_of_week)); }},
    {"Mon", [](const Fields& f) { return std::string(WeekdayName(f.day_of_week).substr(0, 3)); }},
    {"MST", [](const Fields&) { return std::string("UTC"); }},
    {"2006", [](const Fields& f) { return fmt::format("{:04}", f.year); }},
    {"002", [](const Fields& f) { return fmt::format("{:03}", f.day_of_year); }},
    {"01", [](const Fields& f) { return fmt::format("{:02}", f.month); }},
    {"02", [](const Fields& f) { return fmt::format("{:02}", f.day); }},
    {"03", [](const Fields& f) { return fmt::format("{:02}", Hour12(f)); }},
    {"04", [](const Fields& f) { return fmt::format("{:02}", f.minute); }},
    {"05", [](const Fields& f) { return fmt::format("{:02}", f.second); }},
    {"06", [](const Fields& f) { return fmt::format("{:02}", f.year % 100); }},
    {"15", [](const Fields& f) { return fmt::format("{:02}", f.hour); }},
    {"__2", [](const Fields& f) { return fmt::format("{:3}", f.day_of_year); }},
    {"_2", [](const Fields& f) { return fmt::format("{:2}", f.day); }},
    {"1", [](const Fields& f) { return fmt::format("{}", f.month); }},
    {"2", [](const Fields& f) { return fmt::format("{}", f.day); }},
    {"3", [](const Fields& f) { return fmt::format("{}", Hour12(f)); }},
    {"4", [](const Fields& f) { return fmt::format("{}", f.minute); }},
    {"5", [](const Fields& f) { return fmt::format("{}", f.second); }},
    {"PM", [](const Fields& f) { return std::string(f.hour >= 12 ? "PM" : "AM"); }},
    {"pm", [](const Fields& f) { return std::string(f.hour >= 12 ? "pm" : "am"); }},
    {"Z07:00", [](const Fields&) { return std::string("Z"); }},
    {"Z0700", [](const Fields&) { return std::string("Z"); }},
    {"-07:00", [](const Fields&) { return std::string("+00:00"); }},
    {"-0700", [](const Fields&) { return std::string("+0000"); }},
    {"-07", [](const Fields&) { return std::string("+00"); }},
};

// Bytes of a fraction of a second (.000 or ,999) at the front of `layout`; zero when there is none.
size_t FractionLength(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') ||
      (layout[1] != '0' && layout[1] != '9')) {
    return 0;
  }
  const size_t end = std::min(layout.find_first_not_of(layout[1], 1), layout.size());
  const bool digit_follows = end < layout.size() && layout[end] >= '0' && layout[end] <= '9';
  return digit_follows ? 0 : end;
}

// Zeros in the layout keep as many digits, nines leave zeros at the end out.
std::string FractionText(std::string_view layout, int millisecond) {
  const size_t digits = layout.size() - 1;
  std::string text = fmt::format("{:03}", millisecond);
  text.resize(digits, '0');
  if (layout[1] == '9') {
    text.erase(text.find_last_not_of('0') + 1);
    return text.empty() ? "" : layout[0] + text;
  }
  return layout[0] + text;
}

// `value` in units of `unit` with a fraction that ends in no zero.
std::string Decimal(uint64_t value, uint64_t unit) {
  std::string text = fmt::format("{}", value / unit);
  std::string fraction = fmt::format("{}", value % unit + unit).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? text : text + "." + fraction;
}

}  // namespace

std::string_view MonthName(int month) { return kMonths[month - 1]; }
std::string_view WeekdayName(int weekday) { return kWeekdays[weekday]; }

Fields FieldsOf(Instant instant) {
  const int64_t seconds = FloorDiv(instant.ms, 1000);
  const query::Date date = query::DateOf(static_cast<double>(seconds));
  Fields fields;
  fields.year = date.year;
  fields.month = date.month;
  fields.day = date.day;
  fields.day_of_week = date.day_of_week;
  fields.day_of_year = date.day_of_year;
  fields.hour = date.hour;
  fields.minute = date.minute;
  fields.second = static_cast<int>(seconds - FloorDiv(seconds, 60) * 60);
  fields.millisecond = static_cast<int>(instant.ms - seconds * 1000);
  return fields;
}

std::string FormatInstant(Instant instant, std::string_view layout) {
  const Fields fields = FieldsOf(instant);
  std::string out;
  while (!layout.empty()) {
    if (const size_t fraction = FractionLength(layout); fraction > 0) {
      out += FractionText(layout.substr(0, fraction), fields.millisecond);
      layout.remove_prefix(fraction);
      continue;
    }
    const auto* piece = std::find_if(std::begin(kPieces), std::end(kPieces),
                                     [&](const Piece& p) { return layout.starts_with(p.layout); });
    if (piece == std::end(kPieces)) {
      out.push_back(layout.front());
      layout.remove_prefix(1);
    } else {
      out += piece->text(fields);
      layout.remove_prefix(piece->layout.size());
    }
  }
  return out;
}

std::string ToString(Instant instant) {
  return FormatInstant(instant, "2006-01-02 15:04:05.999999999 -0700 MST");
}

std::string ToString(Span span) {
  const uint64_t nanos =
      span.nanos < 0 ? ~static_cast<uint64_t>(span.nanos) + 1 : static_cast<uint64_t>(span.nanos);
  const std::string sign = span.nanos < 0 ? "-" : "";
  constexpr uint64_t kMicro = 1000;
  constexpr uint64_t kMilli = 1000 * kMicro;
  constexpr uint64_t kSecond = 1000 * kMilli;
  constexpr uint64_t kMinute = 60 * kSecond;
  if (nanos == 0) {
    return "0s";
  }
  if (nanos < kSecond) {
    return sign + (nanos < kMicro   ? fmt::format("{}ns", nanos)
                   : nanos < kMilli ? Decimal(nanos, kMicro) + "µs"
                                    : Decimal(nanos, kMilli) + "ms");
  }
  std::string text = Decimal(nanos % kMinute, kSecond) + "s";
  if (nanos >= kMinute) {
    const uint64_t minutes = nanos / kMinute;
    text = fmt::format("{}m{}", minutes % 60, text);
    text = minutes >= 60 ? fmt::format("{}h{}", minutes / 60, text) : text;
  }
  return sign + text;
}

}  // namespace tidemark::alert::templates
