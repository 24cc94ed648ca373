#include "alert/template/internal/syntax.h"

#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::alert::templates {
namespace {

// .a.b
std::string FieldsText(const std::vector<std::string>& path, size_t first) {
  std::string text;
  for (size_t i = first; i < path.size(); ++i) {
    text += "." + path[i];
  }
  return text;
}

template <typename Parts>
std::string Joined(const Parts& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) {
    text.append(text.empty() ? "" : separator).append(ToString(part));
  }
  return text;
}

}  // namespace

std::string ToString(const Operand& operand) {
  switch (operand.kind) {
    case OperandKind::kIdentifier:
    case OperandKind::kNumber:
    case OperandKind::kString:
      return operand.text;
    case OperandKind::kField:
      return FieldsText(operand.path, 0);
    case OperandKind::kVariable:
      return operand.path[0] + FieldsText(operand.path, 1);
    case OperandKind::kChain:
      return ToString(*operand.base) + FieldsText(operand.path, 0);
    case OperandKind::kPipeline:
      return fmt::format("({})", ToString(*operand.pipeline));
    case OperandKind::kDot:
      return ".";
    case OperandKind::kNil:
      return "nil";
    case OperandKind::kBool:
      return operand.boolean ? "true" : "false";
  }
  return "";
}

std::string ToString(const Command& command) { return Joined(command.operands, " "); }

std::string ToString(const Pipeline& pipeline) {
  std::string text = Joined(pipeline.declarations, ", ");
  if (!text.empty()) {
    text += pipeline.assigns ? " = " : " := ";
  }
  return text + Joined(pipeline.commands, " | ");
}

std::string ToString(const Statement& statement) {
  const std::string pipeline = ToString(statement.pipeline);
  switch (statement.kind) {
    case StatementKind::kText:
      return query::Quote(statement.text);
    case StatementKind::kAction:
      return fmt::format("{{{{{}}}}}", pipeline);
    case StatementKind::kIf:
      return fmt::format("{{{{if {}}}}}", pipeline);
    case StatementKind::kWith:
      return fmt::format("{{{{with {}}}}}", pipeline);
    case StatementKind::kRange:
      return fmt::format("{{{{range {}}}}}", pipeline);
    case StatementKind::kTemplate:
      return fmt::format("{{{{template {}{}{}}}}}", query::Quote(statement.text),
                         pipeline.empty() ? "" : " ", pipeline);
    case StatementKind::kBreak:
      return "{{break}}";
    case StatementKind::kContinue:
      return "{{continue}}";
  }
  return "";
}

}  // namespace tidemark::alert::templates
