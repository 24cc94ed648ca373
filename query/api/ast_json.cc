#include "query/api/ast_json.h"

#include <span>

#include "fmt/format.h"
#include "query/api/json_text.h"
#include "query/engine/number_text.h"

namespace tidemark::query {
namespace {

// Writes one object a node, keys in the order they are given.
class AstWriter {
 public:
  explicit AstWriter(std::string* json) : json_(*json) {}

  void Write(const Expr* expr);

 private:
  void Begin(std::string_view type) {
    json_ += R"({"type":)";
    AppendJsonString(type, &json_);
  }
  void End() { json_ += '}'; }
  void Key(std::string_view key) { json_ += fmt::format(",\"{}\":", key); }

  void Add(std::string_view key, std::string_view text) {
    Key(key);
    AppendJsonString(text, &json_);
  }
  void Add(std::string_view key, const Expr* expr) {
    Key(key);
    Write(expr);
  }
  void AddRaw(std::string_view key, std::string_view json) {
    Key(key);
    json_ += json;
  }
  void AddBool(std::string_view key, bool value) { AddRaw(key, value ? "true" : "false"); }
  void AddMs(std::string_view key, int64_t ms) { AddRaw(key, fmt::to_string(ms)); }

  template <typename List, typename WriteOne>
  void AddList(std::string_view key, const List& list, WriteOne write_one) {
    Key(key);
    json_ += '[';
    bool first = true;
    for (const auto& one : list) {
      json_ += first ? "" : ",";
      first = false;
      write_one(one);
    }
    json_ += ']';
  }
  void AddNames(std::string_view key, const std::vector<std::string>& names) {
    AddList(key, names, [this](const std::string& name) { AppendJsonString(name, &json_); });
  }

  void AddShift(const TimeShift& shift);
  void AddSelector(const VectorSelector& selector);
  void AddMatching(const VectorMatching& matching);
  void AddFill(std::string_view key, const std::optional<double>& value);
  void AddFunction(const FunctionSignature& function);

  void WriteAggregate(const Aggregate& aggregate);
  void WriteBinary(const Binary& binary);
  void WriteCall(const Call& call);
  void WriteMatrix(const MatrixSelector& matrix);
  void WriteSubquery(const Subquery& subquery);

  std::string& json_;
};

std::string_view CardinalityText(VectorMatching::Cardinality cardinality) {
  switch (cardinality) {
    case VectorMatching::Cardinality::kOneToOne:
      return "one-to-one";
    case VectorMatching::Cardinality::kManyToOne:
      return "many-to-one";
    case VectorMatching::Cardinality::kOneToMany:
      return "one-to-many";
    case VectorMatching::Cardinality::kManyToMany:
      return "many-to-many";
  }
  return "";
}

void AstWriter::AddShift(const TimeShift& shift) {
  AddMs("offset", shift.offset.ms);
  AddRaw("timestamp", shift.at == TimeShift::At::kTime ? fmt::to_string(shift.at_ms) : "null");
  switch (shift.at) {
    case TimeShift::At::kStart:
      return Add("startOrEnd", std::string_view("start"));
    case TimeShift::At::kEnd:
      return Add("startOrEnd", std::string_view("end"));
    default:
      return AddRaw("startOrEnd", "null");
  }
}

void AstWriter::AddSelector(const VectorSelector& selector) {
  Add("name", std::string_view(selector.name));
  AddList("matchers", selector.matchers, [this](const model::Matcher& matcher) {
    json_ += R"({"name":)";
    AppendJsonString(matcher.name(), &json_);
    json_ += R"(,"value":)";
    AppendJsonString(matcher.value(), &json_);
    json_ += R"(,"type":)";
    AppendJsonString(model::OperatorText(matcher.type()), &json_);
    json_ += '}';
  });
  AddShift(selector.shift);
  AddBool("anchored", selector.anchored);
  AddBool("smoothed", selector.smoothed);
}

void AstWriter::AddFill(std::string_view key, const std::optional<double>& value) {
  json_ += fmt::format("\"{}\":", key);
  json_ += value ? PlainText(*value) : "null";
}

void AstWriter::AddMatching(const VectorMatching& matching) {
  Key("matching");
  json_ += fmt::format(R"({{"card":"{}")", CardinalityText(matching.cardinality));
  AddNames("labels", matching.labels);
  AddBool("on", matching.on);
  AddNames("include", matching.include);
  if (matching.fill_left || matching.fill_right) {
    Key("fillValues");
    json_ += '{';
    AddFill("lhs", matching.fill_left);
    json_ += ',';
    AddFill("rhs", matching.fill_right);
    json_ += '}';
  }
  End();
}

void AstWriter::WriteAggregate(const Aggregate& aggregate) {
  Begin("aggregation");
  Add("op", OperatorText(aggregate.op));
  Add("expr", aggregate.expr.get());
  Add("param", aggregate.param.get());
  AddNames("grouping", aggregate.grouping);
  AddBool("without", aggregate.without);
  End();
}

void AstWriter::WriteBinary(const Binary& binary) {
  Begin("binaryExpr");
  Add("op", OperatorText(binary.op));
  Add("lhs", binary.lhs.get());
  Add("rhs", binary.rhs.get());
  if (binary.between_vectors()) {
    AddMatching(binary.matching);
  } else {
    AddRaw("matching", "null");
  }
  AddBool("bool", binary.return_bool);
  End();
}

// `variadic`: how many of the declared arguments may be left out; -1, the last may be repeated.
void AstWriter::AddFunction(const FunctionSignature& function) {
  Key("func");
  json_ += R"({"name":)";
  AppendJsonString(function.name, &json_);
  AddList("argTypes", std::span(function.types).first(static_cast<size_t>(function.declared_types)),
          [this](ValueType type) { AppendJsonString(TypeName(type), &json_); });
  const bool unlimited = function.max_arguments == FunctionSignature::kUnlimited;
  AddMs("variadic", unlimited ? -1 : function.max_arguments - function.min_arguments);
  Add("returnType", TypeName(function.result));
  End();
}

void AstWriter::WriteCall(const Call& call) {
  Begin("call");
  AddFunction(*call.function);
  AddList("args", call.args, [this](const ExprPtr& arg) { Write(arg.get()); });
  End();
}

void AstWriter::WriteMatrix(const MatrixSelector& matrix) {
  Begin("matrixSelector");
  AddSelector(*matrix.selector);
  AddMs("range", matrix.range.ms);
  End();
}

void AstWriter::WriteSubquery(const Subquery& subquery) {
  Begin("subquery");
  Add("expr", subquery.expr.get());
  AddMs("range", subquery.range.ms);
  AddMs("step", subquery.step ? subquery.step->ms : 0);
  AddShift(subquery.shift);
  End();
}

void AstWriter::Write(const Expr* expr) {
  if (expr == nullptr) {
    json_ += "null";
    return;
  }
  switch (expr->kind()) {
    case ExprKind::kNumberLiteral:
      Begin("numberLiteral");
      Add("val", std::string_view(PlainText(As<NumberLiteral>(*expr).value)));
      return End();
    case ExprKind::kStringLiteral:
      Begin("stringLiteral");
      Add("val", std::string_view(As<StringLiteral>(*expr).value));
      return End();
    case ExprKind::kVectorSelector:
      Begin("vectorSelector");
      AddSelector(As<VectorSelector>(*expr));
      return End();
    case ExprKind::kMatrixSelector:
      return WriteMatrix(As<MatrixSelector>(*expr));
    case ExprKind::kSubquery:
      return WriteSubquery(As<Subquery>(*expr));
    case ExprKind::kCall:
      return WriteCall(As<Call>(*expr));
    case ExprKind::kAggregate:
      return WriteAggregate(As<Aggregate>(*expr));
    case ExprKind::kBinary:
      return WriteBinary(As<Binary>(*expr));
    case ExprKind::kUnary:
      Begin("unaryExpr");
      Add("op", std::string_view(As<Unary>(*expr).negative ? "-" : "+"));
      Add("expr", As<Unary>(*expr).expr.get());
      return End();
    case ExprKind::kParen:
      Begin("parenExpr");
      Add("expr", As<Paren>(*expr).expr.get());
      return End();
  }
}

}  // namespace

void AppendAst(const Expr& expr, std::string* json) { AstWriter(json).Write(&expr); }

}  // namespace tidemark::query
