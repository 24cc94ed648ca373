#include <string_view>

#include "alert/check/rule_check.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "query/api/json_text.h"
#include "query/parser/duration.h"

namespace tidemark::alert {
namespace {

std::string InputText(const CheckedInput& input) {
  std::string text = input.selector;
  if (!input.function.empty()) {
    text += fmt::format(" {}[{}]", input.function, query::FormatDuration(input.window_ms));
  }
  if (input.offset_ms != 0) {
    text += fmt::format(" offset {}", query::FormatDuration(input.offset_ms));
  }
  return text + (input.fixed ? " @" : "");
}

std::string DelayText(const RuleCheck& rule) {
  std::string text = query::FormatDuration(rule.worst_delay_ms);
  if (rule.for_ms > 0) {
    text += fmt::format(", then for {}", query::FormatDuration(rule.for_ms));
  }
  return text;
}

std::string RuleText(const std::string& path, const RuleCheck& rule) {
  std::string text =
      fmt::format("{}:{}: {} {} (group {})\n", path, rule.position.line,
                  rule.kind == RuleKind::kAlert ? "alert" : "record", rule.name, rule.group);
  text += fmt::format("  partition  {}\n",
                      rule.partition.empty() ? "none: evaluated whole" : rule.partition.ToString());
  for (const CheckedInput& input : rule.inputs) {
    text += fmt::format("  input      {}\n", InputText(input));
  }
  if (rule.on_arrival) {
    text += "  trigger    arrival of a sample\n";
  }
  for (const std::string& deadline : rule.deadlines) {
    text += fmt::format("  deadline   {}\n", deadline);
  }
  for (const std::string& tick : rule.ticks) {
    text += fmt::format("  tick       {}\n", tick);
  }
  text += fmt::format("  delay      at most {}\n", DelayText(rule));
  for (const Finding& finding : rule.findings) {
    text +=
        fmt::format("  {:<10} {} [{}]\n", ToString(finding.severity), finding.text, finding.check);
  }
  return text;
}

// Writes JSON text; commas are put where they belong.
class Json {
 public:
  Json& Open(char bracket) {
    Separate();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  Json& Close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  Json& Key(std::string_view key) {
    Separate();
    query::AppendJsonString(key, &text_);
    text_ += ':';
    first_ = true;
    return *this;
  }
  Json& Text(std::string_view value) {
    Separate();
    query::AppendJsonString(value, &text_);
    return *this;
  }
  Json& Raw(std::string_view value) {
    Separate();
    text_ += value;
    return *this;
  }
  Json& Number(int64_t value) { return Raw(fmt::to_string(value)); }
  Json& Bool(bool value) { return Raw(value ? "true" : "false"); }
  Json& Texts(const auto& values) {
    Open('[');
    for (const std::string& value : values) {
      Text(value);
    }
    return Close(']');
  }
  const std::string& text() const { return text_; }

 private:
  void Separate() {
    if (!first_) {
      text_ += ',';
    }
    first_ = false;
  }

  std::string text_;
  bool first_ = true;
};

void Write(const Finding& finding, Json* json) {
  json->Open('{').Key("severity").Text(ToString(finding.severity));
  json->Key("check").Text(finding.check).Key("text").Text(finding.text);
  json->Key("begin").Number(finding.position.begin).Key("end").Number(finding.position.end);
  json->Close('}');
}

void Write(const CheckedInput& input, Json* json) {
  json->Open('{').Key("selector").Text(input.selector).Key("function").Text(input.function);
  json->Key("windowMs").Number(input.window_ms).Key("offsetMs").Number(input.offset_ms);
  json->Key("fixed").Bool(input.fixed).Close('}');
}

void Write(const LabelFamily& partition, Json* json) {
  json->Open('{').Key("all").Bool(partition.complement());
  json->Key(partition.complement() ? "but" : "labels").Texts(partition.names()).Close('}');
}

void WriteAll(const auto& items, Json* json) {
  json->Open('[');
  for (const auto& item : items) {
    Write(item, json);
  }
  json->Close(']');
}

void Write(const RuleCheck& rule, Json* json) {
  json->Open('{').Key("group").Text(rule.group).Key("name").Text(rule.name);
  json->Key("type").Text(rule.kind == RuleKind::kAlert ? "alerting" : "recording");
  json->Key("line").Number(rule.position.line).Key("partition");
  Write(rule.partition, json);
  json->Key("inputs");
  WriteAll(rule.inputs, json);
  json->Key("onArrival").Bool(rule.on_arrival).Key("deadlines").Texts(rule.deadlines);
  json->Key("ticks").Texts(rule.ticks).Key("worstDelayMs").Number(rule.worst_delay_ms);
  json->Key("forMs").Number(rule.for_ms).Key("findings");
  WriteAll(rule.findings, json);
  json->Close('}');
}

void Write(const FileCheck& file, Json* json) {
  json->Open('{').Key("file").Text(file.path).Key("errors").Texts(file.errors).Key("rules");
  WriteAll(file.rules, json);
  json->Close('}');
}

}  // namespace

std::string ToText(const std::vector<FileCheck>& files) {
  std::string text;
  size_t rules = 0;
  size_t errors = 0;
  size_t warnings = 0;
  for (const FileCheck& file : files) {
    for (const std::string& error : file.errors) {
      text += fmt::format("{}\n", error);
    }
    errors += file.errors.size();
    for (const RuleCheck& rule : file.rules) {
      text += RuleText(file.path, rule);
      ++rules;
      for (const Finding& finding : rule.findings) {
        ++(finding.severity == Severity::kError ? errors : warnings);
      }
    }
  }
  return text + fmt::format("{} rules, {} errors, {} warnings\n", rules, errors, warnings);
}

std::string ToJson(const std::vector<FileCheck>& files) {
  Json json;
  json.Open('{').Key("files");
  WriteAll(files, &json);
  json.Close('}');
  return json.text() + "\n";
}

}  // namespace tidemark::alert
