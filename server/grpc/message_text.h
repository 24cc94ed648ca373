// Texts of messages. What senders write need not be UTF-8; a proto3 string must be.
#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/map.h"
#include "model/labels.h"

namespace tidemark::server {

// `text` with U+FFFD in place of each byte that is not part of a UTF-8 character.
std::string Utf8Text(std::string_view text);

// Replaces the entries by the labels.
void SetLabels(model::LabelsView labels, google::protobuf::Map<std::string, std::string>* entries);

}  // namespace tidemark::server
