// The syntax tree of a template. Positions are bytes from the start of the template's text. Plain
// values, immutable once parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::alert::templates {

struct Pipeline;

// A number as written, in each of the types that it fits.
struct NumberLiteral {
  std::optional<int64_t> integer;
  std::optional<double> real;
  bool written_as_real = false;  // has a point or an exponent
};

enum class OperandKind : uint8_t {
  kIdentifier,  // text: the function
  kField,       // path: .a.b
  kVariable,    // path: $x and the fields behind it
  kChain,       // base, with path behind it
  kPipeline,    // base in parentheses
  kDot,
  kNil,
  kBool,
  kNumber,
  kString,  // text: as written; value: what it stands for
};

struct Operand {
  OperandKind kind = OperandKind::kDot;
  size_t position = 0;
  std::string text;
  std::string value;
  std::vector<std::string> path;
  bool boolean = false;
  NumberLiteral number;
  std::unique_ptr<Pipeline> pipeline;  // of kPipeline
  std::unique_ptr<Operand> base;       // of kChain
};

// A function, field or variable with its arguments, or a constant alone.
struct Command {
  size_t position = 0;
  std::vector<Operand> operands;  // at least one
};

// Commands joined by |; each gets the value of the one before as its last argument.
struct Pipeline {
  size_t position = 0;
  bool assigns = false;               // = rather than :=
  std::vector<Operand> declarations;  // kVariable, at most two
  std::vector<Command> commands;      // empty only where a template clause has no argument
};

enum class StatementKind : uint8_t {
  kText,
  kAction,
  kIf,
  kWith,
  kRange,
  kTemplate,
  kBreak,
  kContinue
};

struct Statement {
  StatementKind kind = StatementKind::kText;
  size_t position = 0;
  std::string text;  // of kText; the name of the template for kTemplate
  Pipeline pipeline;
  std::vector<Statement> body;
  std::vector<Statement> else_body;
};

using StatementList = std::vector<Statement>;

struct SyntaxTree {
  std::string name;  // of the template as a whole
  std::string text;
  std::map<std::string, StatementList, std::less<>> templates;  // the whole one and those defined
};

// The text of a part of a tree as messages show it.
std::string ToString(const Operand& operand);
std::string ToString(const Command& command);
std::string ToString(const Pipeline& pipeline);
std::string ToString(const Statement& statement);

}  // namespace tidemark::alert::templates
