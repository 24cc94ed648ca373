#include "server/api/param_values.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/charconv.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/parser/duration.h"
#include "server/api/label_name.h"

namespace tidemark::server {
namespace {

constexpr std::string_view kMinTimeText = "-292273086-05-16T16:47:06Z";
constexpr std::string_view kMaxTimeText = "292277025-08-18T07:12:54.999999999Z";

// A finite number; what is too large for a double becomes the largest one.
std::optional<double> ParseNumber(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') {
    text.remove_prefix(1);
  }
  double value = 0;
  const absl::from_chars_result result =
      absl::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && result.ptr == text.data() + text.size();
  if (!whole || result.ec == std::errc::invalid_argument || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

model::Timestamp SecondsToTimestamp(double seconds) {
  double whole = 0;
  const double fraction = std::modf(seconds, &whole);
  const double ms = whole * 1000 + std::round(fraction * 1000);
  if (ms <= static_cast<double>(kMinApiTime)) {
    return kMinApiTime;
  }
  if (ms >= static_cast<double>(kMaxApiTime)) {
    return kMaxApiTime;
  }
  return static_cast<model::Timestamp>(ms);
}

// Reads fields of fixed width from a text, front to back.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  // `digits` decimal digits with a value in [min, max].
  FieldReader& Number(size_t digits, int min, int max, int* value) {
    const std::string_view field = rest_.substr(0, digits);
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), *value);
    ok_ = ok_ && field.size() == digits && error == std::errc() && end == field.data() + digits &&
          field[0] != '-' && *value >= min && *value <= max;
    rest_.remove_prefix(std::min(digits, rest_.size()));
    return *this;
  }
  FieldReader& Literal(char c) {
    ok_ = ok_ && rest_.starts_with(c);
    rest_.remove_prefix(std::min<size_t>(1, rest_.size()));
    return *this;
  }
  // `.` and at least one digit, if there is a `.`; only milliseconds count.
  FieldReader& Fraction(int* ms) {
    *ms = 0;
    if (!rest_.starts_with('.')) {
      return *this;
    }
    rest_.remove_prefix(1);
    size_t digits = 0;
    for (int unit = 100; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9';
         ++digits, unit /= 10) {
      *ms += (rest_[digits] - '0') * unit;
    }
    ok_ = ok_ && digits > 0;
    rest_.remove_prefix(digits);
    return *this;
  }
  char Peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// "Z", "+01:00", "-07:30" in minutes.
void ReadZone(FieldReader* reader, int* minutes) {
  *minutes = 0;
  if (reader->Peek() != '+' && reader->Peek() != '-') {
    reader->Literal('Z');
    return;
  }
  const int sign = reader->Peek() == '-' ? -1 : 1;
  int hours = 0;
  int rest = 0;
  reader->Literal(reader->Peek()).Number(2, 0, 23, &hours).Literal(':').Number(2, 0, 59, &rest);
  *minutes = sign * (hours * 60 + rest);
}

std::optional<model::Timestamp> ParseRfc3339(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0, zone = 0;
  FieldReader reader(text);
  reader.Number(4, 0, 9999, &year).Literal('-').Number(2, 1, 12, &month).Literal('-');
  reader.Number(2, 1, 31, &day).Literal('T').Number(2, 0, 23, &hour).Literal(':');
  reader.Number(2, 0, 59, &minute).Literal(':').Number(2, 0, 59, &second).Fraction(&ms);
  ReadZone(&reader, &zone);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.AtEnd() || !date.ok()) {
    return std::nullopt;
  }
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t minutes = (days * 24 + hour) * 60 + minute - zone;
  return (minutes * 60 + second) * 1000 + ms;
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8Length(text.substr(i));
    const char c = text[i];
    if (length == 0 || static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else {
      out += text.substr(i, length);
    }
    i += std::max<size_t>(length, 1);
  }
  return out + '"';
}

absl::StatusOr<model::Timestamp> ParseTime(std::string_view text) {
  if (const std::optional<double> seconds = ParseNumber(text)) {
    return SecondsToTimestamp(*seconds);
  }
  if (const std::optional<model::Timestamp> t = ParseRfc3339(text)) {
    return *t;
  }
  if (text == kMinTimeText) {
    return kMinApiTime;
  }
  if (text == kMaxTimeText) {
    return kMaxApiTime;
  }
  return absl::InvalidArgumentError(
      fmt::format("cannot parse {} to a valid timestamp", Quoted(text)));
}

absl::StatusOr<int64_t> ParseApiDurationMs(std::string_view text) {
  const std::string problem = fmt::format("cannot parse {} to a valid duration", Quoted(text));
  if (const std::optional<double> seconds = ParseNumber(text)) {
    // As long as Prometheus can express, which counts in nanoseconds.
    constexpr double kMaxSeconds = static_cast<double>(std::numeric_limits<int64_t>::max()) * 1e-9;
    if (std::abs(*seconds) >= kMaxSeconds) {
      return absl::InvalidArgumentError(problem + ". It overflows int64");
    }
    return static_cast<int64_t>(std::round(*seconds * 1e6) / 1e3);
  }
  const absl::StatusOr<int64_t> ms = query::ParseDurationMs(text);
  if (!ms.ok()) {
    return absl::InvalidArgumentError(problem);
  }
  return *ms;
}

absl::StatusOr<size_t> ParseLimit(std::string_view text) {
  if (text.empty()) {
    return size_t{0};
  }
  int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) {
    return absl::InvalidArgumentError(
        fmt::format("cannot parse {} to a valid limit", Quoted(text)));
  }
  if (limit < 0) {
    return absl::InvalidArgumentError("limit must be non-negative");
  }
  return static_cast<size_t>(limit);
}

std::string FormatRfc3339(model::Timestamp t) {
  using std::chrono::days;
  using std::chrono::milliseconds;
  const std::chrono::sys_time<milliseconds> time{milliseconds(t)};
  const std::chrono::sys_days day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<milliseconds> clock(time - day);
  const auto ms = clock.subseconds().count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     ms == 0 ? "" : fmt::format(".{:03}", ms));
}

}  // namespace tidemark::server
