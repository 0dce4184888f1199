#pragma once
// What the written SQL relies on in a DuckDB connection.
#include <string>
#include <string_view>
#include <vector>

namespace tickerlake::athena::sql {

/// Statements to run once on each new DuckDB database, in order: SET of semantics, and CREATE MACRO of the functions
/// that Trino has and DuckDB lacks. They need no extension beyond those that libduckdb bundles.
const std::vector<std::string_view>& prelude();

}  // namespace tickerlake::athena::sql
