// The parser's own: a walk over tokens, and the productions that its files share.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "query/lexer.h"
#include "query/parser.h"

namespace sl::query {

class Parser {
 public:
  Parser(std::vector<Token> tokens, const ParseOptions& options) : tokens_(std::move(tokens)), options_(options) {}

  // parse_statement.cc
  Result<Statement> statement();
  Result<std::vector<ColumnDefinition>> columns();
  // parse_select.cc
  Result<Select> select();
  // parse_expression.cc
  Result<ExpressionPtr> expression();
  // parse_type.cc
  Result<TypePtr> type();

  Status end();

 private:
  const Token& peek(size_t ahead = 0) const { return tokens_[std::min(next_ + ahead, tokens_.size() - 1)]; }
  const Token& take() {
    const auto& token = tokens_[next_];
    if (next_ + 1 < tokens_.size()) ++next_;
    return token;
  }
  bool sees(std::string_view word, size_t ahead = 0) const;  // a keyword or symbol
  bool accept(std::string_view word);
  bool accept_all(std::initializer_list<std::string_view> words);
  Status expect(std::string_view word);
  // "expected X, found Y", with the nearest of `near` where one is near.
  Error unexpected(std::string_view expected, std::initializer_list<std::string_view> near = {}) const;
  bool identifier_next() const;
  Result<std::string> bare_alias(std::string_view what);
  Result<std::string> identifier(std::string_view what);
  Result<int64_t> integer(std::string_view what);
  Result<std::string> string(std::string_view what);
  std::string cased(const std::string& word) const;

  Result<TypePtr> simple_of(Base base);
  Result<TypePtr> decimal(const Position& at);
  Result<TypePtr> collection(bool map);
  Result<TypePtr> row_type(const Position& at);

  Result<Statement> dispatch();
  Result<Statement> create();
  Result<Statement> create_source(SourceKind kind, bool replace, bool read_only);
  Result<Statement> insert();
  Result<Statement> set(bool unset);
  Result<Statement> show();
  Result<Statement> describe();
  Result<Statement> explain();
  Result<Statement> print();
  Result<Statement> control(QueryControl::Verb verb);
  Result<Statement> drop();
  Result<Statement> alter();
  Result<Statement> define(bool undefine);
  Result<ColumnDefinition> column();
  Result<Options> with();
  Result<Literal> literal();
  Result<SourceKind> source_kind();
  Result<bool> if_exists(bool negated);

  Result<SelectItem> item();
  Result<Relation> relation();
  Status joins(Select& select);
  Result<Join::Within> within();
  Result<Window> window();
  Result<int64_t> duration();
  Result<std::vector<ExpressionPtr>> list_of_expressions(bool parentheses);

  Result<ExpressionPtr> measured(ExpressionPtr made) const;
  Result<ExpressionPtr> disjunction();
  Result<ExpressionPtr> conjunction();
  Result<ExpressionPtr> negation();
  Result<ExpressionPtr> predicate();
  Result<ExpressionPtr> predicate_of(ExpressionPtr left);
  Result<ExpressionPtr> sum();
  Result<ExpressionPtr> product();
  Result<ExpressionPtr> sign();
  Result<ExpressionPtr> postfix();
  Result<ExpressionPtr> primary();
  Result<ExpressionPtr> primary_of();
  Result<ExpressionPtr> word();
  Result<ExpressionPtr> parenthesised();
  Result<ExpressionPtr> call(Token name);
  Result<ExpressionPtr> choice();
  Result<ExpressionPtr> cast();
  Result<ExpressionPtr> array();
  Result<ExpressionPtr> map();
  Result<ExpressionPtr> structure();
  Result<ExpressionPtr> lambda();
  bool lambda_next() const;

  std::vector<Token> tokens_;
  const ParseOptions& options_;
  size_t next_ = 0;
  // Where the last alias without AS ended: it may have been meant as a keyword.
  size_t behind_bare_alias_ = 0;
  size_t copied_ = 0;  // nodes that simple CASEs repeated
  int depth_ = 0;
};

ExpressionPtr make_expression(Expression::Kind kind, const Position& at, std::string name = {});

}  // namespace sl::query
