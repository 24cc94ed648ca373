#include "alert/template/internal/parser.h"

#include <algorithm>
#include <utility>

#include "alert/template/internal/lexer.h"
#include "alert/template/internal/number.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::alert::templates {
namespace {

// Parentheses within parentheses and clauses within clauses; bounds every later recursion.
constexpr int kMaxNesting = 100;

// The token as messages show it.
std::string Describe(const Token& token) {
  constexpr size_t kMaxShown = 10;
  if (token.kind == TokenKind::kEnd) {
    return "EOF";
  }
  if (token.kind == TokenKind::kError) {
    return token.text;
  }
  if (token.kind >= kFirstKeyword) {
    return fmt::format("<{}>", token.text);
  }
  if (token.text.size() > kMaxShown) {
    return query::Quote(query::FirstRunes(token.text, kMaxShown)) + "...";
  }
  return query::Quote(token.text);
}

bool StartsOperand(TokenKind kind) {
  switch (kind) {
    case TokenKind::kBool:
    case TokenKind::kRuneConstant:
    case TokenKind::kDot:
    case TokenKind::kField:
    case TokenKind::kIdentifier:
    case TokenKind::kNumber:
    case TokenKind::kNil:
    case TokenKind::kRawString:
    case TokenKind::kString:
    case TokenKind::kVariable:
    case TokenKind::kLeftParen:
      return true;
    default:
      return false;
  }
}

bool IsConstant(const Operand& operand) {
  switch (operand.kind) {
    case OperandKind::kBool:
    case OperandKind::kDot:
    case OperandKind::kNil:
    case OperandKind::kNumber:
    case OperandKind::kString:
      return true;
    default:
      return false;
  }
}

// Whether a list prints nothing but spaces.
bool IsBlank(const StatementList& list) {
  return std::all_of(list.begin(), list.end(), [](const Statement& s) {
    return s.kind == StatementKind::kText &&
           s.text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
  });
}

// Parser is recursive descent over the tokens. What ends a list of statements is in stopped_by_.
class Parser {
 public:
  Parser(std::string_view name, std::string_view text, bool (*is_function)(std::string_view))
      : is_function_(is_function), tokens_(Lex(text)) {
    tree_.name = name;
    tree_.text = text;
  }

  absl::StatusOr<SyntaxTree> Run() {
    StatementList root;
    while (Peek().kind != TokenKind::kEnd) {
      RETURN_IF_ERROR(TopLevel(&root));
    }
    RETURN_IF_ERROR(Define(tree_.name, std::move(root)));
    return std::move(tree_);
  }

 private:
  enum class Stop { kNone, kEnd, kElse };

  const Token& Peek() const { return tokens_[next_]; }
  // The last token is never passed.
  const Token& Next() {
    const Token& token = tokens_[next_];
    next_ += next_ + 1 < tokens_.size() ? 1 : 0;
    line_ = token.line;
    return token;
  }
  const Token& PeekNonSpace() {
    while (Peek().kind == TokenKind::kSpace) {
      Next();
    }
    return Peek();
  }
  const Token& NextNonSpace() {
    PeekNonSpace();
    return Next();
  }

  absl::Status Error(std::string_view message) const {
    return absl::InvalidArgumentError(
        fmt::format("template: {}:{}: {}", tree_.name, line_, message));
  }

  absl::Status Unexpected(const Token& token, std::string_view context) const {
    if (token.kind != TokenKind::kError) {
      return Error(fmt::format("unexpected {} in {}", Describe(token), context));
    }
    std::string message = token.text;
    if (action_line_ != 0 && action_line_ != token.line) {
      message +=
          fmt::format("{} started at {}:{}", message.ends_with(" action") ? "" : " in action",
                      tree_.name, action_line_);
    }
    return Error(message);
  }

  absl::Status Expect(TokenKind kind, std::string_view context) {
    const Token& token = NextNonSpace();
    return token.kind == kind ? absl::OkStatus() : Unexpected(token, context);
  }

  absl::Status Define(const std::string& name, StatementList list) {
    StatementList& known = tree_.templates[name];
    if (IsBlank(known)) {
      known = std::move(list);
      return absl::OkStatus();
    }
    if (IsBlank(list)) {
      return absl::OkStatus();
    }
    return Error(fmt::format("template: multiple definition of template {}", query::Quote(name)));
  }

  absl::Status TopLevel(StatementList* root) {
    if (Peek().kind == TokenKind::kLeftDelimiter) {
      const size_t before = next_;
      Next();
      if (NextNonSpace().kind == TokenKind::kDefine) {
        return Definition();
      }
      next_ = before;
    }
    RETURN_IF_ERROR(TextOrAction(root));
    if (stopped_by_ != Stop::kNone) {
      return Error(fmt::format("unexpected {}", StopText()));
    }
    return absl::OkStatus();
  }

  std::string_view StopText() const { return stopped_by_ == Stop::kEnd ? "{{end}}" : "{{else}}"; }

  absl::Status Definition() {
    constexpr std::string_view kContext = "define clause";
    ASSIGN_OR_RETURN(const std::string name, TemplateName(NextNonSpace(), kContext));
    RETURN_IF_ERROR(Expect(TokenKind::kRightDelimiter, kContext));
    return NamedBody(name, kContext);
  }

  // What is defined sees no variables but its own.
  absl::Status NamedBody(const std::string& name, std::string_view context) {
    std::vector<std::string> variables = std::exchange(variables_, {"$"});
    const int range_depth = std::exchange(range_depth_, 0);
    StatementList body;
    RETURN_IF_ERROR(Statements(&body));
    variables_ = std::move(variables);
    range_depth_ = range_depth;
    if (stopped_by_ != Stop::kEnd) {
      return Error(fmt::format("unexpected {} in {}", StopText(), context));
    }
    stopped_by_ = Stop::kNone;
    return Define(name, std::move(body));
  }

  absl::StatusOr<std::string> TemplateName(const Token& token, std::string_view context) {
    if (token.kind != TokenKind::kString && token.kind != TokenKind::kRawString) {
      return Unexpected(token, context);
    }
    return Unquoted(token.text);
  }

  absl::StatusOr<std::string> Unquoted(std::string_view text) {
    auto unquoted = query::Unquote(text);
    if (!unquoted.ok()) {
      return Error("invalid syntax");
    }
    return unquoted;
  }

  // Statements up to the end or else that closes them, which stopped_by_ names.
  absl::Status Statements(StatementList* list) {
    if (++nesting_ > kMaxNesting) {
      return Error("max expression depth exceeded");
    }
    stopped_by_ = Stop::kNone;
    while (PeekNonSpace().kind != TokenKind::kEnd) {
      RETURN_IF_ERROR(TextOrAction(list));
      if (stopped_by_ != Stop::kNone) {
        --nesting_;
        return absl::OkStatus();
      }
    }
    return Error("unexpected EOF");
  }

  absl::Status TextOrAction(StatementList* list) {
    const Token& token = NextNonSpace();
    if (token.kind == TokenKind::kText) {
      Statement statement;
      statement.position = token.position;
      statement.text = token.text;
      list->push_back(std::move(statement));
      return absl::OkStatus();
    }
    if (token.kind != TokenKind::kLeftDelimiter) {
      return Unexpected(token, "input");
    }
    action_line_ = token.line;
    RETURN_IF_ERROR(Action(list));
    action_line_ = 0;
    return absl::OkStatus();
  }

  absl::Status Action(StatementList* list) {
    const Token& token = PeekNonSpace();
    Statement statement;
    statement.position = token.position;
    switch (token.kind) {
      case TokenKind::kEndClause:
        Next();
        stopped_by_ = Stop::kEnd;
        return Expect(TokenKind::kRightDelimiter, "end");
      case TokenKind::kElse:
        Next();
        return Else();
      case TokenKind::kBreak:
      case TokenKind::kContinue:
        RETURN_IF_ERROR(LoopControl(&statement));
        break;
      case TokenKind::kIf:
      case TokenKind::kRange:
      case TokenKind::kWith:
        RETURN_IF_ERROR(Clause(&statement));
        break;
      case TokenKind::kBlock:
      case TokenKind::kTemplate:
        RETURN_IF_ERROR(TemplateCall(&statement));
        break;
      default:
        statement.kind = StatementKind::kAction;
        RETURN_IF_ERROR(ParsePipeline("command", TokenKind::kRightDelimiter, &statement.pipeline));
    }
    list->push_back(std::move(statement));
    return absl::OkStatus();
  }

  // `else if` and `else with` leave their second word to the clause that they close.
  absl::Status Else() {
    const TokenKind next = PeekNonSpace().kind;
    stopped_by_ = Stop::kElse;
    if (next == TokenKind::kIf || next == TokenKind::kWith) {
      return absl::OkStatus();
    }
    return Expect(TokenKind::kRightDelimiter, "else");
  }

  absl::Status LoopControl(Statement* statement) {
    const bool is_break = Next().kind == TokenKind::kBreak;
    const std::string_view word = is_break ? "{{break}}" : "{{continue}}";
    statement->kind = is_break ? StatementKind::kBreak : StatementKind::kContinue;
    RETURN_IF_ERROR(Expect(TokenKind::kRightDelimiter, word));
    if (range_depth_ == 0) {
      return Error(fmt::format("{} outside {{{{range}}}}", word));
    }
    return absl::OkStatus();
  }

  absl::Status Clause(Statement* statement) {
    const Token word = Next();
    statement->kind = word.kind == TokenKind::kIf      ? StatementKind::kIf
                      : word.kind == TokenKind::kRange ? StatementKind::kRange
                                                       : StatementKind::kWith;
    const size_t variables = variables_.size();
    const bool is_range = word.kind == TokenKind::kRange;
    RETURN_IF_ERROR(ParsePipeline(word.text, TokenKind::kRightDelimiter, &statement->pipeline));
    statement->position = statement->pipeline.position;
    range_depth_ += is_range ? 1 : 0;
    RETURN_IF_ERROR(Statements(&statement->body));
    range_depth_ -= is_range ? 1 : 0;
    if (stopped_by_ == Stop::kElse) {
      RETURN_IF_ERROR(ElseBody(word.kind, &statement->else_body));
    }
    stopped_by_ = Stop::kNone;
    variables_.resize(variables);
    return absl::OkStatus();
  }

  absl::Status ElseBody(TokenKind clause, StatementList* body) {
    const TokenKind next = Peek().kind;
    if (next == clause && (next == TokenKind::kIf || next == TokenKind::kWith)) {
      if (++nesting_ > kMaxNesting) {
        return Error("max expression depth exceeded");
      }
      Statement nested;
      RETURN_IF_ERROR(Clause(&nested));
      --nesting_;
      body->push_back(std::move(nested));
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(Statements(body));
    if (stopped_by_ != Stop::kEnd) {
      return Error(fmt::format("expected end; found {}", StopText()));
    }
    return absl::OkStatus();
  }

  absl::Status TemplateCall(Statement* statement) {
    const bool is_block = Next().kind == TokenKind::kBlock;
    const std::string_view context = is_block ? "block clause" : "template clause";
    statement->kind = StatementKind::kTemplate;
    const Token name = NextNonSpace();
    statement->position = name.position;
    ASSIGN_OR_RETURN(statement->text, TemplateName(name, context));
    if (!is_block && PeekNonSpace().kind == TokenKind::kRightDelimiter) {
      Next();
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(ParsePipeline(context, TokenKind::kRightDelimiter, &statement->pipeline));
    return is_block ? NamedBody(statement->text, context) : absl::OkStatus();
  }

  absl::Status ParsePipeline(std::string_view context, TokenKind end, Pipeline* pipeline) {
    pipeline->position = PeekNonSpace().position;
    RETURN_IF_ERROR(Declarations(context, pipeline));
    while (true) {
      const Token& token = PeekNonSpace();
      if (token.kind == end) {
        Next();
        return CheckPipeline(*pipeline, context);
      }
      if (!StartsOperand(token.kind)) {
        Next();
        return Unexpected(token, context);
      }
      pipeline->commands.emplace_back();
      RETURN_IF_ERROR(ParseCommand(&pipeline->commands.back()));
    }
  }

  absl::Status CheckPipeline(const Pipeline& pipeline, std::string_view context) const {
    if (pipeline.commands.empty()) {
      return Error(fmt::format("missing value for {}", context));
    }
    for (size_t i = 1; i < pipeline.commands.size(); ++i) {
      if (IsConstant(pipeline.commands[i].operands[0])) {
        return Error(fmt::format("non executable command in pipeline stage {}", i + 1));
      }
    }
    return absl::OkStatus();
  }

  void Declare(const Token& variable, Pipeline* pipeline) {
    Operand operand;
    operand.kind = OperandKind::kVariable;
    operand.position = variable.position;
    operand.path = {variable.text};
    pipeline->declarations.push_back(std::move(operand));
    variables_.push_back(variable.text);
  }

  // $x :=, $x =, and for ranges $i, $x :=
  absl::Status Declarations(std::string_view context, Pipeline* pipeline) {
    while (PeekNonSpace().kind == TokenKind::kVariable) {
      const size_t before = next_;
      const Token& variable = Next();
      const Token& after = PeekNonSpace();
      if (after.kind == TokenKind::kAssign || after.kind == TokenKind::kDeclare) {
        pipeline->assigns = after.kind == TokenKind::kAssign;
        Next();
        Declare(variable, pipeline);
        return absl::OkStatus();
      }
      if (after.kind != TokenKind::kCharacter || after.text != ",") {
        next_ = before;
        return absl::OkStatus();
      }
      Next();
      Declare(variable, pipeline);
      RETURN_IF_ERROR(CheckComma(context, *pipeline));
    }
    return absl::OkStatus();
  }

  absl::Status CheckComma(std::string_view context, const Pipeline& pipeline) {
    if (context != "range" || pipeline.declarations.size() >= 2) {
      return Error(fmt::format("too many declarations in {}", context));
    }
    const TokenKind next = PeekNonSpace().kind;
    if (next != TokenKind::kVariable && next != TokenKind::kRightDelimiter &&
        next != TokenKind::kRightParen) {
      return Error("range can only initialize variables");
    }
    return absl::OkStatus();
  }

  absl::Status ParseCommand(Command* command) {
    command->position = PeekNonSpace().position;
    while (true) {
      if (StartsOperand(PeekNonSpace().kind)) {
        command->operands.emplace_back();
        RETURN_IF_ERROR(ParseOperand(&command->operands.back()));
      }
      const Token& token = Peek();
      if (token.kind == TokenKind::kSpace) {
        Next();
        continue;
      }
      if (token.kind == TokenKind::kPipe) {
        Next();
      } else if (token.kind != TokenKind::kRightDelimiter && token.kind != TokenKind::kRightParen) {
        Next();
        return Unexpected(token, "operand");
      }
      return command->operands.empty() ? Error("empty command") : absl::OkStatus();
    }
  }

  // A term and the fields behind it.
  absl::Status ParseOperand(Operand* operand) {
    RETURN_IF_ERROR(Term(operand));
    if (Peek().kind != TokenKind::kField) {
      return absl::OkStatus();
    }
    if (IsConstant(*operand)) {
      return Error(fmt::format("unexpected . after term {}", query::Quote(ToString(*operand))));
    }
    const size_t position = Peek().position;
    if (operand->kind != OperandKind::kField && operand->kind != OperandKind::kVariable) {
      auto base = std::make_unique<Operand>(std::move(*operand));
      *operand = Operand();
      operand->kind = OperandKind::kChain;
      operand->base = std::move(base);
    }
    operand->position = position;
    while (Peek().kind == TokenKind::kField) {
      operand->path.push_back(Next().text.substr(1));
    }
    return absl::OkStatus();
  }

  absl::Status Term(Operand* operand) {
    const Token& token = NextNonSpace();
    operand->position = token.position;
    operand->text = token.text;
    switch (token.kind) {
      case TokenKind::kIdentifier:
        operand->kind = OperandKind::kIdentifier;
        return is_function_(token.text)
                   ? absl::OkStatus()
                   : Error(fmt::format("function {} not defined", query::Quote(token.text)));
      case TokenKind::kDot:
        operand->kind = OperandKind::kDot;
        return absl::OkStatus();
      case TokenKind::kNil:
        operand->kind = OperandKind::kNil;
        return absl::OkStatus();
      case TokenKind::kBool:
        operand->kind = OperandKind::kBool;
        operand->boolean = token.text == "true";
        return absl::OkStatus();
      case TokenKind::kField:
        operand->kind = OperandKind::kField;
        operand->path = {token.text.substr(1)};
        return absl::OkStatus();
      case TokenKind::kVariable:
        return Variable(token.text, operand);
      case TokenKind::kLeftParen:
        return Parenthesized(operand);
      case TokenKind::kString:
      case TokenKind::kRawString: {
        operand->kind = OperandKind::kString;
        ASSIGN_OR_RETURN(operand->value, Unquoted(token.text));
        return absl::OkStatus();
      }
      default:
        return Number(token, operand);
    }
  }

  absl::Status Variable(const std::string& name, Operand* operand) {
    operand->kind = OperandKind::kVariable;
    operand->path = {name};
    if (std::find(variables_.begin(), variables_.end(), name) == variables_.end()) {
      return Error(fmt::format("undefined variable {}", query::Quote(name)));
    }
    return absl::OkStatus();
  }

  absl::Status Parenthesized(Operand* operand) {
    if (++nesting_ > kMaxNesting) {
      return Error("max expression depth exceeded");
    }
    operand->kind = OperandKind::kPipeline;
    operand->pipeline = std::make_unique<Pipeline>();
    RETURN_IF_ERROR(
        ParsePipeline("parenthesized pipeline", TokenKind::kRightParen, operand->pipeline.get()));
    --nesting_;
    return absl::OkStatus();
  }

  absl::Status Number(const Token& token, Operand* operand) {
    operand->kind = OperandKind::kNumber;
    const auto number = token.kind == TokenKind::kRuneConstant ? ParseRuneLiteral(token.text)
                                                               : ParseNumberLiteral(token.text);
    if (!number.ok()) {
      return Error(base::Message(number.status()));
    }
    operand->number = *number;
    return absl::OkStatus();
  }

  bool (*const is_function_)(std::string_view);
  const std::vector<Token> tokens_;
  size_t next_ = 0;
  int line_ = 1;         // of the token read last
  int action_line_ = 0;  // where the present action began; zero outside
  int nesting_ = 0;
  int range_depth_ = 0;
  Stop stopped_by_ = Stop::kNone;
  std::vector<std::string> variables_ = {"$"};
  SyntaxTree tree_;
};

}  // namespace

absl::StatusOr<SyntaxTree> ParseTemplate(std::string_view name, std::string_view text,
                                         bool (*is_function)(std::string_view)) {
  return Parser(name, text, is_function).Run();
}

}  // namespace tidemark::alert::templates
