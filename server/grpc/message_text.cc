#include "server/grpc/message_text.h"

#include <algorithm>

#include "server/api/label_name.h"

namespace tidemark::server {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

std::string Utf8Text(std::string_view text) {
  if (IsValidUtf8(text)) {
    return std::string(text);
  }
  std::string valid;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    valid += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return valid;
}

void SetLabels(model::LabelsView labels, google::protobuf::Map<std::string, std::string>* entries) {
  entries->clear();
  for (const model::LabelView& label : labels) {
    (*entries)[Utf8Text(label.name)] = Utf8Text(label.value);
  }
}

}  // namespace tidemark::server
