#include "alert/template/internal/methods.h"

#include <algorithm>
#include <iterator>

#include "alert/template/internal/time_text.h"

namespace tidemark::alert::templates {
namespace {

constexpr int64_t kNanosPerMs = 1'000'000;
constexpr ParameterType kReceiver[] = {ParameterType::kAny};
constexpr ParameterType kReceiverAndText[] = {ParameterType::kAny, ParameterType::kString};

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

Value Number(int64_t v) { return Value::Of(v); }
Value Text(std::string_view v) { return Value::Of(std::string(v)); }
Fields Date(Args args) { return FieldsOf(args[0].instant()); }
int64_t Ms(Args args) { return args[0].instant().ms; }
int64_t Nanos(Args args) { return args[0].span().nanos; }
Value Units(Args args, double nanos_per_unit) {
  return Value::Of(static_cast<double>(Nanos(args)) / nanos_per_unit);
}

constexpr Function Method(std::string_view name, Result (*call)(const CallContext&, Args)) {
  return {name, kReceiver, false, call};
}

using C = const CallContext&;

constexpr Function kInstantMethods[] = {
    {"Format", kReceiverAndText, false,
     [](C, Args a) -> Result { return Text(FormatInstant(a[0].instant(), a[1].text())); }},
    Method("String", [](C, Args a) -> Result { return Text(ToString(a[0].instant())); }),
    Method("UTC", [](C, Args a) -> Result { return a[0]; }),
    Method("Unix",
           [](C, Args a) -> Result { return Number(Ms(a) / 1000 - (Ms(a) % 1000 < 0 ? 1 : 0)); }),
    Method("UnixMilli", [](C, Args a) -> Result { return Number(Ms(a)); }),
    Method("UnixMicro", [](C, Args a) -> Result { return Number(Ms(a) * 1000); }),
    Method("UnixNano", [](C, Args a) -> Result { return Number(Ms(a) * kNanosPerMs); }),
    Method("Year", [](C, Args a) -> Result { return Number(Date(a).year); }),
    Method("Month", [](C, Args a) -> Result { return Text(MonthName(Date(a).month)); }),
    Method("Day", [](C, Args a) -> Result { return Number(Date(a).day); }),
    Method("YearDay", [](C, Args a) -> Result { return Number(Date(a).day_of_year); }),
    Method("Weekday", [](C, Args a) -> Result { return Text(WeekdayName(Date(a).day_of_week)); }),
    Method("Hour", [](C, Args a) -> Result { return Number(Date(a).hour); }),
    Method("Minute", [](C, Args a) -> Result { return Number(Date(a).minute); }),
    Method("Second", [](C, Args a) -> Result { return Number(Date(a).second); }),
    Method("Nanosecond",
           [](C, Args a) -> Result { return Number(Date(a).millisecond * kNanosPerMs); }),
};

constexpr Function kSpanMethods[] = {
    Method("String", [](C, Args a) -> Result { return Text(ToString(a[0].span())); }),
    Method("Hours", [](C, Args a) -> Result { return Units(a, 3.6e12); }),
    Method("Minutes", [](C, Args a) -> Result { return Units(a, 6e10); }),
    Method("Seconds", [](C, Args a) -> Result { return Units(a, 1e9); }),
    Method("Milliseconds", [](C, Args a) -> Result { return Number(Nanos(a) / kNanosPerMs); }),
    Method("Microseconds", [](C, Args a) -> Result { return Number(Nanos(a) / 1000); }),
    Method("Nanoseconds", [](C, Args a) -> Result { return Number(Nanos(a)); }),
};

}  // namespace

const Function* FindMethod(Kind kind, std::string_view name) {
  std::span<const Function> methods;
  if (kind == Kind::kInstant) {
    methods = kInstantMethods;
  } else if (kind == Kind::kSpan) {
    methods = kSpanMethods;
  }
  const auto it = std::find_if(methods.begin(), methods.end(),
                               [&](const Function& method) { return method.name == name; });
  return it == methods.end() ? nullptr : &*it;
}

std::optional<Value> StructField(const Value& value, std::string_view name) {
  if (value.kind() == Kind::kSample) {
    const Value::SamplePtr& sample = value.sample();
    return name == "Labels"  ? std::optional(Value::Part(sample, sample->labels))
           : name == "Value" ? std::optional(Value::Of(sample->value))
                             : std::nullopt;
  }
  if (value.kind() != Kind::kRoot) {
    return std::nullopt;
  }
  const std::shared_ptr<const Root>& root = value.root();
  return name == "Labels"           ? std::optional(Value::Part(root, root->labels))
         : name == "ExternalLabels" ? std::optional(Value::Part(root, root->external_labels))
         : name == "ExternalURL"    ? std::optional(Value::Of(root->external_url))
         : name == "Value"          ? std::optional(Value::Of(root->value))
                                    : std::nullopt;
}

Value Element(const Value& map, std::string_view name) {
  if (map.kind() == Kind::kStringMap) {
    const auto it = map.string_map().find(name);
    return Value::Of(it == map.string_map().end() ? std::string() : it->second);
  }
  const auto it = map.map().find(name);
  return it == map.map().end() ? Value() : it->second;
}

}  // namespace tidemark::alert::templates
