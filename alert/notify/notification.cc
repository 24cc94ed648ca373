#include "alert/notify/notification.h"

#include "absl/time/time.h"
#include "alert/template/escape.h"
#include "fmt/format.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace tidemark::alert {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void WriteText(std::string_view text, Writer* writer) {
  writer->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void WriteField(std::string_view name, std::string_view text, Writer* writer) {
  WriteText(name, writer);
  WriteText(text, writer);
}

std::string TimeText(model::Timestamp t) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(t), absl::UTCTimeZone());
}

void WriteNotification(const Notification& notification, Writer* writer) {
  writer->StartObject();
  writer->Key("labels");
  writer->StartObject();
  for (const model::LabelView& label : notification.labels.view()) {
    WriteField(label.name, label.value, writer);
  }
  writer->EndObject();
  writer->Key("annotations");
  writer->StartObject();
  for (const auto& [name, text] : notification.annotations) {
    if (!text.empty()) {
      WriteField(name, text, writer);
    }
  }
  writer->EndObject();
  WriteField("startsAt", TimeText(notification.starts_at), writer);
  WriteField("endsAt", TimeText(notification.ends_at), writer);
  WriteField("generatorURL", notification.generator_url, writer);
  writer->EndObject();
}

}  // namespace

std::string GeneratorUrl(std::string_view external_url, std::string_view expr) {
  return fmt::format("{}/graph?g0.expr={}&g0.tab=1", external_url, templates::EscapeUrlQuery(expr));
}

std::string NotificationsJson(std::span<const Notification* const> notifications) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const Notification* notification : notifications) {
    WriteNotification(*notification, &writer);
  }
  writer.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace tidemark::alert
